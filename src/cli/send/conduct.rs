//! A run that goes on: shown to people, told to programs, ended by signals.

use crate::cli::args::Ui;
use crate::cli::context::Context;
use crate::cli::fail::Failure;
use crate::cli::output::say;
use crate::cli::ui::signals::{Heard, Signals};
use crate::cli::ui::{show_progress, write_events};
use crate::dash::{self, DashEnd, DashOptions};
use crate::engine::{Handle, Run, RunEnd, RunError};
use crate::model::{Command, Event};
use std::io::{self, IsTerminal};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// Runs the campaign, shows it, and hears signals. Tells whether one came.
pub(in crate::cli) async fn conduct(
    context: &Context,
    run: Run,
    handle: &Handle,
    ui: Ui,
) -> Result<(RunEnd, bool), Failure> {
    let mut running: JoinSet<Result<RunEnd, RunError>> = JoinSet::new();
    running.spawn(run.run());
    let mut signals = Signals::new()?;
    let mut interrupted = false;
    let face = face(context, handle, ui);
    tokio::pin!(face);
    let mut shown = !has_face(context, ui);
    loop {
        tokio::select! {
            Some(ended) = running.join_next() => {
                if !shown {
                    // The face sees the end too; or the run has failed, and it sees nothing more.
                    let _ = tokio::time::timeout(FAREWELL, &mut face).await;
                }
                return match ended {
                    Ok(end) => Ok((end?, interrupted)),
                    Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
                };
            }
            left = &mut face, if !shown => {
                shown = true;
                interrupted |= left;
            }
            heard = signals.next() => {
                if !interrupted {
                    if ui == Ui::Plain {
                        say(format_args!("finishing what is on the wire; again to stop at once"));
                    }
                    let _ = handle.commands.send(Command::Drain);
                } else if heard == Heard::End {
                    let _ = handle.commands.send(Command::Abort);
                }
                interrupted = true;
            }
        }
    }
}

/// Whether the run is shown while it goes on.
fn has_face(context: &Context, ui: Ui) -> bool {
    match ui {
        Ui::Tui => true,
        Ui::Auto | Ui::Plain => !context.quiet,
        Ui::Json | Ui::Quiet => false,
    }
}

/// Shows the run until it has ended or the person has left. Tells whether they ended the run.
async fn face(context: &Context, handle: &Handle, ui: Ui) -> bool {
    match ui {
        Ui::Tui => {
            let title = handle.progress.borrow().campaign().to_owned();
            let options = DashOptions {
                colour: context.colour(&io::stderr()),
                ..dash_options()
            };
            let (progress, commands) = (handle.progress.clone(), handle.commands.clone());
            match dash::run(&title, progress.clone(), commands, options).await {
                Ok(DashEnd::Finished | DashEnd::Lost) => false,
                Ok(DashEnd::Interrupted) => {
                    show_progress(progress).await;
                    false
                }
                Ok(DashEnd::Detached) => {
                    say(format_args!("sending goes on here without the dashboard"));
                    show_progress(progress).await;
                    false
                }
                Err(error) => {
                    say(format_args!("no dashboard: {error}"));
                    show_progress(progress).await;
                    false
                }
            }
        }
        Ui::Auto | Ui::Plain | Ui::Json | Ui::Quiet => {
            show_progress(handle.progress.clone()).await;
            false
        }
    }
}

fn dash_options() -> DashOptions {
    DashOptions {
        can_detach: true,
        watch_only: false,
        ..DashOptions::default()
    }
}

/// The dashboard needs a terminal to draw on and one to hear keys from.
pub(in crate::cli) fn chosen(ui: Ui) -> Ui {
    match ui {
        Ui::Auto if io::stderr().is_terminal() && io::stdin().is_terminal() => Ui::Tui,
        Ui::Auto => Ui::Plain,
        Ui::Tui if !io::stderr().is_terminal() => Ui::Plain,
        ui => ui,
    }
}

pub(super) type Listening = JoinHandle<io::Result<()>>;

/// The stream of events, for programs.
pub(super) fn listen(ui: Ui) -> (Option<mpsc::Sender<Event>>, Option<Listening>) {
    if ui != Ui::Json {
        return (None, None);
    }
    let (tell, hear) = mpsc::channel(EVENTS);
    (
        Some(tell),
        Some(tokio::task::spawn_blocking(move || write_events(hear))),
    )
}

/// Events that wait for a slow reader; those beyond are left out and counted.
const EVENTS: usize = 65_536;
/// How long a face may take to see the end.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);
