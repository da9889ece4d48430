//! The machine: its state, and the doors through which a driver reaches it.

use super::command::is_hostname;
use super::flight::{Flight, Question};
use super::habits::Habits;
use super::login::Dialogue;
use super::transfer::Transfer;
use super::window::Window;
use super::{ClientConfig, Closing, Input, LogInRefusal, Output, StartTls, Transaction};
use crate::model::{Outcome, Reply, Stage};
use crate::proto::{Capabilities, ReplyParser, SessionLimits};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::time::Instant;

/// One SMTP session, from the greeting to the end of the connection.
///
/// See the [module](super) for what it promises. Times are arguments and may not run backwards.
#[derive(Debug)]
pub struct Client {
    pub(super) config: ClientConfig,
    pub(super) phase: Phase,
    /// Where the command of the phase ends in the stream, once it is said. While the session is
    /// open, questions belong to transactions and this means nothing.
    pub(super) asked: Option<u64>,
    pub(super) encrypted: bool,
    /// The login, while it is under way.
    pub(super) dialogue: Option<Dialogue>,
    pub(super) refusal: Option<LogInRefusal>,
    pub(super) transfer: Transfer,
    pub(super) capabilities: Capabilities,
    pub(super) parser: ReplyParser,
    /// Transactions of which something was sent, oldest first. Only the last one may have
    /// anything left to send; only the first one gets answers.
    pub(super) flights: VecDeque<Flight>,
    /// Transactions of a stream that are answered, and of which it shows only when everything is
    /// whether the answers were theirs. Nothing new is begun until then.
    pub(super) held: VecDeque<(Flight, Outcome)>,
    /// Transactions of which nothing was sent.
    pub(super) waiting: VecDeque<Transaction>,
    pub(super) window: Window,
    pub(super) habits: Habits,
    pub(super) stream: Stream,
    /// What `poll` has to tell before anything else is sent.
    pub(super) events: VecDeque<Output>,
    pub(super) scratch: BytesMut,
    pub(super) now: Instant,
    /// When the question at the front became the front, or its content last made headway.
    pub(super) since: Instant,
    /// When all of what comes before the session is open has to be done.
    pub(super) open_by: Option<Instant>,
    /// Transactions whose MAIL was sent.
    pub(super) begun: u32,
    /// Transactions the server took.
    pub(super) accepted: u32,
    /// Recipients of one message that the server took before it had enough.
    pub(super) recipients_limit: Option<u32>,
    /// The server takes no more messages on this connection: how many it took, and its words.
    pub(super) enough: Option<(u32, Reply)>,
    /// The server still has a transaction open that will get no content.
    pub(super) leftover: bool,
    pub(super) finishing: bool,
}

/// How far the session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The server speaks first.
    Greeting,
    Ehlo,
    /// EHLO was refused for good.
    Helo,
    StartTls,
    /// The driver does the handshake.
    Handshake,
    Auth,
    /// Transactions go to and fro.
    Open,
    Quit,
    Closed,
}

/// Places in the stream of octets we send.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stream {
    /// Octets given out by `poll`.
    pub queued: u64,
    /// Octets the socket took.
    pub written: u64,
}

impl Client {
    /// A session on a connection that was just made; the server's greeting comes first, or the
    /// handshake where that is to be so.
    ///
    /// A configured host name that cannot stand in a command closes the session at once.
    #[must_use]
    pub fn new(config: ClientConfig, now: Instant) -> Self {
        let window = Window::new(config.opening, config.window, config.window_octets);
        let (phase, asked) = match config.starttls {
            StartTls::Implicit => (Phase::Handshake, None),
            StartTls::Never | StartTls::IfOffered | StartTls::Required => {
                (Phase::Greeting, Some(0))
            }
        };
        let mut client = Self {
            config,
            phase,
            asked,
            encrypted: false,
            dialogue: None,
            refusal: None,
            transfer: Transfer::Stepwise,
            capabilities: Capabilities::default(),
            parser: ReplyParser::new(),
            flights: VecDeque::new(),
            held: VecDeque::new(),
            waiting: VecDeque::new(),
            window,
            habits: Habits::default(),
            stream: Stream::default(),
            events: VecDeque::new(),
            scratch: BytesMut::new(),
            now,
            since: now,
            open_by: None,
            begun: 0,
            accepted: 0,
            recipients_limit: None,
            enough: None,
            leftover: false,
            finishing: false,
        };
        if !is_hostname(&client.config.hostname) {
            let why = format!(
                "{:?} cannot be said with EHLO: set identity.hostname to a host name",
                client.config.hostname
            );
            client.give_up(None, why);
        }
        client
    }

    /// Sets a time by which the session has to be open, whatever greeting, EHLO and TLS may each
    /// take: a server that is slow at everything must not have all these times one after the other.
    pub fn open_by(&mut self, at: Instant) {
        self.open_by = Some(at);
    }

    /// Transactions that may be submitted now. Zero until [`Output::Ready`] and once the session
    /// is about to close. Enough that the connection never stands idle for want of the next.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.phase != Phase::Open || self.finishing {
            return 0;
        }
        let left = self.message_limit().saturating_sub(self.begun);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let left = left.saturating_sub(self.waiting.len());
        let room = match self.transfer {
            Transfer::Streamed => self.window.room(self.in_flight(), self.octets_ahead()),
            Transfer::Stepwise | Transfer::Grouped => {
                self.transfer.depth().saturating_sub(self.in_flight())
            }
        };
        room.min(left)
    }

    /// What the server says it will refuse beyond (RFC 9422 section 4), or has said to a
    /// transaction that was beyond it.
    #[must_use]
    pub fn limits(&self) -> SessionLimits {
        let limits = self.capabilities.limits;
        SessionLimits {
            rcpt_max: limits
                .rcpt_max
                .into_iter()
                .chain(self.recipients_limit)
                .min(),
            ..limits
        }
    }

    /// Hands in a transaction; it is sent when its turn comes. Without [`Client::room`] for it,
    /// it may come back unsent; to a closed session, it does so at once.
    pub fn submit(&mut self, transaction: Transaction, now: Instant) {
        self.now = now;
        if self.phase == Phase::Closed {
            self.lose_unsent(transaction, None, "the session is closed");
        } else {
            self.waiting.push_back(transaction);
        }
    }

    /// Says that nothing more will be submitted: QUIT, when all there is has been answered.
    pub fn finish(&mut self, now: Instant) {
        self.now = now;
        self.finishing = true;
    }

    /// Takes in what happened. Call [`Client::poll`] next.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.now = now;
        if self.phase == Phase::Closed {
            return;
        }
        match input {
            Input::Bytes(bytes) => self.read(bytes),
            Input::Written(octets) => self.note_written(octets),
            Input::Eof => self.hung_up(None, "the server closed the connection"),
            Input::ReadFailed(why) => self.hung_up(None, &format!("reading failed: {why}")),
            Input::WriteFailed(why) => self.hung_up(None, &format!("writing failed: {why}")),
            Input::Timeout => self.time_out(),
            Input::TlsReady => self.tls_ready(),
            Input::TlsFailed(why) => self.tls_failed(why),
        }
    }

    /// What to do next. To be called until it says [`Output::Wait`], after every other call.
    pub fn poll(&mut self) -> Output {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            if self.phase == Phase::Handshake && self.asked.is_none() {
                self.asked = Some(self.stream.queued);
                return Output::StartTls;
            }
            if let Some(bytes) = self.next_bytes() {
                return Output::Send(bytes);
            }
            if self.events.is_empty() {
                return Output::Wait(self.deadline());
            }
        }
    }

    /// Transactions that were submitted and are not answered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flights.len() + self.held.len() + self.waiting.len()
    }

    /// Octets of the messages in hand.
    fn octets_ahead(&self) -> u64 {
        let waiting = self.waiting.iter().map(Transaction::octets);
        waiting.fold(self.octets_sent(), u64::saturating_add)
    }

    /// Octets of the messages that are on their way.
    pub(super) fn octets_sent(&self) -> u64 {
        let sent = self.flights.iter().map(|flight| flight.octets);
        sent.fold(0, u64::saturating_add)
    }

    /// Transactions this session may begin, the server's own limit considered.
    pub(super) fn message_limit(&self) -> u32 {
        let ours = self.config.messages.map(|messages| messages.max(1));
        let theirs = self.capabilities.limits.mail_max;
        let begun = self.enough.as_ref().map(|_| self.begun);
        let limits = ours.into_iter().chain(theirs).chain(begun);
        limits.min().unwrap_or(u32::MAX)
    }

    /// The question whose answer is due next, of the transaction it belongs to.
    pub(super) fn front(&self) -> Option<Question> {
        self.flights.front()?.questions.front().copied()
    }

    /// Goes on to another phase, whose command is not said yet.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.asked = None;
        self.since = self.now;
    }

    /// The stage a failure at this moment is reported with.
    pub(super) fn stage(&self) -> Stage {
        match self.phase {
            Phase::Greeting | Phase::Ehlo | Phase::Helo => Stage::Connect,
            Phase::StartTls | Phase::Handshake => Stage::Tls,
            Phase::Auth => Stage::Auth,
            Phase::Open | Phase::Quit | Phase::Closed => match self.flights.front() {
                Some(flight) => flight.stage(self.stream.written),
                None => Stage::Mail,
            },
        }
    }

    pub(super) fn close(&mut self, closing: Closing) {
        self.enter(Phase::Closed);
        self.events.push_back(Output::Closed(closing));
    }
}
