//! Returned mail, as it is typed.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `bounces`
#[derive(Debug, Args)]
pub struct Bounces {
    /// What to do
    #[command(subcommand)]
    pub action: BouncesAction,
}

/// `bounces …`
#[derive(Debug, Subcommand)]
pub enum BouncesAction {
    /// What returned mails say, a line for each mail and recipient
    ///
    /// Changes nothing anywhere. The second mail of an mbox is named `path#2`.
    Read {
        /// Mails, folders with all below them, mbox files, Maildirs; `-` is standard input
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
        /// How to print them
        #[arg(long, value_enum, default_value_t = ReadFormat::Text)]
        format: ReadFormat,
    },
    /// Lines `code<TAB>enhanced<TAB>text<TAB>provider<TAB>stage` from standard input to reason, blame, action
    Classify {
        /// How to print them
        #[arg(long, value_enum, default_value_t = ClassifyFormat::Text)]
        format: ClassifyFormat,
    },
    /// Fetch returned mail from the configured mailboxes and enter what it says in the ledger
    Fetch(Fetch),
    /// What came back besides bounces: complaints, unsubscribes, answers, bounces of earlier runs
    Notes(Notes),
}

/// `bounces notes`
#[derive(Debug, Args)]
pub struct Notes {
    /// The campaign, its folder or its name; all of them where it is left out
    #[arg(value_name = "CAMPAIGN")]
    pub campaign: Option<String>,
    /// Only notes of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<NoteKind>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = NotesFormat::Text)]
    pub format: NotesFormat,
}

/// `bounces notes --kind`: the words that the ledger has for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum NoteKind {
    /// A reader complained
    Complaint,
    /// A reader wants to be left alone
    Unsubscribe,
    /// An answer that no person wrote
    AutoReply,
    /// The sender is to prove to be a person
    Challenge,
    /// A server goes on trying
    Delayed,
    /// A server says that it was delivered
    Delivered,
    /// A report about no mailbox, such as DMARC's
    Report,
    /// A person's answer, spam
    Other,
    /// A bounce of an earlier run than the last
    EarlierBounce,
}

impl NoteKind {
    /// Whether it is this word of the ledger.
    #[must_use]
    pub fn is(self, word: &str) -> bool {
        self.to_possible_value()
            .is_some_and(|value| value.get_name() == word)
    }
}

/// `bounces notes --format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NotesFormat {
    /// A line each
    Text,
    /// One object a line
    Json,
}

/// `bounces fetch`
#[derive(Debug, Args)]
pub struct Fetch {
    /// Say what it would be about, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Go on, with what comes, until Ctrl-C
    #[arg(long, conflicts_with = "dry_run")]
    pub watch: bool,
    /// Look at mail again that was left alone before
    #[arg(long, conflicts_with = "watch")]
    pub all: bool,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = FetchFormat::Text)]
    pub format: FetchFormat,
}

/// `bounces fetch --format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FetchFormat {
    /// Lines for people, and a summary
    Text,
    /// One object a line for each mail and recipient; the summary goes to standard error
    Json,
}

/// `bounces classify --format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClassifyFormat {
    /// Tab separated
    Text,
    /// One object a line
    Json,
}

/// `bounces read --format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadFormat {
    /// Columns for people, and a summary on standard error
    Text,
    /// One object a line
    Json,
}
