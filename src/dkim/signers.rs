//! The configured keys, and which of them sign for a From domain.

use super::error::{LoadError, Unaligned};
use super::key::PrivateKey;
use super::sign::{KeysSigner, NamedKey};
use crate::model::{DkimKey, Domain, Signer};
use std::path::Path;
use std::sync::Arc;

/// All keys of a workspace.
#[derive(Debug, Default)]
pub struct Signers {
    keys: Vec<Arc<NamedKey>>,
}

impl Signers {
    /// Reads the keys: each as it is configured, and the text of its file.
    ///
    /// # Errors
    /// With the first key that cannot sign, and where two have one name.
    pub fn load<'a>(
        keys: impl IntoIterator<Item = (&'a DkimKey, String)>,
    ) -> Result<Self, LoadError> {
        let mut files: Vec<&Path> = Vec::new();
        let mut loaded: Vec<Arc<NamedKey>> = Vec::new();
        for (configured, text) in keys {
            let key = PrivateKey::from_pem(&text).map_err(|fault| LoadError::Key {
                file: configured.key_file.clone(),
                fault,
            })?;
            let key = NamedKey {
                domain: configured.domain.to_ascii_lowercase(),
                selector: configured.selector.to_ascii_lowercase(),
                key,
            };
            let name = key.record_name();
            if let Some(place) = loaded.iter().position(|other| other.record_name() == name) {
                return Err(LoadError::Twice {
                    name,
                    first: files[place].to_owned(),
                    second: configured.key_file.clone(),
                });
            }
            files.push(&configured.key_file);
            loaded.push(Arc::new(key));
        }
        Ok(Self { keys: loaded })
    }

    /// The keys, in the order of the configuration.
    pub fn keys(&self) -> impl Iterator<Item = &NamedKey> {
        self.keys.iter().map(Arc::as_ref)
    }

    /// The keys that vouch for a From domain: those of the domain itself and of the domains above
    /// it, which DMARC takes as aligned (RFC 7489 section 3.1.1).
    pub fn aligned(&self, from: &Domain) -> impl Iterator<Item = &Arc<NamedKey>> {
        let keys = self.keys.iter();
        let from = from.as_str().to_owned();
        keys.filter(move |key| covers(&key.domain, &from))
    }

    /// What signs messages of a From domain, with all of its aligned keys; `None` where no keys
    /// are configured at all.
    ///
    /// # Errors
    /// Where there are keys, and none is aligned.
    pub fn for_domain(&self, from: &Domain) -> Result<Option<Arc<dyn Signer>>, Unaligned> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        let aligned: Vec<_> = self.aligned(from).cloned().collect();
        if aligned.is_empty() {
            let mut domains: Vec<&str> = self.keys().map(|key| key.domain.as_str()).collect();
            domains.dedup();
            return Err(Unaligned {
                from: from.to_string(),
                keys: domains.join(", "),
            });
        }
        Ok(Some(Arc::new(KeysSigner(aligned))))
    }
}

/// Whether a domain is another one or above it.
fn covers(domain: &str, other: &str) -> bool {
    other
        .strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dkim::testing;
    use crate::model::Timestamp;
    use bytes::Bytes;

    fn configured(domain: &str, selector: &str) -> DkimKey {
        DkimKey {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            key_file: format!("{selector}.{domain}.pem").into(),
        }
    }

    fn signers(keys: &[DkimKey]) -> Result<Signers, LoadError> {
        Signers::load(keys.iter().map(|key| (key, testing::ED25519.to_owned())))
    }

    fn signed_by(signers: &Signers, from: &str) -> Vec<String> {
        let from = Domain::parse(from).unwrap();
        let signer = signers.for_domain(&from).unwrap().unwrap();
        let content = Bytes::from(format!("From: news@{from}\r\n\r\n"));
        let fields = signer.sign(&[content], Timestamp::ZERO).unwrap();
        let fields = String::from_utf8(fields).unwrap();
        let lines = fields.lines();
        let domains = lines.filter_map(|line| line.trim().strip_prefix("d=")?.strip_suffix(';'));
        domains.map(str::to_owned).collect()
    }

    #[test]
    fn all_aligned_keys_sign_and_no_others() {
        let keys = [
            configured("Example.com", "a"),
            configured("news.example.com", "a"),
            configured("ample.com", "a"),
            configured("example.net", "a"),
            configured("example.com", "b"),
        ];
        let signers = signers(&keys).unwrap();
        assert_eq!(
            signed_by(&signers, "news.example.com"),
            ["example.com", "news.example.com", "example.com"]
        );
        assert_eq!(
            signed_by(&signers, "example.com"),
            ["example.com", "example.com"]
        );
        assert_eq!(signed_by(&signers, "example.net"), ["example.net"]);
    }

    #[test]
    fn a_domain_without_a_key_is_named_with_those_that_have_one() {
        let signers = signers(&[
            configured("example.com", "a"),
            configured("example.com", "b"),
        ]);
        let error = signers
            .unwrap()
            .for_domain(&Domain::parse("example.org").unwrap());
        assert_eq!(
            error.unwrap_err().to_string(),
            "no [[dkim]] key signs for example.org, the domain of From; there are keys for example.com"
        );
        let none = Signers::default().for_domain(&Domain::parse("example.org").unwrap());
        assert!(none.unwrap().is_none());
    }

    #[test]
    fn keys_that_cannot_be_used_are_named() {
        let twice = signers(&[
            configured("example.com", "a"),
            configured("EXAMPLE.com", "A"),
        ]);
        assert_eq!(
            twice.unwrap_err().to_string(),
            "two [[dkim]] keys are named a._domainkey.example.com: a.example.com.pem and A.EXAMPLE.com.pem"
        );
        let key = configured("example.com", "a");
        let short = Signers::load([(&key, testing::RSA_1024.to_owned())]);
        assert_eq!(
            short.unwrap_err().to_string(),
            "a.example.com.pem: the RSA key has 1024 bits, and signing takes at least 2048"
        );
    }
}
