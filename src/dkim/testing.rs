//! Keys for tests; see tests/support/keys/README.md.

use super::key::PublicKey;
use super::record::Record;

pub(super) const RSA_PKCS8: &str = include_str!("../../tests/support/keys/rsa.pem");
pub(super) const RSA_PKCS1: &str = include_str!("../../tests/support/keys/rsa_pkcs1.pem");
pub(super) const RSA_PUBLIC: &str = include_str!("../../tests/support/keys/rsa_public.pem");
pub(super) const RSA_1024: &str = include_str!("../../tests/support/keys/rsa_1024.pem");
pub(super) const ED25519: &str = include_str!("../../tests/support/keys/ed25519.pem");
pub(super) const ELLIPTIC: &str = include_str!("../../tests/support/keys/elliptic.pem");
pub(super) const ENCRYPTED: &str = include_str!("../../tests/support/keys/encrypted.pem");

/// Of a key with 512 bits.
pub(super) fn short_rsa_public() -> PublicKey {
    public(include_str!("../../tests/support/keys/rsa_512_public.pem"))
}

/// Of a key with 2048 bits that is none of the others.
pub(super) fn other_rsa_public() -> PublicKey {
    public(include_str!(
        "../../tests/support/keys/rsa_other_public.pem"
    ))
}

fn public(pem: &str) -> PublicKey {
    let packed: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    Record::parse(&format!("p={packed}")).unwrap().key.unwrap()
}
