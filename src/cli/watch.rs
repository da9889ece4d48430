//! `watch`: the dashboard of a campaign that another process sends.

use super::args::Watch as Args;
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::say;
use super::status::{Known, find, running};
use super::ui::show_progress;
use crate::dash::{self, DashOptions};
use crate::model::{Command, Event, RunState};
use crate::net::Clock;
use crate::progress::Progress;
use crate::store::{Desired, Reader, Store};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// `hikyaku watch`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let known = match &args.campaign {
        Some(name) => find(context, name, args.sandbox)?,
        None => running_one(context)?,
    };
    let name = known.record.name.clone();
    let first = latest(&known)?.unwrap_or_else(|| Progress::new(&name));
    if running(&known.path, &name).is_none() && !io::stderr().is_terminal() {
        say(format_args!(
            "{name}: no process is sending it; `hikyaku status {name}` tells how it stands"
        ));
        return Ok(DONE);
    }
    let (tell, progress) = watch::channel(Arc::new(first));
    let (commands, asked) = mpsc::unbounded_channel();
    let follow = follow(&known, tell, asked);
    if io::stderr().is_terminal() && io::stdin().is_terminal() {
        let options = DashOptions {
            colour: context.colour(&io::stderr()),
            can_detach: true,
            watch_only: true,
            ..DashOptions::default()
        };
        tokio::select! {
            shown = dash::run(&name, progress, commands, options) => {
                shown.map_err(|error| Failure::new(format_args!("no dashboard: {error}")))?;
            }
            followed = follow => followed?,
        }
    } else {
        tokio::select! {
            () = show_progress(progress) => {}
            followed = follow => followed?,
        }
    }
    Ok(DONE)
}

/// Reads what the sending process tells of itself, and hands commands on through the store.
async fn follow(
    known: &Known,
    tell: watch::Sender<Arc<Progress>>,
    mut asked: mpsc::UnboundedReceiver<Command>,
) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let live = running(&known.path, &known.record.name).is_some();
                if let Some(mut progress) = latest(known)? {
                    if !live && progress.finished().is_none() {
                        progress.apply(&stopped(known)?);
                    }
                    tell.send_replace(Arc::new(progress));
                }
            }
            Some(command) = asked.recv() => {
                let desired = match command {
                    Command::Pause => Desired::Pause,
                    Command::Resume => Desired::Run,
                    Command::Cancel => Desired::Cancel,
                    // Only the process that sends can drain or abort itself.
                    Command::Drain | Command::Abort => continue,
                };
                let store = Store::open(&known.path)?;
                store.set_desired(known.record.id, desired).await?;
                store.close().await;
            }
        }
    }
}

/// The end of a process that could not tell it.
fn stopped(known: &Known) -> Result<Event, Failure> {
    let counts = Reader::open(&known.path)?.tally(known.record.id)?.counts;
    Ok(Event::Finished {
        at: Clock::system().now(),
        state: RunState::Stopped,
        counts,
    })
}

fn latest(known: &Known) -> Result<Option<Progress>, Failure> {
    let live = Reader::open(&known.path)?.live(known.record.id)?;
    Ok(live.and_then(|(_, json)| serde_json::from_str(&json).ok()))
}

fn running_one(context: &Context) -> Result<Known, Failure> {
    let path = context.settings()?.store.path;
    let found = Reader::open(&path)?
        .campaigns()?
        .into_iter()
        .find(|record| running(&path, &record.name).is_some());
    match found {
        Some(record) => Ok(Known { record, path }),
        None => Err(
            Failure::new("no campaign is being sent from this workspace")
                .hint("`hikyaku status` shows what was sent; `watch NAME --sandbox` a rehearsal"),
        ),
    }
}

/// How often the snapshot is read.
const EVERY: Duration = Duration::from_millis(300);
