//! `resend`, as it is typed.

use super::{Reading, Send, Ui};
use clap::Args;

/// `resend`
#[derive(Debug, Args)]
pub struct Resend {
    /// A folder, or its name under campaigns/
    pub campaign: String,
    /// Recipients in these states: expired, deferred, bounced, in_doubt, cancelled
    #[arg(long, value_name = "STATE", value_delimiter = ',', default_values = ["expired", "deferred"])]
    pub only: Vec<String>,
    /// Only those with these reasons. Bounces whose address would be suppressed need theirs named
    #[arg(long, value_name = "REASON", value_delimiter = ',')]
    pub reason: Vec<String>,
    /// With --only in_doubt: send to them although they may have the message already
    #[arg(long)]
    pub perhaps_twice: bool,
    /// Count them, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The sandbox's run of it, against the sandbox
    #[arg(long)]
    pub sandbox: bool,
    /// At most so many messages in this run
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// What to show meanwhile
    #[arg(long, value_enum, default_value_t = Ui::Auto)]
    pub ui: Ui,
}

impl Resend {
    /// The sending that follows. Everything was asked before, and the list is in the ledger.
    #[must_use]
    pub fn sending(&self) -> Send {
        Send {
            campaign: self.campaign.clone(),
            sandbox: self.sandbox,
            test_to: Vec::new(),
            row: None,
            limit: self.limit,
            yes: true,
            skip_check: false,
            ui: self.ui,
            reading: Reading::auto(),
        }
    }
}
