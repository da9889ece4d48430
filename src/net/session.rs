//! One SMTP session over one connection: moves bytes and time between the socket and the
//! protocol machine.

use super::wire::{Read, Wire};
use super::{Clock, Encrypted, MailStream, TlsClient, Verify};
use crate::model::{Outcome, RecipientId};
use crate::proto::smtp_client::{Client, ClientConfig, Closing, Input, Output, Transaction};
use crate::proto::{Capabilities, SessionLimits};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// A session with a mail server.
///
/// Call [`Session::poll_event`] until it has nothing more to tell, submit what there is
/// [`Session::room`] for, then await [`Session::io`].
pub struct Session {
    client: Client,
    line: Line,
    clock: Clock,
    tls: TlsSetup,
    encrypted: String,
    /// See [`Session::flaw`].
    flaw: Option<String>,
    timer: Pin<Box<Sleep>>,
    /// What the timer is set to; it may be earlier than the machine's deadline.
    armed: Option<Instant>,
    deadline: Option<Instant>,
}

/// How a session encrypts itself when the machine asks for it.
#[derive(Clone)]
pub struct TlsSetup {
    /// The TLS library, set up.
    pub client: TlsClient,
    /// The name the certificate is held against.
    pub name: String,
    /// What it has to prove.
    pub verify: Verify,
    /// How long the handshake may take.
    pub limit: std::time::Duration,
}

/// What a session tells.
#[derive(Debug)]
pub enum SessionEvent {
    /// Greeting, EHLO and TLS are done: transactions may be submitted.
    Ready(Capabilities),
    /// What came of a recipient of a transaction.
    Settled {
        /// The transaction's number.
        transaction: u64,
        /// Its recipient.
        recipient: RecipientId,
        /// What came of it.
        outcome: Outcome,
    },
    /// The session is over; nothing more comes.
    Closed(Closing),
}

type Handshake = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

enum Line {
    Open(Wire<MailStream>),
    Handshake(Handshake),
    Gone,
}

impl Session {
    /// Starts a session on a connected socket.
    #[must_use]
    pub fn new(stream: TcpStream, config: ClientConfig, tls: TlsSetup, clock: Clock) -> Self {
        Self {
            client: Client::new(config, clock.instant()),
            line: Line::Open(Wire::new(MailStream::Plain(stream))),
            clock,
            tls,
            encrypted: String::new(),
            flaw: None,
            timer: Box::pin(tokio::time::sleep(std::time::Duration::ZERO)),
            armed: None,
            deadline: None,
        }
    }

    /// Sets a time by which the session has to be open, whatever each phase may take.
    pub fn open_by(&mut self, at: Instant) {
        self.client.open_by(at);
    }

    /// How many transactions may be submitted now.
    #[must_use]
    pub fn room(&self) -> usize {
        self.client.room()
    }

    /// What the server says it will refuse beyond; see [`Client::limits`].
    #[must_use]
    pub fn limits(&self) -> SessionLimits {
        self.client.limits()
    }

    /// Transactions that were submitted and have not all settled.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.client.in_flight()
    }

    /// Version, cipher and verification of TLS; empty for plain text.
    #[must_use]
    pub fn encryption(&self) -> &str {
        &self.encrypted
    }

    /// Why the certificate would not have passed, where [`Verify::Observe`] was asked for; also
    /// where there is no TLS at all.
    #[must_use]
    pub fn flaw(&self) -> Option<&str> {
        match (&self.tls.verify, self.encrypted.is_empty()) {
            (Verify::Observe, true) => Some("the server does not offer STARTTLS"),
            _ => self.flaw.as_deref(),
        }
    }

    /// Hands a transaction over; see [`Session::room`].
    pub fn submit(&mut self, transaction: Transaction) {
        self.client.submit(transaction, self.clock.instant());
    }

    /// Nothing more will be submitted: the session ends when all is answered.
    pub fn finish(&mut self) {
        self.client.finish(self.clock.instant());
    }

    /// The next thing to tell, without waiting.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        loop {
            match self.client.poll() {
                Output::Send(octets) => {
                    if let Line::Open(wire) = &mut self.line {
                        wire.send(octets);
                    }
                }
                Output::StartTls => self.start_handshake(),
                Output::Ready(capabilities) => return Some(SessionEvent::Ready(capabilities)),
                Output::Settled {
                    transaction,
                    recipient,
                    outcome,
                } => {
                    return Some(SessionEvent::Settled {
                        transaction,
                        recipient,
                        outcome,
                    });
                }
                Output::Closed(closing) => return Some(SessionEvent::Closed(closing)),
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    return None;
                }
            }
        }
    }

    /// Waits until the socket or the clock has brought something. Cancel-safe.
    pub async fn io(&mut self) {
        self.arm();
        let timed = self.armed.is_some();
        tokio::select! {
            turned = turn(&mut self.line, &mut self.client, self.clock) => {
                if let Turned::Encrypted(encrypted) = turned {
                    self.encrypted = encrypted.describe();
                    self.flaw = encrypted.flaw;
                    self.line = Line::Open(Wire::new(MailStream::Tls(encrypted.stream)));
                    self.client.handle(Input::TlsReady, self.clock.instant());
                }
            }
            () = &mut self.timer, if timed => {
                self.armed = None;
                let now = self.clock.instant();
                if self.deadline.is_some_and(|deadline| deadline <= now) {
                    self.client.handle(Input::Timeout, now);
                }
            }
        }
    }

    /// Sets the timer, but leaves one alone that will fire earlier: deadlines move with every
    /// answer, and a timer that fires early costs less than one that is set for each of them.
    fn arm(&mut self) {
        let Some(deadline) = self.deadline else {
            return;
        };
        if self.armed.is_none_or(|armed| armed > deadline) {
            self.timer.as_mut().reset(deadline.into());
            self.armed = Some(deadline);
        }
    }

    fn start_handshake(&mut self) {
        let line = std::mem::replace(&mut self.line, Line::Gone);
        let Line::Open(wire) = line else { return };
        let MailStream::Plain(stream) = wire.into_stream() else {
            return;
        };
        let (setup, now) = (self.tls.clone(), self.clock.now());
        self.line = Line::Handshake(Box::pin(async move {
            let shake = setup
                .client
                .connect(stream, &setup.name, &setup.verify, now);
            tokio::time::timeout(setup.limit, shake)
                .await
                .unwrap_or_else(|_| Err(io::Error::other("the TLS handshake took too long")))
        }));
    }
}

enum Turned {
    Bytes,
    Encrypted(Encrypted),
}

/// One step of the connection, handed to the machine.
async fn turn(line: &mut Line, client: &mut Client, clock: Clock) -> Turned {
    match line {
        Line::Open(wire) => {
            let step = wire.turn().await;
            let now = clock.instant();
            if step.written > 0 {
                client.handle(Input::Written(step.written), now);
            }
            match step.read {
                Read::Nothing => {}
                Read::Data(count) => client.handle(Input::Bytes(wire.input(count)), now),
                Read::Eof | Read::Failed(_) => {
                    end_of_stream(client, wire.broken(), &step.read, now);
                    *line = Line::Gone;
                }
            }
            Turned::Bytes
        }
        Line::Handshake(handshake) => match handshake.await {
            Ok(encrypted) => Turned::Encrypted(encrypted),
            Err(error) => {
                *line = Line::Gone;
                client.handle(Input::TlsFailed(&error.to_string()), clock.instant());
                Turned::Bytes
            }
        },
        Line::Gone => std::future::pending().await,
    }
}

/// A write error is told only here, when everything the server had said was read.
fn end_of_stream(client: &mut Client, broken: Option<&str>, read: &Read, now: Instant) {
    match (broken, read) {
        (Some(why), _) => client.handle(Input::WriteFailed(why), now),
        (None, Read::Failed(why)) => client.handle(Input::ReadFailed(why), now),
        (None, _) => client.handle(Input::Eof, now),
    }
}
