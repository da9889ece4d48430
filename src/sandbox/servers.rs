//! The sandbox itself: binds all sockets, owns all tasks.

use super::dns::DnsSockets;
use super::ledger::{Book, Ledger};
use super::manners::{Host, MANNERS};
use super::options::SandboxOptions;
use super::provider::Provider;
use super::session;
use super::tls::Certificate;
use super::zone::{self, Zone};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Free ports that are tried until one is free at every address.
const TRIES: usize = 16;
/// How long accepting rests when the process has no file descriptor left.
const REST: Duration = Duration::from_millis(20);

/// A running sandbox. Dropped without [`Sandbox::stop`], it stops in the background.
pub struct Sandbox {
    dns: SocketAddr,
    port: u16,
    network: [u8; 3],
    book: Arc<Book>,
    certificate: String,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A listener and whose it is.
struct Post {
    listener: TcpListener,
    host: &'static Host,
    provider: Arc<Provider>,
}

impl Sandbox {
    /// Starts all servers; they accept connections when this returns.
    ///
    /// # Errors
    /// Where a socket cannot be bound, as on systems that know 127.0.0.1 only, or the ledger file
    /// cannot be opened.
    pub async fn start(options: SandboxOptions) -> io::Result<Self> {
        let options = Arc::new(options);
        let book = Book::open(options.ledger_file.as_deref(), options.remember)?;
        let book = Arc::new(book);
        let certificate = Certificate::make()?;
        let (port, posts) = bind(&options, &book).await?;
        let sockets = DnsSockets::bind(options.dns_port).await?;
        let sandbox = Self {
            dns: sockets.address(),
            port,
            network: options.network,
            book,
            certificate: certificate.pem,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        let zone = Arc::new(Zone::new(options.network, options.servfails));
        sockets.serve(&zone, &sandbox.tasks, &sandbox.stop);
        for post in posts {
            sandbox.man(post, certificate.acceptor.clone());
        }
        Ok(sandbox)
    }

    /// The DNS server, UDP and TCP.
    #[must_use]
    pub const fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// The port all SMTP servers listen on, each at its own address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Every host that accepts connections: its provider's word, its name, its address.
    #[must_use]
    pub fn hosts(&self) -> Vec<(&'static str, &'static str, SocketAddr)> {
        let host = |word, host: &'static Host| {
            let ip = zone::address(self.network, host);
            (word, host.name, SocketAddr::from((ip, self.port)))
        };
        MANNERS
            .iter()
            .flat_map(|manners| manners.hosts.iter().map(|h| (manners.word, h)))
            .filter(|(_, h)| h.alive)
            .map(|(word, h)| host(word, h))
            .collect()
    }

    /// The certificate of the servers that offer STARTTLS, PEM; it is its own trust anchor.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// What was accepted up to now.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.book.snapshot()
    }

    /// Says 421 to whoever is connected, and waits until every task has ended.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Accepts the connections of one host.
    fn man(&self, post: Post, tls: TlsAcceptor) {
        let (tasks, stop) = (self.tasks.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let stopped = stop.clone();
            stopped
                .run_until_cancelled(accept(post, tls, tasks, stop))
                .await;
        });
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(post: Post, tls: TlsAcceptor, tasks: TaskTracker, stop: CancellationToken) {
    loop {
        let Ok((stream, client)) = post.listener.accept().await else {
            tokio::time::sleep(REST).await;
            continue;
        };
        // Without it, every reply that crosses a delayed ACK waits 40 ms. A socket that refuses
        // is one whose client has gone.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        tasks.spawn(session::serve(
            stream,
            client.ip(),
            post.host.name,
            Arc::clone(&post.provider),
            tls.clone(),
            stop.clone(),
        ));
    }
}

/// Binds every live host on one port.
async fn bind(options: &Arc<SandboxOptions>, book: &Arc<Book>) -> io::Result<(u16, Vec<Post>)> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match bind_all(options, book).await {
            Err((address, error)) => {
                let free = options.smtp_port == 0 && error.kind() == io::ErrorKind::AddrInUse;
                if !free || tries == 0 {
                    return Err(explained(address, &error));
                }
            }
            Ok(bound) => return Ok(bound),
        }
    }
}

async fn bind_all(
    options: &Arc<SandboxOptions>,
    book: &Arc<Book>,
) -> Result<(u16, Vec<Post>), (SocketAddr, io::Error)> {
    let mut port = options.smtp_port;
    let mut posts = Vec::new();
    for manners in MANNERS {
        let provider = Provider::new(manners, Arc::clone(options), Arc::clone(book));
        let provider = Arc::new(provider);
        for host in manners.hosts.iter().filter(|host| host.alive) {
            let ip: Ipv4Addr = zone::address(options.network, host);
            let address = SocketAddr::from((ip, port));
            let failed = |error| (address, error);
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            port = listener.local_addr().map_err(failed)?.port();
            posts.push(Post {
                listener,
                host,
                provider: Arc::clone(&provider),
            });
        }
    }
    Ok((port, posts))
}

fn explained(address: SocketAddr, error: &io::Error) -> io::Error {
    let hint = match error.kind() {
        io::ErrorKind::AddrNotAvailable => format!(
            "; the sandbox needs several loopback addresses, which Linux has by itself: \
             elsewhere add them first, on macOS by `sudo ifconfig lo0 alias {}`",
            address.ip()
        ),
        io::ErrorKind::PermissionDenied => "; ports below 1024 need privileges".to_owned(),
        io::ErrorKind::AddrInUse => "; another sandbox may be running".to_owned(),
        _ => String::new(),
    };
    let text = format!("the sandbox cannot listen on {address}: {error}{hint}");
    io::Error::new(error.kind(), text)
}
