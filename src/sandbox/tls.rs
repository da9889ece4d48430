//! A certificate made at start, for the providers that offer STARTTLS.

use super::manners::MANNERS;
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The self-signed certificate and what uses it.
pub(super) struct Certificate {
    pub(super) pem: String,
    pub(super) acceptor: TlsAcceptor,
}

impl Certificate {
    /// A certificate for every host that offers STARTTLS.
    pub(super) fn make() -> io::Result<Self> {
        let offering = MANNERS.iter().filter(|manners| manners.starttls);
        let hosts = offering.flat_map(|manners| manners.hosts);
        let names: Vec<String> = hosts.map(|host| host.name.to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let chain = vec![made.cert.der().clone()];
        // The provider is named: with two of them in a build, rustls has no default.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from(key))
            .map_err(io::Error::other)?;
        Ok(Self {
            pem: made.cert.pem(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }
}
