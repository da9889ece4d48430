//! What is done to a campaign before and while it goes out, as it is typed.

use super::Reading;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `preview`
#[derive(Debug, Args)]
pub struct Preview {
    /// A folder, or its name under campaigns/
    pub campaign: String,
    /// Whose message
    #[arg(long, value_name = "EMAIL", conflicts_with = "row")]
    pub to: Option<String>,
    /// Which data row's message, the first is 1; the first recipient's if not given
    #[arg(long, value_name = "N")]
    pub row: Option<u64>,
    /// What to show of it
    #[arg(long, value_enum, default_value_t = PreviewFormat::Text)]
    pub format: PreviewFormat,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// `preview --format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PreviewFormat {
    /// Subject and text
    Text,
    /// The HTML part, its inline images in it: a file for a browser
    Html,
    /// The whole message
    Eml,
}

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    /// A folder, or its name under campaigns/
    pub campaign: String,
    /// Ask nothing of DNS
    #[arg(long)]
    pub offline: bool,
    /// One JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// How the campaign's CSV file is read
    #[command(flatten)]
    pub reading: Reading,
}

/// `plan`
#[derive(Debug, Args)]
pub struct Plan {
    /// A folder, or its name under campaigns/
    pub campaign: String,
    /// Ask nothing of DNS
    #[arg(long)]
    pub offline: bool,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// How the campaign's CSV file is read
    #[command(flatten)]
    pub reading: Reading,
}

/// `send`
#[derive(Debug, Args)]
pub struct Send {
    /// A folder, or its name under campaigns/
    pub campaign: String,
    /// Against a simulated internet on this machine; touches no real state
    #[arg(long)]
    pub sandbox: bool,
    /// Send only these a real message each, with a marked subject; the ledger is left alone
    #[arg(long, value_name = "ADDR", num_args = 1.., value_delimiter = ',', conflicts_with_all = ["sandbox", "limit"])]
    pub test_to: Vec<String>,
    /// With --test-to: the data row whose fields they get, the first is 1; the first recipient's if not given
    #[arg(long, value_name = "N", requires = "test_to")]
    pub row: Option<u64>,
    /// At most so many messages in this run
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Send although the preflight fails
    #[arg(long)]
    pub skip_check: bool,
    /// What to show meanwhile
    #[arg(long, value_enum, default_value_t = Ui::Auto)]
    pub ui: Ui,
    /// How the campaign's CSV file is read
    #[command(flatten)]
    pub reading: Reading,
}

/// `send --ui`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ui {
    /// The dashboard where there is a terminal, progress lines otherwise
    Auto,
    /// The dashboard
    Tui,
    /// Progress on standard error
    Plain,
    /// One event a line on standard output
    Json,
    /// Nothing until the end
    Quiet,
}
