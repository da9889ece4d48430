//! `pause`, `resume` and `cancel`: what people ask of a campaign from any terminal.

use super::args::Steer;
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::say;
use super::status::{Known, find};
use crate::model::{InDoubtPolicy, RunState};
use crate::net::Clock;
use crate::store::{CampaignLock, Desired, LockError, Store};

/// `hikyaku pause`
pub(super) async fn pause(context: &Context, args: &Steer) -> Outcome {
    ask(context, args, Desired::Pause).await
}

/// `hikyaku resume`
pub(super) async fn resume(context: &Context, args: &Steer) -> Outcome {
    ask(context, args, Desired::Run).await
}

/// `hikyaku cancel`
pub(super) async fn cancel(context: &Context, args: &Steer) -> Outcome {
    ask(context, args, Desired::Cancel).await
}

async fn ask(context: &Context, args: &Steer, desired: Desired) -> Outcome {
    let known = find(context, &args.campaign, args.sandbox)?;
    let Known { record, path, .. } = &known;
    if matches!(record.state, RunState::Finished | RunState::Cancelled) {
        let state = if record.state == RunState::Finished {
            "finished"
        } else {
            "been cancelled"
        };
        return Err(Failure::new(format_args!(
            "campaign {:?} has {state}",
            record.name
        )));
    }
    let store = Store::open(path)?;
    store.set_desired(record.id, desired).await?;
    match CampaignLock::acquire(path, &record.name) {
        Err(LockError::Held { pid, .. }) => {
            let who = pid.map_or_else(
                || "the running process".to_owned(),
                |pid| format!("process {pid}"),
            );
            say(format_args!("{}: {who} {}", record.name, told(desired)));
        }
        Err(error) => return Err(error.into()),
        Ok(lock) => {
            if desired == Desired::Cancel {
                // What a process that died had on the wire may have arrived.
                let now = Clock::system().now();
                store.recover(record.id, InDoubtPolicy::Hold, now).await?;
                let moved = store.cancel(record.id).await?;
                let count: u64 = moved.iter().map(|moved| moved.count).sum();
                store
                    .finish(record.id, RunState::Cancelled, Clock::system().now())
                    .await?;
                say(format_args!(
                    "{}: cancelled; {count} recipients will not be mailed",
                    record.name
                ));
            } else {
                say(format_args!("{}: {}", record.name, kept(desired)));
            }
            drop(lock);
        }
    }
    store.close().await;
    Ok(DONE)
}

const fn told(desired: Desired) -> &'static str {
    match desired {
        Desired::Run => "was asked to go on",
        Desired::Pause => "was asked to pause",
        Desired::Cancel => "was asked to cancel",
    }
}

const fn kept(desired: Desired) -> &'static str {
    match desired {
        Desired::Run => "no process is sending it; `hikyaku send` goes on",
        Desired::Pause => "paused; `hikyaku resume` lets it go on",
        Desired::Cancel => "cancelled",
    }
}
