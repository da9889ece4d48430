//! The machine: octets in, events out, answers in, octets out.

use super::command;
use super::content::{DataDecoder, Lines, Step};
use super::event::{Event, Received};
use super::session::{Act, Question, Refusal, Session, Transaction, fault, too_big};
use super::wire::{self, reply};
use crate::model::Reply;
use bytes::{Buf, Bytes, BytesMut};

/// The longest command line in octets, its end included. RFC 5321 section 4.5.3.1.4 asks for 512,
/// extensions add some 100, and other scripts take more octets.
const LONGEST_LINE: usize = 2048;

/// What a server offers and bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name, the first word of greeting and EHLO.
    pub hostname: String,
    /// Octets of one message, at most; offered as SIZE (RFC 1870).
    pub max_size: u64,
    /// Recipients of one transaction, at most; more get 452.
    pub max_recipients: usize,
    /// Malformed commands before it hangs up with 421.
    pub max_faults: u32,
    /// Whether it knows EHLO at all.
    pub extended: bool,
    /// Offers PIPELINING (RFC 2920). Pipelined input is understood either way.
    pub pipelining: bool,
    /// Offers 8BITMIME (RFC 6152).
    pub eight_bit_mime: bool,
    /// Offers SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// Offers ENHANCEDSTATUSCODES (RFC 2034); without it, they are left out of replies.
    pub enhanced_codes: bool,
    /// Offers CHUNKING (RFC 3030).
    pub chunking: bool,
    /// Offers STARTTLS (RFC 3207) while there is no TLS.
    pub starttls: bool,
}

impl ServerConfig {
    /// A server that offers everything except STARTTLS, with common limits.
    #[must_use]
    pub fn new(hostname: impl Into<String>) -> Self {
        Self {
            hostname: hostname.into(),
            max_size: 36_700_160,
            max_recipients: 100,
            max_faults: 20,
            extended: true,
            pipelining: true,
            eight_bit_mime: true,
            smtputf8: true,
            enhanced_codes: true,
            chunking: true,
            starttls: false,
        }
    }
}

/// One conversation, seen from the receiving side.
///
/// Call [`Server::poll`] until it gives `None`, answering what wants an answer; write what
/// [`Server::take_output`] gives; stop at [`Server::is_closed`]; otherwise read and hand the octets
/// to [`Server::receive`]. Memory is bounded by what is handed in at a time.
#[derive(Debug)]
pub struct Server {
    config: ServerConfig,
    input: BytesMut,
    /// Octets of `input` known to hold no line end.
    searched: usize,
    /// Whether the rest of a line that was too long is being thrown away.
    skipping: bool,
    output: BytesMut,
    phase: Phase,
    question: Option<Question>,
    session: Session,
    faults: u32,
}

#[derive(Debug)]
enum Phase {
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

#[derive(Debug)]
struct Chunk {
    octets: u64,
    left: u64,
    last: bool,
    refusal: Option<Refusal>,
}

impl Server {
    /// A conversation that has not begun; the first event is [`Event::Connected`].
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self {
            config,
            input: BytesMut::new(),
            searched: 0,
            skipping: false,
            output: BytesMut::new(),
            phase: Phase::Opening,
            question: None,
            session: Session::default(),
            faults: 0,
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
                wire::write_line(
                    &mut self.output,
                    354,
                    true,
                    "End data with <CR><LF>.<CR><LF>",
                );
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
            self.searched = 0;
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

    fn ask(&mut self, question: Question, event: Event) -> Option<Event> {
        self.question = Some(question);
        Some(event)
    }

    /// The next line, read; `None` where it is not complete.
    fn next_line(&mut self) -> Option<Act> {
        let Some(found) = memchr::memchr(b'\n', &self.input[self.searched..]) else {
            self.searched = self.input.len();
            if self.searched >= LONGEST_LINE {
                self.skipping = true;
                self.input.clear();
                self.searched = 0;
            }
            return None;
        };
        let line = self.input.split_to(self.searched + found + 1);
        self.searched = 0;
        if std::mem::take(&mut self.skipping) || line.len() > LONGEST_LINE {
            return Some(Act::Fault(reply(500, 5, 2, "Line too long")));
        }
        // A line that does not end in CRLF is no command, so that what two servers cut in
        // different places is never carried out (SMTP smuggling).
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Some(Act::Fault(reply(500, 5, 2, "Lines end in CR LF")));
        };
        if memchr::memchr2(b'\r', 0, text).is_some() {
            return Some(Act::Fault(reply(500, 5, 2, "The line holds CR or NUL")));
        }
        let Ok(text) = std::str::from_utf8(text) else {
            return Some(Act::Fault(reply(500, 5, 2, "The line is not UTF-8")));
        };
        Some(match command::parse(text) {
            Ok(command) => self.session.act(command, &self.config),
            Err(flaw) => fault(&flaw),
        })
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

    /// One step through DATA's content; `None` where input is missing.
    fn content(&mut self) -> Option<Option<Event>> {
        let Phase::Content(decoder, lines) = &mut self.phase else {
            return Some(None);
        };
        match decoder.step(&mut self.input) {
            Step::More => None,
            Step::Piece(piece) => {
                lines.see(&piece);
                let kept = lines.size <= self.config.max_size;
                Some(kept.then_some(Event::Content(piece)))
            }
            Step::End => {
                let lines = std::mem::take(lines);
                self.phase = Phase::Commands;
                if lines.size > self.config.max_size {
                    self.say(&too_big());
                    return Some(self.abandon());
                }
                let received = received(&lines, false);
                Some(self.ask(Question::Message, Event::Message(received)))
            }
        }
    }

    /// One step through BDAT's octets; `None` where input is missing.
    fn chunk(&mut self) -> Option<Option<Event>> {
        let Phase::Chunk(chunk) = &mut self.phase else {
            return Some(None);
        };
        if chunk.left == 0 {
            return Some(self.chunk_end());
        }
        let here =
            usize::try_from(chunk.left).map_or(self.input.len(), |n| n.min(self.input.len()));
        if here == 0 {
            return None;
        }
        chunk.left -= here as u64;
        if chunk.refusal.is_some() {
            self.input.advance(here);
            return Some(None);
        }
        let piece = self.input.split_to(here).freeze();
        if let Some(open) = &mut self.session.transaction {
            open.chunks.get_or_insert_default().see(&piece);
        }
        Some(Some(Event::Content(piece)))
    }

    fn chunk_end(&mut self) -> Option<Event> {
        let Phase::Chunk(chunk) = std::mem::replace(&mut self.phase, Phase::Commands) else {
            return None;
        };
        if let Some(Refusal { reply, ends }) = chunk.refusal {
            self.say(&reply);
            return if ends { self.abandon() } else { None };
        }
        let open = self.session.transaction.as_mut()?;
        let lines = open.chunks.get_or_insert_default();
        if chunk.last {
            let received = received(lines, true);
            return self.ask(Question::Message, Event::Message(received));
        }
        let text = format!("{} octets received", chunk.octets);
        self.say(&reply(250, 0, 0, text));
        None
    }

    /// Ends the open transaction, if there is one, without a message.
    fn abandon(&mut self) -> Option<Event> {
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

    fn say(&mut self, reply: &Reply) {
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

fn received(lines: &Lines, chunked: bool) -> Received {
    Received {
        size: lines.size,
        chunked,
        bare_line_ends: lines.bare_line_ends(),
        longest_line: lines.longest_line(),
    }
}
