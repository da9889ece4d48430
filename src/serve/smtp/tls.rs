//! The certificate for STARTTLS, read from files and read again when it was renewed.

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

/// A certificate and its key, as they are now. Clones are renewed together.
#[derive(Clone)]
pub struct TlsFiles {
    cert: PathBuf,
    key: PathBuf,
    acceptor: Arc<RwLock<TlsAcceptor>>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{key} {path}: {why}")]
pub struct TlsFilesError {
    /// The setting that names the file.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl TlsFiles {
    /// Reads a certificate chain and its private key, both PEM.
    ///
    /// # Errors
    /// Where a file cannot be read, holds nothing of the kind, or they do not belong together.
    pub fn read(cert: &Path, key: &Path) -> Result<Self, TlsFilesError> {
        let acceptor = acceptor(cert, key)?;
        Ok(Self {
            cert: cert.to_owned(),
            key: key.to_owned(),
            acceptor: Arc::new(RwLock::new(acceptor)),
        })
    }

    /// Reads both again; connections from now on get what they hold.
    ///
    /// # Errors
    /// As in [`TlsFiles::read`]; the certificate stays what it was then.
    pub fn reload(&self) -> Result<(), TlsFilesError> {
        let renewed = acceptor(&self.cert, &self.key)?;
        let mut acceptor = self
            .acceptor
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *acceptor = renewed;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let acceptor = self.acceptor.read();
        acceptor.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, TlsFilesError> {
    let wrong = |key, path: &Path, why: String| TlsFilesError {
        key,
        path: path.to_owned(),
        why,
    };
    let of_cert = |why| wrong("serve.tls_cert", cert, why);
    let of_key = |why| wrong("serve.tls_key", key, why);
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| of_cert(error.to_string()))?;
    if chain.is_empty() {
        return Err(of_cert("holds no certificate in PEM form".to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| of_key(error.to_string()))?;
    // The provider is named: with two of them in a build, rustls has no default.
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| of_cert(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| of_key(format!("it does not fit the certificate: {error}")))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
