//! The DNS record of a key (RFC 6376 section 3.6.1).

use super::der;
use super::key::{KeyType, PublicKey};
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
    /// It stands in literal quotes, which belong in zone files only.
    #[error("it begins with a quotation mark, which is part of it; publish it without")]
    Quoted,
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

impl Record {
    /// Reads a TXT record, its strings put together. Tags that are not known are ignored.
    ///
    /// # Errors
    /// Where receivers could not use it.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        if text.trim_start().starts_with('"') {
            return Err(RecordError::Quoted);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dkim::{PrivateKey, testing};
    use proptest::prelude::*;

    fn key(pem: &str) -> PrivateKey {
        PrivateKey::from_pem(pem).unwrap()
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
    fn broken_records_are_explained() {
        let own = key(testing::RSA_PKCS8).public().record();
        let cut = &own[..own.len() - 91];
        let wrapped = STANDARD.encode([0x30; 44]);
        for (text, words) in [
            ("", "\"\" is not of the form tag=value"),
            (
                "\"v=DKIM1; p=\"",
                "it begins with a quotation mark, which is part of it; publish it without",
            ),
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
