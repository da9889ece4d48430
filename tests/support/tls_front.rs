//! TLS in front of a server that has none: decrypts what comes and hands it on.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// When it encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encrypts {
    /// From the first byte.
    AtOnce,
    /// Behind EHLO and STARTTLS.
    WhenAsked,
}

/// The front. It ends with its handle.
pub(crate) struct TlsFront {
    address: SocketAddr,
    certificate: String,
    _runtime: Runtime,
}

impl TlsFront {
    /// Listens on a free port of the loopback address, for a server behind it.
    pub(crate) fn start(server: SocketAddr, encrypts: Encrypts) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let chain = vec![made.cert.der().clone()];
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from(key))
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let handle = runtime.handle().clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                handle.spawn(serve(stream, acceptor.clone(), server, encrypts));
            }
        });
        Self {
            address,
            certificate: made.cert.pem(),
            _runtime: runtime,
        }
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Its certificate, which is its own authority, as PEM. It is for `127.0.0.1`.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }
}

/// Hands one connection on. Whatever ends it is seen at both of its ends.
async fn serve(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
    server: SocketAddr,
    encrypts: Encrypts,
) -> std::io::Result<()> {
    if encrypts == Encrypts::WhenAsked {
        stream.write_all(b"220 front.test\r\n").await?;
        let mut lines = BufReader::new(&mut stream);
        let mut line = String::new();
        lines.read_line(&mut line).await?;
        let greeting = "250-front.test\r\n250 STARTTLS\r\n";
        lines.get_mut().write_all(greeting.as_bytes()).await?;
        line.clear();
        lines.read_line(&mut line).await?;
        assert_eq!(line, "STARTTLS\r\n");
        stream.write_all(b"220 2.0.0 Go ahead\r\n").await?;
    }
    let mut inside = acceptor.accept(stream).await?;
    let mut behind = BufReader::new(TcpStream::connect(server).await?);
    if encrypts == Encrypts::WhenAsked {
        behind.read_line(&mut String::new()).await?;
    }
    copy_bidirectional(&mut inside, &mut behind).await?;
    Ok(())
}
