//! New keys. Chance is an argument.

use super::{der, pem};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::rand_core::CryptoRngCore;

/// A new RSA key as PEM (PKCS#8). It takes a second, and longer the longer the key.
///
/// # Errors
/// Where no key of so many bits can be made, in words.
pub fn generate_rsa(bits: usize, random: &mut impl CryptoRngCore) -> Result<String, String> {
    let key = RsaPrivateKey::new(random, bits).map_err(|error| error.to_string())?;
    let text = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| error.to_string())?;
    Ok(text.as_str().to_owned())
}

/// The Ed25519 key of a seed as PEM (PKCS#8). The seed is the secret: 32 octets that nobody can
/// guess.
#[must_use]
pub fn generate_ed25519(seed: &[u8; 32]) -> String {
    pem::encode("PRIVATE KEY", &der::ed25519_private_key(seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dkim::{KeyType, PrivateKey};
    use rsa::rand_core::OsRng;

    #[test]
    fn new_keys_sign() {
        let text = generate_rsa(2048, &mut OsRng).unwrap();
        let key = PrivateKey::from_pem(&text).unwrap();
        assert_eq!((key.key_type(), key.public().bits()), (KeyType::Rsa, 2048));
        let key = PrivateKey::from_pem(&generate_ed25519(&[7; 32])).unwrap();
        assert_eq!(key.key_type(), KeyType::Ed25519);
        let other = PrivateKey::from_pem(&generate_ed25519(&[8; 32])).unwrap();
        assert_ne!(key.public(), other.public());
    }
}
