//! TLS for SMTP: opportunistic (any certificate, RFC 7435) or verified.

use crate::model::Tls;
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

/// Whether the server has to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Any certificate will do: an eavesdropper is kept out, an impostor is not.
    Anyone,
    /// The certificate must be valid for the server's name.
    Name,
}

/// Makes client connections; shares sessions for resumption between them.
#[derive(Clone)]
pub struct TlsClient {
    anyone: TlsConnector,
    verified: TlsConnector,
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
    /// Reads the trust anchors and sets both ways of connecting up.
    ///
    /// # Errors
    /// Where `tls.ca_file` cannot be used, or the platform gives no trust anchors.
    pub fn new(settings: &Tls) -> Result<Self, TlsSetupError> {
        let provider = Arc::new(ring::default_provider());
        let extra = extra_roots(settings)?;
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
        let anyone = AnyCertificate {
            provider: Arc::clone(&provider),
        };
        Ok(Self {
            anyone: connector(&provider, Arc::new(anyone))?,
            verified: connector(&provider, Arc::new(verifier))?,
        })
    }

    /// Performs the handshake with the server called `name`.
    ///
    /// # Errors
    /// What went wrong, in the words of the TLS library.
    pub async fn connect(
        &self,
        stream: TcpStream,
        name: &str,
        verify: Verify,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| {
            io::Error::other(format!("{name:?} is no name a certificate can carry"))
        })?;
        let connector = match verify {
            Verify::Anyone => &self.anyone,
            Verify::Name => &self.verified,
        };
        connector.connect(name, stream).await
    }
}

/// Version, cipher and how the peer was verified, as the report's `tls` column has it.
#[must_use]
pub fn describe(stream: &TlsStream<TcpStream>, verify: Verify) -> String {
    let (_, session) = stream.get_ref();
    let version = session
        .protocol_version()
        .map_or("TLS", |version| version.as_str().unwrap_or("TLS"));
    let cipher = session
        .negotiated_cipher_suite()
        .and_then(|suite| suite.suite().as_str())
        .unwrap_or("unknown");
    let verified = match verify {
        Verify::Anyone => "unverified",
        Verify::Name => "verified",
    };
    format!("{} {cipher} {verified}", version.replace('_', "."))
}

fn connector(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<TlsConnector, Error> {
    let config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
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
