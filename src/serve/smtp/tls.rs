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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn pair(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let paths = (
            folder.join(format!("{name}.cert")),
            folder.join(format!("{name}.key")),
        );
        fs::write(&paths.0, made.cert.pem()).unwrap();
        fs::write(&paths.1, made.signing_key.serialize_pem()).unwrap();
        paths
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = pair(folder.path(), "a.test");
        let (_, other) = pair(folder.path(), "b.test");
        let files = TlsFiles::read(&cert, &key).unwrap();
        let error = |cert: &Path, key: &Path| {
            TlsFiles::read(cert, key)
                .err()
                .map(|error| error.to_string())
        };
        let gone = folder.path().join("gone");
        assert!(error(&gone, &key).unwrap().contains("serve.tls_cert"));
        assert!(error(&cert, &gone).unwrap().contains("serve.tls_key"));
        assert!(error(&key, &key).unwrap().contains("no certificate"));
        assert!(error(&cert, &other).unwrap().contains("does not fit"));
        fs::write(&cert, "rubbish").unwrap();
        assert!(files.reload().is_err(), "the old one stays in use");
        let (renewed, _) = pair(folder.path(), "a.test");
        assert_eq!(renewed, cert);
        files.reload().unwrap();
    }
}
