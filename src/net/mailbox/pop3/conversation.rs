//! Commands and their answers, each within its time.

use super::incoming::{Incoming, Status, Text};
use crate::net::MailStream;
use crate::net::mailbox::error::{MailboxError, excerpt, refusal};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// Octets that are passed over of a text that is larger than it should be.
const PATIENCE: u64 = 64 << 20;
/// Octets that are read at once.
const READ: usize = 16 << 10;

/// A connection.
pub(super) struct Conversation {
    stream: MailStream,
    incoming: Incoming,
    /// Lines of CAPA, in upper case.
    pub(super) capabilities: Vec<String>,
}

impl Conversation {
    pub(super) fn new(stream: MailStream) -> Self {
        Self {
            stream,
            incoming: Incoming::default(),
            capabilities: Vec::new(),
        }
    }

    /// The connection, for STLS.
    ///
    /// # Errors
    /// Where something came behind the answer: nobody knows whose words those are.
    pub(super) fn into_stream(self) -> Result<MailStream, MailboxError> {
        if self.incoming.is_empty() {
            return Ok(self.stream);
        }
        let why = "it says something between STLS and the handshake";
        Err(MailboxError::Nonsense(why.to_owned()))
    }

    /// Waits for the greeting.
    pub(super) async fn greeting(&mut self, limit: Duration) -> Result<(), MailboxError> {
        let what = "the connection";
        match within(what, limit, self.status()).await? {
            Status::Ok(_) => Ok(()),
            // Nothing was asked yet: it is not about us, unless it says that it lasts (RFC 3206).
            Status::Err(said) if said.starts_with("[SYS/PERM]") => Err(refusal(what, &said)),
            Status::Err(said) => Err(MailboxError::PutOff(excerpt(&said))),
            Status::Challenge(_) => Err(MailboxError::Nonsense("it does not greet".to_owned())),
        }
    }

    /// Sends a command and returns what is behind `+OK`. `what` names it in errors.
    pub(super) async fn command(
        &mut self,
        line: &str,
        what: &'static str,
        limit: Duration,
    ) -> Result<String, MailboxError> {
        let answer = async {
            self.send(line).await?;
            self.status().await
        };
        match within(what, limit, answer).await? {
            Status::Ok(said) => Ok(said),
            Status::Err(said) => Err(refusal(what, &said)),
            Status::Challenge(_) => {
                let why = format!("it asks for more of {what}");
                Err(MailboxError::Nonsense(why))
            }
        }
    }

    /// Sends a command whose answer is a text, of which `most` octets are kept.
    pub(super) async fn text(
        &mut self,
        line: &str,
        what: &'static str,
        limit: Duration,
        most: usize,
    ) -> Result<Vec<u8>, MailboxError> {
        within(what, limit, async {
            self.send(line).await?;
            match self.status().await? {
                Status::Ok(_) => {}
                Status::Err(said) => return Err(refusal(what, &said)),
                Status::Challenge(_) => {
                    let why = format!("it asks for more of {what}");
                    return Err(MailboxError::Nonsense(why));
                }
            }
            let mut text = Text::new(most);
            while !self.incoming.text(&mut text) {
                if text.skipped > PATIENCE {
                    let why = format!("the answer to {what} does not end");
                    return Err(MailboxError::Nonsense(why));
                }
                self.read().await?;
            }
            Ok(text.octets)
        })
        .await
    }

    pub(super) async fn send(&mut self, line: &str) -> Result<(), MailboxError> {
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        self.stream.flush().await?;
        Ok(())
    }

    pub(super) async fn status(&mut self) -> Result<Status, MailboxError> {
        loop {
            let status = self.incoming.status();
            let status = status.map_err(|why| MailboxError::Nonsense(why.to_string()))?;
            match status {
                Some(status) => return Ok(status),
                None => self.read().await?,
            }
        }
    }

    async fn read(&mut self) -> Result<(), MailboxError> {
        let mut buffer = [0; READ];
        match self.stream.read(&mut buffer).await? {
            0 => Err(MailboxError::Closed),
            count => {
                self.incoming.push(&buffer[..count]);
                Ok(())
            }
        }
    }

    /// Whether CAPA named it.
    pub(super) fn can(&self, capability: &str) -> bool {
        let names = |line: &String| line.split_whitespace().next() == Some(capability);
        self.capabilities.iter().any(names)
    }
}

pub(super) async fn within<T>(
    what: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, MailboxError>>,
) -> Result<T, MailboxError> {
    match timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(MailboxError::Silent { what, limit }),
    }
}
