//! Against servers other people wrote, each in every way of sending that it offers: what arrives
//! equals what was rendered, octet by octet.
//!
//! Nothing runs here without being asked for: `tests/real_servers/install.sh` fetches the servers,
//! then `cargo test --test real_servers -- --include-ignored --test-threads=1`. They run in
//! temporary folders, under names of their own, and touch nothing of the machine's.

#![cfg(test)]

mod aiosmtpd;
mod arrived;
mod chromium;
mod dkim;
mod exim;
mod ground;
mod mailbox;
mod mode;
mod opensmtpd;
mod postfix;
mod readers;
mod rendered;
mod returned;
mod smtp_sink;
#[path = "../support/mod.rs"]
mod support;

use arrived::Arrived;
use mode::{Mode, PASSWORD, USER};
use rendered::Rendered;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use support::program::run;
use support::report::Status;
use support::workspace::{CAMPAIGN, Workspace, email};

/// Letters that every server gets in every mode.
const LETTERS: usize = 2000;
/// The domains of their recipients.
const DOMAINS: [&str; 7] = [
    "d0.test", "d1.test", "d2.test", "d3.test", "d4.test", "d5.test", "d6.test",
];
/// Connections they come over.
const CONNECTIONS: usize = 8;

/// A server with a configuration and a place of its own. It is stopped with its handle.
trait Server: Sized {
    /// Messages it takes on a connection, which its users have to know; 0 is no limit.
    const PER_CONNECTION: u32 = 0;

    /// Starts it so that it offers what the mode needs.
    fn start(mode: Mode) -> Self;

    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// The file with its certificate.
    fn certificate(&self) -> PathBuf;

    /// Every message it has taken, once it has them all or does not get more.
    fn arrived(&self) -> Vec<Arrived>;

    /// Its log, for what a failed test has to say.
    fn log(&self) -> String;

    /// Whether its log shows that the mode was really used, where it logs such things.
    fn noticed(&self, mode: Mode) -> bool;
}

/// Tests named for server and mode. A mode that a server begins to offer is a word here.
macro_rules! servers {
    ($($server:ident needs $what:literal: $($mode:ident)+;)+) => {$(
        mod $server {
            use super::mode::Mode;
            $(
                #[test]
                #[ignore = $what]
                #[expect(non_snake_case, reason = "named as the mode is")]
                fn $mode() {
                    super::every_letter_arrives::<crate::$server::Running>(Mode::$mode);
                }
            )+
        }
    )+};
}

mod tests {
    use super::*;
    servers! {
        aiosmtpd needs "aiosmtpd; see install.sh": Sequential StartTls ImplicitTls Auth;
        exim needs "root and Exim; see install.sh": Sequential Pipelining Chunking StartTls ImplicitTls Auth;
        opensmtpd needs "root and OpenSMTPD; see install.sh": Sequential StartTls;
        postfix needs "root and Postfix; see install.sh": Sequential Pipelining Chunking StartTls ImplicitTls;
        smtp_sink needs "Postfix's smtp-sink; see install.sh": Sequential Pipelining;
    }
}

/// Sends a campaign to the server and looks at what came.
fn every_letter_arrives<S: Server>(mode: Mode) {
    let server = S::start(mode);
    let workspace = workspace(&server, mode);
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}\n{}", server.log());
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), LETTERS as u64, "{}", status.0);
    assert_eq!(status.count("resent_in_doubt"), 0, "{}", status.0);

    let rendered = Rendered::of(&workspace);
    let arrived = server.arrived();
    let mut missing: BTreeMap<_, _> = (0..LETTERS).map(|row| (email(row), row)).collect();
    for message in &arrived {
        let (to, date) = message.to_and_date();
        let row = missing.remove(&to);
        let row = row.unwrap_or_else(|| panic!("{to} is nobody, or twice\n{}", server.log()));
        let difference = message.difference(&rendered.content(&to, row, &date));
        assert_eq!(difference, None, "{to}");
    }
    assert!(missing.is_empty(), "{} are missing", missing.len());
    assert!(server.noticed(mode), "{mode:?} in {}", server.log());
}

/// The campaign, and the way to the server.
fn workspace<S: Server>(server: &S, mode: Mode) -> Workspace {
    let limit = format!("messages_per_connection = {}\n", S::PER_CONNECTION);
    let pipeline = format!("[delivery]\npipeline = \"{}\"\n", mode.pipeline());
    let workspace = Workspace::new(server.address(), CONNECTIONS)
        .with_list(LETTERS)
        .with_config_changed("messages_per_connection = 0\n", &limit)
        .with_config_changed("[delivery]\n", &pipeline);
    workspace.campaign_file("body.txt", rendered::text());
    workspace.campaign_file("body.html", rendered::html());
    match mode.relay() {
        Some(tls) => by_relay(workspace, server, mode, tls),
        None if mode.starttls() => workspace.with_config_changed("\n[tls]\npolicy = \"off\"\n", ""),
        None => workspace,
    }
}

/// With the server as a relay whose certificate is known.
fn by_relay(workspace: Workspace, server: &impl Server, mode: Mode, tls: &str) -> Workspace {
    let (ip, port) = (server.address().ip(), server.address().port());
    workspace.write("password", PASSWORD.as_bytes());
    let auth = format!("auth = {{ username = \"{USER}\", password_file = \"password\" }}");
    let auth = if mode.login() { auth.as_str() } else { "" };
    let known = format!("\n[tls]\nca_file = {:?}\n", server.certificate());
    workspace
        .with_config_changed("\n[tls]\npolicy = \"off\"\n", &known)
        .through(&format!(
            "\n[[route.relay]]\nhost = \"{ip}\"\nport = {port}\ntls = \"{tls}\"\n{auth}\n"
        ))
}
