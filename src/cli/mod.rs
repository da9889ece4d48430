//! The command line, where everything meets: one file per command.
//!
//! Data goes to standard output; progress, logs and questions go to standard error. Without a
//! terminal nothing asks and nothing draws, and the exit code is the same.

mod args;
mod audience;
mod bounces;
mod campaign;
mod check;
mod context;
mod dkim;
mod fail;
mod files;
mod generate;
mod import;
mod init;
mod lists;
mod logging;
mod output;
mod plan;
mod preflight;
mod preview;
mod rehearsal;
mod report;
mod resend;
mod run;
mod sandbox;
mod send;
mod serve;
mod status;
mod steer;
mod suppress;
mod templates;
mod test_send;
mod trial;
mod ui;
mod watch;

pub use args::Cli;
pub use run::main;
