//! What is told when a run has ended.

use crate::cli::args::Ui;
use crate::cli::context::Context;
use crate::cli::fail::{BRAKED, DONE, Failure, INTERRUPTED, LEFT};
use crate::cli::output::{data, say, unwritable, width};
use crate::cli::status::{After, status};
use crate::engine::{Handle, RunEnd};
use crate::model::RunState;
use crate::progress::Progress;
use crate::report::{RunFacts, status_json, summary};
use crate::store::{CampaignRecord, Store, Tally};
use std::sync::Arc;

/// Tells what came of it: a summary for people, the counts for programs.
pub(super) fn conclude(
    context: &Context,
    handle: &Handle,
    store: &Store,
    (record, tally): (&CampaignRecord, &Tally),
    ui: Ui,
) -> Result<(), Failure> {
    let progress: Arc<Progress> = Arc::clone(&handle.progress.borrow());
    if ui == Ui::Json {
        let after = After::of(&store.reader()?, record.id)?;
        let mut last = status(record, tally, &after, None);
        last.state = progress.state();
        return data(None, |out| {
            let line = status_json(&last).map_err(unwritable)?;
            writeln!(out, "{line}").map_err(unwritable)
        });
    }
    if context.quiet {
        return Ok(());
    }
    data(None, |mut out| {
        let mut facts = RunFacts::of(&progress);
        facts.duplicates = tally.duplicates;
        facts.resent_in_doubt = tally.doubts;
        let after = After::of(&store.reader()?, record.id)?;
        (facts.came_back, facts.runs) = (after.came_back, after.runs);
        let rows = store.reader()?.report(record.id, &[])?;
        summary(rows, &facts, &mut out, width()).map_err(unwritable)?;
        Ok(())
    })
}

pub(in crate::cli) fn exit_code(end: &RunEnd, interrupted: bool) -> u8 {
    match end.state {
        RunState::Braked => {
            if let Some(why) = &end.brake {
                say(format_args!("stopped by the safety brake: {why}"));
            }
            BRAKED
        }
        RunState::Finished if end.counts.in_doubt == 0 => DONE,
        _ if interrupted || end.interrupted => INTERRUPTED,
        _ => LEFT,
    }
}
