//! Mail to our own addresses that is about no message.

use super::{Desk, NOW};
use crate::intake::Envelope;
use crate::render::Purpose;

const LETTER: &[u8] = b"From: Ann <ann@one.example>\r\nTo: x@y.example\r\n\
    Subject: Thank\x1b[2Jyou\r\nMessage-ID: <1@one.example>\r\n\r\nA word to you.\r\n";

fn to_path(desk: &Desk) -> Envelope {
    let token = desk.token(Purpose::ReversePath, 0);
    Envelope {
        from: Some("ann@one.example".to_owned()),
        to: vec![format!("b-{token}@bounces.example.com")],
    }
}

#[tokio::test]
async fn a_letter_to_a_return_path_is_noted() {
    let desk = Desk::new().await;
    let envelope = to_path(&desk);
    let taken = desk.intake.take(LETTER, &envelope, "smtp", NOW).await;
    let taken = taken.unwrap();
    assert!(taken.entries[0].effect.noted && taken.entries[0].matched.is_some());
    let notes = desk.notes();
    let [(kind, detail)] = &notes[..] else {
        panic!("one note: {notes:?}")
    };
    assert_eq!(kind, "other");
    assert!(
        detail.starts_with("from ann@one.example: Thank"),
        "{detail:?}"
    );
    assert!(desk.suppressions().is_empty() && desk.moved().is_empty());
}

#[tokio::test]
async fn in_a_mailbox_it_is_left_to_people() {
    let desk = Desk::new().await;
    let path = &to_path(&desk).to[0];
    let fetched = format!(
        "Delivered-To: {path}\r\n{}",
        String::from_utf8_lossy(LETTER)
    );
    let nobody = Envelope::default();
    let taken = desk
        .intake
        .take(fetched.as_bytes(), &nobody, "mailbox", NOW);
    assert!(!taken.await.unwrap().is_handled());
    assert!(desk.notes().is_empty());
}

#[tokio::test]
async fn who_forwards_our_mail_to_a_mailbox_of_ours_is_not_its_recipient() {
    let desk = Desk::new().await;
    let path = &to_path(&desk).to[0];
    let forwarded = format!(
        "From: abuse@one.example\r\nSubject: What is this?\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee below.\r\n--x\r\n\
         Content-Type: message/rfc822\r\n\r\nReturn-Path: <{path}>\r\nSubject: News\r\n\r\nNews.\r\n--x--\r\n"
    );
    let quoted = format!(
        "From: abuse@one.example\r\nSubject: What is this?\r\n\r\nSee below.\r\n\r\n> Return-Path: <{path}>\r\n> Subject: News\r\n"
    );
    let envelope = Envelope {
        from: Some("abuse@one.example".to_owned()),
        to: vec!["postmaster@bounces.example.com".to_owned()],
    };
    for letter in [forwarded, quoted] {
        let taken = desk.intake.take(letter.as_bytes(), &envelope, "smtp", NOW);
        let taken = taken.await.unwrap();
        assert_eq!(taken.kind().as_str(), "other", "{letter}");
        assert!(!taken.is_handled() && !taken.is_news(), "{letter}");
    }
    assert!(desk.notes().is_empty());
}
