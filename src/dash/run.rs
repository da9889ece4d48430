//! The loop: takes keys and snapshots, draws when something changed, at most ten times a second.

use super::app::{Act, App};
use super::keys::{Input, Keys};
use super::options::{DashEnd, DashOptions};
use super::term::{Screen, Surface};
use crate::model::Command;
use crate::progress::Progress;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// The shortest time between two pictures.
const FRAME: Duration = Duration::from_millis(100);

/// Shows the dashboard until the run ends or a person leaves. The terminal is given back before
/// this returns, and also when the future is dropped, when something panics (before the message
/// is printed), and on SIGINT, SIGTERM or SIGHUP from outside.
///
/// Pictures are drawn on a blocking thread from the latest snapshot: a terminal that does not take
/// them delays nothing but the next picture. Whoever sends snapshots must let time pass in them
/// ([`Progress::tick`]), for times shown here are those of the snapshot.
///
/// # Errors
/// Where there is no terminal behind stderr, or it cannot be drawn on any more.
pub async fn run(
    title: &str,
    progress: watch::Receiver<Arc<Progress>>,
    commands: mpsc::UnboundedSender<Command>,
    options: DashOptions,
) -> io::Result<DashEnd> {
    let app = App::new(title, &options);
    let screen = Screen::enter()?;
    let mut keys = Keys::start()?;
    tokio::select! {
        end = drive(app, screen, &mut keys.inputs, progress, commands, options.linger) => end,
        () = asked_to_end() => Ok(DashEnd::Interrupted),
    }
}

/// Runs the dashboard on any surface.
pub(super) async fn drive(
    app: App,
    surface: impl Surface,
    inputs: &mut mpsc::Receiver<Input>,
    mut progress: watch::Receiver<Arc<Progress>>,
    commands: mpsc::UnboundedSender<Command>,
    linger: Option<Duration>,
) -> io::Result<DashEnd> {
    let mut canvas = (surface, app);
    let mut frames = interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut over = None;
    let (mut stale, mut keys_come) = (true, true);
    let mut snapshot = Arc::clone(&progress.borrow());
    loop {
        // Compared by itself: a snapshot that came while a picture was drawn is no change any more
        // to whoever waits for the next one.
        let latest = Arc::clone(&progress.borrow_and_update());
        stale |= !Arc::ptr_eq(&latest, &snapshot);
        snapshot = latest;
        if over.is_none() && snapshot.finished().is_some() {
            let Some(linger) = linger else {
                return Ok(DashEnd::Finished);
            };
            over = Some(Box::pin(sleep(linger)));
        }
        tokio::select! {
            input = inputs.recv(), if keys_come => {
                stale = true;
                let act = match input {
                    Some(Input::Key(key)) => canvas.1.update(key, snapshot.state()),
                    Some(Input::Resized) => None,
                    None => { keys_come = false; None }
                };
                match act {
                    Some(Act::Leave) if over.is_some() => return Ok(DashEnd::Finished),
                    Some(Act::Leave) => return Ok(DashEnd::Detached),
                    // A run that does not listen any more is about to say that it has ended.
                    Some(Act::Ask(command)) => { let _ = commands.send(command); }
                    None => {}
                }
            }
            changed = progress.changed(), if over.is_none() => {
                if changed.is_err() {
                    return Ok(DashEnd::Lost);
                }
            },
            _ = frames.tick(), if stale => {
                stale = false;
                canvas = draw(canvas, Arc::clone(&snapshot)).await?;
            }
            () = lingered(&mut over) => return Ok(DashEnd::Finished),
        }
    }
}

/// Draws one picture on a thread that may block.
async fn draw<S: Surface>(
    (mut surface, mut app): (S, App),
    snapshot: Arc<Progress>,
) -> io::Result<(S, App)> {
    spawn_blocking(move || {
        surface.draw(&mut app, &snapshot)?;
        Ok((surface, app))
    })
    .await
    .map_err(|error| io::Error::other(format!("the dashboard could not be drawn: {error}")))?
}

/// Ends when the last picture has stayed long enough; never before the run is over.
async fn lingered(over: &mut Option<std::pin::Pin<Box<tokio::time::Sleep>>>) {
    match over {
        Some(sleep) => sleep.as_mut().await,
        None => pending().await,
    }
}

/// Ends when a signal asks the process to end. What to do then is decided where signals are
/// handled; here it only means that the terminal is needed for other words.
#[cfg(unix)]
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let streams = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = streams else {
        return pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// In raw mode Ctrl-C is a key, and there are no other signals to wait for.
#[cfg(not(unix))]
async fn asked_to_end() {
    pending().await
}
