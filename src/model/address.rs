//! Mail addresses and domains, parsed and normalised once.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A domain as DNS and the envelope want it: lower-case A-labels (RFC 5890), no trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Domain(Box<str>);

/// Why a text is not a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a domain: {why}")]
pub struct DomainError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// A recipient's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Without quotes or escapes, in the case it was given.
    local: Box<str>,
    domain: Domain,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address: {why}")]
pub struct AddressError {
    /// What was given, cut to a readable length.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl Domain {
    /// Parses and normalises a host name: IDN to A-labels (UTS 46), lower case, at most 253 octets.
    ///
    /// # Errors
    /// Where it is empty, too long, or holds what no host name holds.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let wrong = |why| DomainError {
            text: text.to_owned(),
            why,
        };
        let ascii = idna::domain_to_ascii_strict(text.trim_end_matches('.'))
            .map_err(|_| wrong("not a host name"))?;
        if ascii.is_empty() || ascii.len() > 253 {
            return Err(wrong("empty or longer than 253 octets"));
        }
        Ok(Self(ascii.into()))
    }

    /// Its A-label form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Address {
    /// Parses an address specification (RFC 5321 section 4.1.2, RFC 6531 for other scripts).
    ///
    /// # Errors
    /// Where there is no such address, with the reason in words.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |why: &str| AddressError {
            text: text.to_owned(),
            why: why.to_owned(),
        };
        let (local, domain) = text
            .trim()
            .rsplit_once('@')
            .ok_or_else(|| wrong("it has no @"))?;
        let domain = Domain::parse(domain).map_err(|error| wrong(error.why))?;
        if local.is_empty() {
            return Err(wrong("nothing stands before the @"));
        }
        Ok(Self {
            local: local.into(),
            domain,
        })
    }

    /// The part before the `@`, without quotes.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }
}

impl fmt::Display for Address {
    /// As the envelope wants it, quoted where the local part is no dot-string.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}
