//! Conversations with servers that behave.

use super::Step::{Hang, Hear, Say};
use super::{Server, Step, open};
use crate::model::{Handled, MailboxProtocol, SaslMechanism, SecretKind};
use crate::net::mailbox::{Key, Listed, Mailbox};
use tokio_util::sync::CancellationToken;

/// Greeting to SELECT, by a server that can do these things.
pub(super) fn entrance(capabilities: &'static str, exists: &'static str) -> Vec<Step> {
    vec![
        Say("* OK [CAPABILITY IMAP4rev1] at your service\n"),
        Hear("CAPABILITY"),
        Say("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\n{tag} OK\n"),
        // NUL me NUL geheim
        Hear("AUTHENTICATE PLAIN AG1lAGdlaGVpbQ=="),
        Say("{tag} OK welcome\n"),
        Hear("CAPABILITY"),
        Say("* CAPABILITY IMAP4rev1 "),
        Say(capabilities),
        Say("\n{tag} OK\n"),
        Hear("SELECT \"INBOX\""),
        Say("* FLAGS (\\Seen \\Deleted)\n* "),
        Say(exists),
        Say(" EXISTS\n* 0 RECENT\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\n"),
        Say("* OK [UIDVALIDITY 77] x\n* OK [UIDNEXT 99] x\n{tag} OK [READ-WRITE] done\n"),
    ]
}

async fn meet(
    capabilities: &'static str,
    exists: &'static str,
    more: Vec<Step>,
) -> (Server, Mailbox) {
    meet_as(capabilities, exists, more, Handled::Move).await
}

async fn meet_as(
    capabilities: &'static str,
    exists: &'static str,
    more: Vec<Step>,
    handled: Handled,
) -> (Server, Mailbox) {
    let mut steps = entrance(capabilities, exists);
    steps.extend(more);
    let server = Server::start(steps).await;
    let mut settings = server.settings(MailboxProtocol::Imap);
    settings.handled = handled;
    let mailbox = open(&settings).await.unwrap();
    assert_eq!(mailbox.validity(), Some(77));
    (server, mailbox)
}

fn listed(uid: u32, size: u32) -> Listed {
    Listed {
        key: Key::Uid(uid),
        size,
    }
}

#[tokio::test]
async fn messages_are_listed_and_fetched_without_being_seen() {
    let script = vec![
        Hear("NOOP"),
        Say("* 5 EXISTS\n{tag} OK\n"),
        Hear("FETCH 5 (UID)"),
        Say("* 5 FETCH (UID 41)\n{tag} OK\n"),
        Hear("FETCH 3 (UID)"),
        Say("* 3 FETCH (UID 12)\n{tag} OK\n"),
        Hear("FETCH 2 (UID)"),
        Say("* 2 FETCH (UID 9)\n{tag} OK\n"),
        Hear("FETCH 3:5 (UID RFC822.SIZE FLAGS)"),
        Say("* 3 FETCH (UID 12 RFC822.SIZE 20 FLAGS (\\Recent))\n"),
        Say("* 4 FETCH (FLAGS (\\Seen $hikyakuhandled) UID 40 RFC822.SIZE 9)\n"),
        Say("* 5 FETCH (UID 41 FLAGS () RFC822.SIZE 9000)\n{tag} OK\n"),
        Hear("UID FETCH 12,41 (UID BODY.PEEK[]<0.1000>)"),
        Say("* 3 FETCH (UID 12 BODY[]<0> {7}\n{9}\n\n)\n* 3 FETCH (FLAGS (\\Seen))\n"),
        Say("* 5 FETCH (BODY[]<0> \"x\" UID 41)\n* 9 FETCH (UID 8 BODY[] \"other\")\n{tag} OK\n"),
        Hear("LOGOUT"),
        Say("* BYE\n{tag} OK\n"),
    ];
    let (server, mut mailbox) = meet("IDLE", "4", script).await;
    let all = mailbox.list(9).await.unwrap();
    assert_eq!(all, [listed(12, 20), listed(41, 9_000)]);
    let (asked, fetched) = mailbox.fetch(&all).await.unwrap();
    assert_eq!(asked, 2);
    let contents: Vec<_> = fetched.iter().map(|one| one.octets.as_slice()).collect();
    assert_eq!(contents, [&b"{9}\r\n\r\n"[..], b"x"]);
    mailbox.close().await.unwrap();
    server.heard().await;
}

#[tokio::test]
async fn nothing_new_costs_one_question() {
    let script = vec![
        Hear("NOOP"),
        Say("{tag} OK\n"),
        Hear("FETCH 2 (UID)"),
        Say("* 2 FETCH (UID 41)\n{tag} OK\n"),
    ];
    let (server, mut mailbox) = meet("IDLE", "2", script).await;
    assert!(mailbox.list(41).await.unwrap().is_empty());
    server.heard().await;
}

#[tokio::test]
async fn the_folder_for_handled_mail_is_made_where_it_is_missing() {
    let script = vec![
        Hear("UID MOVE 3:5 \"Handled\""),
        Say("{tag} NO [TRYCREATE] no such folder\n"),
        Hear("CREATE \"Handled\""),
        Say("{tag} OK\n"),
        Hear("UID MOVE 3:5 \"Handled\""),
        Say("* OK [COPYUID 9 3:5 1:3] x\n* 1 EXPUNGE\n{tag} OK\n"),
    ];
    let (server, mut mailbox) = meet("MOVE UIDPLUS", "9", script).await;
    let keys = [Key::Uid(5), Key::Uid(3), Key::Uid(4)];
    mailbox.put_away(&keys).await.unwrap();
    mailbox.put_away(&[]).await.unwrap();
    server.heard().await;
}

#[tokio::test]
async fn what_others_have_deleted_is_never_expunged() {
    let copies = || {
        vec![
            Hear("UID COPY 3 \"Handled\""),
            Say("{tag} OK\n"),
            Hear("UID STORE 3 +FLAGS.SILENT (\\Deleted)"),
            Say("{tag} OK\n"),
        ]
    };
    let (server, mut mailbox) = meet("", "9", copies()).await;
    mailbox.put_away(&[Key::Uid(3)]).await.unwrap();
    drop(mailbox);
    server.heard().await;

    let mut with_uidplus = copies();
    with_uidplus.extend([Hear("UID EXPUNGE 3"), Say("{tag} OK\n")]);
    let (server, mut mailbox) = meet("UIDPLUS", "9", with_uidplus).await;
    mailbox.put_away(&[Key::Uid(3)]).await.unwrap();
    server.heard().await;
}

#[tokio::test]
async fn a_flag_is_set_where_mail_stays() {
    let script = vec![
        Hear("UID STORE 3 +FLAGS.SILENT ($HikyakuHandled \\Seen)"),
        Say("{tag} OK\n"),
    ];
    let (server, mut mailbox) = meet_as("MOVE", "9", script, Handled::Flag).await;
    mailbox.put_away(&[Key::Uid(3)]).await.unwrap();
    server.heard().await;
}

#[tokio::test]
async fn idling_ends_with_new_mail_a_renewal_or_a_stop() {
    let idle = || [Hear("IDLE"), Say("* OK wait\n+ idling\n")];
    let done = || [Hear("DONE"), Say("{tag} OK\n")];
    let mut script = vec![
        Hear("NOOP"),
        Say("{tag} OK\n"),
        Hear("FETCH 9"),
        Say("* 9 FETCH (UID 5)\n{tag} OK\n"),
    ];
    script.extend(idle());
    script.push(Say("* OK still here\n* 10 EXISTS\n"));
    script.extend(done());
    script.extend([
        Hear("NOOP"),
        Say("{tag} OK\n"),
        Hear("FETCH 10"),
        Say("* 10 FETCH (UID 5)\n{tag} OK\n"),
    ]);
    for _ in 0..2 {
        script.extend(idle());
        script.extend(done());
    }
    let (server, mut mailbox) = meet("IDLE", "9", script).await;
    let stop = CancellationToken::new();
    assert!(mailbox.list(5).await.unwrap().is_empty());
    mailbox.wait(&stop).await.unwrap();
    // What was announced and not looked at yet: there is nothing to wait for.
    mailbox.wait(&stop).await.unwrap();
    assert!(mailbox.list(5).await.unwrap().is_empty());
    mailbox.wait(&stop).await.unwrap();
    stop.cancel();
    mailbox.wait(&stop).await.unwrap();
    server.heard().await;
}

#[tokio::test]
async fn a_token_goes_in_when_it_is_asked_for() {
    let server = Server::start(vec![
        Say("* OK\n"),
        Hear("CAPABILITY"),
        Say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\n{tag} OK\n"),
        Hear("AUTHENTICATE XOAUTH2"),
        Say("+ \n"),
        Hear("dXNlcj1tZQFhdXRoPUJlYXJlciBnZWhlaW0BAQ=="),
        Say("+ eyJzdGF0dXMiOiI0MDAifQ==\n"),
        Hear(""),
        Say("{tag} NO [AUTHENTICATIONFAILED] token geheim has expired\n"),
        Hang,
    ])
    .await;
    let mut settings = server.settings(MailboxProtocol::Imap);
    settings.auth.mechanism = Some(SaslMechanism::Xoauth2);
    settings.auth.kind = SecretKind::Token;
    let error = open(&settings).await.map(|_| ()).unwrap_err();
    assert!(!error.may_pass());
    let words = error.to_string();
    assert!(
        words.contains("has expired") && words.contains("400"),
        "{words}"
    );
    assert!(!words.contains("geheim"), "{words}");
    server.heard().await;
}

#[tokio::test]
async fn an_old_server_is_told_by_login() {
    let server = Server::start(vec![
        Say("* OK\n"),
        Hear("CAPABILITY"),
        Say("* CAPABILITY IMAP4rev1\n{tag} OK\n"),
        Hear("LOGIN \"me\" \"geheim\""),
        Say("{tag} NO no\n"),
        Hang,
    ])
    .await;
    let settings = server.settings(MailboxProtocol::Imap);
    assert!(open(&settings).await.is_err());
    server.heard().await;
}
