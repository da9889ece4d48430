//! What is asked and told before the first message leaves.

use crate::cli::args::{Send as Args, Ui};
use crate::cli::campaign::{count_segment, in_segment};
use crate::cli::context::{Context, Opened};
use crate::cli::fail::{DONE, Failure, LEFT};
use crate::cli::lists::confirm;
use crate::cli::output::say;
use crate::cli::preflight::{self, Passage};
use crate::engine::Origin;
use crate::model::{Audience, RouteMode, RunState};
use crate::net::Clock;
use crate::store::{CampaignRecord, Desired, LoadState, Store};
use std::io::{self, IsTerminal};

/// The exit code where there is nothing to send.
pub(super) async fn nothing_to_do(
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
pub(super) async fn checked(
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
pub(super) async fn tell_segment(
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
pub(super) fn agreed(opened: &Opened, origin: &Origin, args: &Args) -> Result<bool, Failure> {
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
