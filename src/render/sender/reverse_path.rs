//! Where bounces go: the envelope sender (RFC 5321 section 4.4.1 calls it the reverse path).

use super::token::{Purpose, Secret, Token};
use crate::model::{Address, CampaignId, Domain, RecipientId};
use crate::render::error::{Fault, RenderError};

/// Begins the local part of a personal return path.
const PREFIX: &str = "b-";

/// The envelope sender of a campaign's messages.
#[derive(Debug)]
pub(in crate::render) enum ReversePath {
    /// The author, for all of them.
    Author(String),
    /// An address per recipient under this domain (VERP).
    PerRecipient(Domain),
}

impl ReversePath {
    /// Under `bounce_domain`, or the author's.
    ///
    /// # Errors
    /// Where `bounce_domain` is no domain.
    pub(in crate::render) fn new(
        author: &Address,
        bounce_domain: Option<&str>,
    ) -> Result<Self, RenderError> {
        let Some(text) = bounce_domain else {
            return Ok(Self::Author(author.to_string()));
        };
        Domain::parse(text)
            .map(Self::PerRecipient)
            .map_err(|error| RenderError::of("identity.bounce_domain", Fault::BounceDomain(error)))
    }

    /// The address for the message of `token`, without angle brackets.
    pub(in crate::render) fn of(&self, token: &Token<'_>) -> String {
        match self {
            Self::Author(address) => address.clone(),
            Self::PerRecipient(domain) => {
                format!("{PREFIX}{}@{domain}", token.text(Purpose::ReversePath))
            }
        }
    }
}

impl Secret {
    /// Whose return path an address is, by its local part.
    #[must_use]
    pub fn open_reverse_path(&self, local: &str) -> Option<(CampaignId, RecipientId)> {
        self.open(Purpose::ReversePath, token(local)?)
    }

    /// Which run of the campaign's messages a return path is of, by its local part; the first is 1.
    /// `None` where it is no return path of ours, or there were more than 255 runs.
    #[must_use]
    pub fn run_of_reverse_path(&self, local: &str) -> Option<u32> {
        self.run_of(token(local)?)
    }
}

/// The token of a local part that has the form of a return path.
fn token(local: &str) -> Option<&str> {
    let start = local.get(..PREFIX.len())?;
    let token = &local[PREFIX.len()..];
    start.eq_ignore_ascii_case(PREFIX).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_path_leads_back_to_its_recipient() {
        let secret = Secret::new(&[1; 32]);
        let author = Address::parse("news@example.com").unwrap();
        let path = ReversePath::new(&author, Some("bounces.example.com")).unwrap();
        let tokens = secret.tokens(CampaignId(4)).in_run(3);
        let address = path.of(&tokens.of(RecipientId(77)));
        let (local, domain) = address.split_once('@').unwrap();
        assert_eq!(domain, "bounces.example.com");
        assert!(local.len() <= 64);
        let whose = Some((CampaignId(4), RecipientId(77)));
        assert_eq!(secret.open_reverse_path(local), whose);
        assert_eq!(secret.open_reverse_path(&local.to_uppercase()), whose);
        assert_eq!(secret.run_of_reverse_path(local), Some(3));
        assert_eq!(secret.run_of_reverse_path("news"), None);
        for other in ["", "b-", "é", "news", &local[2..], &format!("{local}a")] {
            assert_eq!(secret.open_reverse_path(other), None, "{other:?}");
        }
    }
}
