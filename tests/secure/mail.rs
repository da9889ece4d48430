//! A mail server that takes everything, with or without STARTTLS.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::HandshakeKind;

/// The server; it is gone with its handle.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

/// What came.
#[derive(Default)]
struct Seen {
    plain: AtomicUsize,
    encrypted: AtomicUsize,
    connections: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
    handshakes: Mutex<Vec<HandshakeKind>>,
}

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

impl MailServer {
    /// Listens at `at`; offers STARTTLS where there is an acceptor.
    pub(crate) async fn start(at: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let accepting = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    stream.set_nodelay(true).unwrap();
                    seen.connections.fetch_add(1, Ordering::SeqCst);
                    let (tls, seen) = (tls.clone(), Arc::clone(&seen));
                    // A client that leaves is no matter of the server's.
                    tokio::spawn(async move {
                        let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
                        seen.most.fetch_max(open, Ordering::SeqCst);
                        let served = serve(stream, tls, &seen).await;
                        seen.open.fetch_sub(1, Ordering::SeqCst);
                        served.ok()
                    });
                }
            }
        });
        Self {
            address,
            seen,
            accepting,
        }
    }

    /// Messages that came in plain text, and over TLS.
    pub(crate) fn messages(&self) -> (usize, usize) {
        let count = |number: &AtomicUsize| number.load(Ordering::SeqCst);
        (count(&self.seen.plain), count(&self.seen.encrypted))
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most connections that were open at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.seen.most.load(Ordering::SeqCst)
    }

    pub(crate) fn handshakes(&self) -> Vec<HandshakeKind> {
        self.seen.handshakes.lock().unwrap().clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, seen: &Seen) -> std::io::Result<()> {
    let mut line = BufReader::new(Box::new(stream) as Box<dyn Line>);
    line.write_all(b"220 mx.test\r\n").await?;
    let Some(tls) = tls else {
        return converse(&mut line, "", &seen.plain).await.map(|_| ());
    };
    if !converse(&mut line, "250-STARTTLS\r\n", &seen.plain).await? {
        return Ok(());
    }
    let stream = tls.accept(line.into_inner()).await?;
    let kind = stream.get_ref().1.handshake_kind();
    seen.handshakes.lock().unwrap().extend(kind);
    let mut line = BufReader::new(Box::new(stream) as Box<dyn Line>);
    converse(&mut line, "", &seen.encrypted).await.map(|_| ())
}

/// Talks until STARTTLS (`true`) or the end.
async fn converse(
    line: &mut BufReader<Box<dyn Line>>,
    offer: &str,
    messages: &AtomicUsize,
) -> std::io::Result<bool> {
    let mut command = String::new();
    let mut content = false;
    loop {
        command.clear();
        if line.read_line(&mut command).await? == 0 {
            return Ok(false);
        }
        let answer = match command.get(..4).unwrap_or("").to_uppercase().as_str() {
            _ if content && command != ".\r\n" => continue,
            _ if content => {
                content = false;
                messages.fetch_add(1, Ordering::SeqCst);
                "250 2.0.0 taken\r\n".to_owned()
            }
            "EHLO" => format!("250-mx.test\r\n{offer}250-8BITMIME\r\n250 PIPELINING\r\n"),
            "STAR" => {
                line.write_all(b"220 2.0.0 go ahead\r\n").await?;
                return Ok(true);
            }
            "DATA" => {
                content = true;
                "354 go ahead\r\n".to_owned()
            }
            "QUIT" => {
                line.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(false);
            }
            _ => "250 2.1.0 ok\r\n".to_owned(),
        };
        line.write_all(answer.as_bytes()).await?;
        line.flush().await?;
    }
}
