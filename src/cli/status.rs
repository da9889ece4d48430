//! `status`: counts by state.

use super::args::Status as Args;
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, say, unwritable};
use crate::model::{CampaignId, RunState, State};
use crate::report::{CameBack, FurtherRun, Status, status_json};
use crate::store::{CampaignLock, CampaignRecord, LockError, Problem, Reader, StoreError, Tally};
use std::path::{Path, PathBuf};

/// A campaign that is in a store.
pub(super) struct Known {
    pub(super) record: CampaignRecord,
    pub(super) path: PathBuf,
}

/// `hikyaku status`
pub(super) fn run(context: &Context, args: &Args) -> Outcome {
    match &args.campaign {
        Some(name) => one(&find(context, name, args.sandbox)?, args.json),
        None => all(context, args.json),
    }
}

/// Finds a campaign in the real store or, for one that was only ever run there, in the sandbox's.
pub(super) fn find(context: &Context, name: &str, sandbox: bool) -> Result<Known, Failure> {
    let name = context.campaign_name(name)?;
    let rehearsed = context.sandbox_store(&name);
    if !sandbox {
        let path = context.settings()?.store.path;
        if let Some(record) = look_up(&path, &name)? {
            return Ok(Known { record, path });
        }
    }
    match look_up(&rehearsed, &name)? {
        Some(record) => {
            if !sandbox {
                say(format_args!(
                    "note: {name} was only ever run in the sandbox; this is that run"
                ));
            }
            Ok(Known {
                record,
                path: rehearsed,
            })
        }
        None => {
            let failure = Failure::new(format_args!("campaign {name:?} has not been sent yet"));
            Err(failure.hint(format_args!("`hikyaku send {name} --sandbox` rehearses it")))
        }
    }
}

/// The process that sends a campaign now.
pub(super) fn running(path: &Path, name: &str) -> Option<u32> {
    match CampaignLock::acquire(path, name) {
        Err(LockError::Held { pid, .. }) => Some(pid.unwrap_or(0)),
        Ok(_) | Err(LockError::Io { .. }) => None,
    }
}

fn look_up(path: &Path, name: &str) -> Result<Option<CampaignRecord>, Failure> {
    match Reader::open(path).and_then(|reader| reader.campaign(name)) {
        Ok(record) => Ok(record),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn is_missing(error: &StoreError) -> bool {
    matches!(error.problem(), Problem::Missing)
}

fn one(known: &Known, json: bool) -> Outcome {
    let (record, path) = (&known.record, &known.path);
    let reader = Reader::open(path)?;
    let tally = reader.tally(record.id)?;
    let after = After::of(&reader, record.id)?;
    let pid = running(path, &record.name);
    data(None, |out| {
        if json {
            let line = status_json(&status(record, &tally, &after, pid)).map_err(unwritable)?;
            writeln!(out, "{line}").map_err(unwritable)
        } else {
            write!(out, "{}", told(record, &tally, &after, pid)).map_err(unwritable)
        }
    })?;
    Ok(DONE)
}

fn all(context: &Context, json: bool) -> Outcome {
    let path = context.settings()?.store.path;
    let reader = match Reader::open(&path) {
        Ok(reader) => reader,
        Err(error) if is_missing(&error) => {
            say(format_args!(
                "no campaign has been sent from this workspace yet"
            ));
            return Ok(DONE);
        }
        Err(error) => return Err(error.into()),
    };
    data(None, |out| {
        for record in reader.campaigns()? {
            let tally = reader.tally(record.id)?;
            let after = After::of(&reader, record.id)?;
            let pid = running(&path, &record.name);
            if json {
                let line =
                    status_json(&status(&record, &tally, &after, pid)).map_err(unwritable)?;
                writeln!(out, "{line}").map_err(unwritable)?;
            } else {
                writeln!(out, "{}", told(&record, &tally, &after, pid)).map_err(unwritable)?;
            }
        }
        Ok(())
    })?;
    Ok(DONE)
}

/// What happened to a campaign after it was first sent.
pub(super) struct After {
    pub(super) came_back: CameBack,
    pub(super) runs: Vec<FurtherRun>,
}

impl After {
    /// Asks the store.
    pub(super) fn of(reader: &Reader, campaign: CampaignId) -> Result<Self, Failure> {
        let feedback = reader.feedback(campaign)?;
        let runs = reader.runs(campaign)?.into_iter();
        Ok(Self {
            came_back: CameBack {
                complaints: feedback.complaints,
                unsubscribes: feedback.unsubscribes,
                returned: feedback.returned,
            },
            runs: runs
                .map(|run| FurtherRun {
                    number: run.number,
                    begun: run.begun,
                    states: run.states,
                    recipients: run.recipients,
                })
                .collect(),
        })
    }
}

/// The facts of a campaign as `status --json` has them.
pub(super) fn status<'a>(
    record: &'a CampaignRecord,
    tally: &Tally,
    after: &'a After,
    pid: Option<u32>,
) -> Status<'a> {
    Status {
        campaign: &record.name,
        state: shown(record.state, pid),
        counts: tally.counts,
        duplicates: tally.duplicates,
        resent_in_doubt: tally.doubts,
        running_pid: pid,
        came_back: after.came_back,
        runs: &after.runs,
    }
}

/// A run that nobody is at has stopped, whatever it said last.
pub(super) fn shown(state: RunState, pid: Option<u32>) -> RunState {
    let live = matches!(
        state,
        RunState::Loading
            | RunState::Scheduled
            | RunState::Running
            | RunState::Paused
            | RunState::Draining
    );
    if live && pid.is_none() {
        RunState::Stopped
    } else {
        state
    }
}

fn told(record: &CampaignRecord, tally: &Tally, after: &After, pid: Option<u32>) -> String {
    use crate::progress::{text, words};
    let mut lines = format!(
        "{}: {}",
        text::clean(&record.name),
        words::run(shown(record.state, pid))
    );
    if let Some(pid) = pid {
        lines.push_str(&format!(" (process {pid})"));
    }
    lines.push('\n');
    for state in State::ALL {
        let count = tally.counts[state];
        if count > 0 {
            lines.push_str(&format!(
                "  {:<12}{:>12}\n",
                words::state(state),
                words::count(count)
            ));
        }
    }
    lines.push_str(&format!(
        "  {:<12}{:>12}\n",
        "recipients",
        words::count(tally.counts.total())
    ));
    for (count, what) in [
        (tally.duplicates, "duplicates"),
        (tally.doubts, "were in doubt"),
        (after.came_back.complaints, "complaints"),
        (after.came_back.unsubscribes, "unsubscribes"),
        (after.came_back.returned, "came back"),
    ] {
        if count > 0 {
            lines.push_str(&format!("  {what:<12}{:>12}\n", words::count(count)));
        }
    }
    for run in &after.runs {
        lines.push_str(&format!(
            "  run {:<8}{:>12}  from {}\n",
            run.number,
            words::count(run.recipients),
            words::time(run.begun)
        ));
    }
    lines
}
