//! Where bounces go: the envelope sender (RFC 5321 section 4.4.1 calls it the reverse path).

use super::error::{Fault, RenderError};
use super::token::Token;
use crate::model::{Address, Domain};

/// The envelope sender of a campaign's messages.
#[derive(Debug)]
pub(super) enum ReversePath {
    /// The author, for all of them.
    Author(String),
    /// An address per recipient under this domain (VERP). Its local part repeats the left side of
    /// the Message-ID, by which the ledger finds the recipient.
    PerRecipient(Domain),
}

impl ReversePath {
    /// Under `bounce_domain`, or the author's.
    ///
    /// # Errors
    /// Where `bounce_domain` is no domain.
    pub(super) fn new(author: &Address, bounce_domain: Option<&str>) -> Result<Self, RenderError> {
        let Some(text) = bounce_domain else {
            return Ok(Self::Author(author.to_string()));
        };
        Domain::parse(text)
            .map(Self::PerRecipient)
            .map_err(|error| RenderError::of("identity.bounce_domain", Fault::BounceDomain(error)))
    }

    /// The address for the message of `token`, without angle brackets.
    pub(super) fn of(&self, token: &Token) -> String {
        match self {
            Self::Author(address) => address.clone(),
            Self::PerRecipient(domain) => format!("b-{}@{domain}", token.message()),
        }
    }
}
