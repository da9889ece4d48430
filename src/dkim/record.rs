//! The DNS record of a key (RFC 6376 section 3.6.1), and whether it is a private key's.

use super::der;
use super::key::{KeyType, PrivateKey, PublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A published key record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// p=: the key; `None` where it is empty, which revokes it.
    pub key: Option<PublicKey>,
    /// t=y: the domain is testing, and receivers treat its signed messages as if unsigned.
    pub testing: bool,
    /// t=s: i= of a signature must name this very domain, no subdomain.
    pub strict: bool,
    /// h=: whether SHA-256 may be used, the only hash signers may use (RFC 8301 section 3.1).
    pub sha256: bool,
    /// s=: whether it may sign mail.
    pub mail: bool,
}

/// Why a text is no key record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A part is not `tag=value`.
    #[error("{0:?} is not of the form tag=value")]
    NoTag(String),
    /// A tag stands twice (RFC 6376 section 3.2 makes the record invalid).
    #[error("the tag {0}= stands twice")]
    Twice(String),
    /// v= is there, and is not DKIM1 or not the first.
    #[error("v= must be DKIM1 and stand first")]
    Version,
    /// There is no p=.
    #[error("there is no p=, the key")]
    NoKey,
    /// k= is no key type that is known.
    #[error("k={0} is no type of key; rsa and ed25519 are")]
    Type(String),
    /// p= cannot be read.
    #[error("p= is no {0} key{1}")]
    Key(KeyType, &'static str),
}

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

impl Record {
    /// Reads a TXT record, its strings put together. Tags that are not known are ignored.
    ///
    /// # Errors
    /// Where receivers could not use it.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let tags = tags(text)?;
        let value = |tag| tags.iter().find(|(name, _)| *name == tag).map(|tag| tag.1);
        let words = |tag| value(tag).map(|list| list.split(':').map(str::trim));
        let has = |tag, word: &str| words(tag).is_some_and(|mut all| all.any(|it| it == word));
        let version = tags.iter().position(|(name, _)| *name == "v");
        if version.is_some_and(|place| place > 0 || tags[place].1 != "DKIM1") {
            return Err(RecordError::Version);
        }
        let packed: String = value("p")
            .ok_or(RecordError::NoKey)?
            .split_ascii_whitespace()
            .collect();
        let key = match value("k").unwrap_or("rsa") {
            _ if packed.is_empty() => None,
            "rsa" => Some(rsa(&packed)?),
            "ed25519" => Some(ed25519(&packed)?),
            other => return Err(RecordError::Type(shortened(other))),
        };
        Ok(Self {
            key,
            testing: has("t", "y"),
            strict: has("t", "s"),
            sha256: words("h").is_none() || has("h", "sha256"),
            mail: words("s").is_none() || has("s", "*") || has("s", "email"),
        })
    }
}

impl PublicKey {
    /// The TXT record that publishes it.
    #[must_use]
    pub fn record(&self) -> String {
        let packed = match self {
            // As a SubjectPublicKeyInfo, which is what receivers read, though RFC 6376 section
            // 3.6.1 speaks of the RSAPublicKey inside of it.
            Self::Rsa { der, .. } => STANDARD.encode(der::rsa_public_key_info(der)),
            // As it is (RFC 8463 section 4.1).
            Self::Ed25519(octets) => STANDARD.encode(octets),
        };
        format!("v=DKIM1; k={}; p={packed}", self.key_type().as_str())
    }

    /// The record as strings of at most 255 octets, as a zone file takes them. They hold neither
    /// quotes nor backslashes.
    #[must_use]
    pub fn record_strings(&self) -> Vec<String> {
        let text = self.record();
        let mut strings = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            // The text is ASCII: every place is a boundary.
            let (string, behind) = rest.split_at(rest.len().min(LONGEST_STRING));
            strings.push(string.to_owned());
            rest = behind;
        }
        strings
    }
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

/// The tags of a list (RFC 6376 section 3.2), in order, white space around them off.
fn tags(text: &str) -> Result<Vec<(&str, &str)>, RecordError> {
    let mut tags: Vec<(&str, &str)> = Vec::new();
    // The last one may be closed by a semicolon too.
    let list = text.trim().strip_suffix(';').unwrap_or(text.trim());
    for part in list.split(';') {
        let (name, value) = part
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
            .filter(|(name, _)| is_tag(name))
            .ok_or_else(|| RecordError::NoTag(shortened(part.trim())))?;
        if tags.iter().any(|(known, _)| *known == name) {
            return Err(RecordError::Twice(shortened(name)));
        }
        tags.push((name, value));
    }
    Ok(tags)
}

fn is_tag(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
}

/// What DNS says, as an error may quote it.
fn shortened(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

fn rsa(packed: &str) -> Result<PublicKey, RecordError> {
    let wrong = |why| RecordError::Key(KeyType::Rsa, why);
    let octets = STANDARD
        .decode(packed)
        .map_err(|_| wrong(": it is not Base64; a part of it may be missing"))?;
    let der = match der::public_key_info(&octets) {
        Some((der::RSA, key)) => key,
        Some(_) => return Err(wrong(", and k= is not the type of what it is")),
        // The bare RSAPublicKey that RFC 6376 speaks of.
        None => &octets,
    };
    let bits = der::rsa_public_bits(der).ok_or(wrong(": its DER cannot be read"))?;
    Ok(PublicKey::Rsa {
        der: der.to_vec(),
        bits,
    })
}

fn ed25519(packed: &str) -> Result<PublicKey, RecordError> {
    let wrong = |why| RecordError::Key(KeyType::Ed25519, why);
    let octets = STANDARD
        .decode(packed)
        .map_err(|_| wrong(": it is not Base64; a part of it may be missing"))?;
    let octets = <[u8; 32]>::try_from(octets);
    octets.map(PublicKey::Ed25519).map_err(|_| {
        wrong(": it must be the 32 octets of the key alone, without ASN.1 around them (RFC 8463)")
    })
}

/// A character-string of DNS (RFC 1035 section 3.3).
const LONGEST_STRING: usize = 255;
/// Characters of a record that an error quotes.
const QUOTED: usize = 60;
/// The shortest RSA key that receivers may accept (RFC 8301 section 3.2).
const SHORTEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dkim::testing;
    use proptest::prelude::*;

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
    fn the_record_is_what_openssl_says() {
        let record = key(testing::RSA_PKCS8).public().record();
        let public: String = testing::RSA_PUBLIC
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        assert_eq!(record, format!("v=DKIM1; k=rsa; p={public}"));
    }

    #[test]
    fn the_example_of_rfc_8463_is_read() {
        let record =
            Record::parse("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        let Ok(Record {
            key: Some(PublicKey::Ed25519(octets)),
            testing: false,
            ..
        }) = record
        else {
            panic!("{record:?}")
        };
        assert_eq!(octets[..2], [0xd7, 0x5a]);
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

    #[test]
    fn broken_records_are_explained() {
        let own = key(testing::RSA_PKCS8).public().record();
        let cut = &own[..own.len() - 91];
        let wrapped = STANDARD.encode([0x30; 44]);
        for (text, words) in [
            ("", "\"\" is not of the form tag=value"),
            ("v=spf1 -all", "v= must be DKIM1 and stand first"),
            ("p=; v=DKIM1", "v= must be DKIM1 and stand first"),
            ("v=DKIM1; k=rsa", "there is no p=, the key"),
            ("v=DKIM1; p=; p=", "the tag p= stands twice"),
            ("v=DKIM1;; p=", "\"\" is not of the form tag=value"),
            (
                "k=dsa; p=AAAA",
                "k=dsa is no type of key; rsa and ed25519 are",
            ),
            ("p=AAAA", "p= is no RSA key: its DER cannot be read"),
            (
                cut,
                "p= is no RSA key: it is not Base64; a part of it may be missing",
            ),
            (
                &format!("k=ed25519; p={wrapped}"),
                "p= is no Ed25519 key: it must be the 32 octets of the key alone, \
                 without ASN.1 around them (RFC 8463)",
            ),
        ] {
            assert_eq!(
                Record::parse(text).unwrap_err().to_string(),
                words,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(v=DKIM1)?[;=pkth:ysA-Z0-9é\"\\\\ ]{0,60}") {
            let _ = Record::parse(&text);
        }
    }
}
