//! `report`: what became of each recipient.

mod choice;
mod whole;

use super::args::{Report as Args, ReportFormat};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, unwritable, width};
use super::status::{After, Known, find};
use crate::model::ReportRow;
use crate::report::{RunFacts, summary, write_csv, write_json, write_table};
use crate::store::{Reader, StoreError};
use choice::Choice;
use std::io::Write;

/// `hikyaku report`
pub(super) fn run(context: &Context, args: &Args) -> Outcome {
    let choice = Choice::of(args)?;
    let named: Vec<_> = args.campaigns.iter().chain(&args.compare).collect();
    if named.len() > 1 {
        return whole::compare(context, args, &named, &choice);
    }
    let Some(name) = named.first() else {
        return Err(Failure::usage("no campaign is named"));
    };
    let known = find(context, name, args.sandbox)?;
    data(args.output.as_deref(), |mut out| {
        match (args.by, args.format) {
            (Some(_), format) => whole::by_reason(&known, &choice, format, &mut out),
            (None, Some(ReportFormat::Html)) => {
                whole::page(context, &known, (name, &choice), &mut out)
            }
            (None, format) => one_by_one(&known, &choice, format, &mut out),
        }
    })?;
    Ok(DONE)
}

/// Each recipient; or a summary where neither a format nor some of them were asked for.
fn one_by_one(
    known: &Known,
    choice: &Choice,
    format: Option<ReportFormat>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let rows = rows(known, choice)?;
    match (format, choice.is_all()) {
        (Some(ReportFormat::Csv), _) => write_csv(rows, out).map_err(unwritable)?,
        (Some(ReportFormat::Json), _) => write_json(rows, out).map_err(unwritable)?,
        (None, true) => {
            summary(rows, &facts(known)?, out, width()).map_err(unwritable)?;
            return Ok(());
        }
        _ => write_table(rows, out, width()).map_err(unwritable)?,
    };
    Ok(())
}

/// The chosen recipients. What cannot be read is kept for the report to tell.
fn rows<'a>(
    known: &Known,
    choice: &'a Choice,
) -> Result<impl Iterator<Item = Result<ReportRow, StoreError>> + use<'a>, Failure> {
    let rows = Reader::open(&known.path)?.report(known.record.id, &choice.states)?;
    let chosen =
        |row: &Result<ReportRow, _>| row.as_ref().map_or(true, |row| choice.filter.has(row));
    Ok(rows.filter(chosen))
}

fn facts(known: &Known) -> Result<RunFacts, Failure> {
    let reader = Reader::open(&known.path)?;
    let tally = reader.tally(known.record.id)?;
    let After { came_back, runs } = After::of(&reader, known.record.id)?;
    Ok(RunFacts {
        campaign: known.record.name.clone(),
        state: Some(known.record.state),
        duplicates: tally.duplicates,
        resent_in_doubt: tally.doubts,
        came_back,
        runs,
        ..RunFacts::default()
    })
}
