//! Fetches MTA-STS policies: one small text over HTTPS, and nothing else (RFC 8461 section 3.3).

use super::{Dial, Resolver, TcpDial, TlsClient};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Fetches policies. The certificate is always verified, no redirect is followed, and nothing is
/// read beyond 64 KiB. How long it may take is the caller's business.
#[derive(Clone)]
pub struct PolicyClient {
    resolver: Resolver,
    tls: TlsConnector,
    port: u16,
}

/// Why there is no policy to be had now.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The host has no address.
    #[error("{0}")]
    Address(#[from] super::AddressFailure),
    /// None of its addresses could be connected to.
    #[error("{host}: {source}")]
    Connect {
        /// The host.
        host: String,
        /// What the system said of the last address.
        source: io::Error,
    },
    /// The handshake failed, or the certificate is not valid for the host.
    #[error("{host}: {why}")]
    Tls {
        /// The host.
        host: String,
        /// Why, in words.
        why: String,
    },
    /// What came was not HTTP, or not to its end.
    #[error("{host}: {source}")]
    Http {
        /// The host.
        host: String,
        /// What was wrong.
        source: hyper::Error,
    },
    /// Any answer but 200; a redirect is none (RFC 8461 section 3.3).
    #[error("{host} answered {status} where 200 is due (redirects are not followed)")]
    Status {
        /// The host.
        host: String,
        /// Its answer.
        status: StatusCode,
    },
    /// Something else than plain text.
    #[error("{host} sent {kind:?} where text/plain is due")]
    Kind {
        /// The host.
        host: String,
        /// The content type, as far as it can be shown.
        kind: String,
    },
    /// More than a policy can be, or not to its end.
    #[error("{host}: {why}")]
    Body {
        /// The host.
        host: String,
        /// What was wrong.
        why: String,
    },
}

impl PolicyClient {
    /// A client that finds hosts through `resolver` and trusts what `tls` trusts.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(resolver: Resolver, tls: &TlsClient, port: u16) -> Result<Self, rustls::Error> {
        Ok(Self {
            resolver,
            tls: tls.for_https()?,
            port,
        })
    }

    /// The policy's text of `domain`, from `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch(&self, domain: &str) -> Result<String, FetchError> {
        let host = format!("mta-sts.{domain}");
        let stream = self.connect(&host).await?;
        let http = |source| FetchError::Http {
            host: host.clone(),
            source,
        };
        let handshake = hyper::client::conn::http1::Builder::new()
            .max_headers(HEADERS)
            .handshake(TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.map_err(http)?;
        let exchange = async {
            let response = sender.send_request(self.request(&host)).await;
            read(&host, response.map_err(http)?).await
        };
        tokio::pin!(exchange);
        tokio::select! {
            text = &mut exchange => text,
            // What was read before the server hung up may be all there is to read.
            _ended = connection => exchange.await,
        }
    }

    fn request(&self, host: &str) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = hyper::Uri::from_static("/.well-known/mta-sts.txt");
        let authority = match self.port {
            443 => host.to_owned(),
            port => format!("{host}:{port}"),
        };
        let headers = request.headers_mut();
        // A domain's name is a header value; should one ever not be, the server says 400.
        let authority = HeaderValue::try_from(authority);
        headers.insert(HOST, authority.unwrap_or(HeaderValue::from_static("")));
        headers.insert(USER_AGENT, HeaderValue::from_static("hikyaku"));
        request
    }

    async fn connect(&self, host: &str) -> Result<TlsStream<TcpStream>, FetchError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| FetchError::Tls {
            host: host.to_owned(),
            why: error.to_string(),
        })?;
        let addresses = self.resolver.addresses(host).await?;
        let stream = self.reach(&addresses).await;
        let stream = stream.map_err(|source| FetchError::Connect {
            host: host.to_owned(),
            source,
        })?;
        let shaken = self.tls.connect(name.clone(), stream).await;
        shaken.map_err(|error| FetchError::Tls {
            host: host.to_owned(),
            why: super::certificate::https_words(&error, &name),
        })
    }

    async fn reach(&self, addresses: &[IpAddr]) -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        let tcp = TcpDial {
            source: None,
            limit: PATIENCE,
            unacknowledged: PATIENCE,
        };
        for ip in addresses.iter().take(ADDRESSES) {
            match tcp.dial(SocketAddr::new(*ip, self.port)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn read(host: &str, response: Response<Incoming>) -> Result<String, FetchError> {
    let host = || host.to_owned();
    if response.status() != StatusCode::OK {
        let status = response.status();
        return Err(FetchError::Status {
            host: host(),
            status,
        });
    }
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], HeaderValue::as_bytes);
    if !is_plain_text(kind) {
        let kind = String::from_utf8_lossy(kind).chars().take(SHOWN).collect();
        return Err(FetchError::Kind { host: host(), kind });
    }
    let wrong = |why: String| FetchError::Body { host: host(), why };
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    let octets = body.map_err(|error| {
        wrong(format!(
            "the policy was not read to its end ({LONGEST} octets at most): {error}"
        ))
    })?;
    String::from_utf8(octets.to_bytes().to_vec())
        .map_err(|_| wrong("the policy is not text in UTF-8".to_owned()))
}

/// Whether a content type is `text/plain`, whatever its parameters.
fn is_plain_text(kind: &[u8]) -> bool {
    let kind = kind.split(|b| *b == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"text/plain")
}

/// Octets of a policy, at most.
const LONGEST: usize = 64 * 1024;
/// Header fields of an answer, at most.
const HEADERS: usize = 64;
/// Addresses of a host that are tried.
const ADDRESSES: usize = 3;
/// How long one of them may take to connect.
const PATIENCE: Duration = Duration::from_secs(4);
/// Characters of a wrong content type that are shown.
const SHOWN: usize = 60;
