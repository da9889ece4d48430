//! Signs messages (RFC 6376, RFC 8463).

use super::canonical::{RelaxedBody, relaxed_field};
use super::header::{Covered, covered, split};
use super::key::PrivateKey;
use crate::model::{SignError, Signer, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ring::digest::{Context, SHA256};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// A private key with the name that its public half is published under.
#[derive(Debug)]
pub struct NamedKey {
    /// d=, the domain that vouches.
    pub domain: String,
    /// s=
    pub selector: String,
    /// What signs.
    pub key: PrivateKey,
}

impl NamedKey {
    /// Where the key record is: `selector._domainkey.domain`.
    #[must_use]
    pub fn record_name(&self) -> String {
        record_name(&self.selector, &self.domain)
    }
}

/// Where the record of a key is (RFC 6376 section 3.6.2.1).
#[must_use]
pub fn record_name(selector: &str, domain: &str) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// Signs with each of its keys. The message is read once for all of them.
#[derive(Debug)]
pub(super) struct KeysSigner(pub(super) Vec<Arc<NamedKey>>);

impl Signer for KeysSigner {
    fn sign(&self, content: &[Bytes], at: Timestamp) -> Result<Vec<u8>, SignError> {
        let (header, body) = split(content);
        let covered = covered(&header).ok_or_else(|| SignError {
            key: self
                .0
                .iter()
                .map(|key| key.record_name())
                .collect::<Vec<_>>()
                .join(", "),
            why: "it has no From".to_owned(),
        })?;
        let body_hash = hash(body);
        let mut fields = Vec::with_capacity(self.0.len() * FIELD);
        for key in &self.0 {
            let unsigned = unsigned(key, &covered, &body_hash, at);
            let mut signed = covered.canonical.clone();
            relaxed_field(NAME.as_bytes(), unsigned.as_bytes(), &mut signed);
            let signature = key.key.sign(&signed).map_err(|why| SignError {
                key: key.record_name(),
                why,
            })?;
            fields.extend_from_slice(NAME.as_bytes());
            fields.push(b':');
            fields.extend_from_slice(unsigned.as_bytes());
            fold(&STANDARD.encode(signature), &mut fields);
        }
        Ok(fields)
    }
}

/// bh=: the hash of the body's relaxed form.
fn hash<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> String {
    let mut digest = Context::new(&SHA256);
    let mut hash = |octets: &[u8]| digest.update(octets);
    let mut body = RelaxedBody::default();
    for piece in pieces {
        body.add(piece, &mut hash);
    }
    body.finish(&mut hash);
    STANDARD.encode(digest.finish())
}

/// The value of a signature field up to its b=, folded, each line below 78 characters unless a
/// name in it is longer.
fn unsigned(key: &NamedKey, covered: &Covered, body_hash: &str, at: Timestamp) -> String {
    let mut value = String::with_capacity(FIELD);
    let (domain, selector) = (&key.domain, &key.selector);
    let algorithm = key.key.key_type().algorithm();
    let (signed, expires) = (at.as_secs(), at.after(LIFETIME).as_secs());
    // Writing to a string does not fail.
    let _ = write!(
        value,
        " v=1; a={algorithm}; c=relaxed/relaxed;\r\n\td={domain};\r\n\ts={selector};\r\n\tt={signed}; x={expires};\r\n\th="
    );
    let mut column = "\th=".len();
    for (place, name) in covered.names.iter().enumerate() {
        if place > 0 {
            value.push(':');
            column += 1;
        }
        if column + name.len() > LINE {
            value.push_str("\r\n\t ");
            column = 2;
        }
        value.push_str(name);
        column += name.len();
    }
    let _ = write!(value, ";\r\n\tbh={body_hash};\r\n\tb=");
    value
}

/// The end of a signature field: the signature in lines of its own. White space in it counts for
/// nothing (RFC 6376 section 3.5).
fn fold(signature: &str, field: &mut Vec<u8>) {
    for (place, line) in signature.as_bytes().chunks(LINE - 2).enumerate() {
        if place > 0 {
            field.extend_from_slice(b"\r\n\t ");
        }
        field.extend_from_slice(line);
    }
    field.extend_from_slice(b"\r\n");
}

const NAME: &str = "DKIM-Signature";
/// A line of the signature field, about (RFC 5322 section 2.1.1 recommends 78 at most).
const LINE: usize = 74;
/// Octets of a signature field, about.
const FIELD: usize = 900;
/// x=: how long a signature vouches. Queues give up after five days (RFC 5321 section 4.5.4.1) and
/// forwarded mail waits in a second one; long after that only those use a message who send
/// somebody's signed mail again to strangers.
const LIFETIME: Duration = Duration::from_secs(14 * 24 * 3600);
