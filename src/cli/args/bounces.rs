//! Returned mail, as it is typed.

use clap::{Args, Subcommand, ValueEnum};

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
    /// Lines `code<TAB>enhanced<TAB>text<TAB>provider<TAB>stage` from standard input to reason, blame, action
    Classify {
        /// How to print them
        #[arg(long, value_enum, default_value_t = ClassifyFormat::Text)]
        format: ClassifyFormat,
    },
}

/// `bounces classify --format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClassifyFormat {
    /// Tab separated
    Text,
    /// One object a line
    Json,
}
