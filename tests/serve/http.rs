//! The unsubscribe address.

use crate::client::{Answer, ask, raw, rest};
use crate::place::Place;
use std::sync::atomic::Ordering;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

#[tokio::test]
async fn one_click_unsubscribes_in_every_form_and_under_every_prefix() {
    let place = Place::new().await;
    let to = place.address("http");
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (number, (path, headers, body)) in [
        ("/u/reader1", FORM, ONE_CLICK),
        ("/reader2", FORM, ONE_CLICK),
        ("/news/leave/reader3/", FORM, ONE_CLICK),
        ("/u?t=reader4", FORM, ONE_CLICK),
        ("http://example.com/u/reader5", FORM, ONE_CLICK),
        (
            "/u/reader6",
            "Content-Type: multipart/form-data; boundary=b\r\n",
            multipart,
        ),
        ("/u/reader7", "", ONE_CLICK),
        (
            "/u/reader8",
            "Cookie: a=b\r\nExpect: nothing\r\n",
            ONE_CLICK,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = ask(to, &format!("POST {path}"), headers, body).await;
        assert_eq!(answer.status(), 200, "{path} {answer:?}");
        assert_eq!(answer.header("location"), None);
        assert_eq!(answer.header("set-cookie"), None);
        let wishes = place.notes.wishes();
        let want = (format!("reader{}", number + 1), "one-click");
        assert_eq!(wishes.last(), Some(&want), "{path}");
    }
}

#[tokio::test]
async fn links_that_are_only_followed_change_nothing() {
    let place = Place::new().await;
    let to = place.address("http");
    let page = ask(to, "GET /u/reader1", "", "").await;
    assert_eq!(page.status(), 200);
    assert!(page.body().contains("<form method=\"post\">"), "{page:?}");
    assert!(page.body().contains("Example &amp; Sons"));
    assert!(
        !page.body().contains("reader1"),
        "the page repeats no token"
    );
    for (header, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex, nofollow"),
        ("content-language", "en"),
    ] {
        assert_eq!(page.header(header), Some(value));
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let head = ask(to, "HEAD /u/reader1", "", "").await;
    assert_eq!((head.status(), head.body()), (200, ""));
    let japanese = ask(
        to,
        "GET /u/reader1",
        "Accept-Language: ja\r\nPurpose: prefetch\r\n",
        "",
    )
    .await;
    assert!(japanese.body().contains("配信を停止する"));
    let asked = ask(to, "OPTIONS /u/reader1", "", "").await;
    assert_eq!(asked.status(), 204);
    assert_eq!(asked.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    assert_eq!(place.notes.wishes(), []);
}

#[tokio::test]
async fn the_button_unsubscribes_and_says_so() {
    let place = Place::new().await;
    let to = place.address("http");
    let done = ask(to, "POST /u/reader1", FORM, "unsubscribe=yes").await;
    assert_eq!(done.status(), 200);
    assert!(done.body().contains("You are unsubscribed"), "{done:?}");
    assert_eq!(place.notes.wishes(), [("reader1".to_owned(), "page")]);
    let again = ask(to, "POST /u/reader1", FORM, "unsubscribe=yes").await;
    assert_eq!(again.status(), 200);
}

#[tokio::test]
async fn a_post_that_does_not_say_so_changes_nothing() {
    let place = Place::new().await;
    let to = place.address("http");
    for body in ["", "List-Unsubscribe=No", "{}", "unsubscribe=no"] {
        let answer = ask(to, "POST /u/reader1", FORM, body).await;
        assert_eq!(answer.status(), 400, "{body}");
        assert!(answer.body().contains("Nothing was changed"));
    }
    assert_eq!(place.notes.wishes(), []);
}

#[tokio::test]
async fn tokens_that_open_nothing_reveal_nothing_and_reach_no_ledger() {
    let place = Place::new().await;
    let to = place.address("http");
    let first = ask(to, "POST /u/forged", FORM, ONE_CLICK).await;
    assert_eq!(first.status(), 404);
    for path in [
        "/",
        "/u/",
        "/u/READER1",
        "/u/reader1x",
        "/..%2f",
        "/u/%72eader1",
        "/metrics",
        "/healthz",
    ] {
        let answer = ask(to, &format!("POST {path}"), FORM, ONE_CLICK).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.body(), first.body(), "{path}");
    }
    // The ledger it was made for has lost this reader: told as if there had never been one.
    let gone = ask(to, "POST /u/reader1000", FORM, ONE_CLICK).await;
    assert_eq!((gone.status(), gone.body()), (404, first.body()));
    assert_eq!(place.notes.wishes().len(), 1);
}

#[tokio::test]
async fn a_sample_is_told_to_be_one() {
    let place = Place::new().await;
    let to = place.address("http");
    for line in ["GET /u/reader0", "POST /u/reader0"] {
        let answer = ask(to, line, FORM, ONE_CLICK).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.body().contains("This was a test"), "{answer:?}");
    }
    assert_eq!(place.notes.wishes(), []);
}

#[tokio::test]
async fn what_could_not_be_saved_is_not_said_to_be_done() {
    let place = Place::new().await;
    let to = place.address("http");
    place.notes.broken.store(true, Ordering::Relaxed);
    for body in [ONE_CLICK, "unsubscribe=yes"] {
        let answer = ask(to, "POST /u/reader1", FORM, body).await;
        assert_eq!(answer.status(), 503);
        assert!(answer.header("retry-after").is_some());
        assert!(answer.body().contains("not unsubscribed yet"), "{answer:?}");
        assert!(!answer.body().contains("disk"), "reasons are for the log");
    }
    place.notes.broken.store(false, Ordering::Relaxed);
    assert_eq!(
        ask(to, "POST /u/reader1", FORM, ONE_CLICK).await.status(),
        200
    );
}

#[tokio::test]
async fn what_is_no_good_request_is_refused_shortly() {
    let place = Place::new().await;
    let to = place.address("http");
    let long = "x".repeat(20_000);
    let many = (0..200)
        .map(|n| format!("X-{n}: 1\r\n"))
        .collect::<String>();
    let host = "Host: a\r\nConnection: close\r\n";
    for (request, status) in [
        (format!("PUT /u/reader1 HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("TRACE /u/reader1 HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("BREW / HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("CONNECT a:1 HTTP/1.1\r\n{host}\r\n"), 405),
        (
            "GET /u/reader1 HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
            400,
        ),
        (
            format!("GET /u/reader1 HTTP/1.1\r\nHost: b\r\n{host}\r\n"),
            400,
        ),
        (
            "GET /u/reader1 HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n".to_owned(),
            400,
        ),
        (format!("GET /{long} HTTP/1.1\r\n{host}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nX: {long}\r\n{host}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{many}{host}\r\n"), 431),
        (
            format!("POST /u/reader1 HTTP/1.1\r\n{host}Content-Length: 20000\r\n\r\n{long}"),
            413,
        ),
        (
            format!("POST /u/reader1 HTTP/1.1\r\n{host}Content-Length: x\r\n\r\n"),
            400,
        ),
        (
            format!("POST /u/reader1 HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            400,
        ),
        ("\u{16}\u{3}\u{1} a TLS hello\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("EHLO a\r\n\r\n".to_owned(), 400),
    ] {
        let answer = Answer(raw(to, request.as_bytes()).await);
        let start = &request[..request.len().min(60)];
        assert_eq!(answer.status(), status, "{start:?}: {answer:?}");
        assert!(answer.0.len() < 6000, "{start:?}");
    }
    assert_eq!(place.notes.wishes(), []);
}

#[tokio::test]
async fn requests_that_come_together_are_answered_in_order() {
    let place = Place::new().await;
    let head = "Host: a\r\n";
    let post = format!("POST /u/reader5 HTTP/1.1\r\n{head}Content-Length: 26\r\n\r\n{ONE_CLICK}");
    let last = format!("GET /nowhere HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
    let said = raw(
        place.address("http"),
        format!("{post}{post}{last}").as_bytes(),
    )
    .await;
    let codes: Vec<&str> = said
        .match_indices("HTTP/1.1 ")
        .map(|(at, start)| &said[at + start.len()..at + start.len() + 3])
        .collect();
    assert_eq!(codes, ["200", "200", "404"]);
    assert_eq!(place.notes.wishes().len(), 2);
}

#[tokio::test]
async fn a_client_that_has_ended_its_side_is_answered() {
    let place = Place::new().await;
    let mut stream = TcpStream::connect(place.address("http")).await.unwrap();
    let post =
        format!("POST /u/reader1 HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\n{ONE_CLICK}");
    stream.write_all(post.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
    // One that leaves amid its body wanted nothing.
    let mut stream = TcpStream::connect(place.address("http")).await.unwrap();
    stream
        .write_all(&post.as_bytes()[..post.len() - 4])
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    rest(&mut stream).await;
    assert_eq!(place.notes.wishes().len(), 1);
}
