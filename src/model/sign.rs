//! What signs finished messages, as the renderer sees it.

use super::Timestamp;
use bytes::Bytes;
use std::fmt;

/// Signs finished messages. Threads share it.
pub trait Signer: fmt::Debug + Send + Sync {
    /// The header fields that vouch for a message, each ending in CRLF: they stand in front of it.
    ///
    /// `content` is the whole message in wire form (CRLF line ends, not dot-stuffed), in pieces that
    /// may be cut anywhere. `at` is when it is signed.
    ///
    /// # Errors
    /// Where the key does not sign.
    fn sign(&self, content: &[Bytes], at: Timestamp) -> Result<Vec<u8>, SignError>;
}

/// Why a message was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message cannot be signed with {key}: {why}")]
pub struct SignError {
    /// The key: `selector._domainkey.domain`.
    pub key: String,
    /// What went wrong, in words.
    pub why: String,
}
