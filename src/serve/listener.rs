//! A socket that listens: who gets a seat, and an end that waits for what is open.

use super::client::{Client, is_trusted};
use super::metrics::Metrics;
use super::seats::{Full, Seat, Seats};
use crate::model::Network;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long open connections have when the program ends.
const GRACE: Duration = Duration::from_secs(6);
/// How long nothing is accepted when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// A bound socket and its seats.
pub(super) struct Listener {
    pub(super) name: &'static str,
    pub(super) socket: TcpListener,
    pub(super) seats: Seats,
    pub(super) trusted: Vec<Network>,
    pub(super) metrics: Metrics,
    pub(super) stop: CancellationToken,
}

/// A client that has a seat.
pub(super) struct Guest {
    pub(super) stream: TcpStream,
    pub(super) address: IpAddr,
    pub(super) seat: Seat,
    /// Whether seats are scarce, so that patience should be short.
    pub(super) in_need: bool,
}

impl Listener {
    /// Serves connections until `stop`, then waits for the open ones, though not for long. `serve`
    /// tells how a connection ended; `turned_away` is written to those that get no seat.
    pub(super) async fn run<F>(self, turned_away: &'static [u8], serve: impl Fn(Guest) -> F)
    where
        F: Future<Output = &'static str> + Send + 'static,
    {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(ended) = open.join_next() => self.note(ended),
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, address)) => {
                        if let Some(guest) = self.admit(stream, address, turned_away) {
                            open.spawn(serve(guest));
                        }
                    }
                    Err(error) => self.out_of_sockets(&error).await,
                },
            }
        }
        let all_ended = async {
            while let Some(ended) = open.join_next().await {
                self.note(ended);
            }
        };
        // What has not ended by then is dropped with the set.
        let _ = timeout(GRACE, all_ended).await;
    }

    fn admit(&self, stream: TcpStream, address: SocketAddr, words: &[u8]) -> Option<Guest> {
        let address = address.ip();
        let client = (!is_trusted(address, &self.trusted)).then(|| Client::of(address));
        let in_need = self.seats.are_scarce();
        match self.seats.take(client) {
            Ok(seat) => {
                // Answers are short; waiting for more to send only makes them late.
                let _ = stream.set_nodelay(true);
                Some(Guest {
                    stream,
                    address,
                    seat,
                    in_need,
                })
            }
            Err(full) => {
                self.metrics.connection(
                    self.name,
                    match full {
                        Full::Client => "too_many_of_client",
                        Full::Everywhere => "full",
                    },
                );
                turn_away(stream, words);
                None
            }
        }
    }

    fn note(&self, ended: Result<&'static str, tokio::task::JoinError>) {
        let outcome = ended.unwrap_or("panicked");
        self.metrics.connection(self.name, outcome);
    }

    async fn out_of_sockets(&self, error: &io::Error) {
        self.metrics.connection(self.name, "not_accepted");
        tracing::warn!(target: "serve", listener = self.name, %error, "a connection could not be accepted");
        sleep(BREATH).await;
    }
}

/// Says a few words without waiting for anything: a new socket has room for them.
fn turn_away(stream: TcpStream, words: &[u8]) {
    use std::io::Write;
    if let Ok(mut stream) = stream.into_std() {
        // Whoever does not hear it is turned away all the same.
        let _ = stream.write(words);
    }
}
