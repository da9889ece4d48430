//! What a server says, as far as it matters here.

use crate::net::mailbox::error::excerpt;
use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, Outcome, Response, ResponseCode, Status,
};

/// One response (RFC 3501 section 7).
#[derive(Debug)]
pub(super) enum Answer {
    /// The end of a command: its tag, and how it ended.
    Done(String, Condition),
    /// The server wants more, or lets us wait.
    Continue(String),
    /// A condition that belongs to no command.
    Untagged(Condition),
    /// In upper case.
    Capabilities(Vec<String>),
    /// How many messages the folder has.
    Exists(u32),
    /// A message is gone.
    Expunged,
    /// Something of a message.
    Message(Message),
    /// Anything else.
    Other,
}

/// OK, NO and the like, with what is said about it.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) kind: Kind,
    pub(super) code: Code,
    pub(super) words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ok,
    Refused,
    PreAuth,
    Bye,
}

/// Response codes that matter.
#[derive(Debug)]
pub(super) enum Code {
    None,
    Capabilities(Vec<String>),
    UidValidity(u32),
    PermanentFlags(Vec<String>),
    TryCreate,
}

/// What FETCH tells of a message.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) number: u32,
    pub(super) uid: Option<u32>,
    pub(super) size: u32,
    pub(super) flags: Vec<String>,
    /// Its content from the beginning.
    pub(super) octets: Option<Vec<u8>>,
}

impl Message {
    pub(super) fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|has| has.eq_ignore_ascii_case(flag))
    }
}

impl Answer {
    pub(super) fn of(response: &Response<'_>) -> Self {
        match response {
            Response::Done {
                tag,
                status,
                outcome,
            } => Self::Done(tag.0.clone(), condition(status, outcome)),
            Response::Continue(outcome) => {
                let said = outcome.information.as_deref().unwrap_or_default();
                Self::Continue(said.to_owned())
            }
            Response::Data { status, outcome } => Self::Untagged(condition(status, outcome)),
            Response::Capabilities(known) => Self::Capabilities(names(known)),
            Response::MailboxData(MailboxDatum::Exists(count)) => Self::Exists(*count),
            Response::Expunge(_) => Self::Expunged,
            Response::Fetch(number, attributes) => Self::Message(message(*number, attributes)),
            _ => Self::Other,
        }
    }
}

fn condition(status: &Status, outcome: &Outcome<'_>) -> Condition {
    Condition {
        kind: match status {
            Status::Ok => Kind::Ok,
            Status::PreAuth => Kind::PreAuth,
            Status::Bye => Kind::Bye,
            Status::No | Status::Bad => Kind::Refused,
        },
        code: match &outcome.code {
            Some(ResponseCode::Capabilities(known)) => Code::Capabilities(names(known)),
            Some(ResponseCode::UidValidity(number)) => Code::UidValidity(*number),
            Some(ResponseCode::PermanentFlags(flags)) => {
                Code::PermanentFlags(flags.iter().map(ToString::to_string).collect())
            }
            Some(ResponseCode::TryCreate) => Code::TryCreate,
            _ => Code::None,
        },
        words: excerpt(outcome.information.as_deref().unwrap_or_default()),
    }
}

fn names(known: &[Capability<'_>]) -> Vec<String> {
    let names = known.iter().map(|capability| match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={mechanism}").to_ascii_uppercase(),
        Capability::Atom(atom) => atom.to_ascii_uppercase(),
    });
    names.collect()
}

fn message(number: u32, attributes: &[AttributeValue<'_>]) -> Message {
    let mut message = Message {
        number,
        ..Message::default()
    };
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => message.uid = Some(*uid),
            AttributeValue::Rfc822Size(octets) => message.size = *octets,
            AttributeValue::Flags(flags) => {
                message.flags = flags.iter().map(ToString::to_string).collect();
            }
            AttributeValue::BodySection {
                section: None,
                data: Some(data),
                ..
            } => message.octets = Some(data.to_vec()),
            _ => {}
        }
    }
    message
}
