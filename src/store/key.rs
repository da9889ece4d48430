//! The 64-bit hash by which a key is found.

use ring::digest::{SHA256, digest};

/// The first 64 bits of SHA-256: stable for ever, and nobody can sign up with addresses that fall
/// together to slow an import down. Where two do, texts are compared and the next free number is
/// taken, see [`super::write`].
pub(super) fn hash(key: &str) -> i64 {
    let digest = digest(&SHA256, key.as_bytes());
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    i64::from_le_bytes(first)
}
