//! `serve` as a process, over the ledger of a campaign that was really sent.

use super::ledger_server::{LedgerServer, Manners};
use super::letter::Letter;
use super::program::{hikyaku, run};
use super::workspace::{CAMPAIGN, Workspace, email};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Stdio};

/// A workspace whose campaign was sent: the first recipient's token and return path.
pub(crate) struct Sent {
    pub(crate) workspace: Workspace,
    pub(crate) token: String,
    pub(crate) return_path: String,
}

pub(crate) fn sent() -> Sent {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2)
        .with_list(3)
        .with_config_changed(
            "hostname = \"sender.test\"",
            "hostname = \"sender.test\"\nbounce_domain = \"bounces.test\"",
        )
        .with_config("\n[sender]\nname = \"Example News\"\n");
    let campaign = workspace
        .path()
        .join(format!("campaigns/{CAMPAIGN}/campaign.toml"));
    let text = std::fs::read_to_string(campaign).unwrap();
    let text = text.replace("{{ email | urlencode }}", "{{ token }}");
    workspace.campaign_file("campaign.toml", text);
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes", "--skip-check"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let accepted = server.accepted();
    let first = accepted
        .iter()
        .find(|letter| letter.recipient == email(0))
        .unwrap();
    let letter = Letter::parse(&first.content);
    let header = letter.header("list-unsubscribe").unwrap();
    let token = header.rsplit('/').next().unwrap().trim_end_matches('>');
    Sent {
        workspace,
        token: token.to_owned(),
        return_path: first.sender.clone(),
    }
}

/// `serve` on free ports; it is killed with its handle.
pub(crate) struct Service {
    child: Child,
    errors: BufReader<ChildStderr>,
    addresses: Vec<(String, SocketAddr)>,
}

impl Service {
    pub(crate) fn start(sent: &Sent, more: &[&str]) -> Self {
        let flags = [
            "serve",
            "--http",
            "127.0.0.1:0",
            "--metrics",
            "127.0.0.1:0",
            "--smtp",
            "127.0.0.1:0",
            "--log-format",
            "json",
        ];
        let mut command = hikyaku(sent.workspace.path(), &[&flags, more].concat());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut service = Self {
            errors: BufReader::new(child.stderr.take().unwrap()),
            child,
            addresses: Vec::new(),
        };
        while service.addresses.len() < 3 {
            let mut line = String::new();
            assert!(
                service.errors.read_line(&mut line).unwrap() > 0,
                "it has ended"
            );
            let said: serde_json::Value = serde_json::from_str(&line).unwrap();
            let words = said["message"].as_str().unwrap_or_default();
            if let Some(name) = words.strip_suffix(" listens") {
                let address = said["address"].as_str().unwrap().parse().unwrap();
                service.addresses.push((name.to_owned(), address));
            }
        }
        service
    }

    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        let found = self.addresses.iter().find(|(name, _)| name == listener);
        found.unwrap().1
    }

    /// Megabytes of memory it has.
    pub(crate) fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
            / 1024
    }

    /// Asks it to end, and waits for that: its exit code and what it has said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        let kill = std::process::Command::new("kill")
            .arg("-TERM")
            .arg(pid)
            .status();
        assert!(kill.unwrap().success());
        let mut said = String::new();
        self.errors.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
