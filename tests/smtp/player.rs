//! Plays a transcript against the machine: whole, cut, or broken off.

use super::script::{Event, Script, Step};
use super::{Tracked, Witness, note, some_moment, track};
use bytes::Bytes;
use hikyaku::model::Outcome;
use hikyaku::proto::smtp_client::{Client, Closing, Input, Output, Transaction};
use std::collections::VecDeque;
use std::time::Instant;

/// How the bytes of a transcript travel.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner<'a> {
    /// As they stand; the client must say nothing ahead of its lines.
    Whole,
    /// In pieces of these sizes, over and over.
    Cut(&'a [usize]),
    /// The server's bytes end after so many; then this happens.
    EndRead(usize, Event),
    /// The socket takes so many octets of the client, then writing fails.
    EndWrite(usize),
}

/// A client in a conversation.
pub(crate) struct Player<'a> {
    script: &'a Script,
    manner: Manner<'a>,
    client: Client,
    now: Instant,
    deadline: Option<Instant>,
    mails: VecDeque<Transaction>,
    /// What the client said and the transcript has not asked for yet.
    said: Vec<u8>,
    /// What the client gave out and the socket did not take.
    unwritten: VecDeque<Bytes>,
    /// Octets the socket still takes.
    takes: usize,
    wants_tls: bool,
    read: usize,
    wrote: usize,
    cuts: usize,
    pub(crate) witness: Witness,
    pub(crate) tracked: Vec<Tracked>,
    pub(crate) closing: Option<Closing>,
}

/// Whether a play goes on.
#[derive(Debug, PartialEq, Eq)]
enum Going {
    On,
    Over,
}

impl<'a> Player<'a> {
    /// Plays the whole transcript and gives what came of it.
    pub(crate) fn play(script: &'a Script, manner: Manner<'a>) -> Self {
        let now = some_moment();
        let mut player = Self {
            script,
            manner,
            client: Client::new(script.config.clone(), now),
            now,
            deadline: None,
            mails: script.mails.iter().cloned().collect(),
            said: Vec::new(),
            unwritten: VecDeque::new(),
            takes: match manner {
                Manner::EndWrite(octets) => octets,
                Manner::Whole | Manner::Cut(_) | Manner::EndRead(..) => usize::MAX,
            },
            wants_tls: false,
            read: 0,
            wrote: 0,
            cuts: 0,
            witness: Witness::default(),
            tracked: Vec::new(),
            closing: None,
        };
        player.pump();
        player.run();
        player
    }

    /// Octets of the server that were read.
    pub(crate) fn read(&self) -> usize {
        self.read
    }

    /// Octets of the client that were written.
    pub(crate) fn wrote(&self) -> usize {
        self.wrote
    }

    /// Every outcome and the end, in the form of `=` lines, sorted.
    pub(crate) fn results(&self) -> Vec<String> {
        let mut lines: Vec<_> = self
            .tracked
            .iter()
            .flat_map(|one| one.outcomes.iter().map(move |outcome| shown(one, outcome)))
            .collect();
        let opening = self.script.config.opening;
        let closing = self.closing.as_ref();
        lines.extend(closing.map(|closing| shown_closing(closing, opening)));
        lines.sort();
        lines
    }

    fn run(&mut self) {
        let mut steps = self.script.steps.iter().peekable();
        while let Some(step) = steps.next() {
            let going = match step {
                Step::Client(line) => self.expect(&format!("{line}\r\n")),
                Step::ClientOctets(octets) => self.expect(octets),
                Step::Event(event) => {
                    self.happen(*event);
                    Going::On
                }
                Step::Server(line) => {
                    let mut block = format!("{line}\r\n");
                    while let Some(Step::Server(line)) = steps.peek() {
                        block.push_str(line);
                        block.push_str("\r\n");
                        steps.next();
                    }
                    self.serve(block.as_bytes())
                }
            };
            if going == Going::Over || (self.closing.is_some() && self.is_broken_off()) {
                return;
            }
        }
        if let Manner::EndRead(_, event) = self.manner {
            self.end(event);
        }
        if let Manner::EndWrite(_) = self.manner {
            self.end(Event::WriteFailed);
        }
        if let Manner::Whole = self.manner {
            self.expect_silence("the end");
        }
    }

    /// No line of the client's may be left that the transcript has not asked for.
    fn expect_silence(&self, before: &str) {
        let said = String::from_utf8_lossy(&self.said);
        assert!(
            !said.contains('\n'),
            "the client said {said:?} before {before}"
        );
    }

    fn is_broken_off(&self) -> bool {
        matches!(self.manner, Manner::EndRead(..) | Manner::EndWrite(_))
    }

    fn expect(&mut self, octets: &str) -> Going {
        let enough = self.said.len() >= octets.len();
        if !enough && matches!(self.manner, Manner::EndWrite(_)) {
            self.end(Event::WriteFailed);
            return Going::Over;
        }
        let length = octets.len().min(self.said.len());
        let said: Vec<u8> = self.said.drain(..length).collect();
        let behind = String::from_utf8_lossy(&self.said);
        assert_eq!(
            String::from_utf8_lossy(&said),
            octets,
            "and behind it the client said {behind:?}"
        );
        Going::On
    }

    fn serve(&mut self, block: &[u8]) -> Going {
        match self.manner {
            Manner::Whole => {
                self.expect_silence(&String::from_utf8_lossy(block));
                self.give(block);
            }
            Manner::EndWrite(_) => self.give(block),
            Manner::Cut(sizes) => {
                let mut rest = block;
                while !rest.is_empty() {
                    let size = sizes[self.cuts % sizes.len()].clamp(1, rest.len());
                    self.cuts += 1;
                    let (piece, behind) = rest.split_at(size);
                    self.give(piece);
                    rest = behind;
                }
            }
            Manner::EndRead(octets, event) => {
                let left = octets - self.read;
                self.give(&block[..left.min(block.len())]);
                if left <= block.len() {
                    self.end(event);
                    return Going::Over;
                }
            }
        }
        Going::On
    }

    fn give(&mut self, bytes: &[u8]) {
        if self.closing.is_none() {
            self.read += bytes.len();
            self.witness.server_said(bytes);
            self.client.handle(Input::Bytes(bytes), self.now);
            self.pump();
        }
    }

    /// Ends the connection, whatever it takes.
    fn end(&mut self, event: Event) {
        if self.wants_tls {
            self.happen(Event::TlsFailed);
        }
        // An idle session has no deadline; what ends it then is the peer.
        if event != Event::Timeout || self.deadline.is_some() {
            self.happen(event);
        }
        if self.closing.is_none() {
            self.happen(Event::Eof);
        }
    }

    fn happen(&mut self, event: Event) {
        let input = match event {
            Event::Eof => Input::Eof,
            Event::Reset => Input::ReadFailed("connection reset by peer"),
            Event::WriteFailed => Input::WriteFailed("broken pipe"),
            Event::Timeout => {
                self.now = self.deadline.unwrap();
                Input::Timeout
            }
            Event::Pass(time) => {
                self.now += time;
                // A timer that fires early must not end anything.
                Input::Timeout
            }
            Event::Due(time) => {
                return assert_eq!(self.deadline.map(|at| at - self.now), Some(time));
            }
            Event::NothingDue => return assert_eq!(self.deadline, None),
            Event::TlsReady => {
                assert!(std::mem::take(&mut self.wants_tls), "nobody asked for TLS");
                Input::TlsReady
            }
            Event::TlsFailed => {
                assert!(std::mem::take(&mut self.wants_tls), "nobody asked for TLS");
                Input::TlsFailed("no common cipher")
            }
            Event::Hold(octets) => return self.takes = octets,
            Event::Release => {
                self.takes = usize::MAX;
                self.write();
                return self.pump();
            }
        };
        self.client.handle(input, self.now);
        self.pump();
    }

    /// Does what the machine says until it waits.
    fn pump(&mut self) {
        loop {
            match self.client.poll() {
                Output::Send(bytes) => {
                    assert!(!bytes.is_empty(), "an empty write");
                    self.unwritten.push_back(bytes);
                    self.write();
                }
                Output::StartTls => self.wants_tls = true,
                Output::Ready(_) => {}
                Output::Settled {
                    transaction,
                    recipient,
                    outcome,
                } => {
                    assert_eq!(self.closing, None, "settled behind the end");
                    note(&mut self.tracked, transaction, recipient, outcome);
                }
                Output::Closed(closing) => {
                    assert_eq!(self.closing.replace(closing), None, "closed twice");
                    assert_eq!((self.client.room(), self.client.in_flight()), (0, 0));
                }
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    if !self.hand_in() {
                        return;
                    }
                }
            }
        }
    }

    /// Hands in what there is room for, and tells whether anything was.
    fn hand_in(&mut self) -> bool {
        if self.client.room() > 0
            && let Some(mail) = self.mails.pop_front()
        {
            self.tracked.extend(track(&mail));
            self.client.submit(mail, self.now);
            return true;
        }
        if self.mails.is_empty() && !self.script.stay {
            self.client.finish(self.now);
        }
        false
    }

    fn write(&mut self) {
        while self.takes > 0
            && let Some(mut bytes) = self.unwritten.pop_front()
        {
            let taken = bytes.split_to(bytes.len().min(self.takes));
            self.takes -= taken.len();
            self.wrote += taken.len();
            self.said.extend_from_slice(&taken);
            self.witness.client_wrote(&taken);
            self.client.handle(Input::Written(taken.len()), self.now);
            if !bytes.is_empty() {
                self.unwritten.push_front(bytes);
            }
        }
    }
}

fn shown(one: &Tracked, outcome: &Outcome) -> String {
    let what = match outcome {
        Outcome::Accepted(reply) => format!("accepted {}", reply.code),
        Outcome::Refused { stage, reply } => format!("refused {stage} {}", reply.code),
        Outcome::Unsendable { stage, reason, .. } => format!("unsendable {stage} {reason}"),
        Outcome::Lost { stage, reply, .. } => match reply {
            Some(reply) => format!("lost {stage} {}", reply.code),
            None => format!("lost {stage}"),
        },
        Outcome::InDoubt { .. } => "in-doubt".to_owned(),
    };
    format!("{} {} {what}", one.transaction, one.address.escape_debug())
}

fn shown_closing(closing: &Closing, opening: usize) -> String {
    let mut line = format!(
        "closed stage={} accepted={}",
        closing.stage, closing.accepted
    );
    if closing.clean {
        line += " clean";
    }
    if let Some(reply) = &closing.reply {
        line += &format!(" code={}", reply.code);
    }
    if let Some(refusal) = &closing.refusal {
        let mechanism = refusal
            .mechanism
            .map_or("none", |mechanism| mechanism.name());
        line += &format!(" login={:?}:{mechanism}", refusal.failure).to_lowercase();
    }
    if let Some(limit) = closing.server_limit {
        line += &format!(" limit={limit}");
    }
    if let Some(mode) = closing.fall_back {
        line += &format!(" fall-back={mode:?}").to_lowercase();
    }
    if closing.window != opening {
        line += &format!(" window={}", closing.window);
    }
    if closing.window_broke {
        line += " broke";
    }
    if let Some(limit) = closing.recipients_limit {
        line += &format!(" recipients={limit}");
    }
    if !closing.unsent.is_empty() {
        line += &format!(" unsent={:?}", closing.unsent);
    }
    line
}
