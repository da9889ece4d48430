//! What DNS says about a private key.

use super::key::{KeyType, PrivateKey, PublicKey};
use super::record::{Record, RecordError};

/// What a record says about a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is this key's, and its signatures can be verified with it.
    Matches,
    /// It is this key's, but t=y asks receivers to treat signatures as if they were not there.
    Testing,
    /// It is another key's.
    OtherKey,
    /// It is another key's, and of another type.
    OtherType(KeyType),
    /// It is another key's, with so many bits that receivers do not accept it (RFC 8301 section
    /// 3.2 puts the limit at 1024).
    Short(usize),
    /// p= is empty: the key was revoked.
    Revoked,
    /// h= leaves SHA-256 out, which every signature uses.
    NoSha256,
    /// s= allows it for services other than mail.
    NotForMail,
}

/// What a name in DNS says about a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// There is no TXT record.
    Missing,
    /// There is one key record.
    One(Match),
    /// There are so many records, and which of them a receiver takes is left to chance (RFC 6376
    /// section 3.6.2.2).
    Several(usize),
    /// There is a record that is not a key's.
    Malformed(RecordError),
}

impl PrivateKey {
    /// What a record says about this key.
    #[must_use]
    pub fn matches(&self, record: &Record) -> Match {
        let own = self.public();
        match &record.key {
            None => Match::Revoked,
            Some(published) if *published == own => match record {
                Record { sha256: false, .. } => Match::NoSha256,
                Record { mail: false, .. } => Match::NotForMail,
                Record { testing: true, .. } => Match::Testing,
                _ => Match::Matches,
            },
            Some(PublicKey::Rsa { bits, .. }) if *bits < SHORTEST => Match::Short(*bits),
            Some(other) if other.key_type() != own.key_type() => Match::OtherType(other.key_type()),
            Some(_) => Match::OtherKey,
        }
    }

    /// What the TXT records at `selector._domainkey.domain` say about this key, each with its
    /// strings put together.
    #[must_use]
    pub fn published(&self, records: &[impl AsRef<str>]) -> Published {
        match records {
            [] => Published::Missing,
            [one] => match Record::parse(one.as_ref()) {
                Ok(record) => Published::One(self.matches(&record)),
                Err(error) => Published::Malformed(error),
            },
            several => Published::Several(several.len()),
        }
    }
}

/// The shortest RSA key that receivers may accept (RFC 8301 section 3.2).
const SHORTEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dkim::testing;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn key(pem: &str) -> PrivateKey {
        PrivateKey::from_pem(pem).unwrap()
    }

    #[test]
    fn what_is_published_is_the_keys() {
        for pem in [testing::RSA_PKCS8, testing::ED25519] {
            let key = key(pem);
            let strings = key.public().record_strings();
            assert!(strings.iter().all(|string| string.len() <= 255));
            let record = strings.concat();
            assert_eq!(key.published(&[&record]), Published::One(Match::Matches));
            let spaced = record.replace("; ", " ;\r\n\t ") + " ; ";
            assert_eq!(key.published(&[spaced]), Published::One(Match::Matches));
        }
    }

    #[test]
    fn each_way_of_not_matching_has_a_name() {
        let rsa = key(testing::RSA_PKCS8);
        let own = rsa.public().record();
        let ed25519 = key(testing::ED25519).public();
        let short = testing::short_rsa_public().record();
        let of = |record: &str| rsa.published(&[record]);
        let with = |tag: &str| of(&own.replace("k=rsa", &format!("k=rsa; {tag}")));
        assert_eq!(with("t=y"), Published::One(Match::Testing));
        assert_eq!(with("t=s"), Published::One(Match::Matches));
        assert_eq!(with("t = s : y"), Published::One(Match::Testing));
        assert_eq!(
            with("n=notes; g=; unknown=1"),
            Published::One(Match::Matches)
        );
        assert_eq!(with("h=sha1:sha256"), Published::One(Match::Matches));
        assert_eq!(with("h=sha1"), Published::One(Match::NoSha256));
        assert_eq!(with("s=email"), Published::One(Match::Matches));
        assert_eq!(with("s=tlsrpt"), Published::One(Match::NotForMail));
        assert_eq!(of("v=DKIM1; p="), Published::One(Match::Revoked));
        assert_eq!(of(&short), Published::One(Match::Short(512)));
        assert_eq!(
            of(&ed25519.record()),
            Published::One(Match::OtherType(KeyType::Ed25519))
        );
        let other = testing::other_rsa_public().record();
        assert_eq!(of(&other), Published::One(Match::OtherKey));
        assert_eq!(rsa.published(&[] as &[&str]), Published::Missing);
        assert_eq!(rsa.published(&[&own, &own]), Published::Several(2));
    }

    #[test]
    fn a_bare_rsa_public_key_is_read_too() {
        let rsa = key(testing::RSA_PKCS8);
        let PublicKey::Rsa { der, .. } = rsa.public() else {
            panic!("not RSA")
        };
        let record = format!("p={}", STANDARD.encode(der));
        assert_eq!(rsa.published(&[record]), Published::One(Match::Matches));
    }
}
