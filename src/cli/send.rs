//! `send`: the main job.

mod after;
mod before;
mod conduct;

pub(super) use after::exit_code;
pub(super) use conduct::{chosen, conduct};

use super::args::{Send as Args, Ui};
use super::audience;
use super::campaign::{letter, origin};
use super::context::{Context, Opened};
use super::fail::{Failure, INTERRUPTED, Outcome, PREFLIGHT};
use super::output::complain;
use super::preflight::Passage;
use super::rehearsal::Rehearsal;
use super::resend;
use super::test_send;
use super::trial;
use super::ui::signals::Signals;
use crate::engine::{Origin, Run, Setup};
use crate::model::RouteMode;
use crate::net::{Clock, Resolver};
use crate::render::{Letter, Secret, Tokens};
use crate::store::{Again, CampaignLock, CampaignRecord, LoadState, Store};
use after::conclude;
use before::{agreed, checked, nothing_to_do, tell_segment};
use conduct::listen;
use std::path::Path;
use std::sync::Arc;

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
    let listed = (&opened, &origin);
    let campaign = entered(&store, &path, listed, trial, choice).await?;
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

/// The campaign's record, with what holds for it from here on: where its recipients come from where
/// they are not entered yet, and those of `choice` pending again where they are.
async fn entered(
    store: &Store,
    path: &Path,
    (opened, origin): (&Opened, &Origin),
    trial: Letter,
    choice: Option<Vec<Again>>,
) -> Result<CampaignRecord, Failure> {
    let now = Clock::system().now();
    let campaign = store.open_campaign(&opened.campaign.name, now).await?;
    if campaign.load == LoadState::Loaded {
        audience::warn_of(&campaign, &opened.campaign);
        trial::of_loaded(path.to_owned(), campaign.id, trial, choice.is_some()).await?;
    } else {
        // What is loaded keeps the list it came from, and the suppressions that hold there.
        store.note_list(campaign.id, origin.list()).await?;
        let written = audience::written(&opened.campaign);
        store.note_audience(campaign.id, written).await?;
    }
    let policy = opened.settings.delivery.in_doubt;
    resend::taken_up(store, campaign, choice, (policy, now)).await
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
