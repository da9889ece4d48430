//! Certificates of an authority that is nobody's but the test's.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate chain and its key.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    public: Vec<u8>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("authority {number}"));
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.0.der()
    }

    /// The authority's own public key, as TLSA records have it.
    pub(crate) fn public(&self) -> Vec<u8> {
        use rcgen::PublicKeyData;
        self.0.key().subject_public_key_info()
    }

    /// A certificate for these names; the authority's own stands behind it.
    pub(crate) fn issue(&self, names: &[&str]) -> Identity {
        self.make(names, |_| {})
    }

    /// One whose time is over.
    pub(crate) fn issue_expired(&self, names: &[&str]) -> Identity {
        self.make(names, |params| {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 29);
        })
    }

    fn make(&self, names: &[&str], change: impl Fn(&mut CertificateParams)) -> Identity {
        use rcgen::PublicKeyData;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity {
            chain: vec![certificate.der().clone(), self.0.der().clone()],
            public: key.subject_public_key_info(),
            key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        }
    }
}

impl Identity {
    /// The server's own certificate.
    pub(crate) fn der(&self) -> &[u8] {
        &self.chain[0]
    }

    /// Its public key, as TLSA records have it.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// A server that shows it.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .unwrap();
        Arc::new(config)
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config())
    }
}

/// Authorities made so far: two of the same name would be taken for one another.
static MADE: AtomicUsize = AtomicUsize::new(0);
