//! Reports, as they are typed.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `report`
#[derive(Debug, Args)]
pub struct Report {
    /// A folder, or its name
    pub campaign: String,
    /// The sandbox's run of it
    #[arg(long)]
    pub sandbox: bool,
    /// Only recipients in these states
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// A summary if not given
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
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
}
