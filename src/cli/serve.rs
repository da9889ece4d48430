//! `serve`: unsubscribes by HTTP, returned mail by SMTP, metrics and health.

mod conduct;
mod domains;
mod fetching;

use super::args::{LogFormat as Form, Serve as Args};
use super::context::Context;
use super::fail::{ERROR, Failure, Outcome};
use super::logging;
use super::ui::signals::Signals;
use crate::intake::Intake;
use crate::model::{LogFormat, Settings};
use crate::net::Clock;
use crate::render::Secret;
use crate::serve::{BindError, LedgerDesk, Letters, Options, Sender, Server, TlsFiles};
use crate::store::Store;
use conduct::{announce, conduct, tell};
use domains::{domains, wish_mailboxes};
use fetching::fetching;
use sd_notify::NotifyState;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
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
    let desk = LedgerDesk::new(store.clone(), intake_of, clock)
        .keeping(Letters::new(letters_folder(&settings)));
    let desk = Arc::new(desk);
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

/// Where letters are kept: in the folder that is set, or beside the ledger.
pub(super) fn letters_folder(settings: &Settings) -> PathBuf {
    let beside = || settings.store.path.with_file_name("postmaster");
    settings.serve.letters.clone().unwrap_or_else(beside)
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

fn hostname(settings: &Settings) -> String {
    let own = || gethostname::gethostname().to_string_lossy().into_owned();
    settings.identity.hostname.clone().unwrap_or_else(own)
}
