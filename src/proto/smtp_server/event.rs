//! What a server asks of its caller.

use super::Path;
use bytes::Bytes;

/// Something that happened in the conversation. Most want an answer by `Server::answer`, and the
/// conversation stands still until it comes; [`Event::Content`] and [`Event::Abandoned`] want none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The connection is there. Answer: the greeting, 220; anything else ends the session.
    Connected,
    /// EHLO or HELO. Answer: 250, whose text follows the server's own name, and which ends an open
    /// transaction (RFC 5321 section 4.1.4); or a refusal.
    Hello {
        /// What the client calls itself, unchecked.
        name: String,
        /// Whether it said EHLO.
        extended: bool,
    },
    /// MAIL: a transaction is to begin. Answer: 250 or a refusal.
    Mail {
        /// The reverse path; `None` is the null path of a bounce.
        from: Option<Path>,
        /// What else the command said.
        parameters: MailParameters,
    },
    /// RCPT: one recipient more. Answer: 250 or a refusal.
    Rcpt {
        /// The recipient.
        to: Path,
    },
    /// DATA: the content is to follow. Answer: 354 or a refusal, which leaves the transaction open.
    Data,
    /// A piece of the content as the sender meant it, dots removed.
    Content(Bytes),
    /// The content is complete. Answer: 250, and the mail is the caller's responsibility from
    /// then on; or a refusal. Either ends the transaction.
    Message(Received),
    /// The open transaction ended without a message: RSET, QUIT, too much content.
    Abandoned,
    /// STARTTLS. Answer: 220, then flush, shake hands and call `Server::tls_started`; or 454.
    StartTls,
}

impl Event {
    /// Whether the conversation waits for `Server::answer`.
    #[must_use]
    pub const fn wants_answer(&self) -> bool {
        !matches!(self, Self::Content(_) | Self::Abandoned)
    }
}

/// The parameters of MAIL that were understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailParameters {
    /// The message's size in octets as declared (RFC 1870), within the server's limit.
    pub size: Option<u64>,
    /// The content's form (RFC 6152).
    pub body: Body,
    /// Whether addresses and headers may hold UTF-8 (RFC 6531).
    pub smtputf8: bool,
}

/// `BODY=` of MAIL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    /// Lines of ASCII.
    #[default]
    SevenBit,
    /// Lines of octets.
    EightBit,
}

/// What is known of a complete message's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Octets of content, dots removed.
    pub size: u64,
    /// Whether it came by BDAT (RFC 3030).
    pub chunked: bool,
    /// Whether a CR or LF stands alone somewhere, which RFC 5321 section 2.3.8 forbids.
    pub bare_line_ends: bool,
    /// Octets of the longest line without its end; more than 998 is against RFC 5322 section 2.1.1.
    pub longest_line: u64,
}
