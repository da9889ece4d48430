//! `bounces fetch`: returned mail from the configured mailboxes, once or for as long as it runs.

use super::fetcher::{Fetcher, Tell, about};
use super::summary::{Summary, write_summary};
use super::told::{Told, write_told};
use crate::cli::args::{Fetch as Args, FetchFormat};
use crate::cli::context::Context;
use crate::cli::fail::{DONE, ERROR, Failure, INTERRUPTED, Outcome};
use crate::cli::output::{complain, data, say, unwritable};
use crate::cli::ui::signals::Signals;
use crate::intake::Intake;
use crate::model::{Domain, MailboxSettings, Settings};
use crate::render::Secret;
use crate::store::Store;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// `hikyaku bounces fetch`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let settings = context.settings()?;
    if settings.mailboxes.is_empty() {
        let failure = Failure::new("there is no mailbox to fetch from");
        return Err(failure.hint("add [mailbox] with host and auth to hikyaku.toml"));
    }
    if !settings.store.path.exists() {
        let failure = Failure::new("nothing was ever sent from this workspace");
        return Err(failure.hint("returned mail is matched with campaigns of its ledger"));
    }
    let store = Store::open(&settings.store.path)?;
    let intake = intake(&store, &settings).await?;
    let format = args.format;
    let mut fetcher = Fetcher::new(&settings, store.clone(), intake, printer(format))?;
    fetcher.dry_run = args.dry_run;
    fetcher.all = args.all;
    let stop = CancellationToken::new();
    let ended = attended(&stop, async {
        if args.watch {
            fetcher.watch(&settings.mailboxes, &stop).await
        } else {
            once(&fetcher, &settings.mailboxes, &stop, format).await
        }
    });
    let code = ended.await?;
    drop(fetcher);
    store.close().await;
    let cut_short = stop.is_cancelled() && !args.watch;
    Ok(if cut_short { INTERRUPTED } else { code })
}

/// What takes returned mail for a ledger.
async fn intake(store: &Store, settings: &Settings) -> Result<Intake, Failure> {
    let secret = Secret::new(&store.secret().await?);
    let domain = settings.identity.bounce_domain.as_deref();
    let domain = domain.and_then(|domain| Domain::parse(domain).ok());
    Ok(Intake::new(store.clone(), secret, settings.suppression).for_domain(domain))
}

/// Runs until `work` has ended. The first signal asks it to, the second does not.
async fn attended(stop: &CancellationToken, work: impl Future<Output = Outcome>) -> Outcome {
    let mut signals = Signals::new()?;
    tokio::pin!(work);
    let mut asked = false;
    loop {
        tokio::select! {
            ended = &mut work => return ended,
            _ = signals.next() => {
                if asked {
                    return Ok(INTERRUPTED);
                }
                asked = true;
                say(format_args!("finishing what was begun; once more to stop at once"));
                stop.cancel();
            }
        }
    }
}

fn printer(format: FetchFormat) -> Tell {
    Arc::new(move |told: &Told| {
        let written = data(None, |out| match format {
            FetchFormat::Json => {
                let json = serde_json::to_string(told).map_err(unwritable)?;
                writeln!(out, "{json}").map_err(unwritable)
            }
            FetchFormat::Text if told.is_ours() => write_told(told, out).map_err(unwritable),
            FetchFormat::Text => Ok(()),
        });
        if let Err(failure) = written {
            complain(&failure);
        }
    })
}

/// Each mailbox once, one after the other; none after `stop`. There is a summary of those that were
/// looked through.
async fn once(
    fetcher: &Fetcher,
    mailboxes: &[MailboxSettings],
    stop: &CancellationToken,
    format: FetchFormat,
) -> Outcome {
    let mut code = DONE;
    for settings in mailboxes {
        let mut summary = Summary::default();
        let visited = fetcher.visit(settings, stop, &mut summary).await;
        let looked = visited.unwrap_or_else(|failure| {
            complain(&about(settings, &failure));
            code = ERROR;
            summary.mails > 0
        });
        if !looked {
            continue;
        }
        let name = settings.name();
        let words = write_summary(&name, &summary, fetcher.dry_run);
        match format {
            FetchFormat::Text => data(None, |out| {
                out.write_all(words.as_bytes()).map_err(unwritable)
            })?,
            FetchFormat::Json => say(format_args!("{}", words.trim_end())),
        }
    }
    Ok(code)
}
