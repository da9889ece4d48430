//! Stopping, against servers that keep us waiting.

use super::*;
use crate::model::{
    Auth, Handled, MailboxProtocol, RelayTls, Secret as Kept, SecretKind, SuppressionPolicy,
};
use crate::render::Secret;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// What a server answers to the command that begins so; `{tag}` is the command's tag. It says nothing
/// to any other.
type Script = &'static [(&'static str, &'static str)];

const GREETING: &str = "* OK hello\r\n";
const ENTRANCE: [(&str, &str); 3] = [
    ("CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK\r\n"),
    ("LOGIN", "{tag} OK\r\n"),
    (
        "SELECT",
        "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK\r\n",
    ),
];

/// One that accepts and answers by its script; `asked` is cancelled when this command has come.
async fn server(greets: bool, script: Script, silent_at: &'static str) -> (u16, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = CancellationToken::new();
    let heard = asked.clone();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        if !greets {
            heard.cancel();
            return std::future::pending().await;
        }
        stream.write_all(GREETING.as_bytes()).await.unwrap();
        let (mut line, mut tag) = (String::new(), String::new());
        while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
            // DONE has none of its own.
            let (own, command) = line.split_once(' ').unwrap_or(("", &line));
            if !own.is_empty() {
                tag = own.to_owned();
            }
            let answers = ENTRANCE.iter().chain(script);
            let mut answers = answers.filter(|(start, _)| command.starts_with(start));
            if let Some((_, answer)) = answers.next() {
                let answer = answer.replace("{tag}", &tag);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            if line.contains(silent_at) {
                heard.cancel();
            }
            line.clear();
        }
    });
    (port, asked)
}

fn mailbox(port: u16, folder: &TempDir) -> MailboxSettings {
    let password = folder.path().join("password");
    std::fs::write(&password, "geheim").unwrap();
    MailboxSettings {
        protocol: MailboxProtocol::Imap,
        host: "127.0.0.1".to_owned(),
        port,
        tls: RelayTls::Off,
        auth: Auth {
            mechanism: None,
            username: "me".to_owned(),
            kind: SecretKind::Password,
            secret: Kept::File(password),
            allow_plaintext: true,
        },
        folder: "INBOX".to_owned(),
        handled: Handled::Move,
        handled_folder: "Handled".to_owned(),
        poll: Duration::from_secs(60),
        max_size: 1_000,
    }
}

async fn fetcher(folder: &TempDir) -> Fetcher {
    let store = Store::open(&folder.path().join("state.db")).unwrap();
    let secret = Secret::new(&store.secret().await.unwrap());
    let intake = Intake::new(store.clone(), secret, SuppressionPolicy::default());
    let tell: Tell = Arc::new(|_: &Told| {});
    let fetcher = Fetcher::new(&Settings::default(), store, intake, tell).unwrap();
    fetcher.noticing(Arc::new(|_: &str| {}))
}

/// Stops a watch of this server once the command at which it is silent has come: how long that takes.
async fn stopping(greets: bool, script: Script, silent_at: &'static str) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let (port, asked) = server(greets, script, silent_at).await;
    let fetcher = fetcher(&folder).await;
    let (settings, stop) = (mailbox(port, &folder), CancellationToken::new());
    let settings = [settings];
    let watch = fetcher.watch(&settings, &stop);
    let stopped = async {
        asked.cancelled().await;
        // It waits for the answer by now.
        sleep(Duration::from_millis(50)).await;
        stop.cancel();
        Clock::system().instant()
    };
    let (ended, stopped) = tokio::join!(
        timeout(Duration::from_secs(600), async {
            (watch.await, Clock::system().instant())
        }),
        stopped
    );
    let (ended, at) = ended.expect("it does not end");
    assert!(matches!(ended, Ok(DONE)));
    at - stopped
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_silent_server() {
    const IDLE: Script = &[("NOOP", "{tag} OK\r\n"), ("IDLE", "+ idling\r\n")];
    const NOOP: Script = &[("NOOP", "{tag} OK\r\n")];
    for (greets, script, silent_at) in [
        (false, NOOP, ""),
        (true, NOOP, "IDLE"),
        // It says nothing to DONE.
        (true, IDLE, "IDLE"),
        (true, &[] as Script, "NOOP"),
    ] {
        let took = stopping(greets, script, silent_at).await;
        assert!(
            took <= GRACE + Duration::from_secs(1),
            "{silent_at:?}: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_is_left_in_order() {
    const SCRIPT: Script = &[
        ("NOOP", "{tag} OK\r\n"),
        ("IDLE", "+ idling\r\n"),
        ("DONE", "{tag} OK\r\n"),
        ("LOGOUT", "* BYE\r\n{tag} OK\r\n"),
    ];
    let took = stopping(true, SCRIPT, "IDLE").await;
    assert!(took < GRACE, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn no_mailbox_is_opened_after_the_stop_nor_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let (port, asked) = server(false, &[], "").await;
    let (fetcher, settings) = (fetcher(&folder).await, mailbox(port, &folder));
    let (stop, mut summary) = (CancellationToken::new(), Summary::default());
    let visit = fetcher.visit(&settings, &stop, &mut summary);
    let stopped = async {
        asked.cancelled().await;
        stop.cancel();
    };
    let (looked, ()) = tokio::join!(visit, stopped);
    assert!(!looked.unwrap(), "it was stopped before the greeting");

    let (port, asked) = server(false, &[], "").await;
    let settings = mailbox(port, &folder);
    let looked = fetcher.visit(&settings, &stop, &mut summary).await;
    assert!(!looked.unwrap());
    sleep(Duration::from_secs(1)).await;
    assert!(!asked.is_cancelled(), "somebody came");
}
