//! POP3 conversations.

use super::Step::{Flood, Hang, Hear, Say};
use super::{Server, Step, open};
use crate::model::{Handled, MailboxProtocol};
use crate::net::mailbox::{Fetched, Key, Listed, Mailbox, MailboxError};

fn entrance() -> Vec<Step> {
    vec![
        Say("+OK ready\n"),
        Hear("CAPA"),
        Say("+OK\nUSER\nUIDL\nTOP\n.\n"),
        Hear("USER me"),
        Say("+OK\n"),
        Hear("PASS geheim"),
        Say("+OK\n"),
        Hear("CAPA"),
        Say("+OK\nUSER\nUIDL\nTOP\n.\n"),
    ]
}

async fn meet(more: Vec<Step>, handled: Handled) -> (Server, Mailbox) {
    let mut steps = entrance();
    steps.extend(more);
    let server = Server::start(steps).await;
    let mut settings = server.settings(MailboxProtocol::Pop3);
    settings.handled = handled;
    let mailbox = open(&settings).await.unwrap();
    assert_eq!(mailbox.validity(), None);
    (server, mailbox)
}

fn key(number: u32, uidl: &str) -> Key {
    Key::Uidl {
        number,
        uidl: uidl.to_owned(),
    }
}

#[tokio::test]
async fn messages_are_fetched_and_deleted_only_where_asked() {
    let script = || {
        vec![
            Hear("LIST"),
            Say("+OK\n1 120\n2 5000\n3 10\n.\n"),
            Hear("UIDL"),
            Say("+OK\n1 abc\n2 d.e/f\nnonsense\n3 g\n.\n"),
            Hear("RETR 1"),
            Say("+OK\nSubject: x\n\n..dot\n.\n"),
            Hear("TOP 2 5000"),
            Say("+OK\nlarge\n.\n"),
            Hear("RETR 3"),
            Say("-ERR no such message\n"),
        ]
    };
    for handled in [Handled::Flag, Handled::Delete] {
        let mut steps = script();
        if handled == Handled::Delete {
            steps.extend([Hear("DELE 1"), Say("+OK\n")]);
        }
        steps.extend([Hear("QUIT"), Say("+OK bye\n")]);
        let (server, mut mailbox) = meet(steps, handled).await;
        let mut listed = mailbox.list(0).await.unwrap();
        assert_eq!(listed.len(), 3);
        let two = Listed {
            key: key(2, "d.e/f"),
            size: 5_000,
        };
        assert_eq!(listed[1], two);
        let mut all = Vec::new();
        while !listed.is_empty() {
            let (asked, fetched) = mailbox.fetch(&listed).await.unwrap();
            listed.drain(..asked);
            all.extend(fetched);
        }
        let first = Fetched {
            key: key(1, "abc"),
            octets: b"Subject: x\r\n\r\n.dot\r\n".to_vec(),
        };
        assert_eq!((all.len(), &all[0]), (2, &first));
        mailbox.put_away(&[key(1, "abc")]).await.unwrap();
        mailbox.close().await.unwrap();
        server.heard().await;
    }
}

#[tokio::test]
async fn a_message_is_read_to_its_end_and_kept_to_its_bound() {
    let steps = vec![
        Hear("RETR 1"),
        Say("+OK\n"),
        Flood(b'x', 100_000),
        Say("\n.\n"),
        Hear("RETR 1"),
        Say("+OK\nabc"),
        Hang,
    ];
    let (_server, mut mailbox) = meet(steps, Handled::Flag).await;
    let one = [Listed {
        key: key(1, "a"),
        size: 3,
    }];
    let (_, fetched) = mailbox.fetch(&one).await.unwrap();
    assert_eq!(fetched[0].octets.len(), 1_000);
    let endless = mailbox.fetch(&one).await.unwrap_err();
    assert!(matches!(endless, MailboxError::Silent { .. }), "{endless}");
}

#[tokio::test]
async fn a_refused_password_is_said_without_it() {
    let server = Server::start(vec![
        Say("+OK\n"),
        Hear("CAPA"),
        Say("+OK\nSASL PLAIN\n.\n"),
        Hear("AUTH PLAIN AG1lAGdlaGVpbQ=="),
        Say("-ERR [AUTH] geheim is wrong\n"),
        Hang,
    ])
    .await;
    let settings = server.settings(MailboxProtocol::Pop3);
    let error = open(&settings).await.map(|_| ()).unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("is wrong") && !words.contains("geheim"),
        "{words}"
    );
    server.heard().await;
}
