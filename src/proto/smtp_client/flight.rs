//! One transaction on the wire: where its sending stands, and its questions still unanswered.

use super::Output;
use super::chunks::Chunks;
use super::command::MailParameters;
use super::habits::Answered;
use crate::model::{Outcome, RecipientId, Reply, Stage};
use crate::proto::DotStuffed;
use std::collections::VecDeque;
use std::time::Instant;

/// A transaction of which something was sent.
#[derive(Debug)]
pub(super) struct Flight {
    pub id: u64,
    pub reverse_path: String,
    pub parameters: MailParameters,
    /// The place in the stream of sent octets where its first command begins.
    pub start: u64,
    /// When that was given out.
    pub begun: Instant,
    /// Those that are asked for.
    pub recipients: Vec<Asked>,
    /// The message, until it is sent.
    pub content: Vec<bytes::Bytes>,
    /// Octets of the message.
    pub octets: u64,
    /// What the sending cursor does next.
    pub step: Step,
    /// What was asked and not answered, in order. The receiving cursor stands at its front.
    pub questions: VecDeque<Question>,
    /// The answer by which MAIL was refused. All answers behind it only echo it.
    pub refused: Option<Reply>,
    /// That was only because the server takes no more messages on this connection.
    pub enough: bool,
    /// 354 has come: only in step does a server say that, so the answers before it are sure.
    pub confirmed: bool,
    /// What was answered to its content in a stream, where the fence behind it has no answer yet.
    pub answer: Option<Outcome>,
    /// What the answers so far looked like.
    pub answered: Answered,
    /// The server ended the session with 421 instead of taking a recipient: whatever was written
    /// ahead of that, nobody has it.
    pub cut_short: bool,
    /// MAIL was accepted, and no end of content has closed the transaction.
    pub open: bool,
}

/// A recipient and what was answered about it.
#[derive(Debug)]
pub(super) struct Asked {
    pub id: RecipientId,
    pub address: String,
    pub standing: Standing,
}

/// What the server said of a recipient.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing yet.
    Unknown,
    /// It takes mail for it.
    Accepted,
    /// It does not.
    Refused(Reply),
    /// It takes no more recipients of this message, and says nothing about this one.
    Surplus(Reply),
}

/// What the sending cursor does next in a transaction. Only moves forward.
#[derive(Debug)]
pub(super) enum Step {
    /// Asks this and what follows.
    Ask(Command),
    /// Waits for the answer to DATA.
    AwaitGoAhead,
    /// Sends the message, or a lone dot where nobody is left to get it.
    Content(DotStuffed),
    /// Sends the message in chunks, each behind its BDAT.
    Chunks(Chunks),
    /// Sends the RSET that ends a transaction of a stream.
    Fence,
    /// Has asked everything; the next transaction may follow.
    Done,
}

/// The commands of a transaction, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Where the transaction before was left open: strict servers answer 503 to MAIL otherwise.
    Reset,
    Mail,
    /// For the recipient at this place.
    Rcpt(usize),
    Data,
}

/// Something that awaits its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    pub kind: Kind,
    /// The place in the stream of sent octets where its content begins; without any, its end.
    pub content: u64,
    /// The place where it ends. No answer is due before that.
    pub end: u64,
}

/// Whether answers may be believed to belong to the questions they came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// They do.
    Answers,
    /// The server is out of step: only what was confirmed does.
    Confirmed,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Command(Command),
    /// A BDAT that is not the last, with its chunk.
    Chunk,
    /// The end of the content: the final dot, or the last BDAT with its chunk.
    Final,
    /// A dot without content, by which a transaction without recipients is ended.
    LoneDot,
    /// RSET behind a transaction of a stream. No server refuses it; what looks like a refusal is
    /// the answer to something else.
    Fence,
}

impl Kind {
    /// Whether content belongs to it, which takes its time to be written.
    pub(super) const fn has_content(self) -> bool {
        match self {
            Self::Chunk | Self::Final | Self::LoneDot => true,
            Self::Command(_) | Self::Fence => false,
        }
    }
}

impl Flight {
    /// Whether any recipient was accepted, which is what content needs.
    pub(super) fn has_recipients(&self) -> bool {
        self.recipients
            .iter()
            .any(|asked| asked.standing == Standing::Accepted)
    }

    /// Whether a refusal of this, the next question, leaves the transaction without recipients.
    pub(super) fn gets_nobody_by(&self, refused: Kind) -> bool {
        match refused {
            Kind::Command(Command::Mail) => true,
            Kind::Command(Command::Rcpt(at)) => {
                at + 1 == self.recipients.len() && !self.has_recipients()
            }
            _ => false,
        }
    }

    /// How many of the recipients in front of this place were accepted.
    pub(super) fn recipients_taken(&self, at: usize) -> u32 {
        let before = self.recipients.iter().take(at);
        let taken = before.filter(|asked| asked.standing == Standing::Accepted);
        u32::try_from(taken.count()).unwrap_or(u32::MAX)
    }

    /// Settles every recipient: by the refusal that was said of it, or else by `rest`.
    pub(super) fn settle(self, rest: &Outcome, trust: Trust, events: &mut VecDeque<Output>) {
        let believed = trust == Trust::Answers || self.confirmed;
        for asked in self.recipients {
            let refusal = match (&self.refused, asked.standing) {
                (Some(reply), _) if self.enough => Some(Outcome::Lost {
                    stage: Stage::Connect,
                    reply: Some(reply.clone()),
                    why: "the server takes no more messages on this connection".to_owned(),
                }),
                (Some(reply), _) => Some(Outcome::Refused {
                    stage: Stage::Mail,
                    reply: reply.clone(),
                }),
                (None, Standing::Refused(reply)) => {
                    let stage = Stage::Rcpt;
                    Some(Outcome::Refused { stage, reply })
                }
                (None, Standing::Surplus(reply)) => Some(Outcome::Lost {
                    stage: Stage::Connect,
                    reply: Some(reply),
                    why: "the server takes no more recipients of one message".to_owned(),
                }),
                (None, Standing::Unknown | Standing::Accepted) => None,
            };
            let outcome = refusal.filter(|_| believed).unwrap_or_else(|| rest.clone());
            events.push_back(Output::Settled {
                transaction: self.id,
                recipient: asked.id,
                outcome,
            });
        }
    }

    /// Whether no octet of it has left.
    pub(super) fn is_unsent(&self, written: u64) -> bool {
        written <= self.start
    }

    /// Whether the receiver may have the whole message: `written` octets of the stream were taken.
    pub(super) fn may_have_arrived(&self, written: u64) -> bool {
        if self.cut_short {
            return false;
        }
        let mut questions = self.questions.iter();
        match questions.find(|question| question.kind == Kind::Final) {
            Some(question) => question.end <= written,
            None => self.answer.is_some() && matches!(self.step, Step::Fence | Step::Done),
        }
    }

    /// The stage of its first unanswered question, or of what it would ask next.
    pub(super) fn stage(&self, written: u64) -> Stage {
        if let Some(question) = self.questions.front() {
            return question.stage(written);
        }
        match self.step {
            Step::Ask(command) => command.stage(),
            Step::AwaitGoAhead | Step::Content(_) | Step::Chunks(_) => Stage::Data,
            Step::Fence | Step::Done => Stage::Final,
        }
    }
}

impl Question {
    /// The stage an answer to it is reported with.
    pub(super) fn stage(self, written: u64) -> Stage {
        match self.kind {
            Kind::Command(command) => command.stage(),
            Kind::Final | Kind::LoneDot if self.end <= written => Stage::Final,
            Kind::Chunk | Kind::Final | Kind::LoneDot => Stage::Data,
            Kind::Fence => Stage::Final,
        }
    }

    /// What it asked, for people.
    pub(super) fn name(self, written: u64) -> &'static str {
        match self.kind {
            Kind::Command(Command::Reset) => "RSET",
            Kind::Command(Command::Mail) => "MAIL",
            Kind::Command(Command::Rcpt(_)) => "RCPT",
            Kind::Command(Command::Data) => "DATA",
            Kind::Chunk if self.end <= written => "a chunk of the message",
            Kind::Final | Kind::LoneDot if self.end <= written => "the end of the message",
            Kind::Chunk | Kind::Final | Kind::LoneDot => {
                "the message, which was still being written"
            }
            Kind::Fence => "RSET behind a message",
        }
    }
}

impl Command {
    /// The stage an answer to it is reported with.
    pub(super) const fn stage(self) -> Stage {
        match self {
            Self::Reset | Self::Mail => Stage::Mail,
            Self::Rcpt(_) => Stage::Rcpt,
            Self::Data => Stage::Data,
        }
    }

    /// The command behind it in a transaction with so many recipients.
    pub(super) const fn next(self, recipients: usize) -> Option<Self> {
        match self {
            Self::Reset => Some(Self::Mail),
            Self::Mail => Some(Self::Rcpt(0)),
            Self::Rcpt(at) if at + 1 < recipients => Some(Self::Rcpt(at + 1)),
            Self::Rcpt(_) => Some(Self::Data),
            Self::Data => None,
        }
    }
}
