//! What can be wrong with keys, as a person is told.

use super::key::KeyType;
use std::path::PathBuf;

/// Why the configured keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A file holds no key to sign with.
    #[error("{}: {fault}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// Two keys have one name, where DNS can publish only one.
    #[error("two [[dkim]] keys are named {name}: {} and {}", first.display(), second.display())]
    Twice {
        /// `selector._domainkey.domain`
        name: String,
        /// The file of the first.
        first: PathBuf,
        /// The file of the second.
        second: PathBuf,
    },
}

impl LoadError {
    /// What the person can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Key { fault, .. } => fault.remedy(),
            Self::Twice { .. } => "give each key a selector of its own",
        }
    }
}

/// Why a text is no private key to sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// There is no whole PEM block in it.
    #[error("there is no private key in it: no block from -----BEGIN to -----END")]
    NoPem,
    /// The PEM block is not Base64.
    #[error("the key is damaged: what stands between its BEGIN and END is not Base64")]
    Base64,
    /// A passphrase protects it.
    #[error("the key is encrypted with a passphrase")]
    Encrypted,
    /// It is something else that comes in PEM.
    #[error("it holds a {0}, not a private key")]
    NotPrivate(String),
    /// A private key, but neither RSA nor Ed25519.
    #[error("the key is neither RSA nor Ed25519, and DKIM knows no other (RFC 8463)")]
    Type,
    /// RSA with fewer bits than large receivers ask for, and than the library signs with.
    #[error("the RSA key has {0} bits, and signing takes at least 2048")]
    Short(usize),
    /// RSA with more bits than every receiver has to verify.
    #[error("the RSA key has {0} bits, and receivers need not verify more than 4096 (RFC 8301)")]
    Long(usize),
    /// The numbers in it do not make a key.
    #[error("the {kind} key is damaged ({why})")]
    Damaged {
        /// What it was meant to be.
        kind: KeyType,
        /// What was found, in the words of the cryptographic library.
        why: String,
    },
}

impl KeyFault {
    /// What the person can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoPem | Self::Base64 | Self::Damaged { .. } => {
                "put the file back from a copy, or make a new key with `hikyaku dkim new`"
            }
            Self::Encrypted => {
                "`openssl pkey -in OLD -out NEW` takes the passphrase off; keep NEW readable by its owner only"
            }
            Self::NotPrivate(_) => {
                "key_file names the private key; its public half belongs into DNS"
            }
            Self::Type | Self::Short(_) | Self::Long(_) => {
                "make a new key with `hikyaku dkim new`, under a new selector"
            }
        }
    }
}

/// No key vouches for the domain of a From address: its messages would not be aligned (RFC 7489
/// section 3.1.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no [[dkim]] key signs for {from}, the domain of From; there are keys for {keys}")]
pub struct Unaligned {
    /// The domain of From.
    pub from: String,
    /// The domains that there are keys for.
    pub keys: String,
}

impl Unaligned {
    /// What the person can do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let from = &self.from;
        format!(
            "make one with `hikyaku dkim new --domain {from} --selector NAME`, or send from a domain that has a key"
        )
    }
}
