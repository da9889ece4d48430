//! `check`: what receivers, laws and readers will say of a campaign, before it goes out.

use super::args::Check as Args;
use super::audience;
use super::campaign::{in_segment, origin};
use super::context::Context;
use super::fail::{DONE, Outcome, PREFLIGHT};
use super::output::{data, say, unwritable, width};
use super::preflight::{self, Watching};
use crate::model::Severity;
use crate::net::{Clock, Resolver};
use crate::report::{check_json, write_check};

/// `hikyaku check`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let opened = context.open(&args.campaign)?;
    audience::warn(&opened);
    let origin = origin(&opened, &args.reading)?;
    let resolver = match args.offline {
        true => None,
        false => Some(Resolver::system(&opened.settings.dns.servers)?),
    };
    let watching = match args.json || context.quiet {
        true => Watching::Nothing,
        false => Watching::Bar,
    };
    let checked = preflight::run(
        &opened,
        origin.clone(),
        resolver,
        Clock::system().now(),
        watching,
    )
    .await?;
    if let Some(counted) = in_segment(&origin).filter(|_| !context.quiet) {
        say(format_args!("{counted}"));
    }
    let report = checked.report(&opened.campaign.name);
    let colour = context.colour(&std::io::stdout());
    data(None, |mut out| {
        if args.json {
            let line = check_json(&report).map_err(unwritable)?;
            writeln!(out, "{line}").map_err(unwritable)
        } else {
            write_check(&report, &mut out, width(), colour).map_err(unwritable)
        }
    })?;
    let failed = checked
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    Ok(if failed { PREFLIGHT } else { DONE })
}
