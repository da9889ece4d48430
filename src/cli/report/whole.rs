//! Reports of a whole campaign, and of several: reasons, the page, the comparison.

use super::choice::Choice;
use super::rows;
use crate::cli::args::{Report as Args, ReportFormat};
use crate::cli::context::Context;
use crate::cli::fail::{DONE, Failure, Outcome};
use crate::cli::output::{data, unwritable, width};
use crate::cli::status::{After, Known, find, running, shown};
use crate::net::Clock;
use crate::report::{
    Compared, Comparison, Digest, Listing, PageFacts, comparison_csv, comparison_json, reasons_csv,
    reasons_json, reasons_table, write_comparison, write_comparison_table, write_page,
};
use crate::store::Reader;
use std::io::Write;

/// One line for each reason.
pub(super) fn by_reason(
    known: &Known,
    choice: &Choice,
    format: Option<ReportFormat>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let digest = Digest::from_rows(rows(known, choice)?)?;
    match format {
        None | Some(ReportFormat::Table) => reasons_table(&digest, out, width()),
        Some(ReportFormat::Csv) => reasons_csv(&digest, out),
        Some(ReportFormat::Json) => reasons_json(&digest, out),
        Some(ReportFormat::Html) => {
            let failure = Failure::usage("--by reason has no page of its own");
            return Err(failure.hint("--format html alone has the reasons in it"));
        }
    }
    .map_err(unwritable)
}

/// The page of a campaign: all of it, and the chosen recipients one by one where some were chosen.
pub(super) fn page(
    context: &Context,
    known: &Known,
    (name, choice): (&str, &Choice),
    mut out: &mut impl Write,
) -> Result<(), Failure> {
    let mut digest = Digest::default();
    let mut listing = (!choice.is_all()).then(Listing::default);
    for row in Reader::open(&known.path)?.report(known.record.id, &[])? {
        let row = row?;
        digest.add(&row);
        if let Some(listing) = &mut listing
            && choice.has(&row)
        {
            listing.add(&row);
        }
    }
    let facts = facts(context, known, name)?;
    write_page(&digest, &facts, listing.as_ref(), &mut out).map_err(unwritable)
}

fn facts(context: &Context, known: &Known, name: &str) -> Result<PageFacts, Failure> {
    let (record, path) = (&known.record, &known.path);
    let reader = Reader::open(path)?;
    let tally = reader.tally(record.id)?;
    let After { came_back, runs } = After::of(&reader, record.id)?;
    // The folder may be gone, or in the middle of a change; the ledger tells the rest.
    let opened = context.open(name).ok();
    let campaign = opened.map(|opened| opened.campaign);
    Ok(PageFacts {
        campaign: record.name.clone(),
        subject: campaign.as_ref().map(|one| one.subject.clone()),
        from: campaign.as_ref().map(|one| one.from.address.to_string()),
        state: Some(shown(record.state, running(path, &record.name))),
        sandbox: *path == context.sandbox_store(&record.name),
        made: Clock::system().now(),
        duplicates: tally.duplicates,
        resent_in_doubt: tally.doubts,
        came_back,
        runs,
    })
}

/// Campaigns side by side.
pub(super) fn compare(
    context: &Context,
    args: &Args,
    names: &[&String],
    choice: &Choice,
) -> Outcome {
    if !choice.is_all() || args.by.is_some() {
        return Err(Failure::usage(
            "campaigns are compared as a whole: without --only, --reason, --blame, --action and --by",
        ));
    }
    let mut campaigns = Vec::with_capacity(names.len());
    for name in names {
        let known = find(context, name, args.sandbox)?;
        campaigns.push(compared(&known)?);
    }
    let comparison = Comparison::of(&campaigns);
    data(args.output.as_deref(), |mut out| {
        match args.format {
            None | Some(ReportFormat::Table) => write_comparison_table(&comparison, &mut out),
            Some(ReportFormat::Csv) => comparison_csv(&comparison, &mut out),
            Some(ReportFormat::Json) => comparison_json(&comparison, &mut out),
            Some(ReportFormat::Html) => {
                write_comparison(&comparison, Clock::system().now(), &mut out)
            }
        }
        .map_err(unwritable)
    })?;
    Ok(DONE)
}

fn compared(known: &Known) -> Result<Compared, Failure> {
    let reader = Reader::open(&known.path)?;
    let After { came_back, .. } = After::of(&reader, known.record.id)?;
    Ok(Compared {
        campaign: known.record.name.clone(),
        digest: Digest::from_rows(reader.report(known.record.id, &[])?)?,
        came_back,
    })
}
