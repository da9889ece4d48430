//! `send`: the main job.

use super::args::{Send as Args, Ui};
use super::audience;
use super::campaign::{count_segment, in_segment, letter, origin};
use super::context::{Context, Opened};
use super::fail::{BRAKED, DONE, Failure, INTERRUPTED, LEFT, Outcome, PREFLIGHT};
use super::lists::confirm;
use super::output::{complain, data, say, unwritable, width};
use super::preflight::{self, Passage};
use super::rehearsal::Rehearsal;
use super::resend;
use super::status::{After, status};
use super::test_send;
use super::trial;
use super::ui::signals::{Heard, Signals};
use super::ui::{show_progress, write_events};
use crate::dash::{self, DashEnd, DashOptions};
use crate::engine::{Handle, Origin, Run, RunEnd, RunError, Setup};
use crate::model::{Audience, Command, Event, RouteMode, RunState};
use crate::net::{Clock, Resolver};
use crate::progress::Progress;
use crate::render::{Secret, Tokens};
use crate::report::{RunFacts, status_json, summary};
use crate::store::{Again, CampaignLock, CampaignRecord, Desired, LoadState, Store, Tally};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// `hikyaku send`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let opened = context.open(&args.campaign)?;
    if !args.test_to.is_empty() {
        return test_send::run(context, opened, args).await;
    }
    go(context, opened, args, None).await
}

/// Sends again to those of a campaign that were chosen; to those of a choice that was cut off where
/// there is one.
pub(super) async fn again(context: &Context, args: &Args, choice: Vec<Again>) -> Outcome {
    go(context, context.open(&args.campaign)?, args, Some(choice)).await
}

async fn go(
    context: &Context,
    mut opened: Opened,
    args: &Args,
    choice: Option<Vec<Again>>,
) -> Outcome {
    let name = opened.campaign.name.clone();
    // Templates are read before anything is touched: most mistakes are in them.
    let trial = letter(&opened, "check", Tokens::sample())?;
    let ui = chosen(args.ui);
    // A rehearsal has a ledger of its own, and its list from the workspace's.
    let origin = origin(&opened, &args.reading)?;
    let rehearsal = if args.sandbox {
        Some(Rehearsal::start(context, &name, &mut opened.settings).await?)
    } else {
        None
    };
    let path = opened.settings.store.path.clone();
    let lock = CampaignLock::acquire(&path, &name)?;
    if let (Some(rehearsal), None) = (&rehearsal, &choice) {
        rehearsal.start_over(&path, &name)?;
    }
    let clock = Clock::system();
    let store = Store::open(&path)?;
    let campaign = store.open_campaign(&name, clock.now()).await?;
    if campaign.load == LoadState::Loaded {
        audience::warn_of(&campaign, &opened.campaign);
        trial::of_loaded(path, campaign.id, trial, choice.is_some()).await?;
    } else {
        // What is loaded keeps the list it came from, and the suppressions that hold there.
        store.note_list(campaign.id, origin.list()).await?;
        let written = audience::written(&opened.campaign);
        store.note_audience(campaign.id, written).await?;
    }
    let campaign = resend::taken_up(&store, campaign, choice, clock.now()).await?;
    if let Some(code) = nothing_to_do(&store, &campaign, args).await? {
        return Ok(code);
    }
    let mut signals = Signals::new()?;
    let passage = tokio::select! {
        passage = checked(context, &opened, (&campaign, &origin), args, ui) => passage?,
        // Nothing has begun that would have to be finished.
        _ = signals.next() => return Ok(INTERRUPTED),
    };
    let Passage::Free { tried_out } = passage else {
        return Ok(PREFLIGHT);
    };
    tell_segment(context, &campaign, &origin, ui).await?;
    if let Some(rehearsal) = &rehearsal {
        rehearsal
            .suppress(&store, &opened.campaign.folder, clock.now())
            .await?;
    } else if !args.yes && ui != Ui::Json && !agreed(&opened, &origin, args)? {
        return Err(Failure::new("nothing was sent"));
    }
    let tokens = Secret::new(&store.secret().await?).tokens(campaign.id);
    let tokens = tokens.in_run(store.run_number(campaign.id).await?);
    let (events, listening) = listen(ui);
    let setup = Setup {
        letter: Arc::new(letter(&opened, &campaign.uid, tokens)?),
        origin,
        resolver: resolver(&opened, rehearsal.is_some())?,
        hostname: hostname(&opened),
        schedule: if args.sandbox {
            Default::default()
        } else {
            opened.campaign.schedule.clone()
        },
        tried_out,
        limit: args.limit,
        seed: clock.now().as_millis().unsigned_abs(),
        settings: opened.settings,
        store: store.clone(),
        campaign,
        lock,
        clock,
        events,
    };
    let record = setup.campaign.clone();
    let (run, handle) = Run::new(setup)?;
    let ended = conduct(context, run, &handle, ui).await;
    if let Some(listening) = listening {
        // A reader that has left is its own matter.
        let _ = listening.await;
    }
    if let Some(rehearsal) = rehearsal {
        rehearsal.stop().await;
    }
    let (end, interrupted) = ended?;
    let tally = store.tally(record.id).await?;
    // The mail has gone out, or not, whether or not anybody can be told.
    if let Err(failure) = conclude(context, &handle, &store, (&record, &tally), ui) {
        complain(&failure);
    }
    store.close().await;
    Ok(exit_code(&end, interrupted))
}

/// Runs the campaign, shows it, and hears signals. Tells whether one came.
pub(super) async fn conduct(
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
pub(super) fn chosen(ui: Ui) -> Ui {
    match ui {
        Ui::Auto if io::stderr().is_terminal() && io::stdin().is_terminal() => Ui::Tui,
        Ui::Auto => Ui::Plain,
        Ui::Tui if !io::stderr().is_terminal() => Ui::Plain,
        ui => ui,
    }
}

type Listening = JoinHandle<io::Result<()>>;

/// The stream of events, for programs.
fn listen(ui: Ui) -> (Option<mpsc::Sender<Event>>, Option<Listening>) {
    if ui != Ui::Json {
        return (None, None);
    }
    let (tell, hear) = mpsc::channel(EVENTS);
    (
        Some(tell),
        Some(tokio::task::spawn_blocking(move || write_events(hear))),
    )
}

/// The exit code where there is nothing to send.
async fn nothing_to_do(
    store: &Store,
    campaign: &CampaignRecord,
    args: &Args,
) -> Result<Option<u8>, Failure> {
    let name = &campaign.name;
    let code = match (campaign.state, campaign.desired) {
        (RunState::Finished, _) => {
            say(format_args!(
                "{name} has been sent; `hikyaku report {name}` tells what came of it"
            ));
            say(format_args!(
                "hint: to send it again, give it another name in campaign.toml"
            ));
            let in_doubt = store.tally(campaign.id).await?.counts.in_doubt;
            Some(if in_doubt == 0 { DONE } else { LEFT })
        }
        (RunState::Cancelled, _) | (_, Desired::Cancel) => {
            say(format_args!(
                "{name} was cancelled; `hikyaku report {name}` tells what was sent"
            ));
            Some(LEFT)
        }
        (_, Desired::Pause) => {
            let sandbox = if args.sandbox { " --sandbox" } else { "" };
            say(format_args!(
                "{name} is paused; `hikyaku resume {name}{sandbox}` lets it go on"
            ));
            Some(LEFT)
        }
        _ => None,
    };
    Ok(code)
}

/// Whether the campaign may go out by its preflight. What has begun is not checked again.
async fn checked(
    context: &Context,
    opened: &Opened,
    (campaign, origin): (&CampaignRecord, &Origin),
    args: &Args,
    ui: Ui,
) -> Result<Passage, Failure> {
    let unchecked = Passage::Free { tried_out: false };
    if args.skip_check || campaign.load == LoadState::Loaded {
        return Ok(unchecked);
    }
    if !origin.can_be_read_again() {
        say(format_args!(
            "not checked: the list is no regular file and can be read only once"
        ));
        return Ok(unchecked);
    }
    let silent = context.quiet || matches!(ui, Ui::Json | Ui::Quiet);
    preflight::may_go(
        context,
        opened,
        origin.clone(),
        Clock::system().now(),
        args.sandbox,
        silent,
    )
    .await
}

/// Counts a segment before anything is sent, and says how many are in it. A campaign that has begun
/// keeps the recipients it has.
async fn tell_segment(
    context: &Context,
    campaign: &CampaignRecord,
    origin: &Origin,
    ui: Ui,
) -> Result<(), Failure> {
    if campaign.load == LoadState::Loaded || !origin.can_be_read_again() {
        return Ok(());
    }
    let listed = origin.clone();
    match tokio::task::spawn_blocking(move || count_segment(&listed)).await {
        Ok(counted) => counted?,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    let silent = context.quiet || matches!(ui, Ui::Json | Ui::Quiet);
    if let Some(counted) = in_segment(origin).filter(|_| !silent) {
        say(format_args!("{counted}"));
    }
    Ok(())
}

/// Asks before the first message of a campaign leaves, where there is somebody to ask.
fn agreed(opened: &Opened, origin: &Origin, args: &Args) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(true);
    }
    let campaign = &opened.campaign;
    let to = match &campaign.audience {
        Audience::File(path) => path.display().to_string(),
        Audience::List(name) => format!("list {name}"),
    };
    let to = match in_segment(origin) {
        None => to,
        Some(counted) => format!("{to} ({counted})"),
    };
    let route = match (
        &opened.settings.route.override_to,
        &opened.settings.route.mode,
    ) {
        (Some((host, port)), _) => format!("everything to {host}:{port}"),
        (None, RouteMode::Relay(relays)) => format!("through {}", relays[0].host),
        (None, RouteMode::Mx) => "to each domain's own servers".to_owned(),
    };
    let limit = args
        .limit
        .map_or(String::new(), |limit| format!(", at most {limit}"));
    confirm(&format!(
        "Send {} from {} to {to}{limit}, {route}?",
        campaign.name, campaign.from.address
    ))
}

pub(super) fn resolver(opened: &Opened, sandbox: bool) -> Result<Option<Resolver>, Failure> {
    let route = &opened.settings.route;
    let needed = sandbox || (route.override_to.is_none() && route.mode == RouteMode::Mx);
    needed
        .then(|| Resolver::system(&opened.settings.dns.servers))
        .transpose()
        .map_err(Failure::from)
}

/// What we call ourselves: as configured, or as the machine is called.
pub(super) fn hostname(opened: &Opened) -> String {
    let own = || gethostname::gethostname().to_string_lossy().into_owned();
    opened
        .settings
        .identity
        .hostname
        .clone()
        .unwrap_or_else(own)
}

/// Tells what came of it: a summary for people, the counts for programs.
fn conclude(
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

pub(super) fn exit_code(end: &RunEnd, interrupted: bool) -> u8 {
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

/// Events that wait for a slow reader; those beyond are left out and counted.
const EVENTS: usize = 65_536;
/// How long a face may take to see the end.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);
