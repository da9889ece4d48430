//! A message on its way in, and what keeps it from being sent in this session.

use super::command::{MAX_PATH, address_fault};
use crate::model::{Outcome, Reason, RecipientId, Stage};
use crate::proto::Capabilities;
use bytes::Bytes;

/// One message for one or more recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The caller's number for it; comes back with every outcome.
    pub id: u64,
    /// The envelope sender in wire form without angle brackets; empty for the null path.
    pub reverse_path: String,
    /// Id, address in wire form, and whether it can only be sent with SMTPUTF8.
    pub recipients: Vec<(RecipientId, String, bool)>,
    /// The message with CRLF line ends, dots not stuffed, in segments that may be shared.
    pub content: Vec<Bytes>,
    /// Octets of `content`, as SIZE counts them (RFC 1870 section 5).
    pub size: usize,
    /// Whether the message's own headers hold addresses that need SMTPUTF8 (RFC 6532), be the
    /// recipient who it may.
    pub smtputf8: bool,
}

impl Transaction {
    /// Why the message as a whole cannot be sent to a server with these capabilities.
    pub(super) fn fault(&self, offered: &Capabilities) -> Option<Outcome> {
        if !self.reverse_path.is_empty()
            && let Some(fault) = address_fault(&self.reverse_path)
        {
            return Some(unsendable(
                Stage::Mail,
                format!("the return path {} {fault}", shown(&self.reverse_path)),
            ));
        }
        if !self.reverse_path.is_ascii() && !offered.smtputf8 {
            return Some(unsendable(
                Stage::Mail,
                format!(
                    "the return path {} needs SMTPUTF8, which the server does not offer",
                    self.reverse_path
                ),
            ));
        }
        if self.smtputf8 && !offered.smtputf8 {
            return Some(unsendable(
                Stage::Mail,
                "From or Reply-To needs SMTPUTF8, which the server does not offer".to_owned(),
            ));
        }
        let limit = offered.size_limit?;
        (self.octets() > limit).then(|| Outcome::Unsendable {
            stage: Stage::Mail,
            reason: Reason::MessageTooBig,
            why: format!(
                "the message has {} octets and the server takes no more than {limit}",
                self.size
            ),
        })
    }

    /// Octets of the content as a number of the wire.
    pub(super) fn octets(&self) -> u64 {
        u64::try_from(self.size).unwrap_or(u64::MAX)
    }

    /// Whether the content has octets above 127, which only 8BITMIME allows.
    pub(super) fn is_eight_bit(&self) -> bool {
        !self.content.iter().all(|segment| segment.is_ascii())
    }
}

/// Why this one recipient cannot be sent to.
pub(super) fn recipient_fault(
    address: &str,
    needs_smtputf8: bool,
    offered: &Capabilities,
) -> Option<Outcome> {
    if address.is_empty() {
        return Some(unsendable(Stage::Rcpt, "the address is empty".to_owned()));
    }
    if let Some(fault) = address_fault(address) {
        let why = format!("the address {} {fault}", shown(address));
        return Some(unsendable(Stage::Rcpt, why));
    }
    ((needs_smtputf8 || !address.is_ascii()) && !offered.smtputf8).then(|| {
        unsendable(
            Stage::Mail,
            format!("{address} needs SMTPUTF8, which the server does not offer"),
        )
    })
}

fn unsendable(stage: Stage, why: String) -> Outcome {
    Outcome::Unsendable {
        stage,
        reason: Reason::ProtocolError,
        why,
    }
}

/// As much of an address as a message bears, escaped.
fn shown(address: &str) -> String {
    let end = address.floor_char_boundary(MAX_PATH);
    format!("{:?}", &address[..end])
}
