//! The service while it runs: signals, the certificate, and what systemd is told.

use crate::cli::fail::{DONE, ERROR, INTERRUPTED};
use crate::cli::ui::signals::{Heard, Signals};
use crate::serve::{Server, TlsFiles};
use sd_notify::NotifyState;
use std::future::pending;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Waits for the tasks: the first signal ends them in order, the second at once, SIGHUP reads the
/// certificate again. Dropping `tasks` ends what is left.
pub(super) async fn conduct(
    mut signals: Signals,
    mut tasks: JoinSet<()>,
    stop: &CancellationToken,
    tls: Option<&TlsFiles>,
) -> u8 {
    let watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 2);
    loop {
        tokio::select! {
            biased;
            ended = tasks.join_next() => match ended {
                None => return DONE,
                Some(Ok(())) => {
                    // Nothing ends by itself; what did takes the rest with it.
                    stop.cancel();
                }
                Some(Err(error)) => {
                    tracing::error!(target: "serve", %error, "a part of the service has failed");
                    return ERROR;
                }
            },
            heard = signals.next() => match heard {
                Heard::Hangup => renew(tls),
                Heard::End if stop.is_cancelled() => return INTERRUPTED,
                Heard::End => {
                    tracing::info!(target: "serve", "finishing what is open; again to stop at once");
                    tell(&[NotifyState::Stopping]);
                    stop.cancel();
                }
            },
            () = pause(watchdog) => tell(&[NotifyState::Watchdog]),
        }
    }
}

async fn pause(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => pending().await,
    }
}

fn renew(tls: Option<&TlsFiles>) {
    let Some(tls) = tls else { return };
    match tls.reload() {
        Ok(()) => tracing::info!(target: "serve", "the certificate was read again"),
        Err(error) => {
            tracing::error!(target: "serve", %error, "the certificate stays what it was");
        }
    }
}

/// Says what it listens on.
pub(super) fn announce(server: &Server) -> String {
    let addresses = server.addresses();
    for (listener, address) in &addresses {
        tracing::info!(target: "serve", %address, "{listener} listens");
    }
    let words: Vec<String> = addresses
        .iter()
        .map(|(listener, address)| format!("{listener} on {address}"))
        .collect();
    words.join(", ")
}

/// Tells systemd, where it asked to be told.
pub(super) fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(target: "serve", %error, "systemd does not hear");
    }
}
