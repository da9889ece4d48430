//! The machine: octets in, events out, answers in, octets out.

use super::command::{self, Command};
use super::config::ServerConfig;
use super::content::{DataDecoder, Lines};
use super::event::Event;
use super::intake::Chunk;
use super::lines::CommandLines;
use super::session::{Act, Question, Session, Transaction, fault};
use super::wire::{self, reply};
use crate::model::Reply;
use bytes::{Bytes, BytesMut};

/// One conversation, seen from the receiving side.
///
/// Call [`Server::poll`] until it gives `None`, answering what wants an answer; write what
/// [`Server::take_output`] gives; stop at [`Server::is_closed`]; otherwise read and hand the octets
/// to [`Server::receive`]. Memory is bounded by what is handed in at a time.
#[derive(Debug)]
pub struct Server {
    pub(super) config: ServerConfig,
    pub(super) input: BytesMut,
    lines: CommandLines,
    output: BytesMut,
    pub(super) phase: Phase,
    question: Option<Question>,
    pub(super) session: Session,
    faults: u32,
    ran_ahead: bool,
}

/// What the next octets are.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing was said yet.
    Opening,
    /// The next octets are a command.
    Commands,
    /// The next octets are DATA's content.
    Content(DataDecoder, Lines),
    /// The next octets are BDAT's.
    Chunk(Chunk),
    /// A TLS handshake is due.
    Handshake,
    Closed,
}

impl Server {
    /// A conversation that has not begun; the first event is [`Event::Connected`].
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self {
            config,
            input: BytesMut::new(),
            lines: CommandLines::default(),
            output: BytesMut::new(),
            phase: Phase::Opening,
            question: None,
            session: Session::default(),
            faults: 0,
            ran_ahead: false,
        }
    }

    /// Takes what the client sent.
    pub fn receive(&mut self, octets: &[u8]) {
        if !self.is_closed() {
            self.input.extend_from_slice(octets);
        }
    }

    /// The next event, or `None` where more input, an answer or a handshake is waited for.
    pub fn poll(&mut self) -> Option<Event> {
        while self.question.is_none() {
            let event = match &self.phase {
                Phase::Opening => self.ask(Question::Greeting, Event::Connected),
                Phase::Commands => {
                    let act = self.next_line()?;
                    self.carry_out(act)
                }
                Phase::Content(..) => self.content()?,
                Phase::Chunk(_) => self.chunk()?,
                Phase::Handshake | Phase::Closed => return None,
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// Answers the event that wanted it. An answer of 421 ends the session. Without a question
    /// nothing happens.
    pub fn answer(&mut self, reply: &Reply) {
        let Some(question) = self.question.take() else {
            return;
        };
        if reply.code == 421 {
            self.hang_up(reply);
            return;
        }
        match question {
            Question::Greeting if reply.is_positive() => {
                self.say_named(reply);
                self.phase = Phase::Commands;
            }
            Question::Greeting => self.hang_up(reply),
            Question::Hello { extended } if reply.is_positive() => self.welcome(reply, extended),
            Question::Mail { smtputf8 } if reply.is_positive() => {
                self.session.transaction = Some(Transaction {
                    smtputf8,
                    ..Transaction::default()
                });
                self.say(reply);
            }
            Question::Rcpt if reply.is_positive() => {
                if let Some(open) = &mut self.session.transaction {
                    open.recipients += 1;
                }
                self.say(reply);
            }
            Question::Data if reply.code == 354 => {
                self.say(reply);
                self.phase = Phase::Content(DataDecoder::new(), Lines::default());
            }
            Question::StartTls if reply.is_positive() => {
                self.say(reply);
                self.phase = Phase::Handshake;
            }
            Question::Message => {
                self.session.transaction = None;
                self.say(reply);
            }
            Question::Hello { .. }
            | Question::Mail { .. }
            | Question::Rcpt
            | Question::Data
            | Question::StartTls => self.say(reply),
        }
    }

    /// What is to be written to the client; empty where there is nothing.
    pub fn take_output(&mut self) -> Bytes {
        self.output.split().freeze()
    }

    /// Says `reply` and ends the session: for an idle client, or a server that shuts down.
    pub fn hang_up(&mut self, reply: &Reply) {
        self.say(reply);
        self.phase = Phase::Closed;
        self.question = None;
        self.input.clear();
    }

    /// The handshake that [`Event::StartTls`] led to is done: the conversation starts over
    /// (RFC 3207 section 4.2), and what was received before it is forgotten.
    pub fn tls_started(&mut self) {
        if matches!(self.phase, Phase::Handshake) {
            self.input.clear();
            self.lines = CommandLines::default();
            self.session = Session {
                tls: true,
                ..Session::default()
            };
            self.phase = Phase::Commands;
        }
    }

    /// Whether the session has ended: write what is left, then close the connection.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether the client ever sent on without an answer where PIPELINING was not offered
    /// (RFC 2920 section 3.1). It is understood all the same; whether to mind is the caller's.
    #[must_use]
    pub const fn ran_ahead(&self) -> bool {
        self.ran_ahead
    }

    pub(super) fn ask(&mut self, question: Question, event: Event) -> Option<Event> {
        self.question = Some(question);
        Some(event)
    }

    /// What the next line leads to; `None` where it is not complete.
    fn next_line(&mut self) -> Option<Act> {
        let line = match self.lines.next(&mut self.input)? {
            Ok(line) => line,
            Err(why) => return Some(Act::Fault(reply(500, 5, 2, why))),
        };
        let command = command::parse(&line);
        if !matches!(command, Ok(Command::Bdat { .. })) {
            self.note_run_ahead();
        }
        Some(match command {
            Ok(command) => self.session.act(command, &self.config),
            Err(flaw) => fault(&flaw),
        })
    }

    /// To be called where the client has to wait for an answer unless PIPELINING was offered.
    pub(super) fn note_run_ahead(&mut self) {
        let offered = self.config.pipelining && self.session.extended == Some(true);
        self.ran_ahead |= !offered && !self.input.is_empty();
    }

    fn carry_out(&mut self, act: Act) -> Option<Event> {
        match act {
            // What stands behind STARTTLS in plain text could have been put there by anybody.
            Act::Ask(Question::StartTls, _) if !self.input.is_empty() => {
                self.hang_up(&reply(
                    421,
                    5,
                    1,
                    "Nothing may be pipelined behind STARTTLS",
                ));
                None
            }
            Act::Ask(question, event) => self.ask(question, event),
            Act::Say(reply) => {
                self.say(&reply);
                None
            }
            Act::Fault(fault) => {
                self.faults += 1;
                if self.faults > self.config.max_faults {
                    self.hang_up(&reply(421, 7, 0, "Too many errors"));
                } else {
                    self.say(&fault);
                }
                None
            }
            Act::Reset(reply) => {
                self.say(&reply);
                self.abandon()
            }
            Act::Close(reply) => {
                self.hang_up(&reply);
                self.abandon()
            }
            Act::Chunk {
                octets,
                last,
                refusal,
            } => {
                self.phase = Phase::Chunk(Chunk {
                    octets,
                    left: octets,
                    last,
                    refusal,
                });
                None
            }
        }
    }

    /// Ends the open transaction, if there is one, without a message.
    pub(super) fn abandon(&mut self) -> Option<Event> {
        self.session.transaction.take().map(|_| Event::Abandoned)
    }

    fn welcome(&mut self, reply: &Reply, extended: bool) {
        self.session.transaction = None;
        self.session.extended = Some(extended);
        if !extended {
            self.say_named(reply);
            return;
        }
        let capabilities = self.session.capabilities(&self.config);
        let first = format!("{} {}", self.config.hostname, reply.text);
        let lines: Vec<&str> = std::iter::once(first.as_str())
            .chain(capabilities.iter().map(String::as_str))
            .collect();
        for (number, line) in lines.iter().enumerate() {
            wire::write_line(&mut self.output, 250, number + 1 == lines.len(), line);
        }
    }

    /// Greeting and HELO: the server's name first, and no enhanced code (RFC 2034 section 4).
    fn say_named(&mut self, reply: &Reply) {
        let named = Reply {
            code: reply.code,
            enhanced: None,
            text: format!("{} {}", self.config.hostname, reply.text),
        };
        wire::write(&mut self.output, &named);
    }

    pub(super) fn say(&mut self, reply: &Reply) {
        if self.config.enhanced_codes {
            wire::write(&mut self.output, reply);
        } else {
            let enhanced = None;
            wire::write(
                &mut self.output,
                &Reply {
                    enhanced,
                    ..reply.clone()
                },
            );
        }
    }
}
