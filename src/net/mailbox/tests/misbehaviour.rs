//! Servers that misbehave: an error in bounded time and memory, and never a secret for the wrong ear.

use super::Step::{Flood, Hang, Hear, Say};
use super::imap::entrance;
use super::{Server, Step, open};
use crate::model::{MailboxProtocol, RelayTls};
use crate::net::mailbox::{Key, Listed, MailboxError};

async fn imap(steps: Vec<Step>) -> MailboxError {
    let server = Server::start(steps).await;
    let settings = server.settings(MailboxProtocol::Imap);
    open(&settings).await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn a_server_that_does_not_speak_imap_is_left() {
    let garbage = imap(vec![Say("\u{1}\u{2}garbage\n"), Hang]).await;
    assert!(matches!(garbage, MailboxError::Nonsense(_)), "{garbage}");
    let web = imap(vec![Say("HTTP/1.1 400 Bad Request\n\n")]).await;
    assert!(web.may_pass(), "{web}");
    let busy = imap(vec![Say("* BYE too many connections\n")]).await;
    assert!(busy.to_string().contains("too many"), "{busy}");
    assert!(busy.may_pass(), "{busy}");
    let silent = imap(vec![Hang]).await;
    assert!(matches!(silent, MailboxError::Silent { .. }), "{silent}");
    let gone = imap(vec![Say("* OK\n"), Hear("CAPABILITY")]).await;
    assert!(gone.may_pass(), "{gone}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_it() {
    let steps = vec![Say("* OK "), Flood(b'x', 8 << 20), Hang];
    let endless = imap(steps).await;
    let words = endless.to_string();
    assert!(words.contains("more than an answer can be"), "{words}");
}

async fn fetch(answer: Vec<Step>) -> Result<usize, MailboxError> {
    let mut steps = entrance("", "1");
    steps.push(Hear("UID FETCH 5 (UID BODY.PEEK[])"));
    steps.extend(answer);
    let server = Server::start(steps).await;
    let settings = server.settings(MailboxProtocol::Imap);
    let mut mailbox = open(&settings).await.unwrap();
    let five = Listed {
        key: Key::Uid(5),
        size: 100,
    };
    let (_, fetched) = mailbox.fetch(&[five]).await?;
    Ok(fetched.len())
}

#[tokio::test]
async fn literals_are_no_larger_than_what_was_asked_for() {
    let huge = fetch(vec![Say("* 1 FETCH (UID 5 BODY[] {400000000}\n"), Hang]).await;
    let words = huge.unwrap_err().to_string();
    assert!(words.contains("literal larger"), "{words}");
    let endless = fetch(vec![Say("* 1 FETCH (UID 5 BODY[] {900}\nabc"), Hang]).await;
    assert!(matches!(endless, Err(MailboxError::Silent { .. })));
    let cut = fetch(vec![Say("* 1 FETCH (UID 5 BODY[] {900}\nabc")]).await;
    assert!(matches!(cut, Err(MailboxError::Closed)));
    let gone = fetch(vec![Say("{tag} OK nothing there\n"), Hang]).await;
    assert_eq!(gone.unwrap(), 0);
}

#[tokio::test]
async fn no_secret_goes_over_a_line_that_anybody_reads() {
    for (protocol, steps) in [
        (
            MailboxProtocol::Imap,
            vec![
                Say("* OK\n"),
                Hear("CAPABILITY"),
                Say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\n{tag} OK\n"),
                Hang,
            ],
        ),
        (
            MailboxProtocol::Pop3,
            vec![
                Say("+OK\n"),
                Hear("CAPA"),
                Say("+OK\nUSER\nSASL PLAIN\n.\n"),
                Hang,
            ],
        ),
    ] {
        let server = Server::start(steps).await;
        let mut settings = server.settings(protocol);
        settings.auth.allow_plaintext = false;
        let error = open(&settings).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, MailboxError::LogIn(_)), "{error}");
        server.heard().await;
    }
}

#[tokio::test]
async fn starttls_that_is_hidden_is_missed() {
    for (protocol, steps) in [
        (
            MailboxProtocol::Imap,
            vec![
                Say("* OK\n"),
                Hear("CAPABILITY"),
                Say("* CAPABILITY IMAP4rev1\n{tag} OK\n"),
                Hang,
            ],
        ),
        (
            MailboxProtocol::Pop3,
            vec![Say("+OK\n"), Hear("CAPA"), Say("-ERR what\n"), Hang],
        ),
    ] {
        let server = Server::start(steps).await;
        let mut settings = server.settings(protocol);
        settings.tls = RelayTls::Required;
        let error = open(&settings).await.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("TLS"), "{error}");
        server.heard().await;
    }
}

#[tokio::test]
async fn words_between_stls_and_the_handshake_end_it() {
    let server = Server::start(vec![
        Say("+OK\n"),
        Hear("CAPA"),
        Say("+OK\nSTLS\n.\n"),
        Hear("STLS"),
        Say("+OK go on\n+OK who said that\n"),
        Hang,
    ])
    .await;
    let mut settings = server.settings(MailboxProtocol::Pop3);
    settings.tls = RelayTls::Opportunistic;
    let error = open(&settings).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, MailboxError::Nonsense(_)), "{error}");
}

#[tokio::test]
async fn what_passes_is_told_from_what_somebody_has_to_change() {
    let imap_login = |answer| {
        vec![
            Say("* OK\n"),
            Hear("CAPABILITY"),
            Say("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\n{tag} OK\n"),
            Hear("AUTHENTICATE"),
            Say(answer),
        ]
    };
    let pop3_login = |answer| {
        vec![
            Say("+OK\n"),
            Hear("CAPA"),
            Say("+OK\nUSER\n.\n"),
            Hear("USER"),
            Say("+OK\n"),
            Hear("PASS"),
            Say(answer),
        ]
    };
    let (imap, pop3) = (MailboxProtocol::Imap, MailboxProtocol::Pop3);
    for (protocol, steps, passes) in [
        (imap, imap_login("{tag} NO [UNAVAILABLE] later\n"), true),
        (imap, imap_login("* BYE shutting down\n"), true),
        (
            imap,
            imap_login("{tag} NO [AUTHENTICATIONFAILED] no\n"),
            false,
        ),
        (pop3, vec![Say("-ERR too busy\n")], true),
        (pop3, vec![Say("-ERR [SYS/TEMP] later\n")], true),
        (pop3, vec![Say("-ERR [SYS/PERM] never\n")], false),
        (pop3, pop3_login("-ERR [IN-USE] locked\n"), true),
        (pop3, pop3_login("-ERR [login-delay] wait\n"), true),
        (pop3, pop3_login("-ERR [AUTH] wrong\n"), false),
        (pop3, pop3_login("-ERR wrong\n"), false),
    ] {
        let server = Server::start(steps).await;
        let error = open(&server.settings(protocol))
            .await
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.may_pass(), passes, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_stopped_while_it_answers_may_come_back() {
    let stopped = fetch(vec![Say("* BYE going down\n")]).await.unwrap_err();
    assert!(stopped.may_pass(), "{stopped}");
    assert!(stopped.to_string().contains("going down"), "{stopped}");
}
