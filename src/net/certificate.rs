//! The judgement of a server's certificate, and words a person can act on where it fails.

use super::dane::dane;
use super::tls::{Trust, Verify};
use crate::model::Timestamp;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, Error};
use std::io;
use std::sync::Arc;

/// Judges certificates by the platform's trust anchors, those that were configured, and DANE.
#[derive(Clone)]
pub(super) struct Judge {
    roots: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
}

impl Judge {
    pub(super) fn new(roots: Arc<dyn ServerCertVerifier>, provider: Arc<CryptoProvider>) -> Self {
        Self { roots, provider }
    }

    /// The verifier that knows the trust anchors.
    pub(super) fn roots(&self) -> Arc<dyn ServerCertVerifier> {
        Arc::clone(&self.roots)
    }

    /// The cryptography in use.
    pub(super) const fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// What `chain` proves of the server called `name`, by what is asked of it; and, where it is
    /// only observed, what it fails to prove.
    ///
    /// # Errors
    /// Why it does not prove what is asked, in words.
    pub(super) fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        verify: &Verify,
        now: UnixTime,
    ) -> Result<(Trust, Option<String>), String> {
        let valid = || self.valid(chain, name, now);
        match verify {
            Verify::Anyone => Ok((Trust::Unverified, None)),
            Verify::Observe => Ok((Trust::Unverified, valid().err())),
            Verify::Name => valid().map(|()| (Trust::Verified, None)),
            Verify::MtaSts => valid().map(|()| (Trust::MtaSts, None)),
            Verify::Dane(records) => {
                let algorithms = self.provider.signature_verification_algorithms.all;
                let trust = dane(records, chain, name, now, algorithms);
                trust
                    .map(|trust| (trust, None))
                    .map_err(|why| format!("DANE: {why}"))
            }
        }
    }

    fn valid(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), String> {
        let (own, above) = chain
            .split_first()
            .ok_or("the server showed no certificate")?;
        let verdict = self.roots.verify_server_cert(own, above, name, &[], now);
        verdict.map(|_| ()).map_err(|error| words(&error, name))
    }
}

/// Why a certificate is not accepted, and what helps.
pub(super) fn words(error: &Error, name: &ServerName<'_>) -> String {
    let name = name.to_str();
    let Error::InvalidCertificate(error) = error else {
        return error.to_string();
    };
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!(
                "the certificate of {name} expired on {}; its operator has to renew it",
                day(*not_after)
            )
        }
        CertificateError::Expired => {
            format!("the certificate of {name} has expired; its operator has to renew it")
        }
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "the certificate of {name} is not valid before {}; is this machine's clock right?",
            day(*not_before)
        ),
        CertificateError::NotValidForNameContext { presented, .. } => format!(
            "the certificate is not for {name}: {}",
            names_words(presented)
        ),
        CertificateError::NotValidForName => format!("the certificate is not for {name}"),
        CertificateError::UnknownIssuer => format!(
            "the certificate of {name} is signed by nobody trusted here (unknown issuer); \
             where that is right, add the issuer's root to tls.ca_file"
        ),
        CertificateError::Revoked => format!("the certificate of {name} was revoked"),
        CertificateError::BadSignature => format!(
            "a signature in the certificate chain of {name} is wrong; \
             its operator has to mend the chain"
        ),
        other => format!("the certificate of {name} is not acceptable: {other}"),
    }
}

fn names_words(presented: &[String]) -> String {
    // `DnsName("mx.example.com")` is how the library shows names.
    let plain = |name: &String| {
        let inner = name
            .split_once("(\"")
            .and_then(|(_, rest)| rest.strip_suffix("\")"));
        inner.unwrap_or(name).to_owned()
    };
    let shown: Vec<String> = presented.iter().take(NAMES).map(plain).collect();
    let more = presented.len().saturating_sub(NAMES);
    match (shown.is_empty(), more) {
        (true, _) => "it carries no name at all".to_owned(),
        (false, 0) => format!("it is for {}", shown.join(", ")),
        (false, more) => format!("it is for {} and {more} more", shown.join(", ")),
    }
}

fn day(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let time = Timestamp::from_millis(seconds.saturating_mul(1_000)).to_string();
    time.chars().take(10).collect()
}

/// Why a handshake failed, and what helps.
pub(super) fn handshake_words(error: &io::Error) -> io::Error {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    let words = match inner {
        Some(Error::AlertReceived(alert)) => alert_words(*alert),
        Some(Error::PeerIncompatible(why)) => format!(
            "no TLS version and cipher in common: the server offers nothing of TLS 1.2 or 1.3 \
             that is safe ({why:?})"
        ),
        Some(Error::InvalidMessage(_)) => {
            "the server answered the TLS handshake with something that is not TLS".to_owned()
        }
        Some(other) => other.to_string(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the server hung up during the TLS handshake".to_owned()
        }
        None => error.to_string(),
    };
    io::Error::new(error.kind(), words)
}

/// Why a handshake failed in which the certificate is verified too, and what helps.
pub(super) fn https_words(error: &io::Error, name: &ServerName<'_>) -> String {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(error @ Error::InvalidCertificate(_)) => words(error, name),
        _ => handshake_words(error).to_string(),
    }
}

fn alert_words(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion => {
            "the server refused the TLS handshake: no version and cipher in common with \
             TLS 1.2 and 1.3"
                .to_owned()
        }
        AlertDescription::UnrecognisedName => {
            "the server does not know the name it was called by (TLS alert unrecognized_name)"
                .to_owned()
        }
        other => format!("the server refused the TLS handshake (alert {other:?})"),
    }
}

/// Names of a certificate that are shown.
const NAMES: usize = 5;
