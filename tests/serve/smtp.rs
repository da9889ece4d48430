//! Returned mail.

use crate::client::{Smtp, raw};
use crate::desk::Notes;
use crate::place::Place;
use hikyaku::serve::TlsFiles;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[tokio::test]
async fn a_bounce_is_taken_as_it_is() {
    let place = Place::new().await;
    let mut client = Smtp::greeted(place.address("smtp")).await;
    let hello = client.say("EHLO mx.example.com").await;
    assert!(hello.starts_with("250-mx.bounces.test"), "{hello}");
    assert!(
        hello.contains("SIZE 10485760") && !hello.contains("STARTTLS"),
        "{hello}"
    );
    client.say("MAIL FROM:<> SIZE=100").await;
    client.say("RCPT TO:<b-1@Bounces.TEST>").await;
    client.say("DATA").await;
    let answer = client
        .say("Subject: no\r\n\r\n..a dot\r\nbare\nend\r\n.")
        .await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    // A person, in chunks, behind the first on the same connection.
    client.say("MAIL FROM:<ann@example.com>").await;
    client.say("RCPT TO:<b-2@bounces.test>").await;
    client.send(b"BDAT 3\r\nab\n").await;
    client.hear().await;
    client.send(b"BDAT 2 LAST\r\nc\n").await;
    let answer = client.hear().await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    let bye = client.say("QUIT").await;
    assert!(bye.starts_with("221"), "{bye}");
    let mails = place.notes.mails.lock().unwrap();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].0.from, None);
    assert_eq!(mails[0].0.to, ["b-1@Bounces.TEST"]);
    assert_eq!(mails[0].1, b"Subject: no\r\n\r\n.a dot\r\nbare\nend\r\n");
    assert_eq!(mails[1].0.from.as_deref(), Some("ann@example.com"));
    assert_eq!(mails[1].1, b"ab\nc\n");
}

#[tokio::test]
async fn everything_else_is_refused_before_its_content() {
    let place = Place::new().await;
    let mut client = Smtp::greeted(place.address("smtp")).await;
    client.say("EHLO a").await;
    client.say("MAIL FROM:<a@b.example>").await;
    for (to, answer) in [
        ("victim@example.com", "550 5.7.1"),
        ("b-1@sub.bounces.test", "550 5.7.1"),
        ("b-1%example.com@bounces.test.example.com", "550 5.7.1"),
        ("forged@bounces.test", "550 5.1.1"),
        ("victim%example.com@bounces.test", "550 5.1.1"),
        ("\"victim@example.com\"@bounces.test", "550 5.1.1"),
        ("@bounces.test:victim@example.com", "550 5.7.1"),
        ("b-1@[127.0.0.1]", "550 5.7.1"),
    ] {
        let said = client.say(&format!("RCPT TO:<{to}>")).await;
        assert!(said.starts_with(answer), "{to}: {said}");
    }
    let said = client.say("DATA").await;
    assert!(said.starts_with("503"), "{said}");
    assert!(place.notes.mails.lock().unwrap().is_empty());
}

#[tokio::test]
async fn everybody_may_write_to_postmaster_though_not_without_end() {
    let place = Place::new().await;
    let mut client = Smtp::greeted(place.address("smtp")).await;
    client.say("EHLO a").await;
    for to in [
        "postmaster",
        "PostMaster",
        "postmaster@bounces.test",
        "POSTMASTER@Bounces.Test",
    ] {
        client.say("MAIL FROM:<a@b.example>").await;
        let said = client.say(&format!("RCPT TO:<{to}>")).await;
        assert!(said.starts_with("250 2.1.5"), "{to}: {said}");
        client.say("DATA").await;
        let said = client.say("Subject: hello\r\n\r\nx\r\n.").await;
        assert!(said.starts_with("250 2.0.0"), "{said}");
    }
    client.say("MAIL FROM:<a@b.example>").await;
    let said = client.say("RCPT TO:<postmaster@else.example>").await;
    assert!(said.starts_with("550 5.7.1"), "{said}");
    let mut often = String::new();
    for _ in 0..100 {
        client.say("RSET").await;
        client.say("MAIL FROM:<a@b.example>").await;
        often = client.say("RCPT TO:<postmaster>").await;
    }
    assert!(often.starts_with("450 4.7.1"), "{often}");
    assert_eq!(place.notes.mails.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn letters_to_other_mailboxes_are_counted_too_and_nothing_else_is() {
    let place = Place::new().await;
    let mut client = Smtp::greeted(place.address("smtp")).await;
    client.say("EHLO a").await;
    let mut said = Vec::new();
    for to in ["b-mailbox@bounces.test", "b-1@bounces.test"] {
        for _ in 0..100 {
            client.say("MAIL FROM:<a@b.example>").await;
            let taken = client.say(&format!("RCPT TO:<{to}>")).await;
            assert!(taken.starts_with("250 2.1.5"), "{to}: {taken}");
            client.say("DATA").await;
            said.push(client.say("Subject: hello\r\n\r\nx\r\n.").await);
        }
    }
    let often = said.iter().rposition(|said| said.starts_with("451 4.3.0"));
    assert!(said[0].starts_with("250 2.0.0"), "{said:?}");
    assert_eq!(often, Some(99), "{said:?}");
    client.say("MAIL FROM:<a@b.example>").await;
    let often = client.say("RCPT TO:<postmaster>").await;
    assert!(often.starts_with("450 4.7.1"), "{often}");
}

#[tokio::test]
async fn postmaster_is_told_to_be_full_before_the_letter() {
    let place = Place::new().await;
    let mut client = Smtp::greeted(place.address("smtp")).await;
    client.say("EHLO a").await;
    place.notes.full.store(true, Ordering::Relaxed);
    client.say("MAIL FROM:<a@b.example>").await;
    let said = client.say("RCPT TO:<postmaster>").await;
    assert!(said.starts_with("452 4.3.1"), "{said}");
    let said = client.say("RCPT TO:<b-1@bounces.test>").await;
    assert!(said.starts_with("250 2.1.5"), "{said}");
    place.notes.full.store(false, Ordering::Relaxed);
    let said = client.say("RCPT TO:<postmaster>").await;
    assert!(said.starts_with("250 2.1.5"), "{said}");
}

#[tokio::test]
async fn who_guesses_recipients_is_sent_away() {
    let place = Place::new().await;
    let mut client = Smtp::greeted(place.address("smtp")).await;
    client.say("EHLO a").await;
    client.say("MAIL FROM:<>").await;
    let mut said = Vec::new();
    for guess in 0..11 {
        said.push(
            client
                .say(&format!("RCPT TO:<guess{guess}@bounces.test>"))
                .await,
        );
    }
    assert!(said[9].starts_with("550 5.1.1"), "{said:?}");
    assert!(said[10].starts_with("421 4.7.0"), "{said:?}");
}

#[tokio::test]
async fn what_cannot_be_kept_comes_again() {
    let place = Place::new().await;
    let mut client = Smtp::with_recipient(place.address("smtp")).await;
    place.notes.broken.store(true, Ordering::Relaxed);
    client.say("DATA").await;
    let answer = client.say("x\r\n.").await;
    assert!(answer.starts_with("451 4.3.0"), "{answer}");
    place.notes.broken.store(false, Ordering::Relaxed);
    client.say("MAIL FROM:<>").await;
    client.say("RCPT TO:<b-1@bounces.test>").await;
    client.say("DATA").await;
    let answer = client.say("x\r\n.").await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
}

#[tokio::test]
async fn mail_has_a_size_and_all_mail_has_a_room() {
    let place = Place::with(|serve| {
        serve.max_message_size = 1000;
        serve.mail_memory = 1500;
    })
    .await;
    let to = place.address("smtp");
    let mut client = Smtp::greeted(to).await;
    client.say("EHLO a").await;
    let said = client.say("MAIL FROM:<> SIZE=1001").await;
    assert!(said.starts_with("552 5.3.4"), "{said}");
    client.say("MAIL FROM:<> SIZE=900").await;
    client.say("RCPT TO:<b-1@bounces.test>").await;
    client.say("DATA").await;
    let said = client.say(&format!("{}\r\n.", "x\r\n".repeat(400))).await;
    assert!(said.starts_with("552 5.3.4"), "{said}");

    // One holds its content, another finds no room, and finds it when the first has gone.
    let mut holder = Smtp::with_recipient(to).await;
    holder
        .send(format!("BDAT 950\r\n{}", "x".repeat(950)).as_bytes())
        .await;
    holder.hear().await;
    client.say("MAIL FROM:<> SIZE=900").await;
    client.say("RCPT TO:<b-1@bounces.test>").await;
    let said = client.say("DATA").await;
    assert!(said.starts_with("452 4.3.1"), "{said}");
    client
        .send(format!("BDAT 900 LAST\r\n{}", "x".repeat(900)).as_bytes())
        .await;
    let said = client.hear().await;
    assert!(said.starts_with("452 4.3.1"), "{said}");
    holder.say("RSET").await;
    client.say("MAIL FROM:<> SIZE=900").await;
    client.say("RCPT TO:<b-1@bounces.test>").await;
    let said = client.say("DATA").await;
    assert!(said.starts_with("354"), "{said}");
}

#[tokio::test]
async fn bad_manners_end_the_conversation() {
    let place = Place::new().await;
    let to = place.address("smtp");
    let early = raw(to, b"EHLO a\r\nMAIL FROM:<>\r\n").await;
    assert!(early.starts_with("554 5.5.1"), "{early}");
    let browser = raw(to, b"POST / HTTP/1.1\r\nHost: a\r\n\r\nMAIL FROM:<>\r\n").await;
    assert!(browser.starts_with("554 5.5.1"), "{browser}");
    let mut client = Smtp::greeted(to).await;
    for _ in 0..5 {
        assert!(client.say("RUBBISH").await.starts_with("500"));
    }
    assert!(client.say("RUBBISH").await.starts_with("421"));
    let mut client = Smtp::greeted(to).await;
    let idle = "NOOP\r\n".repeat(10_000);
    // It hangs up before it has heard all.
    let _ = client.0.write_all(idle.as_bytes()).await;
    let mut said = String::new();
    let _ = client.0.read_to_string(&mut said).await;
    assert!(
        said.ends_with("421 4.7.0 Too many commands\r\n"),
        "{} octets",
        said.len()
    );
    let mut client = Smtp::with_recipient(to).await;
    for _ in 0..4 {
        assert!(
            client
                .say("RCPT TO:<b-1@bounces.test>")
                .await
                .starts_with("250")
        );
    }
    let sixth = client.say("RCPT TO:<b-1@bounces.test>").await;
    assert!(sixth.starts_with("452 4.5.3"), "{sixth}");
}

#[tokio::test]
async fn a_mail_ends_where_every_server_sees_its_end() {
    let place = Place::new().await;
    let mut client = Smtp::with_recipient(place.address("smtp")).await;
    client.say("DATA").await;
    let smuggled = "a\n.\nMAIL FROM:<x@y.example>\r\nRCPT TO:<b-9@bounces.test>\r\nDATA\r\nb\r\n.";
    let answer = client.say(smuggled).await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    client.say("QUIT").await;
    let mails = place.notes.mails.lock().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].0.to, ["b-1@bounces.test"]);
}

#[tokio::test]
async fn tls_is_offered_where_there_is_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["mx.bounces.test".to_owned()]).unwrap();
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = TlsFiles::read(&cert, &key).unwrap();
    let place = Place::of(Notes::default(), Some(tls), |_| {}).await;
    let mut client = Smtp::greeted(place.address("smtp")).await;
    assert!(client.say("EHLO a").await.contains("STARTTLS"));
    assert!(client.say("STARTTLS").await.starts_with("220 2.0.0"));
    let name = "mx.bounces.test".try_into().unwrap();
    let mut stream = connector(&cert).connect(name, client.0).await.unwrap();
    stream
        .write_all(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b-1@bounces.test>\r\nDATA\r\n")
        .await
        .unwrap();
    stream.write_all(b"x\r\n.\r\nQUIT\r\n").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.contains("250 2.0.0 Taken\r\n221"), "{said}");
    assert!(!said.contains("STARTTLS"), "{said}");

    // What came in plain text ahead of the handshake could be anybody's.
    let mut client = Smtp::greeted(place.address("smtp")).await;
    client.say("EHLO a").await;
    client.send(b"STARTTLS\r\nMAIL FROM:<>\r\n").await;
    assert!(client.hear().await.starts_with("421"));
}

#[test]
fn a_certificate_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let pair = |name: &str| {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let path = |ending| folder.path().join(format!("{name}.{ending}"));
        fs::write(path("cert"), made.cert.pem()).unwrap();
        fs::write(path("key"), made.signing_key.serialize_pem()).unwrap();
        (path("cert"), path("key"))
    };
    let (cert, key) = pair("a.test");
    let (_, other) = pair("b.test");
    let files = TlsFiles::read(&cert, &key).unwrap();
    let error = |cert: &Path, key: &Path| TlsFiles::read(cert, key).err().unwrap().to_string();
    let gone = folder.path().join("gone");
    assert!(error(&gone, &key).contains("serve.tls_cert"));
    assert!(error(&cert, &gone).contains("serve.tls_key"));
    assert!(error(&key, &key).contains("no certificate"));
    assert!(error(&cert, &other).contains("does not fit"));
    fs::write(&cert, "rubbish").unwrap();
    assert!(files.reload().is_err(), "the old one stays in use");
    pair("a.test");
    files.reload().unwrap();
}

fn connector(cert: &Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(cert).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}
