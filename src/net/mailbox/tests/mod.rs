//! Mailboxes against servers on loopback that say what a script has them say.

mod imap;
mod misbehaviour;
mod pop3;

use super::{Mailbox, MailboxError, Patience, Way};
use crate::model::{
    Auth, Handled, MailboxProtocol, MailboxSettings, RelayTls, Secret, SecretKind, Tls,
};
use crate::net::{Clock, TlsClient};
use secrecy::SecretString;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What a server does next.
pub(super) enum Step {
    /// Hears a line that begins so, behind its tag where it has one.
    Hear(&'static str),
    /// Says this; `{tag}` is the tag of the line that was heard last.
    Say(&'static str),
    /// Says the same octet so many times.
    Flood(u8, usize),
    /// Waits for the client to go.
    Hang,
}

/// A server and the port it listens on.
pub(super) struct Server {
    port: u16,
    /// Ends with the lines that were heard, or what was heard instead of what should be.
    task: JoinSet<Result<Vec<String>, String>>,
}

impl Server {
    /// One that takes one connection and then plays `steps`.
    pub(super) async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            play(stream, steps).await
        });
        Self { port, task }
    }

    pub(super) fn settings(&self, protocol: MailboxProtocol) -> MailboxSettings {
        MailboxSettings {
            protocol,
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: RelayTls::Off,
            auth: Auth {
                mechanism: None,
                username: "me".to_owned(),
                kind: SecretKind::Password,
                secret: Secret::Env("UNUSED".to_owned()),
                allow_plaintext: true,
            },
            folder: "INBOX".to_owned(),
            handled: Handled::Move,
            handled_folder: "Handled".to_owned(),
            poll: Duration::from_secs(60),
            max_size: 1_000,
        }
    }

    /// What was heard, once the script is at its end.
    pub(super) async fn heard(mut self) -> Vec<String> {
        self.task.join_next().await.unwrap().unwrap().unwrap()
    }
}

async fn play(stream: TcpStream, steps: Vec<Step>) -> Result<Vec<String>, String> {
    let mut stream = BufReader::new(stream);
    let (mut heard, mut tag) = (Vec::new(), String::new());
    for step in steps {
        match step {
            Step::Hear(start) => {
                let mut line = String::new();
                stream
                    .read_line(&mut line)
                    .await
                    .map_err(|e| e.to_string())?;
                let line = line.trim_end().to_owned();
                let first = line.split(' ').next().unwrap_or_default();
                let is_tag = first.starts_with('H') && first[1..].parse::<u32>().is_ok();
                let command = match is_tag {
                    true => {
                        tag = first.to_owned();
                        line[first.len()..].trim_start()
                    }
                    false => &line,
                };
                if !command.starts_with(start) {
                    return Err(format!("{line:?} instead of {start:?}; before: {heard:?}"));
                }
                heard.push(command.to_owned());
            }
            Step::Say(text) => {
                let text = text.replace("{tag}", &tag).replace('\n', "\r\n");
                // A client that has gone has heard enough.
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Step::Flood(octet, count) => {
                for _ in 0..count.div_ceil(4_096) {
                    if stream.write_all(&[octet; 4_096]).await.is_err() {
                        break;
                    }
                }
            }
            Step::Hang => {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    }
    Ok(heard)
}

/// A client that waits for hardly anything.
pub(super) fn way() -> Way {
    let moment = Duration::from_millis(400);
    Way {
        tls: TlsClient::new(&Tls::default()).unwrap(),
        resolver: None,
        clock: Clock::system(),
        patience: Patience {
            connect: Duration::from_secs(5),
            greeting: moment,
            command: moment,
            fetch: moment,
            idle: moment,
        },
    }
}

pub(super) async fn open(settings: &MailboxSettings) -> Result<Mailbox, MailboxError> {
    let secret = SecretString::from("geheim");
    Mailbox::open(settings, &secret, &way(), false).await
}
