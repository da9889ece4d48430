//! `resend`: a campaign goes out again to those it had given up.

mod choice;
mod left_out;
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
use left_out::Stay;
use std::io::{self, IsTerminal};

/// `hikyaku resend`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let choice = Choice::of(&args.only, &args.reason, args.perhaps_twice)?;
    let known = known(context, args)?;
    let reader = Reader::open(&known.path)?;
    let asked = Asked::of(&reader, &known, &choice)?;
    let (name, count) = (&known.record.name, asked.count());
    if args.dry_run {
        tell(&asked)?;
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
    if let Some(stay) = asked.stay.in_words() {
        say(format_args!("{name}: {stay}"));
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
    if !args.yes && !agreed(args, &known, &asked)? {
        return Err(Failure::new("nothing was sent"));
    }
    send::again(context, &args.sending(), choice.again()).await
}

/// What a choice comes to.
struct Asked {
    chosen: Vec<Standing>,
    stay: Stay,
}

impl Asked {
    fn of(reader: &Reader, known: &Known, choice: &Choice) -> Result<Self, Failure> {
        let campaign = known.record.id;
        let all = reader.standings(campaign)?;
        let again = choice.clone().again();
        let left_out = Reader::open(&known.path)?.left_out(campaign, &again)?;
        let stay = Stay::of(choice, &all, left_out);
        let chosen = all.into_iter().filter(|one| choice.has(one)).collect();
        Ok(Self { chosen, stay })
    }

    /// How many are sent to again.
    fn count(&self) -> u64 {
        let all: u64 = self.chosen.iter().map(|standing| standing.count).sum();
        all.saturating_sub(self.stay.chosen)
    }
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
fn agreed(args: &Args, known: &Known, asked: &Asked) -> Result<bool, Failure> {
    let asks = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !asks || chosen(args.ui) == Ui::Json {
        return Ok(true);
    }
    say(format_args!("{}", table(&asked.chosen).trim_end()));
    let doubtful = sum(&asked.chosen, State::InDoubt);
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
        words::count(asked.count())
    ))
}

fn sum(standings: &[Standing], state: State) -> u64 {
    standings
        .iter()
        .filter(|standing| standing.state == state)
        .map(|standing| standing.count)
        .sum()
}

fn tell(asked: &Asked) -> Result<(), Failure> {
    data(None, |out| {
        write!(out, "{}{}", table(&asked.chosen), asked.stay.rows()).map_err(unwritable)
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
