//! The real program over a real ledger: tokens and return paths are those of letters it has sent.

use crate::client::{Smtp, ask, raw};
use crate::support::program::{Ended, run};
use crate::support::service::{Sent, Service, sent};
use crate::support::workspace::{Workspace, closed_port, email};

fn suppressed(sent: &Sent) -> Ended {
    run(sent.workspace.path(), &["suppress", "export"])
}

#[tokio::test]
async fn a_reader_is_unsubscribed_durably_and_the_log_keeps_quiet_about_it() {
    let sent = sent();
    let service = Service::start(&sent, &[]);
    let to = service.address("http");
    let path = format!("/u/{}", sent.token);
    let page = ask(to, &format!("GET {path}"), "", "").await;
    assert!(page.body().contains("Example News"), "{page:?}");
    ask(to, &format!("HEAD {path}"), "", "").await;
    assert!(!suppressed(&sent).stdout.contains(&email(0)));
    for _ in 0..2 {
        let post = format!("POST {path}");
        let done = ask(to, &post, "", "List-Unsubscribe=One-Click").await;
        assert_eq!((done.status(), done.body()), (200, "unsubscribed\n"));
        // In the ledger, for another process, before the answer was there.
        let out = suppressed(&sent).stdout;
        assert_eq!(out.matches(&email(0)).count(), 1, "{out}");
    }
    let out = suppressed(&sent).stdout;
    assert!(
        !out.contains(&email(1)) && out.contains("one-click"),
        "{out}"
    );
    let well = ask(service.address("metrics"), "GET /healthz", "", "").await;
    assert_eq!(well.status(), 200);
    let scraped = ask(service.address("metrics"), "GET /metrics", "", "").await;
    for line in [
        "hikyaku_campaign_recipients{campaign=\"spring\",state=\"delivered\"} 3.0",
        "hikyaku_suppressions 1.0",
        "hikyaku_unsubscribes_total{way=\"one-click\"} 2",
    ] {
        assert!(
            scraped.body().contains(line),
            "{line} in {}",
            scraped.body()
        );
    }
    let (code, said) = service.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("unsubscribed") && !said.contains(&sent.token),
        "{said}"
    );
    assert!(!said.contains('@') && !said.contains("127.0.0.1"), "{said}");
    let lines = said.lines().map(serde_json::from_str::<serde_json::Value>);
    assert!(lines.into_iter().all(|line| line.is_ok()), "{said}");
}

#[tokio::test]
async fn mail_is_taken_for_return_paths_of_letters_that_were_sent() {
    let sent = sent();
    let service = Service::start(&sent, &[]);
    let mut client = Smtp::greeted(service.address("smtp")).await;
    assert!(client.say("EHLO a").await.starts_with("250-sender.test"));
    client.say("MAIL FROM:<>").await;
    let forged = sent.return_path.replacen("b-", "b-a", 1);
    let said = client.say(&format!("RCPT TO:<{forged}>")).await;
    assert!(said.starts_with("550 5.1.1"), "{said}");
    let said = client.say(&format!("RCPT TO:<{}>", sent.return_path)).await;
    assert!(said.starts_with("250 2.1.5"), "{said}");
    client.say("DATA").await;
    let said = client
        .say("Subject: away\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n.")
        .await;
    assert!(said.starts_with("250 2.0.0"), "{said}");
}

/// What a client is told that brings this mail to this address.
async fn bring(service: &Service, to: &str, mail: &str) -> String {
    let mut client = Smtp::greeted(service.address("smtp")).await;
    client.say("EHLO a").await;
    client.say("MAIL FROM:<ann@one.example>").await;
    let said = client.say(&format!("RCPT TO:<{to}>")).await;
    assert!(said.starts_with("250 2.1.5"), "{to}: {said}");
    client.say("DATA").await;
    client.say(&format!("{mail}\r\n.")).await
}

#[tokio::test]
async fn what_people_write_is_kept_or_noted() {
    let sent = sent();
    let service = Service::start(&sent, &[]);
    let letter = "From: Ann <ann@one.example>\r\nSubject: A \u{1b}[2Jword\r\n\r\nHello.";
    for to in ["postmaster@bounces.test", "Unsubscribe@bounces.test"] {
        assert!(
            bring(&service, to, letter).await.starts_with("250 2.0.0"),
            "{to}"
        );
    }
    assert!(
        bring(&service, &sent.return_path, letter)
            .await
            .starts_with("250 2.0.0")
    );
    let folder = sent.workspace.path().join(".hikyaku/postmaster/new");
    let kept: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert_eq!(kept.len(), 2);
    let notes = run(
        sent.workspace.path(),
        &["bounces", "notes", "--format", "json"],
    );
    let note: serde_json::Value = serde_json::from_str(notes.stdout.trim()).unwrap();
    assert_eq!(
        (&note["kind"], &note["email"]),
        (&"other".into(), &email(0).into())
    );
    let detail = note["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("from ann@one.example: A ") && detail.ends_with("word"),
        "{detail}"
    );
    assert!(
        !notes.stdout.contains('\u{1b}') && !detail.contains('\u{1b}'),
        "{detail:?}"
    );
    let none = run(
        sent.workspace.path(),
        &["bounces", "notes", "--kind", "complaint"],
    );
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    let notes = ["bounces", "notes", "--format", "json", "--kind"];
    let of_kind = |kind| run(sent.workspace.path(), &[&notes[..], &[kind]].concat());
    assert_eq!(of_kind("other").stdout.lines().count(), 1);
    let ended = of_kind("earlier_bounce");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""));
    assert_eq!(of_kind("others").code, Some(2));
}

#[tokio::test]
async fn a_letter_about_our_mail_is_kept_however_often_and_wherever_it_goes_besides() {
    let sent = sent();
    let service = Service::start(&sent, &[]);
    let letter = format!(
        "From: abuse@one.example\r\nSubject: What is this?\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee below.\r\n--x\r\n\
         Content-Type: message/rfc822\r\n\r\nReturn-Path: <{}>\r\nSubject: News\r\n\r\nNews.\r\n--x--",
        sent.return_path
    );
    let folder = sent.workspace.path().join(".hikyaku/postmaster/new");
    for kept in 1..=2 {
        let said = bring(&service, "postmaster@bounces.test", &letter).await;
        assert!(said.starts_with("250 2.0.0"), "{said}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), kept);
    }
    let mut client = Smtp::greeted(service.address("smtp")).await;
    client.say("EHLO a").await;
    client.say("MAIL FROM:<ann@one.example>").await;
    for to in [sent.return_path.as_str(), "postmaster"] {
        let said = client.say(&format!("RCPT TO:<{to}>")).await;
        assert!(said.starts_with("250 2.1.5"), "{to}: {said}");
    }
    client.say("DATA").await;
    let said = client.say("Subject: a word\r\n\r\nHello.\r\n.").await;
    assert!(said.starts_with("250 2.0.0"), "{said}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
}

#[tokio::test]
async fn a_flood_leaves_memory_bounded_and_good_requests_served() {
    let sent = sent();
    let service = Service::start(&sent, &[]);
    let to = service.address("http");
    raw(to, b"GET / HTTP/1.0\r\n\r\n").await;
    let before = service.memory();
    for batch in 0..200 {
        let mut requests = String::new();
        for number in 0..100 {
            let end = if number == 99 {
                "Connection: close\r\n"
            } else {
                ""
            };
            let (a, b) = (batch % 256, number);
            requests += &format!(
                "GET /u/{batch}x{number}/{} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.{a}.{b}.1\r\n{end}\r\n",
                "x".repeat(100)
            );
        }
        let said = raw(to, requests.as_bytes()).await;
        assert_eq!(said.matches("HTTP/1.1 404").count(), 100);
    }
    let post = format!("POST /u/{}", sent.token);
    let good = ask(to, &post, "", "List-Unsubscribe=One-Click").await;
    assert_eq!(good.status(), 200);
    let after = service.memory();
    assert!(after < before + 30, "{before} MB, then {after} MB");
}

#[tokio::test]
async fn what_stands_in_the_way_is_said() {
    let workspace = Workspace::new(closed_port(), 1);
    let serve = |flags: &[&str]| {
        let all = [&["serve", "--metrics", "off"], flags].concat();
        run(workspace.path(), &all)
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = serve(&["--http", &address]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("serve.http") && ended.stderr.contains("another program"),
        "{ended:?}"
    );
    let ended = serve(&["--http", "nonsense"]);
    assert!(
        ended.code == Some(1) && ended.stderr.contains("no address to listen on"),
        "{ended:?}"
    );
    let ended = serve(&["--http", "off"]);
    assert!(
        ended.code == Some(1) && ended.stderr.contains("nothing to listen on"),
        "{ended:?}"
    );
    let ended = serve(&["--http", "off", "--smtp", "127.0.0.1:0"]);
    assert!(
        ended.code == Some(1) && ended.stderr.contains("serve.smtp_domains"),
        "{ended:?}"
    );
    let ended = serve(&["--set", "serve.tls_cert=gone.pem"]);
    assert!(
        ended.code == Some(1) && ended.stderr.contains("serve.tls_key"),
        "{ended:?}"
    );
    let ended = serve(&[
        "--set",
        "serve.tls_cert=gone.pem",
        "--set",
        "serve.tls_key=gone.pem",
        "--log-format",
        "json",
    ]);
    assert_eq!(ended.code, Some(1));
    let said: serde_json::Value = serde_json::from_str(ended.stderr.trim()).unwrap();
    assert!(
        said["error"].as_str().unwrap().contains("gone.pem"),
        "{said}"
    );
}
