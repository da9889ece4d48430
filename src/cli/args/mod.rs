//! The command line as it is typed.

mod bounces;
mod campaign;
mod dkim;
mod lists;
mod report;
mod resend;
mod serve;

pub(super) use bounces::{
    Bounces, BouncesAction, ClassifyFormat, Fetch, FetchFormat, Notes, NotesFormat, ReadFormat,
};
pub(super) use campaign::{Check, Plan, Preview, PreviewFormat, Send, Ui};
pub(super) use dkim::{Dkim, DkimAction, KeyKind, NewKey};
pub(super) use lists::{
    Import, Lists, ListsAction, Reading, Scope, Suppress, SuppressAction, SuppressFilter,
};
pub(super) use report::{Report, ReportFormat};
pub(super) use resend::Resend;
pub(super) use serve::{LogFormat, Serve};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Bulk newsletter and campaign delivery from the terminal.
#[derive(Debug, Parser)]
#[command(name = "hikyaku", version, about, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// The workspace; found by walking up from here to a hikyaku.toml otherwise
    #[arg(short = 'C', long = "workspace", global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub workspace: Option<PathBuf>,
    /// Override a configuration key with a TOML value, as in delivery.window=8; repeatable
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Whether to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say more; repeatable
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Append a log to this file
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub log: Option<PathBuf>,
}

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where the output is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new workspace: hikyaku.toml and a sample campaign
    Init(Init),
    /// Read subscribers from a CSV file into a list
    Import(Import),
    /// Show lists, one list, or export or remove one
    Lists(Lists),
    /// Addresses and domains that are never mailed
    Suppress(Suppress),
    /// Show one recipient's message
    Preview(Preview),
    /// Check a campaign against the rules of receivers: letters, list, and what DNS says
    Check(Check),
    /// Show where a campaign's mail would go, how fast, and when it would be done
    Plan(Plan),
    /// Send a campaign, or go on with one
    Send(Send),
    /// Send a campaign again to those it had given up, as a new run of it
    Resend(Resend),
    /// Show the dashboard of a campaign that another terminal sends
    Watch(Watch),
    /// Start nothing new until `resume`
    Pause(Steer),
    /// Let a paused campaign go on
    Resume(Steer),
    /// Give up what has not been sent
    Cancel(Steer),
    /// Counts by state
    Status(Status),
    /// What became of each recipient
    Report(Report),
    /// Returned mail: fetch it from mailboxes; reply lines to reasons
    Bounces(Bounces),
    /// Take unsubscribes by HTTP and returned mail by SMTP; metrics for Prometheus
    Serve(Serve),
    /// Make DKIM keys, and show the DNS records that publish them
    Dkim(Dkim),
    /// Run the simulated mailbox providers as a server of their own
    Sandbox(Sandbox),
    /// Print shell completions
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Where; this folder if not given
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// `watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// A folder, or its name; the campaign that runs if not given
    pub campaign: Option<String>,
    /// The sandbox's run of it
    #[arg(long)]
    pub sandbox: bool,
}

/// `pause`, `resume`, `cancel`
#[derive(Debug, Args)]
pub struct Steer {
    /// A folder, or its name
    pub campaign: String,
    /// The sandbox's run of it
    #[arg(long)]
    pub sandbox: bool,
}

/// `status`
#[derive(Debug, Args)]
pub struct Status {
    /// A folder, or its name; all campaigns if not given
    pub campaign: Option<String>,
    /// The sandbox's run of it
    #[arg(long)]
    pub sandbox: bool,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `sandbox`
#[derive(Debug, Args)]
pub struct Sandbox {
    /// The seed of what is left to chance
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The port of all its mail servers, on 127.77.0.*; any that is free if not given
    #[arg(long, default_value_t = 0)]
    pub smtp_port: u16,
    /// The port of its name server, on 127.0.0.1; any that is free if not given
    #[arg(long, default_value_t = 0)]
    pub dns_port: u16,
    /// Append what was accepted to this file, one JSON object a line, before it is answered
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ledger: Option<PathBuf>,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Find it out from the file.
pub(super) const AUTO: &str = "auto";

const EXIT_CODES: &str = "\
Exit codes:
  0    finished: every recipient delivered or permanently settled
  1    error
  2    usage
  3    stopped with recipients left (deferred, paused, cancelled, in doubt)
  4    stopped by a safety brake
  5    preflight failed
  130  interrupted";
