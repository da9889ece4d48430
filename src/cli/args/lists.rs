//! Lists and suppression, as they are typed.

use super::AUTO;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// `import`
#[derive(Debug, Args)]
pub struct Import {
    /// The CSV file
    #[arg(value_name = "FILE.csv", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The list; made if there is none of that name
    #[arg(long, value_name = "NAME")]
    pub list: String,
    /// How the file is read
    #[command(flatten)]
    pub reading: Reading,
    /// Read and check everything, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write rows that cannot be used to this file, with row number and reason
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,
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
}

/// `lists …`
#[derive(Debug, Subcommand)]
pub enum ListsAction {
    /// One list's counts and columns
    Show {
        /// The list
        name: String,
    },
    /// One list as CSV
    Export {
        /// The list
        name: String,
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Remove a list and its subscribers
    Remove {
        /// The list
        name: String,
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
    #[arg(long, value_name = "NAME", conflicts_with = "campaign")]
    pub list: Option<String>,
    /// Only for this campaign
    #[arg(long, value_name = "NAME")]
    pub campaign: Option<String>,
}

impl Scope {
    /// Whether one of them was named.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.list.is_some() || self.campaign.is_some()
    }
}

/// `suppress …`
#[derive(Debug, Subcommand)]
pub enum SuppressAction {
    /// Never mail these addresses or domains
    Add {
        /// Addresses, or domains as in `example.com` or `@example.com`
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
        /// Only those of this scope
        #[command(flatten)]
        scope: Scope,
    },
    /// All of them as a table
    List {
        /// Only those with this text in target, reason or source
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Only those of this scope
        #[command(flatten)]
        scope: Scope,
    },
}
