//! A server of any manners, driven by dice, in conversation with the machine.
//!
//! It understands the client only as far as a server must, and answers what the dice say. Reads
//! and writes come in pieces of any size, in any order that a driver may produce.

use super::script::login;
use super::{Tracked, Witness, config, note, some_moment, track};
use hikyaku::proto::smtp_client::{Client, Closing, Input, LogIn, Output, StartTls, Transaction};
use std::collections::VecDeque;
use std::time::Instant;

/// What the dice decide before the conversation begins.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) pipelining: bool,
    pub(crate) chunking: bool,
    /// Whether each command has an answer of its own words.
    pub(crate) eloquent: bool,
    /// Octets of one BDAT.
    pub(crate) chunk: usize,
    /// Transactions in the window at first.
    pub(crate) opening: usize,
    /// Whether the client has to log in first.
    pub(crate) login: bool,
    pub(crate) messages: Option<u32>,
    /// One in so many answers is strange; zero stands for a server that has no bad days.
    pub(crate) strangeness: u8,
    pub(crate) mails: Vec<Transaction>,
    /// Used over and over.
    pub(crate) dice: Vec<u8>,
}

/// Both ends, and the wire between them.
pub(crate) struct Conversation {
    setting: Setting,
    rolled: usize,
    client: Client,
    now: Instant,
    deadline: Option<Instant>,
    mails: VecDeque<Transaction>,
    outgoing: VecDeque<u8>,
    incoming: VecDeque<u8>,
    line: Vec<u8>,
    server: Server,
    finished: bool,
    pub(crate) witness: Witness,
    pub(crate) tracked: Vec<Tracked>,
    pub(crate) closing: Option<Closing>,
}

/// How far the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Commands,
    Content,
    /// Octets of a chunk are left.
    Chunk(usize),
    Gone,
}

impl Conversation {
    /// Talks until the session is closed.
    pub(crate) fn run(setting: Setting) -> Self {
        let now = some_moment();
        let mut config = config();
        config.starttls = StartTls::Never;
        config.messages = setting.messages;
        config.chunk = setting.chunk;
        config.opening = setting.opening;
        config.login = setting.login.then(|| LogIn {
            allow_plaintext: true,
            ..login("login:tim:tanstaaf")
        });
        let mut talk = Self {
            rolled: 0,
            client: Client::new(config, now),
            now,
            deadline: None,
            mails: setting.mails.iter().cloned().collect(),
            outgoing: VecDeque::new(),
            incoming: VecDeque::new(),
            line: Vec::new(),
            server: Server::Commands,
            finished: false,
            witness: Witness::default(),
            tracked: Vec::new(),
            closing: None,
            setting,
        };
        talk.answer("220 mx");
        for _ in 0..100_000 {
            talk.pump();
            if talk.closing.is_some() {
                return talk;
            }
            talk.step();
        }
        panic!("no end: {:?}", talk.client);
    }

    fn roll(&mut self) -> u8 {
        let dice = &self.setting.dice;
        self.rolled += 1;
        dice[self.rolled % dice.len()].wrapping_add(u8::try_from(self.rolled % 7).unwrap())
    }

    /// Moves a piece of the one or the other direction, or lets time pass where nothing moves.
    fn step(&mut self) {
        let size = usize::from(self.roll()) * 2 + 1;
        let write_first = self.roll().is_multiple_of(2);
        if !self.outgoing.is_empty() && (write_first || self.incoming.is_empty()) {
            let piece: Vec<u8> = (0..size).map_while(|_| self.outgoing.pop_front()).collect();
            self.witness.client_wrote(&piece);
            self.client.handle(Input::Written(piece.len()), self.now);
            self.serve(&piece);
        } else if !self.incoming.is_empty() {
            let piece: Vec<u8> = (0..size).map_while(|_| self.incoming.pop_front()).collect();
            self.witness.server_said(&piece);
            self.client.handle(Input::Bytes(&piece), self.now);
        } else if self.server == Server::Gone {
            self.client.handle(Input::Eof, self.now);
        } else {
            self.now = self.deadline.expect("nothing moves, and nothing is due");
            self.client.handle(Input::Timeout, self.now);
        }
    }

    fn pump(&mut self) {
        loop {
            match self.client.poll() {
                Output::Send(bytes) => self.outgoing.extend(bytes),
                Output::StartTls => panic!("TLS was not wanted"),
                Output::Ready(_) => {}
                Output::Settled {
                    transaction,
                    recipient,
                    outcome,
                } => note(&mut self.tracked, transaction, recipient, outcome),
                Output::Closed(closing) => {
                    assert_eq!(self.closing.replace(closing), None, "closed twice");
                }
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    if self.client.room() == 0 || !self.hand_in() {
                        return;
                    }
                }
            }
        }
    }

    /// Hands in the next message or says that there is none; tells whether that was news.
    fn hand_in(&mut self) -> bool {
        match self.mails.pop_front() {
            Some(mail) => {
                self.tracked.extend(track(&mail));
                self.client.submit(mail, self.now);
                true
            }
            None => {
                self.client.finish(self.now);
                !std::mem::replace(&mut self.finished, true)
            }
        }
    }

    /// The server reads.
    fn serve(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Server::Chunk(left) = self.server {
                self.take_of_chunk(left - 1);
                continue;
            }
            self.line.push(*byte);
            if *byte == b'\n' && self.server != Server::Gone {
                let line = std::mem::take(&mut self.line);
                self.serve_line(&line);
            }
        }
    }

    fn serve_line(&mut self, line: &[u8]) {
        if self.server == Server::Content {
            if line == b".\r\n" {
                self.server = Server::Commands;
                self.answer("250 2.0.0 queued");
            }
            return;
        }
        match line.get(..4) {
            Some(b"EHLO") => {
                let pipelining = if self.setting.pipelining {
                    "\r\n250-PIPELINING"
                } else {
                    ""
                };
                let chunking = if self.setting.chunking {
                    "\r\n250-CHUNKING"
                } else {
                    ""
                };
                self.answer(&format!("250-mx{pipelining}{chunking}\r\n250 AUTH LOGIN"));
            }
            Some(b"AUTH" | b"dGlt") => {
                self.answer("334 and then");
            }
            Some(b"dGFu") => {
                self.answer("235 2.7.0 welcome");
            }
            Some(b"BDAT") => {
                let words = String::from_utf8_lossy(line).into_owned();
                let octets = words
                    .split_ascii_whitespace()
                    .nth(1)
                    .unwrap()
                    .parse()
                    .unwrap();
                self.take_of_chunk(octets);
            }
            Some(b"DATA") => {
                if self.answer("354 go") {
                    self.server = Server::Content;
                }
            }
            Some(b"QUIT") => self.server = Server::Gone,
            Some(verb) if self.setting.eloquent => {
                let verb = String::from_utf8_lossy(verb).to_ascii_lowercase();
                self.answer(&format!("250 2.1.0 that was {verb}"));
            }
            _ => {
                self.answer("250 2.0.0 queued");
            }
        }
    }

    fn take_of_chunk(&mut self, left: usize) {
        self.server = Server::Chunk(left);
        if left == 0 {
            self.server = Server::Commands;
            self.answer("250 2.0.0 queued");
        }
    }

    /// Answers well, or as the dice will have it; tells whether it answered well.
    fn answer(&mut self, well: &str) -> bool {
        let strangeness = self.setting.strangeness;
        let well = format!("{well}\r\n");
        if strangeness == 0 || !self.roll().is_multiple_of(strangeness) {
            self.incoming.extend(well.as_bytes());
            return true;
        }
        let strange = match self.roll() % 12 {
            0 | 1 => "450 4.2.0 not now\r\n".to_owned(),
            2 | 3 => "550-5.1.1 no\r\n550 5.1.1 never\r\n".to_owned(),
            4 => "421 4.3.2 bye\r\n".to_owned(),
            5 => well.repeat(2),
            6 => String::new(),
            7 => "354 what\r\n".to_owned(),
            8 => "250 sure\r\n".to_owned(),
            9 => "\0\u{ff}garbage\r\n".to_owned(),
            10 => "250-a\r\n550 b\r\n".to_owned(),
            _ => {
                self.server = Server::Gone;
                String::new()
            }
        };
        self.incoming.extend(strange.as_bytes());
        false
    }
}
