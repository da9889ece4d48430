//! A tiny client talks to every provider of the sandbox, over real sockets.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use hikyaku::model::Timestamp;
use hikyaku::sandbox::{Sandbox, SandboxOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// A client that sends lines and reads whole replies.
struct Client<S> {
    stream: S,
    read: Vec<u8>,
}

impl Client<TcpStream> {
    async fn connect(sandbox: &Sandbox, octet: u8) -> Self {
        let stream = TcpStream::connect(at(octet, sandbox.port())).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let read = Vec::new();
        Self { stream, read }
    }

    /// Connects and says EHLO.
    async fn greeted(sandbox: &Sandbox, octet: u8) -> Self {
        let mut client = Self::connect(sandbox, octet).await;
        assert!(client.reply().await.starts_with("220 "));
        assert!(client.ask("EHLO me").await.starts_with("250"));
        client
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// The next reply with its line ends; empty at the end of the stream or a reset.
    async fn reply(&mut self) -> String {
        let mut at = 0;
        loop {
            while let Some(length) = self.read[at..].windows(2).position(|w| w == b"\r\n") {
                let last = self.read.get(at + 3) == Some(&b' ');
                at += length + 2;
                if last {
                    let reply = self.read.drain(..at).collect();
                    return String::from_utf8(reply).unwrap();
                }
            }
            match self.stream.read_buf(&mut self.read).await {
                Ok(0) | Err(_) => return String::new(),
                Ok(_) => {}
            }
        }
    }

    async fn send(&mut self, text: &str) {
        // The server may be gone; the reply that does not come tells.
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    async fn ask(&mut self, line: &str) -> String {
        self.send(&format!("{line}\r\n")).await;
        self.reply().await
    }

    /// Sends one message in steps; the first reply that is no success, or the last.
    async fn mail(&mut self, to: &str) -> String {
        let reply = self.ask("MAIL FROM:<news@example.com>").await;
        if !reply.starts_with("250") {
            return reply;
        }
        let reply = self.ask(&format!("RCPT TO:<{to}>")).await;
        if !reply.starts_with("250") {
            let again = self.ask("RSET").await;
            assert!(again.starts_with("250") || again.is_empty(), "{again}");
            return reply;
        }
        let reply = self.ask("DATA").await;
        if !reply.starts_with("354") {
            return reply;
        }
        self.ask(&format!(
            "Message-ID: <{to}.1>\r\nSubject: hello\r\n\r\n{}\r\n.",
            "line\r\n".repeat(100)
        ))
        .await
    }
}

fn at(octet: u8, port: u16) -> SocketAddr {
    ([127, 77, 0, octet], port).into()
}

async fn start() -> Sandbox {
    start_with(|_| {}).await
}

async fn start_with(change: impl FnOnce(&mut SandboxOptions)) -> Sandbox {
    let mut options = SandboxOptions::new(1, || Timestamp::ZERO);
    options.slowness = 0.01;
    change(&mut options);
    Sandbox::start(options).await.unwrap()
}

#[tokio::test]
async fn plain_takes_pipelined_mail_and_keeps_its_ledger() {
    let sandbox = start().await;
    let mut client = Client::greeted(&sandbox, 10).await;
    let mut script = String::new();
    for n in 0..50 {
        script += &format!(
            "MAIL FROM:<news@example.com>\r\nRCPT TO:<user{n}@plain.test>\r\n\
             BDAT 24 LAST\r\nMessage-ID: <id{n:02}>\r\n\r\n\r\n"
        );
    }
    client.send(&script).await;
    for _ in 0..150 {
        assert!(client.reply().await.starts_with("250 2."));
    }
    assert!(client.ask("QUIT").await.starts_with("221"));
    let ledger = sandbox.ledger();
    assert_eq!(ledger.total(), 50);
    assert_eq!(ledger.providers["plain"].connections, 1);
    assert_eq!(ledger.recipients["user7@plain.test"].message_ids, ["id07"]);
    assert_eq!(ledger.duplicates(), 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn tls_is_offered_and_its_certificate_can_be_verified() {
    let sandbox = start().await;
    let mut client = Client::connect(&sandbox, 20).await;
    client.reply().await;
    assert!(client.ask("EHLO me").await.contains("STARTTLS\r\n"));
    assert!(client.ask("STARTTLS").await.starts_with("220"));
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(sandbox.certificate().as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("mx.tls-mail.test").unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, client.stream)
        .await
        .unwrap();
    let read = Vec::new();
    let mut client = Client { stream, read };
    assert!(client.mail("a@tls.test").await.starts_with("503"));
    assert!(!client.ask("EHLO me").await.contains("STARTTLS"));
    assert!(client.mail("a@tls.test").await.starts_with("250"));
    assert_eq!(sandbox.ledger().accepted("a@tls.test"), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn grey_puts_off_once_by_sender_and_recipient() {
    let sandbox = start().await;
    let mut client = Client::greeted(&sandbox, 30).await;
    let first = client.mail("a@grey.test").await;
    assert!(first.starts_with("450 4.2.0 ") && first.contains("try again in 1 seconds"));
    assert!(client.mail("b@grey.test").await.starts_with("450"));
    assert!(client.mail("a@grey.test").await.starts_with("250"));
    assert_eq!(sandbox.ledger().providers["grey"].deferred, 2);
    sandbox.stop().await;
}

#[tokio::test]
async fn batch_closes_after_its_number_of_messages() {
    let sandbox = start().await;
    let mut client = Client::greeted(&sandbox, 40).await;
    for n in 0..20 {
        let reply = client.mail(&format!("user{n}@batch.test")).await;
        assert!(reply.starts_with("250"), "{reply}");
    }
    assert!(
        client
            .mail("more@batch.test")
            .await
            .starts_with("421 4.7.0")
    );
    assert_eq!(client.reply().await, "");
    let mut client = Client::greeted(&sandbox, 40).await;
    assert!(client.mail("more@batch.test").await.starts_with("250"));
    sandbox.stop().await;
}

#[tokio::test]
async fn strict_refuses_for_every_reason() {
    let sandbox = start().await;
    let mut client = Client::greeted(&sandbox, 50).await;
    for (local, answer) in [
        ("ann", "250 2.0.0"),
        ("unknown1", "550 5.1.1"),
        ("blocked", "550 5.7.1"),
        ("spam", "554 5.7.1"),
    ] {
        let reply = client.mail(&format!("{local}@strict.test")).await;
        assert!(reply.starts_with(answer), "{local}: {reply}");
    }
    let (mut for_good, mut for_now) = (0, 0);
    for n in 0..20 {
        let to = format!("full{n}@strict.test");
        let mut replies = Vec::new();
        for _ in 0..3 {
            replies.push(client.mail(&to).await);
        }
        let codes: Vec<&str> = replies.iter().map(|reply| &reply[..9]).collect();
        match codes.as_slice() {
            ["552 5.2.2", "552 5.2.2", "552 5.2.2"] => for_good += 1,
            ["452 4.2.2", "452 4.2.2", "250 2.0.0"] => for_now += 1,
            other => panic!("{to}: {other:?}"),
        }
    }
    assert!(for_good > 0 && for_now > 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn slow_answers_in_the_end() {
    let sandbox = start().await;
    let mut client = Client::greeted(&sandbox, 60).await;
    assert!(client.mail("a@slow.test").await.starts_with("250"));
    sandbox.stop().await;
}

#[tokio::test]
async fn flaky_drops_some_and_delivers_all_in_the_end() {
    let sandbox = start().await;
    let mut without_answer = 0;
    for n in 0..200 {
        let to = format!("user{n}@flaky.test");
        let mut tries = 0;
        loop {
            let mut client = Client::greeted(&sandbox, 70).await;
            let reply = client.mail(&to).await;
            tries += 1;
            if reply.starts_with("250") {
                break;
            }
            assert_eq!(reply, "", "{to}");
            without_answer += 1;
        }
        assert!(tries <= 3, "{to}");
    }
    let ledger = sandbox.ledger();
    let flaky = ledger.providers["flaky"];
    assert_eq!(flaky.dropped, without_answer);
    assert!(without_answer > 0 && flaky.unanswered > 0);
    assert_eq!(flaky.accepted, 200 + flaky.unanswered);
    sandbox.stop().await;
}

#[tokio::test]
async fn limit_holds_connections_and_rate() {
    let sandbox = start().await;
    let mut one = Client::greeted(&sandbox, 80).await;
    let two = Client::greeted(&sandbox, 80).await;
    let mut three = Client::connect(&sandbox, 80).await;
    assert!(three.reply().await.starts_with("421 4.7.0"));
    assert_eq!(three.reply().await, "");
    drop((two, three));
    let mut refused = 0;
    for n in 0..40 {
        let reply = one.mail(&format!("user{n}@limit.test")).await;
        if reply.starts_with("250") {
            continue;
        }
        assert!(reply.starts_with("450 4.7.1"), "{reply}");
        refused += 1;
    }
    assert_eq!(
        refused, 15,
        "the clock stands still: half a second's worth passes"
    );
    assert_eq!(sandbox.ledger().providers["limit"].peak, 3);
    sandbox.stop().await;
}

#[tokio::test]
async fn old_knows_only_helo() {
    let sandbox = start().await;
    let mut client = Client::connect(&sandbox, 90).await;
    client.reply().await;
    assert!(client.ask("EHLO me").await.starts_with("502 "));
    assert_eq!(client.ask("HELO me").await.lines().count(), 1);
    assert!(client.mail("a@old.test").await.starts_with("250 OK"));
    assert!(client.ask("QUIT").await.starts_with("221"));
    assert_eq!(client.reply().await, "");
    assert_eq!(sandbox.ledger().providers["old"].ran_ahead, 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_ledger_file_has_the_line_before_the_client_has_its_250() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("ledger.jsonl");
    let file = path.clone();
    let sandbox = start_with(|options| options.ledger_file = Some(file)).await;
    let mut client = Client::greeted(&sandbox, 10).await;
    for n in 1..=20 {
        let to = format!("user{n}@plain.test");
        assert!(client.mail(&to).await.starts_with("250"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), n);
        let line: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(line["to"], to.as_str());
        assert_eq!(line["message_id"], format!("{to}.1"));
        assert_eq!(line["answered"], true);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn two_sandboxes_stand_side_by_side_and_a_taken_port_is_named() {
    let (one, two) = (start().await, start().await);
    assert_ne!(one.port(), two.port());
    let mut options = SandboxOptions::new(1, || Timestamp::ZERO);
    options.smtp_port = one.port();
    let error = Sandbox::start(options).await.err().unwrap().to_string();
    assert!(error.contains(&one.port().to_string()), "{error}");
    let mut options = SandboxOptions::new(1, || Timestamp::ZERO);
    options.network = [192, 0, 2];
    let error = Sandbox::start(options).await.err().unwrap().to_string();
    assert!(
        error.contains("192.0.2.10") && error.contains("lo0"),
        "{error}"
    );
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn stop_says_goodbye_and_ends_everything() {
    let sandbox = start().await;
    let port = sandbox.port();
    let mut client = Client::greeted(&sandbox, 10).await;
    sandbox.stop().await;
    assert!(client.reply().await.starts_with("421 4.3.2"));
    assert_eq!(client.reply().await, "");
    assert!(TcpStream::connect(at(10, port)).await.is_err());
}
