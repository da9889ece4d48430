//! TLS for SMTP: the handshake first, the judgement of the certificate right behind it.
//!
//! One configuration takes every certificate whose key the server holds, and makes one cache of
//! sessions for all connections. What the certificate has to prove depends on the destination, so
//! it is judged after the handshake and before a single octet of mail ([`super::certificate`]), on
//! resumed sessions too: a session stands for the certificate it was made with.

use super::certificate::{Judge, handshake_words};
use crate::model::{Timestamp, Tls};
use crate::secure::Tlsa;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What the server's certificate has to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verify {
    /// Nothing: an eavesdropper is kept out, an impostor is not.
    Anyone,
    /// Nothing, but what it fails to prove is told ([`Encrypted::flaw`]).
    Observe,
    /// That it is valid for the server's name.
    Name,
    /// The same, because an MTA-STS policy asks for it.
    MtaSts,
    /// That it matches one of these TLSA records.
    Dane(Arc<[Tlsa]>),
}

/// What the server's certificate has proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nothing that was asked for.
    Unverified,
    /// The server's name.
    Verified,
    /// The server's name, as an MTA-STS policy asks.
    MtaSts,
    /// That it is the certificate, or key, of a DANE-EE record.
    DaneEe,
    /// That it stands below the authority of a DANE-TA record.
    DaneTa,
}

/// A connection behind its handshake.
#[derive(Debug)]
pub struct Encrypted {
    /// The stream.
    pub stream: Box<TlsStream<TcpStream>>,
    /// What the certificate has proved.
    pub trust: Trust,
    /// Why [`Verify::Name`] would have refused it, where [`Verify::Observe`] was asked for.
    pub flaw: Option<String>,
}

/// Makes client connections; shares sessions for resumption between them. Clones share both.
#[derive(Clone)]
pub struct TlsClient {
    connector: TlsConnector,
    judge: Judge,
}

/// Why TLS cannot be set up at all.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// The file of `tls.ca_file` is missing or holds no certificates.
    #[error("tls.ca_file {path}: {why}")]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The platform's roots or the cryptography could not be had.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] Error),
}

impl TlsClient {
    /// Reads the trust anchors and sets TLS up.
    ///
    /// # Errors
    /// Where `tls.ca_file` cannot be used, or the platform gives no trust anchors.
    pub fn new(settings: &Tls) -> Result<Self, TlsSetupError> {
        let provider = Arc::new(ring::default_provider());
        let extra = extra_roots(settings)?;
        let roots = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
        let anyone = AnyCertificate {
            provider: Arc::clone(&provider),
        };
        let mut config = config(&provider, Arc::new(anyone))?;
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            judge: Judge::new(Arc::new(roots), provider),
        })
    }

    /// Performs the handshake with the server called `name` and judges its certificate at `now`.
    ///
    /// # Errors
    /// What went wrong, in words that say what can be done about it.
    pub async fn connect(
        &self,
        stream: TcpStream,
        name: &str,
        verify: &Verify,
        now: Timestamp,
    ) -> io::Result<Encrypted> {
        let server = server_name(name)?;
        let shaken = self.connector.connect(server.clone(), stream).await;
        let stream = Box::new(shaken.map_err(|error| handshake_words(&error))?);
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let seconds = u64::try_from(now.as_secs()).unwrap_or(0);
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let verdict = self.judge.judge(chain, &server, verify, at);
        let (trust, flaw) = verdict.map_err(io::Error::other)?;
        Ok(Encrypted {
            stream,
            trust,
            flaw,
        })
    }

    /// A way to connect to web servers, whose certificates are verified in the handshake by the
    /// same trust anchors.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub(super) fn for_https(&self) -> Result<TlsConnector, Error> {
        let mut config = config(self.judge.provider(), self.judge.roots())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

impl Encrypted {
    /// Version, cipher and what the peer has proved, as the report's `tls` column has it:
    /// `TLSv1.3 TLS13_AES_256_GCM_SHA384 dane-ee`.
    #[must_use]
    pub fn describe(&self) -> String {
        let session = self.stream.get_ref().1;
        let version = session
            .protocol_version()
            .map_or("TLS", |version| version.as_str().unwrap_or("TLS"));
        let cipher = session
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or("unknown");
        let trust = self.trust.as_str();
        format!("{} {cipher} {trust}", version.replace('_', "."))
    }
}

impl Trust {
    /// Its word in the report's `tls` column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Verified => "verified",
            Self::MtaSts => "mta-sts",
            Self::DaneEe => "dane-ee",
            Self::DaneTa => "dane-ta",
        }
    }
}

/// A name as certificates carry it.
pub(super) fn server_name(name: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(name.to_owned())
        .map_err(|_| io::Error::other(format!("{name:?} is no name a certificate can carry")))
}

fn config(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn extra_roots(settings: &Tls) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
    let Some(path) = &settings.ca_file else {
        return Ok(Vec::new());
    };
    let wrong = |why: String| TlsSetupError::Roots {
        path: path.clone(),
        why,
    };
    let roots = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(error.to_string()))?;
    if roots.is_empty() {
        return Err(wrong("holds no certificate in PEM form".to_owned()));
    }
    Ok(roots)
}

/// Accepts every certificate, but still checks that the server holds its key.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Servers whose sessions are kept for resumption: those of a large run's connections many times
/// over.
const SESSIONS: usize = 4_096;
