//! What came of an attempt, whose matter it is, and what is to be done.

use super::Reply;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

/// Declares an enum whose variants have fixed names in reports, JSON and rules.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every variant, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in reports, JSON and rules.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            /// Reads the name that `as_str` gives.
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!(concat!("{:?} is not a ", stringify!($name)), text)),
                }
            }
        }
    };
}

pub(super) use named;

named! {
    /// Where in its way a message's fate was decided (the report's `stage`).
    Stage {
        /// Finding the domain's mail servers in DNS.
        Resolve = "resolve",
        /// The TCP connection, the greeting and EHLO.
        Connect = "connect",
        /// STARTTLS, the handshake or the certificate.
        Tls = "tls",
        /// The relay's authentication.
        Auth = "auth",
        /// The answer to MAIL FROM.
        Mail = "mail",
        /// The answer to RCPT TO.
        Rcpt = "rcpt",
        /// The answer to DATA, or a BDAT before the last, or while content was written.
        Data = "data",
        /// The answer to the final dot or the last BDAT.
        Final = "final",
        /// A bounce mail that came later.
        Async = "async",
    }
}

named! {
    /// Whose matter a failure is. Only [`Blame::Recipient`] can ever suppress an address.
    Blame {
        /// The address or its mailbox.
        Recipient = "recipient",
        /// The sender: reputation, authentication, rate, DNS or protocol.
        Sender = "sender",
        /// The message itself.
        Content = "content",
        /// The receiving system.
        Receiver = "receiver",
        /// The way there.
        Network = "network",
        /// Nobody, or unknown.
        None = "none",
    }
}

named! {
    /// What a campaign does about a reason.
    Action {
        /// Never mail the address again.
        Suppress = "suppress",
        /// Try again by the schedule.
        Retry = "retry",
        /// Slow the destination down, then try again.
        SlowDown = "slow-down",
        /// Somebody on the sending side has to mend something.
        Fix = "fix",
    }
}

named! {
    /// Why a recipient was not delivered to: the one taxonomy of session replies, returned mail
    /// and reports.
    Reason {
        /// No such mailbox.
        MailboxUnknown = "mailbox_unknown",
        /// The mailbox exists and is disabled or abandoned.
        MailboxInactive = "mailbox_inactive",
        /// The domain does not exist or takes no mail.
        DomainUnknown = "domain_unknown",
        /// Over quota.
        MailboxFull = "mailbox_full",
        /// This recipient, or their settings, refused.
        RecipientRefused = "recipient_refused",
        /// The server does not take mail for the domain.
        RelayDenied = "relay_denied",
        /// No usable text.
        Unknown = "unknown",
        /// Asked to come back later, as every new sender is.
        Greylisted = "greylisted",
        /// Too much, too fast.
        RateLimited = "rate_limited",
        /// Trouble inside the receiving system.
        ServerError = "server_error",
        /// No connection, no answer, no DNS.
        Unreachable = "unreachable",
        /// The sending address or domain is on a block list.
        ReputationBlock = "reputation_block",
        /// The content looks like spam.
        SpamContent = "spam_content",
        /// A virus was found.
        Virus = "virus",
        /// The message's form or attachments were refused.
        ContentRejected = "content_rejected",
        /// Over the size limit.
        MessageTooBig = "message_too_big",
        /// SPF, DKIM or DMARC did not pass.
        AuthFailed = "auth_failed",
        /// The sender's PTR, HELO name or domain is wrong in DNS.
        SenderDns = "sender_dns",
        /// Refused by local policy.
        PolicyRejected = "policy_rejected",
        /// The conversation itself was refused: syntax, sequence, TLS, authentication.
        ProtocolError = "protocol_error",
    }
}

impl Reason {
    /// Whose matter this reason is.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::MailboxUnknown
            | Self::MailboxInactive
            | Self::DomainUnknown
            | Self::MailboxFull
            | Self::RecipientRefused => Blame::Recipient,
            Self::RelayDenied | Self::Greylisted | Self::ServerError => Blame::Receiver,
            Self::Unknown => Blame::None,
            Self::Unreachable => Blame::Network,
            Self::SpamContent | Self::Virus | Self::ContentRejected | Self::MessageTooBig => {
                Blame::Content
            }
            Self::RateLimited
            | Self::ReputationBlock
            | Self::AuthFailed
            | Self::SenderDns
            | Self::PolicyRejected
            | Self::ProtocolError => Blame::Sender,
        }
    }

    /// What to do about this reason. Only what is permanent suppresses an address: the same text
    /// with a 4yz code is a matter of the server's day.
    #[must_use]
    pub const fn action(self, permanent: bool) -> Action {
        match self {
            Self::MailboxUnknown | Self::MailboxInactive | Self::DomainUnknown => {
                if permanent {
                    Action::Suppress
                } else {
                    Action::Retry
                }
            }
            Self::MailboxFull
            | Self::RecipientRefused
            | Self::RelayDenied
            | Self::Unknown
            | Self::Greylisted
            | Self::ServerError
            | Self::Unreachable => Action::Retry,
            Self::RateLimited => Action::SlowDown,
            Self::ReputationBlock => {
                if permanent {
                    Action::Fix
                } else {
                    Action::SlowDown
                }
            }
            Self::SpamContent
            | Self::Virus
            | Self::ContentRejected
            | Self::MessageTooBig
            | Self::AuthFailed
            | Self::SenderDns
            | Self::PolicyRejected
            | Self::ProtocolError => Action::Fix,
        }
    }
}

/// What a classifier makes of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// The one reason.
    pub reason: Reason,
    /// Whose matter it is.
    pub blame: Blame,
    /// What to do about it.
    pub action: Action,
    /// The delay the server itself named ("greylisted for 300 seconds"), if it did.
    pub retry_after: Option<Duration>,
}

/// What happened to one recipient in one attempt. What the server said is a value here, never an
/// error: errors are for when our own job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered 2yz to the end of the content and is responsible from now on.
    Accepted(Reply),
    /// The server refused this recipient or this message.
    Refused {
        /// What it was asked.
        stage: Stage,
        /// What it answered.
        reply: Reply,
    },
    /// We will not send it in this session: the server lacks what the message needs (SMTPUTF8,
    /// SIZE), or DNS says that the domain takes no mail.
    Unsendable {
        /// Where that was found out.
        stage: Stage,
        /// Why, in the taxonomy.
        reason: Reason,
        /// Why, in words.
        why: String,
    },
    /// The connection ended before the content was fully written: nobody has the message.
    Lost {
        /// How far it came.
        stage: Stage,
        /// The 421 or the like that came with the end.
        reply: Option<Reply>,
        /// Why, in words.
        why: String,
    },
    /// The content was fully written and no answer came. Neither success nor failure, and it must
    /// not look like one (RFC 1047 describes how duplicates come of it).
    InDoubt {
        /// Why, in words.
        why: String,
    },
}

/// What is done with a recipient after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has arrived.
    Delivered,
    /// Permanently refused, for this reason.
    Bounce(Judgement),
    /// To be tried again by the schedule.
    Defer(Judgement),
    /// Nothing was tried in earnest: back in the queue as it was.
    Requeue,
    /// In doubt, and to be sent again: counted, and tried again by the schedule.
    ResendInDoubt,
    /// In doubt, and to be held until somebody decides.
    HoldInDoubt,
}

/// The two ends of a connection as the report names them; shared by all messages of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Peer {
    /// The mail server's name.
    pub mx: String,
    /// The address it was reached at.
    pub remote_ip: Option<IpAddr>,
    /// The address it was reached from.
    pub source_ip: Option<IpAddr>,
    /// Version, cipher and how the peer was verified, as in `TLSv1.3 TLS13_AES_256_GCM_SHA384
    /// unverified`; empty for plain text.
    pub tls: String,
}
