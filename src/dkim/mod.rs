//! DKIM: keys, their DNS records, and signatures (RFC 6376, RFC 8301, RFC 8463).
//!
//! It reads and makes private keys ([`PrivateKey`], [`generate_rsa`]), writes the record that
//! publishes one and holds what DNS answers against it ([`Record`], [`Published`]), and signs
//! messages with all keys that are aligned with their From ([`Signers`], a [`crate::model::Signer`]).
//! It refuses to read files, to ask DNS and for the time, and to verify other people's signatures.
//!
//! Read `sign` first; `header` and `canonical` are what a signature is made over.

mod canonical;
mod der;
mod error;
mod generate;
mod header;
mod key;
mod pem;
mod published;
mod record;
mod sign;
mod signers;
#[cfg(test)]
mod testing;

pub use error::{KeyFault, LoadError, Unaligned};
pub use generate::{generate_ed25519, generate_rsa};
pub use key::{KeyType, PrivateKey, PublicKey};
pub use published::{Match, Published};
pub use record::{Record, RecordError};
pub use sign::{NamedKey, record_name};
pub use signers::Signers;
