//! `report`: what became of each recipient.

use super::args::{Report as Args, ReportFormat};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, unwritable, width};
use super::status::{Known, find};
use crate::model::State;
use crate::report::{RunFacts, summary, write_csv, write_json, write_table};
use crate::store::{Reader, Tally};

/// `hikyaku report`
pub(super) fn run(context: &Context, args: &Args) -> Outcome {
    let states = states(&args.only)?;
    let known = find(context, &args.campaign, args.sandbox)?;
    let format = match (args.format, states.is_empty()) {
        (Some(format), _) => Some(format),
        (None, false) => Some(ReportFormat::Table),
        (None, true) => None,
    };
    data(args.output.as_deref(), |mut out| {
        let rows = Reader::open(&known.path)?.report(known.record.id, &states)?;
        match format {
            Some(ReportFormat::Csv) => {
                write_csv(rows, &mut out).map_err(unwritable)?;
            }
            Some(ReportFormat::Json) => {
                write_json(rows, &mut out).map_err(unwritable)?;
            }
            Some(ReportFormat::Table) => {
                write_table(rows, &mut out, width()).map_err(unwritable)?;
            }
            None => {
                let tally = Reader::open(&known.path)?.tally(known.record.id)?;
                let facts = facts(&known, &tally);
                summary(rows, &facts, &mut out, width()).map_err(unwritable)?;
            }
        }
        Ok(())
    })?;
    Ok(DONE)
}

fn facts(known: &Known, tally: &Tally) -> RunFacts {
    RunFacts {
        campaign: known.record.name.clone(),
        state: Some(known.record.state),
        duplicates: tally.duplicates,
        resent_in_doubt: tally.doubts,
        ..RunFacts::default()
    }
}

fn states(only: &[String]) -> Result<Vec<State>, Failure> {
    only.iter()
        .map(|name| {
            name.trim()
                .parse()
                .map_err(|error| Failure::usage(format_args!("--only: {error}")))
        })
        .collect()
}
