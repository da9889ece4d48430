//! What the servers accepted.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a sandbox has seen up to a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// By provider.
    pub providers: BTreeMap<&'static str, ProviderCounts>,
    /// Message-IDs of the messages accepted for a recipient, in order and without angle brackets,
    /// at most [`Ledger::IDS`]; for the first recipients only, see `SandboxOptions::remember`.
    pub recipients: HashMap<String, Accepted>,
    /// Messages for recipients beyond those that are remembered.
    pub unremembered: u64,
}

/// What was accepted for one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Messages, answered or not.
    pub count: u32,
    /// Those of them whose 250 was never sent: the client cannot know of them.
    pub unanswered: u32,
    /// Their Message-IDs.
    pub message_ids: Vec<String>,
}

/// What one provider did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ProviderCounts {
    /// Connections that were made.
    pub connections: u64,
    /// The most at one time, those that were turned away included.
    pub peak: usize,
    /// Recipients' messages accepted, answered or not.
    pub accepted: u64,
    /// Those of them whose 250 was never sent.
    pub unanswered: u64,
    /// Answers of 4yz, greetings included.
    pub deferred: u64,
    /// Answers of 5yz to MAIL, RCPT or the content.
    pub refused: u64,
    /// Connections dropped on purpose.
    pub dropped: u64,
    /// Connections whose client pipelined although it was not offered; counted at their end.
    pub ran_ahead: u64,
}

/// One line of the ledger file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    /// When the message was accepted.
    pub(super) at: Timestamp,
    pub(super) provider: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) message_id: &'a str,
    /// Whether 250 is being sent; otherwise the connection is dropped right after this line.
    pub(super) answered: bool,
}

impl Ledger {
    /// The Message-IDs kept for one recipient.
    pub const IDS: usize = 8;

    /// Messages accepted for `recipient`, in the case it was sent with.
    #[must_use]
    pub fn accepted(&self, recipient: &str) -> u32 {
        self.recipients.get(recipient).map_or(0, |seen| seen.count)
    }

    /// All messages accepted, by recipient.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.providers.values().map(|counts| counts.accepted).sum()
    }

    /// Remembered recipients with more than one message.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        let twice = |seen: &&Accepted| seen.count > 1;
        self.recipients.values().filter(twice).count()
    }
}

/// The ledger that is being written.
#[derive(Debug)]
pub(super) struct Book {
    ledger: Mutex<Ledger>,
    file: Option<Mutex<File>>,
    remember: usize,
}

impl Book {
    pub(super) fn open(file: Option<&Path>, remember: usize) -> io::Result<Self> {
        let open = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.map_err(|error| {
                let place = path.display();
                io::Error::new(error.kind(), format!("sandbox ledger {place}: {error}"))
            })
        };
        Ok(Self {
            ledger: Mutex::default(),
            file: file.map(open).transpose()?.map(Mutex::new),
            remember,
        })
    }

    pub(super) fn snapshot(&self) -> Ledger {
        lock(&self.ledger).clone()
    }

    /// Changes a provider's counts.
    pub(super) fn count(&self, provider: &'static str, change: impl FnOnce(&mut ProviderCounts)) {
        change(lock(&self.ledger).providers.entry(provider).or_default());
    }

    /// Enters an accepted message. When it returns, the kernel has the line: it outlives this
    /// process, which is what crash tests kill.
    pub(super) fn accept(&self, provider: &'static str, line: &Line<'_>) -> io::Result<()> {
        if let Some(file) = &self.file {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            lock(file).write_all(&text)?;
        }
        let mut ledger = lock(&self.ledger);
        let counts = ledger.providers.entry(provider).or_default();
        counts.accepted += 1;
        counts.unanswered += u64::from(!line.answered);
        let full = ledger.recipients.len() >= self.remember;
        if full && !ledger.recipients.contains_key(line.to) {
            ledger.unremembered += 1;
            return Ok(());
        }
        let seen = ledger.recipients.entry(line.to.to_owned()).or_default();
        seen.count += 1;
        seen.unanswered += u32::from(!line.answered);
        if seen.message_ids.len() < Ledger::IDS {
            seen.message_ids.push(line.message_id.to_owned());
        }
        Ok(())
    }
}

/// A panic of another task leaves counts behind that are still counts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(to: &str, answered: bool) -> Line<'_> {
        Line {
            at: Timestamp::ZERO,
            provider: "plain",
            from: "news@example.com",
            to,
            message_id: "1@example.com",
            answered,
        }
    }

    #[test]
    fn every_message_is_in_the_file_and_few_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let book = Book::open(Some(&path), 2).unwrap();
        for (to, answered) in [("a@x", true), ("a@x", false), ("b@x", true), ("c@x", true)] {
            book.accept("plain", &line(to, answered)).unwrap();
        }
        let ledger = book.snapshot();
        assert_eq!((ledger.total(), ledger.unremembered), (4, 1));
        assert_eq!((ledger.accepted("a@x"), ledger.duplicates()), (2, 1));
        assert_eq!(ledger.recipients["a@x"].unanswered, 1);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Line<'_>> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[1], line("a@x", false));
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let error = Book::open(Some(Path::new("/nowhere/ledger.jsonl")), 2).unwrap_err();
        assert!(error.to_string().contains("/nowhere/ledger.jsonl"));
    }
}
