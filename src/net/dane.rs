//! A certificate chain against TLSA records (RFC 7672 section 3).

use super::certificate::words;
use super::tls::Trust;
use crate::secure::{Matched, Tlsa};
use rustls::Error;
use rustls::pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// What the chain proves by the records, all of which are usable.
///
/// A DANE-EE record speaks of the server's own certificate, and its names and dates count for
/// nothing (RFC 7672 section 3.1.1). A DANE-TA record speaks of a certificate above it, to which
/// the chain must lead, with dates and with `name`, the TLSA base domain.
///
/// # Errors
/// Why nothing matches, in words.
pub(super) fn dane(
    records: &[Tlsa],
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<Trust, String> {
    let (own, above) = chain
        .split_first()
        .ok_or("the server showed no certificate")?;
    let of = |level| records.iter().filter(move |r| r.level() == Some(level));
    if of(Matched::Server).any(|record| matches(record, own)) {
        return Ok(Trust::DaneEe);
    }
    let mut why = None;
    for record in of(Matched::Anchor) {
        let published = published(record);
        let shown = above
            .iter()
            .filter(|certificate| matches(record, certificate));
        for anchor in shown.chain(published.as_ref()) {
            match leads_to(anchor, own, above, name, now, algorithms) {
                Ok(()) => return Ok(Trust::DaneTa),
                Err(words) => why = Some(words),
            }
        }
    }
    Err(why.unwrap_or_else(|| {
        format!(
            "the certificate of {} matches none of its {} TLSA records; \
             its operator has to bring them into line",
            name.to_str(),
            records.len()
        )
    }))
}

fn matches(record: &Tlsa, certificate: &CertificateDer<'_>) -> bool {
    let parsed = EndEntityCert::try_from(certificate).ok();
    let key = parsed.map(|parsed| parsed.subject_public_key_info());
    record.matches(certificate, key.as_deref())
}

/// The anchor itself, where the record holds a whole certificate: servers may leave it out of the
/// chain then (RFC 7671 section 5.2.1).
fn published(record: &Tlsa) -> Option<CertificateDer<'static>> {
    let whole = (record.selector, record.matching) == (0, 0);
    whole.then(|| CertificateDer::from(record.data.clone()))
}

fn leads_to(
    anchor: &CertificateDer<'_>,
    own: &CertificateDer<'_>,
    above: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<(), String> {
    let unreadable = |error| format!("its certificates cannot be read: {error}");
    let trusted = anchor_from_trusted_cert(anchor).map_err(unreadable)?;
    let parsed = EndEntityCert::try_from(own).map_err(unreadable)?;
    let usage = KeyUsage::server_auth();
    parsed
        .verify_for_usage(algorithms, &[trusted], above, now, usage, None, None)
        .map_err(|error| format!("the chain does not lead to the published authority: {error}"))?;
    parsed
        .verify_is_valid_for_subject_name(name)
        .map_err(|error| words(&name_error(error), name))
}

fn name_error(error: webpki::Error) -> Error {
    use rustls::CertificateError;
    Error::InvalidCertificate(match error {
        webpki::Error::CertNotValidForName(context) => CertificateError::NotValidForNameContext {
            expected: context.expected,
            presented: context.presented,
        },
        _ => CertificateError::NotValidForName,
    })
}
