//! Too many, too slow, too often.

use crate::client::{LIMIT, Smtp, ask, from, rest};
use crate::desk::Notes;
use crate::place::Place;
use hikyaku::serve::TlsFiles;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn slow_clients_keep_nobody_out() {
    let place = Place::with(|serve| serve.connections = 50).await;
    let to = place.address("http");
    let mut slow = Vec::new();
    for number in 0..100 {
        let mut stream = TcpStream::connect(to).await.unwrap();
        let start: &[u8] = if number % 2 == 0 {
            b""
        } else {
            b"POST /u/reader1 HTTP/1.1\r\nHo"
        };
        stream.write_all(start).await.unwrap();
        slow.push(stream);
    }
    let quick = ask(to, "POST /u/reader1", "", "List-Unsubscribe=One-Click");
    let answer = timeout(Duration::from_secs(5), quick).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn one_client_gets_so_many_connections() {
    let place = Place::with(|serve| {
        serve.trusted_proxies.clear();
        serve.connections_per_client = 3;
    })
    .await;
    let to = place.address("http");
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(from("127.0.0.1", to).await);
    }
    let mut more = from("127.0.0.1", to).await;
    assert_eq!(rest(&mut more).await, "", "it is turned away");
    let mut other = from("127.0.0.2", to).await;
    other
        .write_all(b"GET /u/reader1 HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut other).await.starts_with("HTTP/1.0 200"));
}

#[tokio::test]
async fn who_guesses_is_put_off_and_readers_are_not() {
    let place = Place::new().await;
    let to = place.address("http");
    let mine = "X-Forwarded-For: 192.0.2.1\r\n";
    let mut codes = Vec::new();
    for guess in 0..100 {
        let answer = ask(to, &format!("GET /u/guess{guess}"), mine, "").await;
        if answer.status() == 429 {
            assert!(answer.header("retry-after").is_some());
        }
        codes.push(answer.status());
    }
    assert_eq!((codes[0], codes[50], codes[99]), (404, 404, 429));
    // Behind the same address a mail provider may post for thousands of readers.
    for reader in 1..200 {
        let line = format!("POST /u/reader{reader}");
        let answer = ask(to, &line, mine, "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status(), 200, "{reader}");
    }
    let other = ask(
        to,
        "GET /u/guess",
        "X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n",
        "",
    )
    .await;
    assert_eq!(other.status(), 404, "others are not put off");
}

#[tokio::test]
async fn one_token_is_not_asked_for_without_end() {
    let place = Place::new().await;
    let to = place.address("http");
    let mut codes = Vec::new();
    for _ in 0..60 {
        codes.push(ask(to, "GET /u/reader1", "", "").await.status());
    }
    assert_eq!((codes[0], codes[20], codes[59]), (200, 200, 429));
}

#[tokio::test]
async fn all_seats_of_the_mail_side_can_be_won_back() {
    let place = Place::with(|serve| {
        serve.connections = 4;
        serve.connections_per_client = 100;
    })
    .await;
    let to = place.address("smtp");
    let mut kept = Smtp::with_recipient(to).await;
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(Smtp::greeted(to).await);
    }
    let told = idle[0].hear().await;
    assert!(told.starts_with("421 4.3.2"), "{told}");
    let answer = kept.say("DATA").await;
    assert!(
        answer.starts_with("354"),
        "who brings a mail keeps the seat: {answer}"
    );
}

#[tokio::test]
async fn who_takes_too_many_seats_of_the_mail_side_is_told() {
    let place = Place::with(|serve| serve.connections_per_client = 2).await;
    let to = place.address("smtp");
    let _held = [Smtp::greeted(to).await, Smtp::greeted(to).await];
    let mut more = TcpStream::connect(to).await.unwrap();
    let told = rest(&mut more).await;
    assert_eq!(told, "421 4.3.2 Too many connections\r\n");
}

#[tokio::test]
async fn an_end_waits_for_a_mail_that_is_coming() {
    let mut place = Place::new().await;
    let to = place.address("smtp");
    let mut idle = Smtp::greeted(to).await;
    let mut busy = Smtp::with_recipient(to).await;
    busy.say("DATA").await;
    busy.send(b"Subject: x\r\n").await;
    place.stop.cancel();
    let told = idle.hear().await;
    assert!(told.starts_with("421 4.3.2"), "{told}");
    let answer = busy.say("\r\nx\r\n.").await;
    assert!(answer.starts_with("250"), "{answer}");
    let ended = timeout(LIMIT, place.task.join_next()).await;
    assert!(matches!(ended, Ok(Some(Ok(())))), "{ended:?}");
    assert_eq!(place.notes.mails.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_stalls_in_the_handshake_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["mx.bounces.test".to_owned()]).unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let cert = file("cert.pem", made.cert.pem());
    let key = file("key.pem", made.signing_key.serialize_pem());
    let tls = TlsFiles::read(&cert, &key).unwrap();
    let place = Place::of(Notes::default(), Some(tls), |serve| serve.connections = 1).await;
    let to = place.address("smtp");
    let mut stalls = Smtp::greeted(to).await;
    stalls.say("EHLO a").await;
    assert!(stalls.say("STARTTLS").await.starts_with("220"));
    // It says nothing more, and somebody else comes.
    let _other = Smtp::greeted(to).await;
    let end = timeout(Duration::from_secs(5), rest(&mut stalls.0)).await;
    assert_eq!(end.as_deref(), Ok(""));
}
