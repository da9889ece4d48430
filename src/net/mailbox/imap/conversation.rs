//! Commands and their answers, each within its time and its octets.

use super::answer::{Answer, Code, Condition, Kind};
use crate::net::MailStream;
use crate::net::mailbox::error::{MailboxError, excerpt, refusal};
use crate::net::mailbox::metered::Metered;
use async_imap::Client;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// Octets of an answer that is about many messages, and holds none.
pub(super) const LISTS: u64 = 1 << 20;
/// Octets of any other answer, and of a literal where none is expected.
const SMALL: u64 = 64 << 10;

/// A connection and what the server has said of itself.
pub(super) struct Conversation {
    client: Client<Metered>,
    tag: u32,
    /// In upper case.
    pub(super) capabilities: Vec<String>,
    /// Messages in the selected folder.
    pub(super) exists: u32,
    /// Whether messages were announced since this was last looked at.
    pub(super) news: bool,
    /// The server said BYE: why.
    farewell: Option<String>,
}

/// What a command may take.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// The command in an error's words.
    pub(super) what: &'static str,
    pub(super) time: Duration,
    /// Octets of the whole answer.
    pub(super) octets: u64,
    /// Octets of one literal.
    pub(super) literal: u64,
}

impl Terms {
    /// For a command whose answer has a line for each message.
    pub(super) fn list(what: &'static str, time: Duration) -> Self {
        Self {
            octets: LISTS,
            ..Self::small(what, time)
        }
    }

    /// For a command whose answer is small.
    pub(super) fn small(what: &'static str, time: Duration) -> Self {
        Self {
            what,
            time,
            octets: SMALL,
            literal: SMALL,
        }
    }
}

impl Conversation {
    pub(super) fn new(stream: MailStream) -> Self {
        Self {
            client: Client::new(Metered::new(stream)),
            tag: 0,
            capabilities: Vec::new(),
            exists: 0,
            news: false,
            farewell: None,
        }
    }

    /// The connection. What was read ahead is thrown away: behind the answer to STARTTLS nothing in
    /// plain text counts (CVE-2011-0411).
    pub(super) fn into_stream(self) -> MailStream {
        self.client.into_inner().into_inner()
    }

    /// Waits for the greeting. Returns whether we are logged in already (PREAUTH).
    pub(super) async fn greeting(&mut self, time: Duration) -> Result<bool, MailboxError> {
        let terms = Terms::small("the connection", time);
        self.client.get_mut().allow(terms.octets, terms.literal);
        match within(terms, self.read()).await? {
            Answer::Untagged(condition) => {
                self.note_code(&condition);
                match condition.kind {
                    Kind::Ok => Ok(false),
                    Kind::PreAuth => Ok(true),
                    // Nothing was asked yet: it is not about us.
                    Kind::Refused | Kind::Bye => Err(MailboxError::PutOff(condition.words)),
                }
            }
            _ => Err(MailboxError::Nonsense("it does not greet".to_owned())),
        }
    }

    /// Asks for the capabilities, which differ before and after STARTTLS and the login.
    pub(super) async fn ask_capabilities(&mut self, time: Duration) -> Result<(), MailboxError> {
        self.capabilities.clear();
        let terms = Terms::small("CAPABILITY", time);
        self.command("CAPABILITY", terms, |_| ()).await
    }

    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// Sends a command and hears its answers until the tagged one.
    ///
    /// # Errors
    /// Where it is refused, or anything goes wrong.
    pub(super) async fn command(
        &mut self,
        line: &str,
        terms: Terms,
        mut hear: impl FnMut(Answer),
    ) -> Result<(), MailboxError> {
        self.client.get_mut().allow(terms.octets, terms.literal);
        within(terms, async {
            let tag = self.send(line).await?;
            loop {
                match self.read().await? {
                    Answer::Done(done, condition) if done == tag => {
                        self.note_code(&condition);
                        return verdict(condition, terms.what);
                    }
                    Answer::Continue(_) => {
                        let why = format!("it asks for more of {}", terms.what);
                        return Err(MailboxError::Nonsense(why));
                    }
                    answer => {
                        self.note(&answer);
                        hear(answer);
                    }
                }
            }
        })
        .await
    }

    /// Sends a command with a tag, and returns the tag.
    pub(super) async fn send(&mut self, line: &str) -> Result<String, MailboxError> {
        self.tag += 1;
        let tag = format!("H{}", self.tag);
        self.send_raw(&format!("{tag} {line}\r\n")).await?;
        Ok(tag)
    }

    pub(super) async fn send_raw(&mut self, text: &str) -> Result<(), MailboxError> {
        let stream = self.client.get_mut();
        stream.write_all(text.as_bytes()).await?;
        stream.flush().await?;
        Ok(())
    }

    /// What may be read until the next command.
    pub(super) fn allow(&mut self, terms: Terms) {
        self.client.get_mut().allow(terms.octets, terms.literal);
    }

    /// The next response. Cancel-safe.
    pub(super) async fn read(&mut self) -> Result<Answer, MailboxError> {
        match self.client.read_response().await {
            Ok(Some(response)) => Ok(Answer::of(response.parsed())),
            Ok(None) => Err(self.ended()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.ended()),
            // What the parser does not understand, and what is too large.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Other | io::ErrorKind::InvalidData
                ) =>
            {
                Err(MailboxError::Nonsense(excerpt(&error.to_string())))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn ended(&mut self) -> MailboxError {
        match self.farewell.take() {
            Some(said) => MailboxError::PutOff(said),
            None => MailboxError::Closed,
        }
    }

    /// Takes note of what a server may say at any time.
    pub(super) fn note(&mut self, answer: &Answer) {
        match answer {
            Answer::Capabilities(known) => self.capabilities.clone_from(known),
            Answer::Exists(count) => {
                self.news |= *count > self.exists;
                self.exists = *count;
            }
            Answer::Expunged => self.exists = self.exists.saturating_sub(1),
            Answer::Untagged(condition) if condition.kind == Kind::Bye => {
                self.farewell = Some(condition.words.clone());
            }
            Answer::Done(..)
            | Answer::Continue(_)
            | Answer::Untagged(_)
            | Answer::Message(_)
            | Answer::Other => {}
        }
    }

    fn note_code(&mut self, condition: &Condition) {
        if let Code::Capabilities(known) = &condition.code {
            self.capabilities.clone_from(known);
        }
    }
}

/// Whether a command was done.
pub(super) fn verdict(condition: Condition, what: &'static str) -> Result<(), MailboxError> {
    match (condition.kind, condition.code) {
        (Kind::Ok, _) => Ok(()),
        (_, Code::TryCreate) => Err(MailboxError::Refused {
            what,
            said: format!("{TRY_CREATE} {}", condition.words),
        }),
        _ => Err(refusal(what, &condition.words)),
    }
}

/// Stands before the words of a server that has no such folder.
pub(super) const TRY_CREATE: &str = "[TRYCREATE]";

async fn within<T>(
    terms: Terms,
    work: impl Future<Output = Result<T, MailboxError>>,
) -> Result<T, MailboxError> {
    match timeout(terms.time, work).await {
        Ok(done) => done,
        Err(_) => Err(MailboxError::Silent {
            what: terms.what,
            limit: terms.time,
        }),
    }
}
