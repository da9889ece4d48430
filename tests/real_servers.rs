//! Against servers other people wrote: Postfix's `smtp-sink`, and Postfix itself in an instance
//! of its own that touches nothing of the machine's.

#![cfg(test)]

mod support;

use std::collections::HashSet;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::letter::Letter;
use support::program::run;
use support::report::Status;
use support::workspace::{CAMPAIGN, Workspace, closed_port, email};
use tempfile::TempDir;

const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

/// Lines that a careless sender breaks: leading dots, a lone dot, one longer than SMTP allows.
fn long_text() -> String {
    let long = "a very long line without an end ".repeat(60);
    format!("Dear {{{{ name }}}} of {{{{ city }}}},\n.\n..\n.dot\n{long}\n\n.\nGoodbye\n")
}

#[test]
#[ignore = "needs Postfix's smtp-sink, from Debian's package postfix"]
fn smtp_sink_gets_every_letter_over_eight_connections() {
    let folder = open_folder();
    let address = closed_port();
    let dump = folder.path().join("dump");
    let mut sink = Command::new("/usr/sbin/smtp-sink");
    if is_root() {
        sink.args(["-u", "nobody"]);
    }
    sink.arg("-D").arg(&dump);
    sink.arg(address.to_string()).arg("1000");
    let mut sink = start(sink, address);

    let workspace = Workspace::new(address, 8).with_list(5000);
    workspace.campaign_file("body.txt", long_text());
    let ended = run(workspace.path(), &SEND);
    drop(sink.kill());
    drop(sink.wait());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), 5000);
    assert_eq!(status.count("resent_in_doubt"), 0);

    let dumped = String::from_utf8_lossy(&fs::read(dump).unwrap()).into_owned();
    let recipients: Vec<_> = dumped
        .lines()
        .filter_map(|line| line.strip_prefix("X-Rcpt-Args: "))
        .map(|path| path.trim_matches(['<', '>']).to_owned())
        .collect();
    assert_eq!(recipients.len(), 5000, "each exactly once");
    let distinct: HashSet<_> = recipients.into_iter().collect();
    assert_eq!(distinct, (0..5000).map(email).collect());
}

#[test]
#[ignore = "needs root and Debian's package postfix"]
fn postfix_delivers_every_letter_as_it_was_written() {
    const LETTERS: usize = 2000;
    let postfix = Postfix::start();
    let workspace = Workspace::new(postfix.address, 8).with_list(LETTERS);
    workspace.campaign_file("body.txt", long_text());
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}\n{}", postfix.log());
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), LETTERS as u64, "{}", status.0);
    assert_eq!(status.count("resent_in_doubt"), 0);

    let arrived = || fs::read_dir(&postfix.maildir).map_or(0, Iterator::count);
    eventually(|| arrived() >= LETTERS);
    assert_eq!(arrived(), LETTERS, "{}", postfix.log());
    let mut recipients = HashSet::new();
    for entry in fs::read_dir(&postfix.maildir).unwrap() {
        let content = fs::read_to_string(entry.unwrap().path()).unwrap();
        let letter = Letter::parse(content.replace('\n', "\r\n").as_bytes());
        let recipient = letter.header("delivered-to").unwrap().to_owned();
        expect_whole(&letter, &recipient);
        recipients.insert(recipient);
    }
    assert_eq!(recipients, (0..LETTERS).map(email).collect());
}

/// The text part says to this recipient what the template says.
fn expect_whole(letter: &Letter, recipient: &str) {
    let number: usize = recipient["user".len()..]
        .split('@')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap();
    let wanted = long_text()
        .replace("{{ name }}", &format!("Name {number}"))
        .replace("{{ city }}", &format!("City {}", number % 10));
    let parts = letter.parts();
    assert_eq!(parts.len(), 2, "{recipient}");
    assert_eq!(parts[0].text(), wanted, "{recipient}");
}

/// A Postfix with its own configuration, queue and port. It is stopped with its handle.
struct Postfix {
    folder: TempDir,
    address: SocketAddr,
    maildir: PathBuf,
}

impl Postfix {
    fn start() -> Self {
        let folder = open_folder();
        let address = closed_port();
        let at = |name: &str| folder.path().join(name);
        let maildir = at("mail/box/new");
        fs::create_dir_all(at("conf")).unwrap();
        for writable in ["mail", "queue", "data"] {
            fs::create_dir_all(at(writable)).unwrap();
        }
        fs::set_permissions(at("mail"), fs::Permissions::from_mode(0o777)).unwrap();
        let owner = Command::new("chown")
            .arg("postfix")
            .arg(at("data"))
            .status();
        assert!(owner.unwrap().success());
        fs::write(at("conf/main.cf"), main_cf(folder.path())).unwrap();
        fs::write(at("conf/master.cf"), master_cf(address)).unwrap();
        let postfix = Self {
            folder,
            address,
            maildir,
        };
        assert!(postfix.command("start"), "{}", postfix.log());
        eventually(|| TcpStream::connect(address).is_ok());
        postfix
    }

    fn command(&self, what: &str) -> bool {
        let mut postfix = Command::new("/usr/sbin/postfix");
        postfix
            .arg("-c")
            .arg(self.folder.path().join("conf"))
            .arg(what);
        postfix.stdin(Stdio::null()).status().unwrap().success()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("stop");
    }
}

fn main_cf(folder: &Path) -> String {
    let folder = folder.display();
    let domains: Vec<_> = (0..7).map(|n| format!("d{n}.test")).collect();
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = postfix.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
virtual_mailbox_domains = {}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:box/
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
",
        domains.join(", ")
    )
}

/// What of Postfix is needed to take mail and put it into a mailbox.
fn master_cf(address: SocketAddr) -> String {
    format!(
        "{address} inet n - n - - smtpd
qmgr unix n - n 300 1 qmgr
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
showq unix n - n - - showq
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
"
    )
}

/// A temporary folder that other users may enter: these servers give up root's rights.
fn open_folder() -> TempDir {
    let folder = TempDir::with_prefix("hikyaku-server-").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

fn start(mut command: Command, address: SocketAddr) -> Child {
    let child = command.stdin(Stdio::null()).spawn().unwrap();
    eventually(|| TcpStream::connect(address).is_ok());
    child
}

/// Waits for something that another program does and does not tell, for a minute at most.
fn eventually(mut happened: impl FnMut() -> bool) {
    for _ in 0..2400 {
        if happened() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(25));
    }
}
