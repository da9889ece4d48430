//! Lists and suppression, as they are typed.

use super::AUTO;
use crate::model::{NAMES, Timestamp, is_name};
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// `import`
#[derive(Debug, Args)]
pub struct Import {
    /// The CSV file
    #[arg(value_name = "FILE.csv", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The list; made if there is none of that name
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub list: String,
    /// How the file is read
    #[command(flatten)]
    pub reading: Reading,
    /// Of known subscribers keep nothing the file does not have; by default its columns replace
    /// theirs and the others stay
    #[arg(long, conflicts_with = "only_new")]
    pub replace: bool,
    /// Leave known subscribers as they are
    #[arg(long, conflicts_with = "only_known")]
    pub only_new: bool,
    /// Add nobody
    #[arg(long)]
    pub only_known: bool,
    /// Empty cells of the file leave filled ones of the list as they are
    #[arg(long)]
    pub keep_filled: bool,
    /// Fix a column's type: text, whole, number, boolean, date, datetime; rows that do not fit are
    /// rejected. `auto` finds it out again; repeatable
    #[arg(long = "type", value_name = "COLUMN=TYPE")]
    pub types: Vec<String>,
    /// Read and check everything, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write rows that cannot be used to this file, with row number and reason
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,
}

/// The name of a list or a campaign.
fn name(text: &str) -> Result<String, String> {
    match is_name(text) {
        true => Ok(text.to_owned()),
        false => Err(format!("it cannot be a name; {NAMES}")),
    }
}

/// How a CSV file is read.
#[derive(Debug, Args)]
pub struct Reading {
    /// Take a field from a column with another name; repeatable
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    pub map: Vec<String>,
    /// auto, utf-8, utf-16, shift_jis, cp932, euc-jp, iso-2022-jp, windows-1252, …
    #[arg(long, value_name = "NAME", default_value = AUTO)]
    pub encoding: String,
    /// auto, or one character; `tab` for a tab
    #[arg(long, value_name = "CHAR", default_value = AUTO)]
    pub delimiter: String,
}

impl Reading {
    /// Everything found out from the file itself.
    #[must_use]
    pub fn auto() -> Self {
        Self {
            map: Vec::new(),
            encoding: AUTO.to_owned(),
            delimiter: AUTO.to_owned(),
        }
    }
}

/// `lists`
#[derive(Debug, Args)]
pub struct Lists {
    /// What to do; shows all lists if not given
    #[command(subcommand)]
    pub action: Option<ListsAction>,
    /// One JSON object a list instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `lists …`
#[derive(Debug, Subcommand)]
pub enum ListsAction {
    /// One list's counts, columns and their types
    Show {
        /// The list
        name: String,
        /// Count those in a segment too, as in 'country == "JP" and age >= 20'
        #[arg(long, value_name = "EXPR")]
        segment: Option<String>,
        /// Count the filled cells of each column too, which reads the whole list
        #[arg(long)]
        filled: bool,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// How many subscribers a list, or a segment of it, has
    Count {
        /// The list
        name: String,
        /// Only those in this segment, as in 'country == "JP" and age >= 20'
        #[arg(long, value_name = "EXPR")]
        segment: Option<String>,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// One list as CSV
    Export {
        /// The list
        name: String,
        /// Only those in this segment
        #[arg(long, value_name = "EXPR")]
        segment: Option<String>,
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Give a list another name
    Rename {
        /// The list
        name: String,
        /// Its new name
        #[arg(value_parser = name)]
        new: String,
    },
    /// Remove a list and its subscribers, or only some of them
    Remove {
        /// The list
        name: String,
        /// Only these subscribers; they are not suppressed
        #[arg(long, value_name = "EMAIL", num_args = 1..)]
        address: Vec<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Erase people from all lists, past campaigns and suppressions, for good; a keyed hash is left
    /// by which they are never mailed again
    Erase {
        /// Whom
        #[arg(required = true, value_name = "EMAIL")]
        addresses: Vec<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// `suppress`
#[derive(Debug, Args)]
pub struct Suppress {
    /// What to do
    #[command(subcommand)]
    pub action: SuppressAction,
}

/// Where a suppression holds; everywhere if not given.
#[derive(Debug, Args)]
pub struct Scope {
    /// Only for campaigns to this list
    #[arg(long, value_name = "NAME", conflicts_with = "campaign", value_parser = name)]
    pub list: Option<String>,
    /// Only for this campaign
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub campaign: Option<String>,
}

impl Scope {
    /// Whether one of them was named.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.list.is_some() || self.campaign.is_some()
    }
}

/// Some of the suppressions; all if nothing is given.
#[derive(Debug, Args)]
pub struct SuppressFilter {
    /// Only those of this scope
    #[command(flatten)]
    pub scope: Scope,
    /// Only those with this text in the reason
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only those with this text in the source
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Only those added at this time or later, as in 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub since: Option<Timestamp>,
    /// Only those added before this time
    #[arg(long, value_name = "TIME")]
    pub before: Option<Timestamp>,
}

/// `suppress …`
#[derive(Debug, Subcommand)]
pub enum SuppressAction {
    /// Never mail these addresses or domains
    Add {
        /// Addresses, or domains as in `example.com` or `@example.com`; its subdomains are domains of
        /// their own
        #[arg(required = true, value_name = "ADDRESS|DOMAIN")]
        targets: Vec<String>,
        /// Why
        #[arg(long, default_value = "added by hand")]
        reason: String,
        /// Where it holds
        #[command(flatten)]
        scope: Scope,
    },
    /// Mail them again, also those that were erased
    Remove {
        /// Addresses or domains
        #[arg(required = true, value_name = "ADDRESS|DOMAIN")]
        targets: Vec<String>,
        /// Where it held
        #[command(flatten)]
        scope: Scope,
    },
    /// Read addresses and domains from a file: one a line, or CSV with a heading (target, reason,
    /// source, added, scope) as `export` writes it
    Import {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Why, where the file does not say
        #[arg(long, default_value = "imported")]
        reason: String,
        /// Where all of it holds, whatever the file says
        #[command(flatten)]
        scope: Scope,
    },
    /// All of them as CSV
    Export {
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
        /// Only some of them
        #[command(flatten)]
        filter: SuppressFilter,
    },
    /// All of them as a table
    List {
        /// Only those with this text in target, reason or source
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Only some of them
        #[command(flatten)]
        filter: SuppressFilter,
    },
}
