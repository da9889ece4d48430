//! A web server for MTA-STS policies, well-behaved or not.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The server; it is gone with its handle.
pub(crate) struct WebServer {
    pub(crate) address: SocketAddr,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    requests: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

/// What a host answers.
#[derive(Clone)]
pub(crate) enum Page {
    /// A whole answer.
    Answer(String),
    /// So many octets without end of headers or body, then silence.
    Stall(String),
}

impl Page {
    /// A policy as it should come.
    pub(crate) fn policy(text: &str) -> Self {
        Self::answer(
            "200 OK",
            "Content-Type: text/plain; charset=utf-8\r\n",
            text,
        )
    }

    pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Answer(format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        ))
    }
}

impl WebServer {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) async fn start(tls: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages: Arc<Mutex<HashMap<String, Page>>> = Arc::default();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let accepting = tokio::spawn({
            let (pages, requests) = (Arc::clone(&pages), Arc::clone(&requests));
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (tls, pages) = (tls.clone(), Arc::clone(&pages));
                    let requests = Arc::clone(&requests);
                    tokio::spawn(async move {
                        let mut stream = tls.accept(stream).await.ok()?;
                        let mut request = Vec::new();
                        while !request.ends_with(b"\r\n\r\n") {
                            request.push(stream.read_u8().await.ok()?);
                        }
                        let request = String::from_utf8(request).unwrap();
                        let host = request.lines().find_map(|line| {
                            let value = line.to_lowercase();
                            let value = value.strip_prefix("host: ")?.to_owned();
                            Some(value.split(':').next().unwrap_or("").to_owned())
                        });
                        requests.lock().unwrap().push(request);
                        let page = pages.lock().unwrap().get(&host?).cloned()?;
                        match page {
                            Page::Answer(text) => {
                                stream.write_all(text.as_bytes()).await.ok()?;
                                stream.shutdown().await.ok()
                            }
                            Page::Stall(text) => {
                                stream.write_all(text.as_bytes()).await.ok()?;
                                stream.flush().await.ok()?;
                                tokio::time::sleep(Duration::from_secs(3_600)).await;
                                Some(())
                            }
                        }
                    });
                }
            }
        });
        Self {
            address,
            pages,
            requests,
            accepting,
        }
    }

    /// What `mta-sts.DOMAIN` answers from now on.
    pub(crate) fn set(&self, domain: &str, page: Page) {
        let host = format!("mta-sts.{domain}");
        self.pages.lock().unwrap().insert(host, page);
    }

    /// Request heads that came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
