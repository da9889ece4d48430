//! Who is who: the 64-bit hash by which an address is found.

use crate::model::Address;
use ring::digest::{SHA256, digest};

/// The normalised identity of an address: two addresses with the same text here are one
/// subscriber.
pub(super) fn identity(address: &Address) -> String {
    let mut key = address.local().to_lowercase();
    key.push('@');
    key.push_str(address.domain().as_str());
    key
}

/// Half of the first 128 bits of SHA-256: stable for ever, and nobody can sign up with addresses
/// that fall together to slow an import down. Where two do, texts are compared and the next free
/// number is taken, see [`super::write::keys`].
pub(super) fn hash(key: &str) -> i64 {
    let digest = digest(&SHA256, key.as_bytes());
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    i64::from_le_bytes(first)
}
