//! TLSA records as DANE for SMTP uses them (RFC 6698 section 2.1, RFC 7672 section 3.1).

use ring::digest::{Algorithm, SHA256, SHA512, digest};
use std::fmt;

/// A TLSA record, with the numbers it came with.
#[derive(Clone, PartialEq, Eq)]
pub struct Tlsa {
    /// Certificate usage: 2 is DANE-TA, 3 is DANE-EE; 0 and 1 have no meaning for SMTP.
    pub usage: u8,
    /// Selector: 0 the whole certificate, 1 its public key.
    pub selector: u8,
    /// Matching type: 0 the data itself, 1 its SHA-256, 2 its SHA-512.
    pub matching: u8,
    /// What has to match.
    pub data: Vec<u8>,
}

/// By which usage a certificate was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// DANE-EE: the server's own certificate or key.
    Server,
    /// DANE-TA: a certificate above it.
    Anchor,
}

impl Tlsa {
    /// Whether an SMTP client can do anything with the record.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        let length = match self.matching {
            0 => !self.data.is_empty(),
            1 => self.data.len() == 32,
            2 => self.data.len() == 64,
            _ => false,
        };
        length && self.selector <= 1 && self.level().is_some()
    }

    /// Which certificates it speaks of; `None` for usages without meaning here.
    #[must_use]
    pub const fn level(&self) -> Option<Matched> {
        match self.usage {
            2 => Some(Matched::Anchor),
            3 => Some(Matched::Server),
            _ => None,
        }
    }

    /// Whether a certificate matches, given as DER with its SubjectPublicKeyInfo as DER. A
    /// certificate whose key could not be read matches no record that asks for the key.
    #[must_use]
    pub fn matches(&self, certificate: &[u8], key: Option<&[u8]>) -> bool {
        let whole = match self.selector {
            0 => certificate,
            1 => match key {
                Some(key) => key,
                None => return false,
            },
            _ => return false,
        };
        match self.matching {
            0 => self.data == whole,
            1 => self.data == hash(&SHA256, whole),
            2 => self.data == hash(&SHA512, whole),
            _ => false,
        }
    }
}

impl fmt::Debug for Tlsa {
    /// In the form of zone files, the data cut short.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.usage, self.selector, self.matching)?;
        self.data
            .iter()
            .take(8)
            .try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// The records a client goes by: the usable ones, and of those that differ in their hash alone the
/// stronger hash (RFC 7671 section 9), so that a publisher can leave a weak one behind.
#[must_use]
pub fn usable(records: &[Tlsa]) -> Vec<Tlsa> {
    let usable = || records.iter().filter(|record| record.is_usable());
    let outdone = |record: &Tlsa| {
        let stronger = |other: &Tlsa| {
            (other.usage, other.selector) == (record.usage, record.selector)
                && other.matching > record.matching
        };
        record.matching != 0 && usable().any(stronger)
    };
    let chosen = usable().filter(|record| !outdone(record));
    chosen.cloned().collect()
}

fn hash(algorithm: &'static Algorithm, octets: &[u8]) -> Vec<u8> {
    digest(algorithm, octets).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CERTIFICATE: &[u8] = b"certificate";
    const KEY: &[u8] = b"key";

    fn record(usage: u8, selector: u8, matching: u8) -> Tlsa {
        let whole = if selector == 0 { CERTIFICATE } else { KEY };
        let data = match matching {
            1 => hash(&SHA256, whole),
            2 => hash(&SHA512, whole),
            _ => whole.to_vec(),
        };
        Tlsa {
            usage,
            selector,
            matching,
            data,
        }
    }

    #[test]
    fn every_selector_and_matching_type_finds_its_certificate_and_no_other() {
        for selector in 0..=1 {
            for matching in 0..=2 {
                let record = record(3, selector, matching);
                assert!(record.is_usable());
                assert!(record.matches(CERTIFICATE, Some(KEY)), "{record:?}");
                assert!(!record.matches(b"other", Some(b"another")), "{record:?}");
                assert_eq!(record.matches(CERTIFICATE, None), selector == 0);
            }
        }
    }

    #[test]
    fn usages_of_the_web_and_unknown_numbers_are_unusable() {
        for (usage, selector, matching) in [
            (0, 1, 1),
            (1, 1, 1),
            (4, 1, 1),
            (255, 1, 1),
            (3, 2, 1),
            (3, 1, 3),
        ] {
            assert!(!record(usage, selector, matching).is_usable());
        }
        let short = Tlsa {
            data: vec![1; 31],
            ..record(3, 1, 1)
        };
        assert!(!short.is_usable());
    }

    #[test]
    fn the_stronger_hash_of_the_same_thing_counts() {
        let all = [
            record(3, 1, 1),
            record(3, 1, 2),
            record(3, 1, 0),
            record(2, 1, 1),
            record(3, 0, 1),
            record(1, 1, 2),
        ];
        let chosen: Vec<_> = usable(&all)
            .iter()
            .map(|r| (r.usage, r.selector, r.matching))
            .collect();
        assert_eq!(chosen, [(3, 1, 2), (3, 1, 0), (2, 1, 1), (3, 0, 1)]);
    }

    proptest! {
        #[test]
        fn any_record_is_borne(
            records in prop::collection::vec((0..5_u8, 0..3_u8, 0..4_u8, 0..70_usize), 0..8),
        ) {
            let records: Vec<Tlsa> = records
                .into_iter()
                .map(|(usage, selector, matching, len)| Tlsa {
                    usage, selector, matching, data: vec![7; len],
                })
                .collect();
            let chosen = usable(&records);
            let any = records.iter().any(Tlsa::is_usable);
            prop_assert_eq!(any, !chosen.is_empty());
            prop_assert!(chosen.iter().all(Tlsa::is_usable));
        }
    }
}
