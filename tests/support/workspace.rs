//! A workspace in a temporary folder: configuration, one campaign, a list.

use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The campaign's name and folder.
pub(crate) const CAMPAIGN: &str = "spring";

/// A folder that is gone with its handle.
pub(crate) struct Workspace {
    folder: TempDir,
    config: String,
}

impl Workspace {
    /// Everything goes to `server`, over at most `connections`; deferred recipients are tried
    /// again at once. The campaign has templates, a list comes with [`Workspace::with_list`].
    pub(crate) fn new(server: SocketAddr, connections: usize) -> Self {
        let folder = TempDir::with_prefix("hikyaku-test-").unwrap();
        let config = format!(
            r#"
[identity]
hostname = "sender.test"

[route]
override = "{server}"

[tls]
policy = "off"

[[destination]]
mx = "*"
connections = {connections}
messages_per_connection = 0

[delivery]
retry = ["0.1s", "0.2s"]
retry_jitter = 0.0
timeouts = {{ connect = "5s", greeting = "10s", command = "10s", data_block = "10s", data_final = "30s" }}

[safety]
brake = false
"#
        );
        let workspace = Self { folder, config };
        workspace.write("hikyaku.toml", workspace.config.as_bytes());
        workspace.campaign_file(
            "campaign.toml",
            r#"name = "spring"
from = "Example News <news@example.com>"
subject = "Hello {{ name }}"
recipients = "recipients.csv"
html = "body.html"
text = "body.txt"
unsubscribe = "https://example.com/u/{{ email | urlencode }}"
"#,
        );
        workspace.campaign_file("body.html", "<p>Dear {{ name }} of {{ city }},</p>\n");
        workspace.campaign_file(
            "body.txt",
            "Dear {{ name }} of {{ city }},\n\n.a line with a dot\n..\n.\nGoodbye\n",
        );
        workspace
    }

    /// A list of `rows` recipients over a few domains: `user0@d0.test`, `user1@d1.test` …
    pub(crate) fn with_list(self, rows: usize) -> Self {
        let mut list = String::from("email,name,city\n");
        for row in 0..rows {
            writeln!(list, "{},Name {row},City {}", email(row), row % 10).unwrap();
        }
        self.campaign_file("recipients.csv", list);
        self
    }

    /// Everything goes through these relays (TOML tables) instead of to the server.
    pub(crate) fn through(mut self, relays: &str) -> Self {
        let start = self.config.find("override = ").unwrap();
        let end = start + self.config[start..].find('\n').unwrap();
        self.config.replace_range(start..end, "mode = \"relay\"");
        self.with_config(relays)
    }

    /// With more configuration behind what there is.
    pub(crate) fn with_config(mut self, more: &str) -> Self {
        self.config.push_str(more);
        self.write("hikyaku.toml", self.config.as_bytes());
        self
    }

    /// With a piece of the configuration in another form.
    pub(crate) fn with_config_changed(mut self, from: &str, to: &str) -> Self {
        assert!(self.config.contains(from), "{from:?} is not configured");
        self.config = self.config.replace(from, to);
        self.write("hikyaku.toml", self.config.as_bytes());
        self
    }

    /// Writes a file of the campaign.
    pub(crate) fn campaign_file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = format!("campaigns/{CAMPAIGN}/{name}");
        self.write(&path, content.as_ref());
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The ledger's file.
    pub(crate) fn store(&self) -> PathBuf {
        self.path().join(".hikyaku/state.db")
    }
}

/// The address of a row of [`Workspace::with_list`].
pub(crate) fn email(row: usize) -> String {
    format!("user{row}@d{}.test", row % 7)
}

/// An address of the loopback interface where nobody listens.
pub(crate) fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}
