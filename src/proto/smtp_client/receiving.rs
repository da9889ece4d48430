//! The receiving cursor: every reply goes to the question at the front.
//!
//! What that means for a transaction of a stream is in `streamed.rs`.

use super::client::{Client, Phase};
use super::flight::{Command, Flight, Kind, Question, Standing, Step, Trust};
use super::transfer::Transfer;
use crate::model::{Outcome, Reply, Stage};
use crate::proto::{DotStuffed, RawReply, ReplyError};

impl Client {
    /// Takes in all of `bytes` before anything new is asked.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while self.phase != Phase::Closed && !bytes.is_empty() {
            if self.phase == Phase::Handshake {
                // Whoever sits in between could have put it there, to be read as if it had come
                // encrypted (RFC 3207 section 6, CVE-2011-0411).
                return self
                    .out_of_step("the server sent plain text behind its answer to STARTTLS");
            }
            match self.parser.read(&mut bytes) {
                Ok(Some(reply)) => self.answered(reply),
                Ok(None) => {}
                Err(_) if self.phase == Phase::Quit => self.said_goodbye(),
                // It could quote what was just said.
                Err(ReplyError::NotAReply(_)) if self.phase == Phase::Auth => {
                    self.out_of_step("the server answered AUTH with what is no SMTP reply");
                }
                Err(error) => self.out_of_step(&error.to_string()),
            }
        }
        self.settle_held();
    }

    fn answered(&mut self, reply: RawReply) {
        let hangs_up = reply.code() == 421;
        match self.phase {
            Phase::Quit => self.said_goodbye(),
            Phase::Handshake | Phase::Closed => {}
            Phase::Auth => self.answered_login(reply),
            Phase::Greeting | Phase::Ehlo | Phase::Helo | Phase::StartTls => {
                if hangs_up {
                    self.give_up(Some(reply.into_reply()), "the server hung up".to_owned());
                } else {
                    self.answered_hello(&reply);
                }
            }
            Phase::Open if hangs_up => self.answered_421(reply.into_reply()),
            Phase::Open => self.answered_transaction(reply.into_reply()),
        }
    }

    /// 421 may answer any question, or none. Of a message that was fully written it is the answer,
    /// be it to a part; anything else is left unanswered by it. But where it is about MAIL or the
    /// last recipient and nobody was taken before, nobody will be, even if the server goes on.
    fn answered_421(&mut self, reply: Reply) {
        let written = self.stream.written;
        match self.front() {
            Some(question) if question.end > written => {}
            Some(question) if matches!(question.kind, Kind::Chunk | Kind::Final) => {
                self.since = self.now;
                let front = self.flights.front_mut();
                // A chunk before it may have been refused, which is what counts.
                let answer = front.and_then(|flight| flight.answer.take());
                self.conclude(&answer.unwrap_or_else(|| Outcome::Refused {
                    stage: question.stage(written),
                    reply: reply.clone(),
                }));
            }
            Some(question) => {
                if let Some(flight) = self.flights.front_mut() {
                    flight.cut_short = flight.gets_nobody_by(question.kind);
                }
            }
            None => {}
        }
        self.hung_up(Some(reply), "the server ended the session");
    }

    fn answered_transaction(&mut self, reply: Reply) {
        let written = self.stream.written;
        let Some(flight) = self.flights.front_mut() else {
            return self.out_of_step(&format!("the server replied to nothing: {reply}"));
        };
        let Some(question) = flight.questions.pop_front() else {
            return self.out_of_step(&format!("the server replied to nothing: {reply}"));
        };
        if question.end > written {
            flight.questions.push_front(question);
            return self.answered_early(question, reply);
        }
        if self.transfer == Transfer::Streamed
            && let Err(why) = self.recognise(question, &reply)
        {
            if question.kind == Kind::Fence && self.settle_said_twice() {
                return self.out_of_step(&why);
            }
            return self.unfitting_because(question, &why);
        }
        self.since = self.now;
        match question.kind {
            Kind::Command(Command::Reset) if reply.is_positive() => {}
            Kind::Command(Command::Reset) => self.unfitting(question, &reply),
            Kind::Command(Command::Mail) => self.answered_mail(question, reply),
            Kind::Command(Command::Rcpt(at)) => self.answered_rcpt(question, at, reply),
            Kind::Command(Command::Data) => self.answered_data(question, reply),
            Kind::Chunk => self.answered_chunk(question, reply),
            Kind::Final if self.transfer == Transfer::Streamed => {
                self.answered_last_chunk(question, reply);
            }
            Kind::Final => self.answered_final(question, reply),
            Kind::Fence => self.answered_fence(question, &reply),
            Kind::LoneDot => self.answered_lone_dot(question, reply),
        }
    }

    /// An answer before its question was wholly written. A server may refuse a message it has
    /// only seen a part of; there is no going on behind that, but the refusal counts.
    fn answered_early(&mut self, question: Question, reply: Reply) {
        let has_content = matches!(question.kind, Kind::Chunk | Kind::Final);
        let amid_content = has_content && question.content <= self.stream.written;
        if !amid_content || !is_refusal(&reply) {
            let what = question.name(self.stream.written);
            return self.out_of_step(&format!("the server answered {what} too early: {reply}"));
        }
        let streamed = self.transfer == Transfer::Streamed;
        let taken = self.flights.front().is_some_and(Flight::has_recipients);
        if streamed && taken && insists_on_order(&reply) {
            return self.asked_too_much(question, reply);
        }
        self.conclude(&Outcome::Refused {
            stage: Stage::Data,
            reply: reply.clone(),
        });
        let why = "the server refused a message before its end had been written";
        self.give_up(Some(reply), why.to_owned());
    }

    fn answered_mail(&mut self, question: Question, reply: Reply) {
        let Some(flight) = self.flights.front_mut() else {
            return;
        };
        if reply.is_positive() {
            flight.open = true;
        } else if is_refusal(&reply) {
            flight.refused = Some(reply.clone());
            if self.accepted > 0 && says_enough(&reply) {
                flight.enough = true;
                self.enough
                    .get_or_insert_with(|| (self.accepted, reply.clone()));
            }
            if flight.questions.is_empty() {
                self.conclude(&Outcome::Refused {
                    stage: Stage::Mail,
                    reply,
                });
            }
        } else {
            self.unfitting(question, &reply);
        }
    }

    fn answered_rcpt(&mut self, question: Question, at: usize, reply: Reply) {
        let Some(flight) = self.flights.front_mut() else {
            return;
        };
        let sender_refused = flight.refused.is_some();
        let standing = if reply.is_positive() && !sender_refused {
            Standing::Accepted
        } else if is_refusal(&reply) {
            match flight.recipients_taken(at) {
                taken @ 1.. if is_too_many(&reply) => {
                    let limit = self.recipients_limit.unwrap_or(u32::MAX);
                    self.recipients_limit = Some(limit.min(taken));
                    Standing::Surplus(reply.clone())
                }
                _ => Standing::Refused(reply.clone()),
            }
        } else {
            // Among others: a recipient accepted although the sender was refused.
            return self.unfitting(question, &reply);
        };
        if let Some(asked) = flight.recipients.get_mut(at) {
            asked.standing = standing;
        }
        let asked_all = matches!(flight.step, Step::Ask(Command::Data));
        if asked_all && !flight.has_recipients() {
            self.conclude(&Outcome::Refused {
                stage: Stage::Rcpt,
                reply,
            });
        }
    }

    fn answered_data(&mut self, question: Question, reply: Reply) {
        let written = self.stream.written;
        let Some(flight) = self.flights.front_mut() else {
            return;
        };
        if is_refusal(&reply) {
            let ahead = self.transfer == Transfer::Grouped;
            if ahead && flight.has_recipients() && insists_on_order(&reply) {
                return self.asked_too_much(question, reply);
            }
            // Where nobody was accepted it is only the echo of what came before.
            return self.conclude(&Outcome::Refused {
                stage: Stage::Data,
                reply,
            });
        }
        if reply.code != 354 {
            return self.unfitting(question, &reply);
        }
        flight.confirmed = true;
        let kind = if flight.has_recipients() {
            let content = std::mem::take(&mut flight.content);
            flight.step = Step::Content(DotStuffed::new(content));
            Kind::Final
        } else {
            // RFC 2920 section 3.1: the server takes content for nobody; end it without any.
            flight.step = Step::Content(DotStuffed::new(Vec::new()));
            Kind::LoneDot
        };
        flight.questions.push_back(Question {
            kind,
            content: written,
            end: u64::MAX,
        });
    }

    fn answered_final(&mut self, question: Question, reply: Reply) {
        if let Some(flight) = self.flights.front_mut() {
            flight.open = false;
        }
        if reply.is_positive() {
            self.accepted = self.accepted.saturating_add(1);
            self.conclude(&Outcome::Accepted(reply));
        } else if is_refusal(&reply) {
            self.conclude(&Outcome::Refused {
                stage: Stage::Final,
                reply,
            });
        } else {
            self.unfitting(question, &reply);
        }
    }

    fn answered_lone_dot(&mut self, question: Question, reply: Reply) {
        if !reply.is_positive() && !is_refusal(&reply) {
            return self.unfitting(question, &reply);
        }
        if let Some(flight) = self.flights.front_mut() {
            flight.open = false;
        }
        // Everybody has been refused before, and comes to that refusal.
        self.conclude(&Outcome::Refused {
            stage: Stage::Final,
            reply,
        });
    }

    /// The reply is of a kind that no server in step gives to this question, which therefore
    /// stays unanswered.
    pub(super) fn unfitting(&mut self, question: Question, reply: &Reply) {
        let what = question.name(self.stream.written);
        self.unfitting_because(
            question,
            &format!("the server answered {what} with {reply}"),
        );
    }

    pub(super) fn unfitting_because(&mut self, question: Question, why: &str) {
        if let Some(flight) = self.flights.front_mut() {
            flight.questions.push_front(question);
        }
        self.out_of_step(why);
    }

    /// Ends the first transaction: whoever was refused comes to that refusal, all others to
    /// `outcome`.
    fn conclude(&mut self, outcome: &Outcome) {
        if let Some(flight) = self.flights.pop_front() {
            self.leftover = flight.open;
            flight.settle(outcome, Trust::Answers, &mut self.events);
        }
    }
}

pub(super) fn is_refusal(reply: &Reply) -> bool {
    reply.is_transient() || reply.is_permanent()
}

/// Whether a server refuses content behind a recipient it has taken only because of the order or
/// the command it came with: to one that asks in another way it may have no objection.
pub(super) fn insists_on_order(reply: &Reply) -> bool {
    let protocol = reply
        .enhanced
        .is_some_and(|code| code.subject == 5 && code.detail == 1);
    matches!(reply.code, 500..=504) || (reply.code == 554 && protocol)
}

/// Whether a server refuses a sender only because it has taken so many messages on the connection
/// already. Some count them and say so with a 4yz that is not 421, and go on saying it. One that
/// finds us too fast says something else (x.7.z), and means every connection.
fn says_enough(reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let of_connection = match reply.enhanced {
        Some(code) => code.subject == 5,
        None => has(&["connection", "session"]),
    };
    let counted = text.contains("too many") && has(&["message", "mail", "transaction"]);
    reply.is_transient() && of_connection && counted
}

/// Whether a server refuses a recipient only because there were enough before it (RFC 5321
/// section 4.5.3.1.10; some say 552, as RFC 821 did).
fn is_too_many(reply: &Reply) -> bool {
    match reply.enhanced {
        Some(code) => code.subject == 5 && code.detail == 3,
        None => {
            let text = reply.text.to_ascii_lowercase();
            reply.code == 452 || (reply.code == 552 && text.contains("too many"))
        }
    }
}
