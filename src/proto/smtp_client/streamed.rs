//! The receiving cursor over a stream of transactions.
//!
//! A transaction's answers are complete when its fence is answered. They settle it then and there
//! where the server's words say what they are answers to, and otherwise when everything is
//! answered and nothing is left over.

use super::client::Client;
use super::flight::{Command, Flight, Kind, Question, Trust};
use super::habits::{Shape, Topic};
use super::receiving::{insists_on_order, is_refusal};
use crate::model::{Outcome, Reply, Stage};

impl Client {
    /// Holds a positive answer against what the server used to say.
    ///
    /// # Errors
    /// In words, where it used to say so to something else.
    pub(super) fn recognise(&mut self, question: Question, reply: &Reply) -> Result<(), String> {
        let topic = match question.kind {
            Kind::Command(Command::Mail) => Topic::Mail,
            Kind::Command(Command::Rcpt(_)) => Topic::Rcpt,
            Kind::Final => Topic::Content,
            Kind::Fence => Topic::Fence,
            Kind::Command(Command::Reset | Command::Data) | Kind::Chunk | Kind::LoneDot => {
                return Ok(());
            }
        };
        if !reply.is_positive() {
            return Ok(());
        }
        let shape = Shape::of(reply);
        if let Some(other) = self.habits.foreign(topic, shape) {
            let what = question.name(self.stream.written);
            let other = other.name();
            return Err(format!(
                "the server answered {what} with what it says to {other}: {reply}"
            ));
        }
        if let Some(flight) = self.flights.front_mut() {
            flight.answered.note(topic, shape);
        }
        Ok(())
    }

    pub(super) fn answered_chunk(&mut self, question: Question, reply: Reply) {
        if is_refusal(&reply) {
            self.refused_content(question, reply, Stage::Data);
        } else if !reply.is_positive() {
            self.unfitting(question, &reply);
        }
    }

    pub(super) fn answered_last_chunk(&mut self, question: Question, reply: Reply) {
        if is_refusal(&reply) {
            return self.refused_content(question, reply, Stage::Final);
        }
        let refused = self.flights.front().is_some_and(|it| it.answer.is_some());
        if !reply.is_positive() || refused {
            return self.unfitting(question, &reply);
        }
        if let Some(flight) = self.flights.front_mut() {
            flight.answer = Some(Outcome::Accepted(reply));
            if !flight.has_recipients() {
                return;
            }
            self.accepted = self.accepted.saturating_add(1);
            let after = self.now.saturating_duration_since(flight.begun);
            self.window.answered(after);
        }
    }

    /// A chunk was refused; refusals of those behind it only echo that.
    fn refused_content(&mut self, question: Question, reply: Reply, stage: Stage) {
        let Some(flight) = self.flights.front_mut() else {
            return;
        };
        if flight.has_recipients() && flight.answer.is_none() && insists_on_order(&reply) {
            return self.asked_too_much(question, reply);
        }
        flight
            .answer
            .get_or_insert(Outcome::Refused { stage, reply });
        if stage == Stage::Final {
            let after = self.now.saturating_duration_since(flight.begun);
            self.window.answered(after);
        }
    }

    /// The transaction is over on both sides, and what is behind it begins anew.
    pub(super) fn answered_fence(&mut self, question: Question, reply: &Reply) {
        if !reply.is_positive() {
            return self.unfitting(question, reply);
        }
        let Some(mut flight) = self.flights.pop_front() else {
            return;
        };
        let Some(answer) = flight.answer.take() else {
            return;
        };
        self.leftover = false;
        if self.is_sure(&flight, &answer) {
            flight.settle(&answer, Trust::Answers, &mut self.events);
        } else {
            self.held.push_back((flight, answer));
        }
    }

    /// The fence was answered with what is said to something else. Where that was the acceptance of
    /// the content once more, or only now, the message was taken. Tells whether it was.
    pub(super) fn settle_said_twice(&mut self) -> bool {
        let taken = |flight: &mut Flight| matches!(flight.answer, Some(Outcome::Accepted(_)));
        let Some(mut flight) = self.flights.pop_front_if(taken) else {
            return false;
        };
        if let Some(answer) = flight.answer.take() {
            flight.settle(&answer, Trust::Answers, &mut self.events);
        }
        true
    }

    /// Whether the answer to a transaction's content cannot have been meant for anything else. A
    /// refusal between answers that fit cannot: the questions around it are not refused.
    pub(super) fn is_sure(&self, flight: &Flight, answer: &Outcome) -> bool {
        let known = |shape| self.habits.only_content(shape);
        match answer {
            Outcome::Accepted(_) => {
                flight.has_recipients() && flight.answered.content.is_some_and(known)
            }
            _ => true,
        }
    }

    /// Everything is answered, and nothing was left over: the answers were what they seemed.
    pub(super) fn settle_held(&mut self) {
        if self.flights.is_empty() {
            for (flight, answer) in std::mem::take(&mut self.held) {
                self.habits.learn(flight.answered);
                flight.settle(&answer, Trust::Answers, &mut self.events);
            }
        }
    }
}

impl Topic {
    /// The question, for people.
    const fn name(self) -> &'static str {
        match self {
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Content => "the end of a message",
            Self::Fence => "RSET",
        }
    }
}
