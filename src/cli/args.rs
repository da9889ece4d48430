//! The command line as it is typed.

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
    /// Reply lines to reasons
    Bounces(Bounces),
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
    },
    /// Mail them again
    Remove {
        /// Addresses or domains
        #[arg(required = true, value_name = "ADDRESS|DOMAIN")]
        targets: Vec<String>,
    },
    /// Read addresses and domains from a file: one a line, or a CSV with a column for the reason
    Import {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Why, where the file does not say
        #[arg(long, default_value = "imported")]
        reason: String,
    },
    /// All of them as CSV
    Export {
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// All of them as a table
    List,
}

/// `preview`
#[derive(Debug, Args)]
pub struct Preview {
    /// A folder, or its name under campaigns/
    pub campaign: String,
    /// Whose message
    #[arg(long, value_name = "EMAIL", conflicts_with = "row")]
    pub to: Option<String>,
    /// Which data row's message, the first is 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub row: u64,
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
    /// With --test-to: the data row whose fields they get, the first is 1
    #[arg(long, value_name = "N", default_value_t = 1, requires = "test_to")]
    pub row: u64,
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

/// `dkim`
#[derive(Debug, Args)]
pub struct Dkim {
    /// What to do
    #[command(subcommand)]
    pub action: DkimAction,
}

/// `dkim …`
#[derive(Debug, Subcommand)]
pub enum DkimAction {
    /// Make a key: writes the private half to a file, prints the DNS record of the public one
    New(NewKey),
    /// Print the DNS records of the configured keys
    Show {
        /// Only those of this domain
        #[arg(long)]
        domain: Option<String>,
        /// One JSON array instead of lines for a zone file
        #[arg(long)]
        json: bool,
    },
}

/// `dkim new`
#[derive(Debug, Args)]
pub struct NewKey {
    /// The domain that signs: that of From, or one above it
    #[arg(long)]
    pub domain: String,
    /// A name for the key, never used before in this domain; a date does well, as in 2026a
    #[arg(long, value_name = "NAME")]
    pub selector: String,
    /// What kind of key
    #[arg(long = "type", value_enum, default_value_t = KeyKind::Rsa)]
    pub kind: KeyKind,
    /// The length of an RSA key: 2048 (also if not given), 3072 or 4096
    #[arg(long, value_parser = rsa_bits)]
    pub bits: Option<u16>,
    /// Write the private key to this file instead of dkim/DOMAIN.NAME.pem in the workspace
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// `dkim new --type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    /// What every receiver verifies
    Rsa,
    /// Short and fast, and not verified everywhere: use it beside an RSA key
    Ed25519,
}

fn rsa_bits(text: &str) -> Result<u16, String> {
    match text {
        "2048" => Ok(2048),
        "3072" => Ok(3072),
        "4096" => Ok(4096),
        _ => Err("write 2048, 3072 or 4096".to_owned()),
    }
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
