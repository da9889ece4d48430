//! The end of a connection, and what it means for what was on its way.
//!
//! Answers that came stay answers. Content that was fully written and not answered is in doubt;
//! everything else is lost, which is to say nobody has it. Where a server is out of step nothing
//! it said about unfinished transactions is believed.

use super::client::{Client, Phase};
use super::flight::{Command, Flight, Kind, Question, Trust};
use super::transfer::Transfer;
use super::{Closing, Output, Transaction};
use crate::model::{Outcome, PipelineMode, Reply, Stage};
use std::time::Duration;

/// A server that takes only so many messages hangs up right behind its last answer; one that is
/// tired of an idle connection does so much later.
const PROMPTLY: Duration = Duration::from_secs(2);

/// Why and how a session ends.
struct End {
    reply: Option<Reply>,
    why: String,
    trust: Trust,
    server_limit: Option<u32>,
    clean: bool,
    /// The server did not bear the way transactions travelled.
    unbearable: bool,
    /// An answer did not come in time: it may be one before that is missing.
    missing: bool,
}

impl End {
    /// An end by no reply of the server, whose answers so far hold.
    fn because(why: String) -> Self {
        Self {
            reply: None,
            why,
            trust: Trust::Answers,
            server_limit: None,
            clean: false,
            unbearable: false,
            missing: false,
        }
    }
}

impl Client {
    /// The connection is gone, or the server said that it will be. `reply` is its 421.
    pub(super) fn hung_up(&mut self, reply: Option<Reply>, why: &str) {
        if self.phase == Phase::Quit {
            return self.said_goodbye();
        }
        let server_limit = self.learned_limit(reply.is_some());
        let unbearable = reply.is_none() && self.broke_on_first_content();
        let why = match (&reply, self.front()) {
            (Some(reply), _) => format!("{why}: {reply}"),
            (None, Some(question)) => {
                let what = question.name(self.stream.written);
                format!("{why} before it answered {what}")
            }
            (None, None) if self.phase == Phase::Open => format!("{why} between messages"),
            (None, None) => format!("{why} before it answered {}", self.what_was_asked()),
        };
        self.end(End {
            reply,
            server_limit,
            unbearable,
            ..End::because(why)
        });
    }

    /// The session is of no more use, since the server refused something that all of it hangs on.
    pub(super) fn give_up(&mut self, reply: Option<Reply>, why: String) {
        let why = match &reply {
            Some(reply) => format!("{why}: {reply}"),
            None => why,
        };
        self.end(End {
            reply,
            ..End::because(why)
        });
    }

    /// The deadline passed.
    pub(super) fn time_out(&mut self) {
        // It may have moved since it was given out.
        if self.deadline().is_none_or(|deadline| self.now < deadline) {
            return;
        }
        if self.phase == Phase::Quit {
            return self.said_goodbye();
        }
        self.end(End {
            unbearable: self.broke_on_first_content(),
            missing: true,
            ..End::because(self.waited())
        });
    }

    /// The server says what cannot be: which answer belongs to which question is unknown.
    pub(super) fn out_of_step(&mut self, why: &str) {
        self.end(End {
            trust: Trust::Confirmed,
            unbearable: self.phase == Phase::Open,
            ..End::because(why.to_owned())
        });
    }

    /// The server has taken a recipient and refuses what was sent ahead of that answer, for its
    /// order alone. What it makes of the octets behind is anybody's guess, so this is the end; but
    /// the message goes back untried, and the next session asks in a slower way.
    pub(super) fn asked_too_much(&mut self, question: Question, reply: Reply) {
        let what = question.name(self.stream.written);
        let why = format!("the server does not take {what} ahead of its answers: {reply}");
        let lost = Outcome::Lost {
            stage: Stage::Connect,
            reply: Some(reply),
            why: why.clone(),
        };
        if let Some(flight) = self.flights.pop_front() {
            flight.settle(&lost, Trust::Answers, &mut self.events);
        }
        self.end(End {
            unbearable: true,
            ..End::because(why)
        });
    }

    /// QUIT was said, everything had been answered, and whatever happens now is the end.
    pub(super) fn said_goodbye(&mut self) {
        self.end(End {
            clean: true,
            ..End::because("everything was answered".to_owned())
        });
    }

    /// Settles everything that has not settled, and closes.
    fn end(&mut self, end: End) {
        let stage = self.stage();
        let window = self.window_behind(&end);
        let window_broke = self.breaks_window(&end);
        let written = self.stream.written;
        let mut unsent = Vec::new();
        let held = std::mem::take(&mut self.held).into_iter();
        let held = held.map(|(mut flight, answer)| {
            flight.answer = Some(answer);
            flight
        });
        for mut flight in held.chain(std::mem::take(&mut self.flights)) {
            let lost = |stage| Outcome::Lost {
                stage,
                reply: end.reply.clone(),
                why: end.why.clone(),
            };
            let rest = if let Some(answer) = self.believed(&flight, &end) {
                flight.confirmed = true;
                answer
            } else if flight.may_have_arrived(written) {
                Outcome::InDoubt {
                    why: end.why.clone(),
                }
            } else if flight.is_unsent(written) {
                unsent.push(flight.id);
                lost(Stage::Connect)
            } else {
                lost(flight.stage(written))
            };
            flight.settle(&rest, end.trust, &mut self.events);
        }
        for transaction in std::mem::take(&mut self.waiting) {
            unsent.push(transaction.id);
            self.lose_unsent(transaction, end.reply.as_ref(), &end.why);
        }
        let fall_back = self.fall_back(&end);
        let refusal = self.refusal.take();
        let (enough, words) = self.enough.take().unzip();
        self.close(Closing {
            stage,
            reply: end.reply.or(words),
            why: end.why,
            refusal,
            clean: end.clean,
            accepted: self.accepted,
            server_limit: enough.or(end.server_limit),
            unsent,
            window,
            window_broke,
            fall_back,
            recipients_limit: self.recipients_limit,
        });
    }

    /// What was answered to a transaction's content in a stream, where it counts although not
    /// everything is answered: not of a server out of step, and where an answer is missing, only
    /// if it cannot be another's.
    fn believed(&mut self, flight: &Flight, end: &End) -> Option<Outcome> {
        let answer = flight.answer.as_ref()?;
        let counts = end.trust == Trust::Answers && (!end.missing || self.is_sure(flight, answer));
        if !counts && flight.has_recipients() && matches!(answer, Outcome::Accepted(_)) {
            self.accepted = self.accepted.saturating_sub(1);
        }
        counts.then(|| answer.clone())
    }

    /// How wide the next session's window may be at first.
    fn window_behind(&self, end: &End) -> usize {
        match self.transfer {
            // Nothing was learned.
            Transfer::Stepwise | Transfer::Grouped => self.config.opening,
            Transfer::Streamed if in_order(end) || self.flights.is_empty() => self.window.open(),
            Transfer::Streamed => 1,
        }
    }

    /// Whether the end came amid several transactions of a stream, or left even a single one in
    /// doubt: by DATA, no content would have been sent ahead of the answers that are missing.
    fn breaks_window(&self, end: &End) -> bool {
        let written = self.stream.written;
        let several = self.flights.len() > 1;
        let doubtful = |flight: &Flight| {
            let answered = flight.answer.is_some() && !end.missing;
            flight.may_have_arrived(written) && !answered
        };
        let breaks = several || self.flights.iter().any(doubtful);
        self.transfer == Transfer::Streamed && !in_order(end) && breaks
    }

    /// The slower way that the next session should take.
    fn fall_back(&self, end: &End) -> Option<PipelineMode> {
        self.transfer.slower().filter(|_| end.unbearable)
    }

    /// Whether a stream broke before any content in it was answered: servers and the boxes in
    /// front of them that offer CHUNKING and cannot do it are like that.
    fn broke_on_first_content(&self) -> bool {
        let amid_content = self
            .front()
            .is_some_and(|question| question.kind.has_content());
        let none_answered = usize::try_from(self.begun) == Ok(self.flights.len());
        self.transfer == Transfer::Streamed && none_answered && amid_content
    }

    /// Settles a transaction of which nothing was sent.
    pub(super) fn lose_unsent(
        &mut self,
        transaction: Transaction,
        reply: Option<&Reply>,
        why: &str,
    ) {
        for (recipient, _, _) in transaction.recipients {
            self.events.push_back(Output::Settled {
                transaction: transaction.id,
                recipient,
                outcome: Outcome::Lost {
                    stage: Stage::Connect,
                    reply: reply.cloned(),
                    why: why.to_owned(),
                },
            });
        }
    }

    /// The messages the server took, where it ends the session between messages as servers do
    /// that count them. A 421 may come a command or two later than a mere hang-up.
    fn learned_limit(&self, said_so: bool) -> Option<u32> {
        let between = match self.front().map(|question| question.kind) {
            None => self.now.saturating_duration_since(self.since) <= PROMPTLY,
            Some(Kind::Fence | Kind::Command(Command::Reset | Command::Mail)) => true,
            Some(Kind::Command(Command::Rcpt(_) | Command::Data)) => said_so,
            Some(Kind::Chunk | Kind::Final | Kind::LoneDot) => false,
        };
        let counts = self.phase == Phase::Open && self.accepted > 0 && between;
        counts.then_some(self.accepted)
    }
}

/// Whether one of the two sides meant to end the session.
fn in_order(end: &End) -> bool {
    end.clean || end.server_limit.is_some() || end.reply.is_some()
}
