//! `resend`: a campaign goes out again to those it had given up.

mod choice;
mod opening;

pub(super) use opening::taken_up;

use super::args::{Resend as Args, Ui};
use super::context::Context;
use super::fail::{DONE, Failure, LEFT, Outcome};
use super::lists::confirm;
use super::output::{data, say, unwritable};
use super::send::{self, chosen};
use super::status::{Known, find, running};
use crate::model::State;
use crate::net::Clock;
use crate::progress::words;
use crate::store::{LoadState, Reader, RunRecord, Standing};
use choice::Choice;
use std::io::{self, IsTerminal};

/// `hikyaku resend`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let choice = Choice::of(&args.only, &args.reason, args.perhaps_twice)?;
    let known = known(context, args)?;
    let reader = Reader::open(&known.path)?;
    let chosen_ones: Vec<Standing> = reader
        .standings(known.record.id)?
        .into_iter()
        .filter(|standing| choice.has(standing))
        .collect();
    let name = &known.record.name;
    let count = chosen_ones.iter().map(|standing| standing.count).sum();
    if args.dry_run {
        tell(&chosen_ones)?;
        say(format_args!(
            "{name}: {} recipients would be sent to again; nothing was changed",
            words::count(count)
        ));
        return Ok(DONE);
    }
    if let Some(run) = cut_off(&reader.runs(known.record.id)?) {
        say(format_args!(
            "{name}: run {run} was cut off before all of its recipients were pending again; this \
             finishes it, and takes up no others"
        ));
        return send::again(context, &args.sending(), Vec::new()).await;
    }
    let runs = reader.runs(known.record.id)?;
    let open = open(&reader, &known)?;
    if count == 0 && open > 0 {
        let open = words::count(open);
        if runs.is_empty() {
            say(format_args!(
                "{name}: nobody to send to again; {open} are still to be sent to, and \
                 `hikyaku send {name}` goes on with them"
            ));
            return Ok(LEFT);
        }
        say(format_args!(
            "{name}: nobody else to send to again; going on with {open} that are still open"
        ));
        return send::again(context, &args.sending(), Vec::new()).await;
    }
    if count == 0 {
        say(format_args!("{name}: nobody to send to again"));
        return Ok(DONE);
    }
    in_time(context, args)?;
    if !args.yes && !agreed(args, &known, &chosen_ones, count)? {
        return Err(Failure::new("nothing was sent"));
    }
    send::again(context, &args.sending(), choice.again()).await
}

/// The campaign in the ledger it is to be sent from, its list entered.
fn known(context: &Context, args: &Args) -> Result<Known, Failure> {
    let known = find(context, &args.campaign, args.sandbox)?;
    let name = &known.record.name;
    if !args.sandbox && known.path == context.sandbox_store(name) {
        let failure = Failure::new(format_args!("{name} was only ever run in the sandbox"));
        return Err(failure.hint("--sandbox sends that run again, in the sandbox"));
    }
    if known.record.load != LoadState::Loaded {
        let failure = Failure::new(format_args!("{name} has not been sent yet"));
        return Err(failure.hint(format_args!("`hikyaku send {name}` sends it")));
    }
    if let Some(pid) = running(&known.path, name) {
        let failure = Failure::new(format_args!("process {pid} is sending {name}"));
        return Err(failure.hint("wait for its end, or end it with Ctrl-C, then send again"));
    }
    Ok(known)
}

/// A campaign whose time is over would be cancelled at once, and what it gave up with it.
fn in_time(context: &Context, args: &Args) -> Result<(), Failure> {
    let schedule = context.open(&args.campaign)?.campaign.schedule;
    let over = schedule
        .not_after
        .is_some_and(|end| Clock::system().now() >= end);
    if over && !args.sandbox {
        let failure = Failure::new("the campaign's not_after has passed");
        return Err(failure.hint("put schedule.not_after off in campaign.toml, or remove it"));
    }
    Ok(())
}

/// Recipients that a run which was cut off has left to be sent to.
fn open(reader: &Reader, known: &Known) -> Result<u64, Failure> {
    Ok(reader.tally(known.record.id)?.counts.open())
}

/// The run whose recipients are not all taken up yet.
fn cut_off(runs: &[RunRecord]) -> Option<u32> {
    runs.iter().find(|run| !run.opened).map(|run| run.number)
}

/// Asks, where there is somebody to ask.
fn agreed(args: &Args, known: &Known, chosen_ones: &[Standing], all: u64) -> Result<bool, Failure> {
    let asks = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !asks || chosen(args.ui) == Ui::Json {
        return Ok(true);
    }
    say(format_args!("{}", table(chosen_ones).trim_end()));
    let doubtful = sum(chosen_ones, State::InDoubt);
    let twice = match doubtful {
        0 => String::new(),
        _ => format!(
            " {} of them may get the message a second time.",
            words::count(doubtful)
        ),
    };
    confirm(&format!(
        "Send {} again to {} recipients?{twice}",
        known.record.name,
        words::count(all)
    ))
}

fn sum(standings: &[Standing], state: State) -> u64 {
    standings
        .iter()
        .filter(|standing| standing.state == state)
        .map(|standing| standing.count)
        .sum()
}

fn tell(standings: &[Standing]) -> Result<(), Failure> {
    data(None, |out| {
        write!(out, "{}", table(standings)).map_err(unwritable)
    })
}

/// Who would be sent to again, by state and reason.
fn table(standings: &[Standing]) -> String {
    standings
        .iter()
        .map(|standing| {
            let reason = standing.reason.map_or("no reason given", words::reason);
            let state = words::state(standing.state);
            let count = words::count(standing.count);
            format!("  {count:>12} {state:<10} {reason}\n")
        })
        .collect()
}
