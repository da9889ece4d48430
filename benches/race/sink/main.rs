//! The server every runner of the race sends to: takes everything, keeps nothing, counts.
//!
//! ```text
//! race_sink [--starttls] [--expect MESSAGES] [--ledger FILE]
//! ```
//!
//! Its first line of output says where it listens; a line with the counts follows when `--expect`
//! messages were taken, and another when standard input ends, which is how it is stopped. All
//! times are taken here, so that they mean the same for every runner. It runs on one thread and
//! does little enough that a sender on another core is what limits a race.

mod conversation;
mod tally;

use conversation::Offer;
use hikyaku::net::Clock;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use tally::Tally;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;

/// What the command line says.
#[derive(Default)]
struct Arguments {
    starttls: bool,
    expect: Option<u64>,
    ledger: Option<String>,
}

fn main() -> io::Result<()> {
    let arguments = arguments()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, serve(arguments))
}

fn arguments() -> io::Result<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = std::env::args().skip(1);
    let missing = || io::Error::other("an option lacks its value");
    while let Some(word) = words.next() {
        match word.as_str() {
            "--starttls" => arguments.starttls = true,
            "--expect" => {
                let count = words.next().ok_or_else(missing)?;
                arguments.expect = Some(count.parse().map_err(io::Error::other)?);
            }
            "--ledger" => arguments.ledger = Some(words.next().ok_or_else(missing)?),
            other => {
                return Err(io::Error::other(format!(
                    "{other} is no option of the sink"
                )));
            }
        }
    }
    Ok(arguments)
}

async fn serve(arguments: Arguments) -> io::Result<()> {
    let offer = Offer {
        tls: arguments.starttls.then(acceptor).transpose()?,
    };
    let offer = Rc::new(offer);
    let clock = Clock::system();
    let tally = Rc::new(Tally::new(clock, arguments.expect, arguments.ledger)?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    let mut stopped = end_of_input();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        // A client that gave up before it was served is no trouble of the others.
        let Ok((stream, _)) = accepted else { continue };
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        tally.connected();
        let (offer, tally) = (Rc::clone(&offer), Rc::clone(&tally));
        tokio::task::spawn_local(async move {
            // A connection that breaks shows in the counts.
            let _ = conversation::serve(stream, &offer, &tally).await;
        });
    }
    tally.report()
}

/// Resolves when standard input ends: whoever started the sink is done with it, or gone.
fn end_of_input() -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        // What is said there, or that it cannot be read, makes no difference.
        let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
        ended.send(())
    });
    end
}

/// A certificate of its own making, which no client is to verify.
fn acceptor() -> io::Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])
        .map_err(io::Error::other)?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let chain = vec![made.cert.der().clone()];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from(key))
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
