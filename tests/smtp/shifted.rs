//! A server that keeps its own ledger and says one reply twice, or forgets it, while transactions
//! stream: every later answer is shifted by one, and nothing in the codes looks wrong.

use super::{Tracked, config, note, some_moment, track};
use hikyaku::model::Outcome;
use hikyaku::proto::smtp_client::{Client, Closing, Input, Output, StartTls, Transaction};
use std::collections::VecDeque;
use std::time::Instant;

/// What the dice decide before the conversation begins.
#[derive(Debug, Clone)]
pub(crate) struct Slip {
    /// Whether each command has an answer of its own words.
    pub(crate) eloquent: bool,
    /// Transactions in the window at first.
    pub(crate) opening: usize,
    /// By transaction: what the server makes of it.
    pub(crate) fates: Vec<Fate>,
    /// The reply, counted from the first MAIL, that is said twice or not at all.
    pub(crate) at: usize,
    pub(crate) twice: bool,
    /// How many octets travel at once, over and over.
    pub(crate) pieces: Vec<usize>,
}

/// What the server does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Taken,
    SenderRefused,
    RecipientRefused,
    ContentRefused,
}

/// Both ends of such a conversation.
pub(crate) struct Shifted {
    slip: Slip,
    client: Client,
    now: Instant,
    deadline: Option<Instant>,
    outgoing: VecDeque<u8>,
    incoming: VecDeque<u8>,
    line: Vec<u8>,
    /// Octets left of a chunk.
    chunk: usize,
    /// Transactions that were begun.
    begun: usize,
    said: usize,
    moved: usize,
    gone: bool,
    tracked: Vec<Tracked>,
    closing: Option<Closing>,
}

impl Shifted {
    /// Talks to the end and holds every claim against the server's own ledger.
    pub(crate) fn judge(slip: Slip, mails: Vec<Transaction>) {
        let now = some_moment();
        let mut config = config();
        config.starttls = StartTls::Never;
        config.opening = slip.opening;
        let mut talk = Self {
            client: Client::new(config, now),
            now,
            deadline: None,
            outgoing: VecDeque::new(),
            incoming: VecDeque::from(b"220 mx\r\n".to_vec()),
            line: Vec::new(),
            chunk: 0,
            begun: 0,
            said: 0,
            moved: 0,
            gone: false,
            tracked: Vec::new(),
            closing: None,
            slip,
        };
        let mut mails = VecDeque::from(mails);
        for _ in 0..20_000 {
            talk.pump(&mut mails);
            if talk.closing.is_some() {
                return talk.check();
            }
            talk.step();
        }
        panic!("no end: {:?}", talk.client);
    }

    fn check(&self) {
        for (one, fate) in self.tracked.iter().zip(&self.slip.fates) {
            assert_eq!(one.outcomes.len(), 1, "{one:?}");
            let taken = *fate == Fate::Taken;
            match &one.outcomes[0] {
                Outcome::Accepted(_) => assert!(taken, "claimed and refused: {one:?} {fate:?}"),
                Outcome::Refused { .. } => assert!(!taken, "taken and denied: {one:?} {fate:?}"),
                Outcome::Lost { .. } | Outcome::InDoubt { .. } => {}
                Outcome::Unsendable { .. } => panic!("{one:?}"),
            }
        }
    }

    fn pump(&mut self, mails: &mut VecDeque<Transaction>) {
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
                Output::Closed(closing) => self.closing = Some(closing),
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    if self.client.room() > 0
                        && let Some(mail) = mails.pop_front()
                    {
                        self.tracked.extend(track(&mail));
                        self.client.submit(mail, self.now);
                    } else {
                        if mails.is_empty() {
                            self.client.finish(self.now);
                        }
                        return;
                    }
                }
            }
        }
    }

    fn step(&mut self) {
        self.moved += 1;
        let pieces = &self.slip.pieces;
        let size = pieces[self.moved % pieces.len()];
        let write = !self.moved.is_multiple_of(3) || self.incoming.is_empty();
        if write && !self.outgoing.is_empty() {
            let size = size.min(self.outgoing.len());
            let piece: Vec<u8> = self.outgoing.drain(..size).collect();
            self.client.handle(Input::Written(size), self.now);
            piece.iter().for_each(|byte| self.serve(*byte));
        } else if !self.incoming.is_empty() {
            let size = size.min(self.incoming.len());
            let piece: Vec<u8> = self.incoming.drain(..size).collect();
            self.client.handle(Input::Bytes(&piece), self.now);
        } else if self.gone {
            self.client.handle(Input::Eof, self.now);
        } else {
            self.now = self.deadline.expect("nothing moves, and nothing is due");
            self.client.handle(Input::Timeout, self.now);
        }
    }

    fn serve(&mut self, byte: u8) {
        if self.chunk > 0 {
            self.chunk -= 1;
            if self.chunk == 0 {
                self.answer_content();
            }
            return;
        }
        self.line.push(byte);
        if byte != b'\n' {
            return;
        }
        let line = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
        let fate = |begun: usize| self.slip.fates[begun - 1];
        match &line[..4] {
            "EHLO" => {
                let offer = b"250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n";
                self.incoming.extend(offer);
            }
            "MAIL" => {
                self.begun += 1;
                match fate(self.begun) {
                    Fate::SenderRefused => self.say("550 5.1.0 not you"),
                    _ => self.say("250 2.1.0 sender fine"),
                }
            }
            "RCPT" => match fate(self.begun) {
                Fate::SenderRefused => self.say("503 5.5.1 sender first"),
                Fate::RecipientRefused => self.say("550 5.1.1 nobody here"),
                Fate::Taken | Fate::ContentRefused => self.say("250 2.1.5 recipient fine"),
            },
            "BDAT" => {
                let octets = line.split_ascii_whitespace().nth(1).unwrap();
                self.chunk = octets.parse().unwrap();
            }
            "RSET" => self.say("250 2.0.0 flushed"),
            "QUIT" => self.gone = true,
            other => panic!("{other}"),
        }
    }

    fn answer_content(&mut self) {
        match self.slip.fates[self.begun - 1] {
            Fate::Taken => self.say("250 2.0.0 queued"),
            Fate::ContentRefused => self.say("550 5.7.1 spam"),
            Fate::SenderRefused | Fate::RecipientRefused => self.say("554 5.5.1 no recipients"),
        }
    }

    fn say(&mut self, reply: &str) {
        let reply = match reply.starts_with('2') && !self.slip.eloquent {
            true => "250 OK\r\n".to_owned(),
            false => format!("{reply}\r\n"),
        };
        let times = match (self.said == self.slip.at, self.slip.twice) {
            (false, _) => 1,
            (true, true) => 2,
            (true, false) => 0,
        };
        self.said += 1;
        self.incoming.extend(reply.repeat(times).into_bytes());
    }
}
