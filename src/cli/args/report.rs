//! Reports, as they are typed.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `report`
#[derive(Debug, Args)]
pub struct Report {
    /// A folder, or its name; several are compared with the first
    #[arg(required = true, value_name = "CAMPAIGN")]
    pub campaigns: Vec<String>,
    /// Compare with this campaign; repeatable. Shares are in percent, differences in points
    #[arg(long, value_name = "CAMPAIGN")]
    pub compare: Vec<String>,
    /// The sandbox's run of it
    #[arg(long)]
    pub sandbox: bool,
    /// Only recipients in these states
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Only recipients not delivered to for these reasons
    #[arg(long, value_name = "REASON", value_delimiter = ',')]
    pub reason: Vec<String>,
    /// Only recipients whose failure is blamed on: recipient, sender, content, receiver, network, none
    #[arg(long, value_name = "BLAME", value_delimiter = ',')]
    pub blame: Vec<String>,
    /// Only recipients for whom this is to be done: suppress, retry, slow-down, fix
    #[arg(long, value_name = "ACTION", value_delimiter = ',')]
    pub action: Vec<String>,
    /// One line for each reason instead of each recipient, with what to do
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// A summary if not given
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// `report --by`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Why they were not delivered to
    Reason,
}

/// `report --format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Table,
    /// For spreadsheets and scripts
    Csv,
    /// For programs
    Json,
    /// A page with charts, in one file
    Html,
}
