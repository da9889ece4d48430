//! Private keys and their public halves.

use super::error::KeyFault;
use super::{der, pem};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use std::fmt;

/// The kind of a key: the k= of its DNS record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// `rsa` (RFC 6376 section 3.3.1)
    Rsa,
    /// `ed25519` (RFC 8463)
    Ed25519,
}

impl KeyType {
    /// The word for it in a DNS record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The word for it in a= of a signature.
    pub(super) const fn algorithm(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-sha256",
            Self::Ed25519 => "ed25519-sha256",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa => "RSA",
            Self::Ed25519 => "Ed25519",
        })
    }
}

/// A private key that signs. Debugging shows its kind and no more.
pub struct PrivateKey(Pair);

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// What the owner of a private key publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA.
    Rsa {
        /// The RSAPublicKey in DER (RFC 8017 appendix A.1.1).
        der: Vec<u8>,
        /// The length of the modulus.
        bits: usize,
    },
    /// Ed25519.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// Its kind.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa { .. } => KeyType::Rsa,
            Self::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// Its length in bits.
    #[must_use]
    pub const fn bits(&self) -> usize {
        match self {
            Self::Rsa { bits, .. } => *bits,
            Self::Ed25519(_) => 256,
        }
    }
}

impl PrivateKey {
    /// Reads PEM: RSA in PKCS#1 or PKCS#8, Ed25519 in PKCS#8 (RFC 5958, either version).
    ///
    /// # Errors
    /// Where there is no such key in it, it is too short or too long, or does not sign.
    pub fn from_pem(text: &str) -> Result<Self, KeyFault> {
        let (label, octets) = pem::decode(text)?;
        let key = match label {
            "RSA PRIVATE KEY" => rsa(&octets)?,
            "PRIVATE KEY" => match der::private_key_info(&octets) {
                Some((der::RSA, key)) => rsa(key)?,
                Some((der::ED25519, _)) => ed25519(&octets)?,
                Some(_) => return Err(KeyFault::Type),
                None => {
                    return Err(KeyFault::Damaged {
                        kind: KeyType::Rsa,
                        why: "it is not PKCS#8".to_owned(),
                    });
                }
            },
            "ENCRYPTED PRIVATE KEY" => return Err(KeyFault::Encrypted),
            other if other.ends_with("PRIVATE KEY") => return Err(KeyFault::Type),
            other => return Err(KeyFault::NotPrivate(other.to_lowercase())),
        };
        // Whether the numbers of an RSA key belong together shows when it signs: now, rather than
        // at the first message.
        key.sign(b"").map_err(|why| KeyFault::Damaged {
            kind: key.key_type(),
            why,
        })?;
        Ok(key)
    }

    /// Its kind.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        match self.0 {
            Pair::Rsa(_) => KeyType::Rsa,
            Pair::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match &self.0 {
            Pair::Rsa(pair) => {
                let der = pair.public_key().as_ref().to_vec();
                let bits = der::rsa_public_bits(&der).unwrap_or(0);
                PublicKey::Rsa { der, bits }
            }
            Pair::Ed25519(pair) => {
                let mut octets = [0; 32];
                // An Ed25519 public key has 32 octets (RFC 8032 section 5.1.5).
                octets.copy_from_slice(pair.public_key().as_ref());
                PublicKey::Ed25519(octets)
            }
        }
    }

    /// The signature over octets: PKCS#1 1.5 with SHA-256, or Ed25519 over their SHA-256 (RFC 8463
    /// section 3).
    pub(super) fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, String> {
        match &self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                // The source of randomness is a formality: this padding has none.
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, octets, &mut signature)
                    .map_err(|_| "its numbers do not belong together".to_owned())?;
                Ok(signature)
            }
            Pair::Ed25519(pair) => {
                let digest = ring::digest::digest(&ring::digest::SHA256, octets);
                Ok(pair.sign(digest.as_ref()).as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.key_type())
    }
}

fn rsa(octets: &[u8]) -> Result<PrivateKey, KeyFault> {
    match der::rsa_private_bits(octets) {
        Some(bits) if bits < SHORTEST => return Err(KeyFault::Short(bits)),
        Some(bits) if bits > LONGEST => return Err(KeyFault::Long(bits)),
        Some(_) | None => {}
    }
    let pair = RsaKeyPair::from_der(octets).map_err(|error| KeyFault::Damaged {
        kind: KeyType::Rsa,
        why: error.to_string(),
    })?;
    Ok(PrivateKey(Pair::Rsa(Box::new(pair))))
}

fn ed25519(octets: &[u8]) -> Result<PrivateKey, KeyFault> {
    // Version 1 has no public half to check against; a version 2 that has one is checked.
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(octets);
    let pair = pair.map_err(|error| KeyFault::Damaged {
        kind: KeyType::Ed25519,
        why: error.to_string(),
    })?;
    Ok(PrivateKey(Pair::Ed25519(pair)))
}

/// What Gmail and others recommend, and RFC 8301 section 3.2 of signers; ring signs with no fewer.
const SHORTEST: usize = 2048;
/// What every verifier has to manage (RFC 8301 section 3.2).
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dkim::testing;

    #[test]
    fn keys_of_openssl_are_read() {
        for (pem, kind, bits) in [
            (testing::RSA_PKCS8, KeyType::Rsa, 2048),
            (testing::RSA_PKCS1, KeyType::Rsa, 2048),
            (testing::ED25519, KeyType::Ed25519, 256),
        ] {
            let key = PrivateKey::from_pem(pem).unwrap();
            assert_eq!(key.key_type(), kind);
            assert_eq!(key.public().bits(), bits);
        }
        let [one, other] = [testing::RSA_PKCS8, testing::RSA_PKCS1]
            .map(|pem| PrivateKey::from_pem(pem).unwrap().public());
        assert_eq!(one, other);
    }

    #[test]
    fn ed25519_is_read_in_the_second_version_of_pkcs8() {
        let octets = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let text = pem::encode("PRIVATE KEY", octets.as_ref());
        let key = PrivateKey::from_pem(&text).unwrap();
        assert_eq!(key.key_type(), KeyType::Ed25519);
        // The public half in the file is that of another key.
        let mut octets = octets.as_ref().to_vec();
        let last = octets.len() - 1;
        octets[last] ^= 1;
        let wrong = PrivateKey::from_pem(&pem::encode("PRIVATE KEY", &octets));
        assert!(matches!(wrong, Err(KeyFault::Damaged { .. })), "{wrong:?}");
    }

    #[test]
    fn what_does_not_sign_is_named() {
        let fault = |text| PrivateKey::from_pem(text).unwrap_err();
        assert_eq!(fault(testing::RSA_1024), KeyFault::Short(1024));
        assert_eq!(fault(testing::ELLIPTIC), KeyFault::Type);
        assert_eq!(fault(testing::ENCRYPTED), KeyFault::Encrypted);
        let public = pem::encode("PUBLIC KEY", b"");
        assert_eq!(
            fault(&public),
            KeyFault::NotPrivate("public key".to_owned())
        );
        let nothing = pem::encode("PRIVATE KEY", b"nothing");
        assert!(matches!(fault(&nothing), KeyFault::Damaged { .. }));
    }

    #[test]
    fn a_key_whose_numbers_were_changed_is_damaged() {
        let (label, octets) = pem::decode(testing::RSA_PKCS1).unwrap();
        for at in (4..octets.len()).step_by(97) {
            let mut octets = octets.clone();
            octets[at] ^= 4;
            match PrivateKey::from_pem(&pem::encode(label, &octets)) {
                Err(KeyFault::Damaged { .. }) => {}
                // The private exponent is the one number that signing by the Chinese remainder
                // theorem does not need.
                Ok(_) => assert!((280..545).contains(&at), "{at}"),
                Err(other) => panic!("{at}: {other}"),
            }
        }
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        let key = PrivateKey::from_pem(testing::ED25519).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(Ed25519)");
    }
}
