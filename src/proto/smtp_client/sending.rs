//! The sending cursor: what is written next.
//!
//! It waits for the answer to DATA, and without PIPELINING for every answer; in a stream it waits
//! where the window ends. It never goes back.

use super::chunks::Chunks;
use super::client::{Client, Phase};
use super::command::{self, MailParameters};
use super::flight::{Asked, Command, Flight, Kind, Question, Standing, Step};
use super::habits::Answered;
use super::transaction::recipient_fault;
use super::transfer::Transfer;
use super::{Output, Transaction};
use crate::model::{Outcome, RecipientId};
use bytes::{BufMut, Bytes, BytesMut};
use std::collections::VecDeque;

impl Client {
    /// The next octets to write, where there are any before the next input.
    pub(super) fn next_bytes(&mut self) -> Option<Bytes> {
        let bytes = match self.phase {
            Phase::Greeting | Phase::Handshake | Phase::Closed => None,
            Phase::Ehlo | Phase::Helo | Phase::StartTls | Phase::Auth | Phase::Quit => self.say(),
            Phase::Open => self.next_of_transactions(),
        }?;
        self.stream.queued += length(&bytes);
        Some(bytes)
    }

    /// The command of a phase outside of transactions, once.
    fn say(&mut self) -> Option<Bytes> {
        if self.asked.is_some() {
            return None;
        }
        let hostname = &self.config.hostname;
        match self.phase {
            Phase::Ehlo => command::greet(&mut self.scratch, "EHLO", hostname),
            Phase::Helo => command::greet(&mut self.scratch, "HELO", hostname),
            Phase::StartTls => self.scratch.put_slice(b"STARTTLS\r\n"),
            Phase::Auth => {
                if !self.say_login() {
                    return None;
                }
            }
            Phase::Quit => self.scratch.put_slice(b"QUIT\r\n"),
            Phase::Greeting | Phase::Handshake | Phase::Open | Phase::Closed => return None,
        }
        self.asked = Some(self.stream.queued + length(&self.scratch));
        Some(self.scratch.split().freeze())
    }

    fn next_of_transactions(&mut self) -> Option<Bytes> {
        loop {
            let runs_ahead = self.transfer.runs_ahead();
            if let Some(flight) = self.flights.back_mut() {
                match &flight.step {
                    Step::Ask(_) if runs_ahead || flight.questions.is_empty() => {
                        return Some(self.ask());
                    }
                    Step::Ask(_) | Step::AwaitGoAhead => return None,
                    Step::Content(_) => return flight.next_piece(self.stream.queued),
                    Step::Chunks(_) => {
                        let queued = self.stream.queued;
                        if let Some(bytes) = flight.next_of_chunks(queued, &mut self.scratch) {
                            return Some(bytes);
                        }
                        flight.step = Step::Fence;
                        continue;
                    }
                    Step::Fence => return Some(flight.fence(self.stream.queued)),
                    Step::Done if !runs_ahead => return None,
                    Step::Done => {}
                }
            }
            if !self.begin() {
                return self.take_leave();
            }
        }
    }

    /// Begins the next transaction that can be sent at all, and tells whether there was one.
    fn begin(&mut self) -> bool {
        while self.begun < self.message_limit()
            && self.may_follow()
            && let Some(transaction) = self.waiting.pop_front()
        {
            if let Some(flight) = self.prepare(transaction) {
                self.begun += 1;
                self.leftover = false;
                self.flights.push_back(flight);
                return true;
            }
        }
        false
    }

    /// Whether there is room for the next transaction behind those on their way.
    fn may_follow(&self) -> bool {
        if self.transfer != Transfer::Streamed {
            return true;
        }
        self.held.is_empty()
            && self.waiting.front().is_some_and(|next| {
                let (ahead, octets) = (self.flights.len(), self.octets_sent());
                self.window.admits(ahead, octets, next.octets())
            })
    }

    /// QUIT, where nothing is left to do or nothing more may be begun.
    fn take_leave(&mut self) -> Option<Bytes> {
        let enough = self.finishing || self.begun >= self.message_limit();
        if !enough || !self.flights.is_empty() || !self.held.is_empty() {
            return None;
        }
        self.enter(Phase::Quit);
        self.say()
    }

    /// A transaction made ready to be asked for; `None` where nobody is left to ask for.
    fn prepare(&mut self, transaction: Transaction) -> Option<Flight> {
        let offered = &self.capabilities;
        let fault = transaction.fault(offered);
        let parameters = MailParameters {
            size: offered.size.then(|| transaction.octets()),
            eight_bit: offered.eight_bit_mime && fault.is_none() && transaction.is_eight_bit(),
            smtputf8: transaction.smtputf8 || !transaction.reverse_path.is_ascii(),
        };
        let mut flight = Flight {
            id: transaction.id,
            octets: transaction.octets(),
            reverse_path: transaction.reverse_path,
            parameters,
            start: self.stream.queued,
            begun: self.now,
            recipients: Vec::with_capacity(transaction.recipients.len()),
            content: transaction.content,
            step: Step::Ask(if self.leftover {
                Command::Reset
            } else {
                Command::Mail
            }),
            questions: VecDeque::with_capacity(transaction.recipients.len() + 3),
            refused: None,
            enough: false,
            confirmed: false,
            answer: None,
            answered: Answered::default(),
            cut_short: false,
            open: false,
        };
        for (id, address, needs_smtputf8) in transaction.recipients {
            self.admit(&mut flight, fault.as_ref(), id, address, needs_smtputf8);
        }
        (!flight.recipients.is_empty()).then_some(flight)
    }

    /// Takes a recipient on board, or settles it where it cannot be sent to over this session:
    /// for the `fault` of the whole message, or for its own.
    fn admit(
        &mut self,
        flight: &mut Flight,
        fault: Option<&Outcome>,
        id: RecipientId,
        address: String,
        needs_smtputf8: bool,
    ) {
        let own = || recipient_fault(&address, needs_smtputf8, &self.capabilities);
        if let Some(outcome) = fault.cloned().or_else(own) {
            self.events.push_back(Output::Settled {
                transaction: flight.id,
                recipient: id,
                outcome,
            });
            return;
        }
        flight.parameters.smtputf8 |= needs_smtputf8 || !address.is_ascii();
        flight.recipients.push(Asked {
            id,
            address,
            standing: Standing::Unknown,
        });
    }

    /// The commands the last transaction asks next: all of them in one group, or one.
    fn ask(&mut self) -> Bytes {
        let runs_ahead = self.transfer.runs_ahead();
        if self.front().is_none() {
            self.since = self.now;
        }
        if let Some(flight) = self.flights.back_mut() {
            while let Step::Ask(command) = flight.step {
                flight.write(command, &mut self.scratch);
                let end = self.stream.queued + length(&self.scratch);
                flight.questions.push_back(Question {
                    kind: Kind::Command(command),
                    content: end,
                    end,
                });
                flight.step = match command.next(flight.recipients.len()) {
                    Some(Command::Data) if self.transfer == Transfer::Streamed => {
                        let content = std::mem::take(&mut flight.content);
                        let mut chunks = Chunks::new(content, self.config.chunk);
                        let question = announce(&mut chunks, self.stream.queued, &mut self.scratch);
                        flight.questions.push_back(question);
                        Step::Chunks(chunks)
                    }
                    Some(next) => Step::Ask(next),
                    None => Step::AwaitGoAhead,
                };
                if !runs_ahead {
                    break;
                }
            }
        }
        self.scratch.split().freeze()
    }
}

impl Flight {
    fn write(&self, command: Command, out: &mut BytesMut) {
        match command {
            Command::Reset => out.put_slice(b"RSET\r\n"),
            Command::Mail => command::mail(out, &self.reverse_path, self.parameters),
            Command::Rcpt(at) => {
                if let Some(asked) = self.recipients.get(at) {
                    command::rcpt(out, &asked.address);
                }
            }
            Command::Data => out.put_slice(b"DATA\r\n"),
        }
    }

    /// The next slice of the content, at this place of the stream. With the last one the end of
    /// the message is known, and the cursor goes on.
    fn next_piece(&mut self, queued: u64) -> Option<Bytes> {
        let Step::Content(pieces) = &mut self.step else {
            return None;
        };
        let piece = pieces.next()?;
        if pieces.is_done() {
            self.step = Step::Done;
            if let Some(question) = self.questions.back_mut() {
                question.end = queued + length(&piece);
            }
        }
        Some(piece)
    }

    /// The next slice of a chunk, or the BDAT of the next one; `None` when all chunks are sent.
    fn next_of_chunks(&mut self, queued: u64, out: &mut BytesMut) -> Option<Bytes> {
        let Step::Chunks(chunks) = &mut self.step else {
            return None;
        };
        if let Some(slice) = chunks.next_slice() {
            return Some(slice);
        }
        if chunks.is_done() {
            return None;
        }
        self.questions.push_back(announce(chunks, queued, out));
        Some(out.split().freeze())
    }

    /// Ends the transaction, whatever the server thinks of it.
    fn fence(&mut self, queued: u64) -> Bytes {
        let bytes = Bytes::from_static(b"RSET\r\n");
        self.step = Step::Done;
        let end = queued + length(&bytes);
        self.questions.push_back(Question {
            kind: Kind::Fence,
            content: end,
            end,
        });
        bytes
    }
}

/// Says BDAT for the next chunk behind what is in `out` already; its answer is due when the chunk
/// is written.
fn announce(chunks: &mut Chunks, queued: u64, out: &mut BytesMut) -> Question {
    let last = chunks.announce(out);
    let content = queued.saturating_add(length(out));
    let octets = u64::try_from(chunks.left_of_chunk()).unwrap_or(u64::MAX);
    Question {
        kind: if last { Kind::Final } else { Kind::Chunk },
        content,
        end: content.saturating_add(octets),
    }
}

/// Octets as a distance in the stream.
fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
