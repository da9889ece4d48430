//! Keys, as they are typed.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

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
