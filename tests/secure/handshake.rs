//! Handshakes: what certificates have to prove, what is said where they fail, and that sessions
//! are resumed.

use crate::certs::{Authority, Identity};
use crate::mail::MailServer;
use hikyaku::model::{Timestamp, Tls};
use hikyaku::net::{Clock, Encrypted, TlsClient, Trust, Verify};
use hikyaku::secure::Tlsa;
use ring::digest::{SHA256, SHA512, digest};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::{HandshakeKind, ServerConfig, ServerConnection};

const NAME: &str = "mx.example.test";

/// A client that trusts the authority besides the platform.
fn client(authority: &Authority) -> (TempDir, TlsClient) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    let settings = Tls {
        ca_file: Some(path),
        ..Tls::default()
    };
    (folder, TlsClient::new(&settings).unwrap())
}

/// Shakes hands with a server that shows `identity`.
async fn shake(
    client: &TlsClient,
    identity: &Identity,
    name: &str,
    verify: &Verify,
) -> io::Result<Encrypted> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = identity.acceptor();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let mut rest = Vec::new();
            // The client leaves as it likes.
            let _ = stream.read_to_end(&mut rest).await;
        }
    });
    let stream = TcpStream::connect(address).await.unwrap();
    client.connect(stream, name, verify, now()).await
}

fn now() -> Timestamp {
    Clock::system().now()
}

fn tlsa(usage: u8, selector: u8, matching: u8, whole: &[u8]) -> Verify {
    let data = match matching {
        1 => digest(&SHA256, whole).as_ref().to_vec(),
        2 => digest(&SHA512, whole).as_ref().to_vec(),
        _ => whole.to_vec(),
    };
    Verify::Dane(Arc::new([Tlsa {
        usage,
        selector,
        matching,
        data,
    }]))
}

#[tokio::test]
async fn a_good_certificate_proves_what_it_is_asked_for() {
    let authority = Authority::new();
    let (_folder, client) = client(&authority);
    let identity = authority.issue(&[NAME]);
    for (verify, trust) in [
        (Verify::Anyone, Trust::Unverified),
        (Verify::Observe, Trust::Unverified),
        (Verify::Name, Trust::Verified),
        (Verify::MtaSts, Trust::MtaSts),
    ] {
        let made = shake(&client, &identity, NAME, &verify).await.unwrap();
        assert_eq!((made.trust, &made.flaw), (trust, &None), "{verify:?}");
        let words: Vec<String> = made.describe().split(' ').map(str::to_owned).collect();
        assert_eq!(words[0], "TLSv1.3");
        assert!(words[1].starts_with("TLS13_"), "{words:?}");
        assert_eq!(words[2..], [trust.as_str()]);
    }
}

#[tokio::test]
async fn a_failure_says_what_is_wrong_and_what_helps() {
    let authority = Authority::new();
    let (_folder, client) = client(&authority);
    let good = authority.issue(&[NAME]);
    let other = authority.issue(&["mail.other.test", "*.example.org"]);
    let expired = authority.issue_expired(&[NAME]);
    let stranger = Authority::new().issue(&[NAME]);
    for (identity, words) in [
        (
            &other,
            &["not for mx.example.test", "mail.other.test, *.example.org"][..],
        ),
        (&expired, &["expired on 2020-02-29", "renew"]),
        (&stranger, &["unknown issuer", "tls.ca_file"]),
    ] {
        for verify in [Verify::Name, Verify::MtaSts] {
            let error = shake(&client, identity, NAME, &verify).await.unwrap_err();
            let error = error.to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
        let observed = shake(&client, identity, NAME, &Verify::Observe)
            .await
            .unwrap();
        let flaw = observed.flaw.unwrap();
        assert!(words.iter().all(|word| flaw.contains(word)), "{flaw}");
        let anyone = shake(&client, identity, NAME, &Verify::Anyone)
            .await
            .unwrap();
        assert_eq!(anyone.flaw, None);
    }
    assert!(shake(&client, &good, NAME, &Verify::Name).await.is_ok());
}

#[tokio::test]
async fn what_does_not_speak_tls_is_told() {
    let (_folder, client) = client(&Authority::new());
    for (answer, word) in [(&b"502 no\r\n"[..], "not TLS"), (b"", "hung up")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        });
        let stream = TcpStream::connect(address).await.unwrap();
        let error = client
            .connect(stream, NAME, &Verify::Anyone, now())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn dane_ee_knows_the_server_by_its_certificate_or_key_alone() {
    let (_folder, client) = client(&Authority::new());
    let nobody = Authority::new();
    // No trusted issuer, no right name, no right time: none of it counts.
    let identity = nobody.issue_expired(&["elsewhere.test"]);
    for matching in 0..=2 {
        for (selector, whole) in [(0, identity.der()), (1, identity.public())] {
            let verify = tlsa(3, selector, matching, whole);
            let made = shake(&client, &identity, NAME, &verify).await.unwrap();
            assert_eq!(made.trust, Trust::DaneEe, "3 {selector} {matching}");
        }
    }
    let verify = tlsa(3, 1, 1, nobody.issue(&[NAME]).public());
    let error = shake(&client, &identity, NAME, &verify)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("DANE") && error.contains("none of its 1 TLSA"),
        "{error}"
    );
}

#[tokio::test]
async fn dane_ta_knows_the_authority_and_checks_name_and_time() {
    let (_folder, client) = client(&Authority::new());
    let authority = Authority::new();
    let good = authority.issue(&[NAME]);
    for matching in 0..=2 {
        let public = authority.public();
        for (selector, whole) in [(0, authority.der()), (1, &public[..])] {
            let verify = tlsa(2, selector, matching, whole);
            let made = shake(&client, &good, NAME, &verify).await.unwrap();
            assert_eq!(made.trust, Trust::DaneTa, "2 {selector} {matching}");
        }
    }
    let verify = tlsa(2, 0, 1, authority.der());
    for (identity, word) in [
        (authority.issue(&["elsewhere.test"]), "elsewhere.test"),
        (authority.issue_expired(&[NAME]), "expired"),
        (Authority::new().issue(&[NAME]), "none of its 1 tlsa"),
    ] {
        let error = shake(&client, &identity, NAME, &verify)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.to_lowercase().contains(word), "{error}");
    }
    // An impostor who shows the published authority without being signed by it.
    let verify = tlsa(2, 0, 0, authority.der());
    let impostor = Authority::new().issue(&[NAME]);
    let error = shake(&client, &impostor, NAME, &verify)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("does not lead to"), "{error}");
}

#[tokio::test]
async fn the_second_connection_resumes_the_first_ones_session() {
    let authority = Authority::new();
    let (_folder, client) = client(&authority);
    let tls = authority.issue(&[NAME]).acceptor();
    let server = MailServer::start("127.0.0.1:0".parse().unwrap(), Some(tls)).await;
    // What was only encrypted may be resumed where more is asked for: it is judged again.
    for verify in [Verify::Anyone, Verify::Name, Verify::MtaSts] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        read_line(&mut stream).await;
        stream.write_all(b"STARTTLS\r\n").await.unwrap();
        read_line(&mut stream).await;
        let mut made = client.connect(stream, NAME, &verify, now()).await.unwrap();
        made.stream.write_all(b"QUIT\r\n").await.unwrap();
        let mut answer = Vec::new();
        // Tickets are taken while the answer is read.
        let _ = made.stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"221 2.0.0 bye\r\n");
    }
    use HandshakeKind::{Full, Resumed};
    assert_eq!(server.handshakes(), [Full, Resumed, Resumed]);
}

async fn read_line(stream: &mut TcpStream) {
    while stream.read_u8().await.unwrap() != b'\n' {}
}

#[tokio::test]
async fn many_small_writes_leave_in_full_records() {
    let authority = Authority::new();
    let (_folder, client) = client(&authority);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = authority.issue(&[NAME]).config();
    let counting = std::thread::spawn({
        let listener = listener.into_std().unwrap();
        move || records(&listener, config)
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let made = client
        .connect(stream, NAME, &Verify::Anyone, now())
        .await
        .unwrap();
    let mut stream = hikyaku::net::MailStream::Tls(made.stream);
    let command = [b'x'; 200];
    let slices = [IoSlice::new(&command); 160];
    let mut taken = 0;
    while taken < 32_000 {
        let left = &slices[taken / 200..];
        let write = std::future::poll_fn(|cx| Pin::new(&mut stream).poll_write_vectored(cx, left));
        taken += write.await.unwrap();
        assert_eq!(taken % 200, 0, "the buffer is large enough for all of it");
    }
    stream.flush().await.unwrap();
    stream.shutdown().await.unwrap();
    let lengths = counting.join().unwrap();
    // 32,000 octets in records of at most 16,384, tag and type included; then the farewell.
    assert_eq!(lengths, [16_384 + 17, 15_616 + 17, 2 + 17]);
}

/// The lengths of the records of application data that come behind the handshake.
fn records(listener: &std::net::TcpListener, config: Arc<ServerConfig>) -> Vec<usize> {
    use std::io::Read;
    listener.set_nonblocking(false).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(false).unwrap();
    let mut server = ServerConnection::new(config).unwrap();
    let mut lengths = Vec::new();
    loop {
        let mut head = [0; 5];
        if stream.read_exact(&mut head).is_err() {
            return lengths;
        }
        let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
        let mut record = head.to_vec();
        record.resize(5 + length, 0);
        stream.read_exact(&mut record[5..]).unwrap();
        let shaking = server.is_handshaking();
        server.read_tls(&mut &record[..]).unwrap();
        server.process_new_packets().unwrap();
        if !shaking && head[0] == 23 {
            lengths.push(length);
        }
        let mut plain = Vec::new();
        let _ = server.reader().read_to_end(&mut plain);
        while server.wants_write() {
            server.write_tls(&mut stream).unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_that_leaves_without_farewell_has_ended_in_order() {
    let authority = Authority::new();
    let (_folder, client) = client(&authority);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = authority.issue(&[NAME]).acceptor();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        stream.write_all(b"421 later\r\n").await.unwrap();
        stream.flush().await.unwrap();
        // The TCP connection ends without close_notify.
        let (mut tcp, _) = stream.into_inner();
        tcp.shutdown().await.unwrap();
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let made = client
        .connect(stream, NAME, &Verify::Anyone, now())
        .await
        .unwrap();
    let mut stream = hikyaku::net::MailStream::Tls(made.stream);
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"421 later\r\n");
}
