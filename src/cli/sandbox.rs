//! `sandbox`: the simulated mailbox providers as a server of their own.

use super::args::Sandbox as Args;
use super::fail::{DONE, Failure, Outcome};
use super::output::say;
use super::ui::signals::Signals;
use crate::net::Clock;
use crate::sandbox::{Sandbox, SandboxOptions};
use std::io;

/// `hikyaku sandbox`
pub(super) async fn run(args: &Args) -> Outcome {
    let now = || Clock::system().now();
    let options = SandboxOptions {
        ledger_file: args.ledger.clone(),
        smtp_port: args.smtp_port,
        dns_port: args.dns_port,
        ..SandboxOptions::new(args.seed, now)
    };
    let sandbox = Sandbox::start(options).await.map_err(|error| {
        let failure = Failure::new(format_args!("the sandbox cannot start: {error}"));
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                failure.hint("another program has that port; without --smtp-port and --dns-port free ones are found")
            }
            _ => failure,
        }
    })?;
    say(format_args!(
        "DNS on {}, SMTP on port {}; in hikyaku.toml:\n\n  [dns]\n  servers = [\"{}\"]\n\n  [route]\n  port = {}\n\nCtrl-C ends it.",
        sandbox.dns(),
        sandbox.port(),
        sandbox.dns(),
        sandbox.port(),
    ));
    Signals::new()?.next().await;
    sandbox.stop().await;
    Ok(DONE)
}
