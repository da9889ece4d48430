//! `serve`: unsubscribes by HTTP, returned mail by SMTP, metrics and health.

use super::args::{LogFormat as Form, Serve as Args};
use super::bounces::{self, Fetcher};
use super::context::Context;
use super::fail::{DONE, ERROR, Failure, INTERRUPTED, Outcome};
use super::logging;
use super::ui::signals::{Heard, Signals};
use crate::intake::Intake;
use crate::model::{LogFormat, MailboxSettings, Settings};
use crate::net::Clock;
use crate::render::Secret;
use crate::serve::{BindError, LedgerDesk, Options, Sender, Server, TlsFiles};
use crate::store::Store;
use sd_notify::NotifyState;
use std::collections::BTreeSet;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// `hikyaku serve`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let settings = context.settings_with(&overrides(args))?;
    let json = settings.serve.log_format == LogFormat::Json;
    logging::start_serving(context, json)?;
    match serve(context, settings).await {
        // Whoever asked for JSON reads nothing else.
        Err(failure) if json => {
            tracing::error!(target: "serve", error = %failure, "the service cannot run");
            Ok(ERROR)
        }
        outcome => outcome,
    }
}

/// Flags as the keys they stand for: they win over files and the environment.
fn overrides(args: &Args) -> Vec<String> {
    let form = args.log_format.map(|form| match form {
        Form::Text => "text",
        Form::Json => "json",
    });
    let flags = [
        ("http", args.http.as_deref()),
        ("smtp", args.smtp.as_deref()),
        ("metrics", args.metrics.as_deref()),
        ("log_format", form),
    ];
    flags
        .into_iter()
        .filter_map(|(key, value)| Some(format!("serve.{key}={}", value?)))
        .collect()
}

async fn serve(context: &Context, settings: Settings) -> Outcome {
    let tls = tls(&settings)?;
    let path = settings.store.path.clone();
    let store = Store::open(&path)?;
    store.check_writable().await?;
    let secret = Secret::new(&store.secret().await?);
    let clock = Clock::system();
    let policy = settings.suppression;
    let domains = domains(context, &settings);
    let wishes = wish_mailboxes(context, &domains);
    let intake_of = move |store| {
        Intake::new(store, secret.clone(), policy).with_mailboxes(wishes.iter().cloned())
    };
    let desk = Arc::new(LedgerDesk::new(store.clone(), intake_of, clock));
    if settings.serve.smtp.is_some() && domains.is_empty() {
        return Err(
            Failure::new("serve.smtp is set, and there is no domain to take mail for").hint(
                "set identity.bounce_domain, or serve.smtp_domains = [\"bounces.example.com\"]",
            ),
        );
    }
    let fetching = fetching(&settings, &desk);
    let options = Options {
        hostname: hostname(&settings),
        sender: Sender {
            name: settings.sender.name.clone(),
            contact: settings.sender.contact.clone(),
        },
        serve: settings.serve,
        domains,
        tls: tls.clone(),
        desk: desk.clone(),
        clock,
    };
    // Signals are heard before anybody is told that it runs.
    let signals = Signals::new()?;
    let server = Server::bind(options)
        .await
        .map_err(|error| unbound(&error))?;
    if server.addresses().is_empty() {
        return Err(Failure::new("there is nothing to listen on")
            .hint("set serve.http, serve.metrics or serve.smtp to an address"));
    }
    let listening = announce(&server);
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(server.run(stop.clone()));
    for mailbox in fetching {
        tasks.spawn(mailbox.run(stop.clone()));
    }
    drop(store);
    tell(&[NotifyState::Ready, NotifyState::Status(&listening)]);
    let code = conduct(signals, tasks, &stop, tls.as_ref()).await;
    desk.close().await;
    Ok(code)
}

/// A mailbox that returned mail is fetched from beside everything else.
struct Fetching {
    mailbox: MailboxSettings,
    settings: Arc<Settings>,
    desk: Arc<LedgerDesk>,
}

/// One for each mailbox: none of them waits for another to be mended.
fn fetching(settings: &Settings, desk: &Arc<LedgerDesk>) -> Vec<Fetching> {
    let settings = Arc::new(settings.clone());
    let each = settings.mailboxes.iter().map(|mailbox| Fetching {
        mailbox: mailbox.clone(),
        settings: Arc::clone(&settings),
        desk: Arc::clone(desk),
    });
    each.collect()
}

impl Fetching {
    /// Fetches until `stop`. What somebody has to mend first (a password) is said and tried again
    /// later: readers who want to leave need not suffer for it.
    async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            // Cancelled by the fetcher where the mailbox fails.
            let round = stop.child_token();
            if let Err(failure) = self.round(&round).await {
                tracing::error!(target: "mailbox", error = %failure, "returned mail cannot be fetched");
            }
            let pause = tokio::time::sleep(MEND);
            let _ = stop.run_until_cancelled(pause).await;
        }
    }

    /// With the ledger as it is now: one that failed may have been opened anew.
    async fn round(&self, stop: &CancellationToken) -> Outcome {
        let (store, intake) = self.desk.at_hand().await.map_err(Failure::new)?;
        let tell = Arc::new(|told: &bounces::Told| {
            tracing::info!(target: "mailbox", kind = told.kind(), ours = told.is_ours(), "a mail");
        });
        let notice = Arc::new(|words: &str| tracing::warn!(target: "mailbox", "{words}"));
        let fetcher = Fetcher::new(&self.settings, store, intake, tell)?.noticing(notice);
        fetcher
            .watch(std::slice::from_ref(&self.mailbox), stop)
            .await
    }
}

/// Until mailboxes that failed are tried again.
const MEND: Duration = Duration::from_secs(300);

/// Waits for the tasks: the first signal ends them in order, the second at once, SIGHUP reads the
/// certificate again. Dropping `tasks` ends what is left.
async fn conduct(
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
fn announce(server: &Server) -> String {
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
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(target: "serve", %error, "systemd does not hear");
    }
}

fn tls(settings: &Settings) -> Result<Option<TlsFiles>, Failure> {
    let serve = &settings.serve;
    match (&serve.tls_cert, &serve.tls_key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => match TlsFiles::read(cert, key) {
            Ok(files) => Ok(Some(files)),
            Err(error) => Err(Failure::new(error).hint(
                "both are PEM files that this user may read: the chain, and its private key",
            )),
        },
        _ => Err(
            Failure::new("serve.tls_cert and serve.tls_key are set together or not at all")
                .hint("set the other one as well"),
        ),
    }
}

fn unbound(error: &BindError) -> Failure {
    let failure = Failure::new(error);
    match error.source.kind() {
        io::ErrorKind::AddrInUse => failure
            .hint("another program listens there (`ss -ltnp` shows which); choose another port"),
        io::ErrorKind::PermissionDenied => failure.hint(
            "ports below 1024 need a right: AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit",
        ),
        io::ErrorKind::AddrNotAvailable => {
            failure.hint("it is no address of this machine (`ip address` lists them)")
        }
        _ => failure,
    }
}

/// What mail is taken for: what is set, or where this workspace's return paths and unsubscribe
/// mailboxes are.
fn domains(context: &Context, settings: &Settings) -> Vec<String> {
    if !settings.serve.smtp_domains.is_empty() {
        return settings.serve.smtp_domains.clone();
    }
    let mut domains: BTreeSet<String> = settings.identity.bounce_domain.iter().cloned().collect();
    for campaign in context.campaigns() {
        // A campaign that cannot be read says so when it is used.
        let Ok(opened) = context.open(&campaign) else {
            continue;
        };
        let mailbox = opened.campaign.unsubscribe_mailto;
        domains.extend(mailbox.as_deref().and_then(mailto_domain));
        domains.extend(opened.settings.identity.bounce_domain);
    }
    domains.into_iter().collect()
}

/// Addresses that letters name for wishes to be left alone: those of the campaigns, where they are no
/// templates, and `unsubscribe` of each domain.
fn wish_mailboxes(context: &Context, domains: &[String]) -> Vec<String> {
    let of_campaigns = context.campaigns().into_iter().filter_map(|campaign| {
        let opened = context.open(&campaign).ok()?;
        let url = opened.campaign.unsubscribe_mailto?;
        mailto_address(&url).map(str::to_owned)
    });
    let plain = domains.iter().map(|domain| format!("unsubscribe@{domain}"));
    of_campaigns.chain(plain).collect()
}

/// The address of a `mailto:` URL; it may be a template.
fn mailto_address(url: &str) -> Option<&str> {
    url.strip_prefix("mailto:")?.split('?').next()
}

/// The domain of a `mailto:` address, where it is no template.
fn mailto_domain(url: &str) -> Option<String> {
    let (_, domain) = mailto_address(url)?.rsplit_once('@')?;
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-".contains(&octet);
    (!domain.is_empty() && domain.bytes().all(plain)).then(|| domain.to_ascii_lowercase())
}

fn hostname(settings: &Settings) -> String {
    let own = || gethostname::gethostname().to_string_lossy().into_owned();
    settings.identity.hostname.clone().unwrap_or_else(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_an_unsubscribe_mailbox() {
        let domain = |url| mailto_domain(url);
        assert_eq!(
            domain("mailto:leave@News.example?subject={{ token }}").as_deref(),
            Some("news.example")
        );
        for url in [
            "{{ mailto }}",
            "mailto:a",
            "mailto:a@{{ domain }}",
            "mailto:a@",
        ] {
            assert_eq!(domain(url), None, "{url}");
        }
    }
}
