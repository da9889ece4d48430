//! Returned mail from a real mailbox: Postfix bounces what it cannot deliver to the return path, whose
//! mailbox Dovecot serves, and `bounces fetch` brings the ledger up to date.

use crate::ground::{Group, certificate, eventually, open_folder, open_subfolder};
use crate::mode::{PASSWORD, USER};
use crate::postfix::master_cf;
use crate::support::program::{Running as Program, hikyaku, run};
use crate::support::report::Status;
use crate::support::workspace::{CAMPAIGN, Workspace, closed_port};
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Both servers over one Maildir.
struct Servers {
    folder: TempDir,
    smtp: SocketAddr,
    /// IMAP, IMAP over TLS, POP3, POP3 over TLS.
    ports: [u16; 4],
    _dovecot: Group,
}

impl Servers {
    fn start() -> Self {
        let folder = open_folder();
        let (smtp, ports) = (closed_port(), [(); 4].map(|()| closed_port().port()));
        for private in ["conf", "queue", "data", "run", "state"] {
            fs::create_dir_all(folder.path().join(private)).unwrap();
        }
        open_subfolder(folder.path(), "mail");
        certificate(folder.path());
        own(folder.path(), "mail", "65534:65534");
        own(folder.path(), "data", "postfix");
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
        write("users", format!("{USER}:{{PLAIN}}{PASSWORD}\n"));
        write("conf/main.cf", main_cf(folder.path()));
        write("conf/master.cf", master_cf(smtp));
        write("conf/boxes", "/@bounces\\.test$/ box/\n".to_owned());
        write("dovecot.conf", dovecot_conf(folder.path(), ports));
        assert!(postfix(folder.path(), "start"));
        let mut dovecot = Command::new("/usr/sbin/dovecot");
        dovecot
            .arg("-F")
            .arg("-c")
            .arg(folder.path().join("dovecot.conf"));
        let imap = SocketAddr::from(([127, 0, 0, 1], ports[0]));
        let dovecot = Group::start(dovecot, imap, &folder.path().join("out"));
        eventually(|| TcpStream::connect(smtp).is_ok());
        Self {
            folder,
            smtp,
            ports,
            _dovecot: dovecot,
        }
    }

    fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("postfix.log") + &read("dovecot.log")
    }

    /// A workspace whose mail goes to Postfix, and whose returned mail is fetched by `mailbox`.
    fn workspace(&self, mailbox: &str) -> Workspace {
        let known = format!("policy = \"off\"\nca_file = {:?}", self.certificate());
        let workspace = Workspace::new(self.smtp, 2)
            .with_list(3)
            .with_config_changed("hostname = \"sender.test\"", IDENTITY)
            .with_config_changed("policy = \"off\"", &known)
            .with_config(&format!(
                "\n[mailbox]\nhost = \"127.0.0.1\"\n{mailbox}\n\
                 auth = {{ username = \"{USER}\", password_file = \"password\" }}\n"
            ));
        workspace.write("password", PASSWORD.as_bytes());
        workspace
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Mails in a folder of the mailbox, and how many of them were seen.
    fn mails(&self, folder: &str) -> (usize, usize) {
        let maildir = self.folder.path().join("mail/box").join(folder);
        let names = ["new", "cur"]
            .iter()
            .filter_map(|sub| fs::read_dir(maildir.join(sub)).ok());
        let names = names.flatten().map(|entry| entry.unwrap().file_name());
        let flags: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        let is_seen = |name: &&String| {
            name.rsplit_once(":2,")
                .is_some_and(|(_, f)| f.contains('S'))
        };
        (flags.len(), flags.iter().filter(is_seen).count())
    }

    /// Somebody's mail that has nothing to do with ours.
    fn letter(&self) {
        let maildir = self.folder.path().join("mail/box/new");
        fs::create_dir_all(&maildir).unwrap();
        let letter =
            "From: a@friend.test\r\nTo: b@bounces.test\r\nSubject: lunch?\r\n\r\nAt one?\r\n";
        fs::write(maildir.join("1.letter.friend"), letter).unwrap();
        own(self.folder.path(), "mail", "65534:65534");
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        postfix(self.folder.path(), "stop");
    }
}

const IDENTITY: &str = "hostname = \"sender.test\"\nbounce_domain = \"bounces.test\"";

fn own(folder: &Path, name: &str, owner: &str) {
    let mut chown = Command::new("chown");
    let done = chown.arg("-R").arg(owner).arg(folder.join(name)).status();
    assert!(done.unwrap().success());
}

fn postfix(folder: &Path, what: &str) -> bool {
    let mut postfix = Command::new("/usr/sbin/postfix");
    postfix.arg("-c").arg(folder.join("conf")).arg(what);
    postfix.stdin(Stdio::null()).status().unwrap().success()
}

/// Sends the campaign, and waits until all three recipients have come back.
fn send(servers: &Servers, workspace: &Workspace) {
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}\n{}", servers.log());
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), 3, "{}", status.0);
    eventually(|| servers.mails("").0 >= 3);
    assert_eq!(servers.mails("").0, 3, "{}", servers.log());
}

fn bounced(workspace: &Workspace) -> u64 {
    Status::of(workspace.path(), CAMPAIGN).count("bounced")
}

#[test]
#[ignore = "needs root, Postfix and Dovecot; see install.sh"]
fn what_postfix_returns_is_fetched_by_imap() {
    let servers = Servers::start();
    let port = format!("port = {}", servers.ports[1]);
    let workspace = servers.workspace(&port);
    send(&servers, &workspace);
    servers.letter();

    let dry = run(workspace.path(), &["bounces", "fetch", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}\n{}", servers.log());
    assert_eq!((bounced(&workspace), servers.mails("")), (0, (4, 0)));

    let ended = run(workspace.path(), &["bounces", "fetch", "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}\n{}", servers.log());
    assert!(
        ended.stderr.contains("3 bounced now, 3 suppressed now"),
        "{ended:?}"
    );
    assert_eq!(bounced(&workspace), 3);
    assert_eq!(servers.mails(".Handled").0, 3, "moved");
    assert_eq!(servers.mails(""), (1, 0), "the letter is there and unseen");
    let report = run(workspace.path(), &["report", CAMPAIGN, "--format", "csv"]).stdout;
    assert_eq!(
        report.matches(",mailbox_unknown,recipient,async,").count(),
        3,
        "{report}"
    );

    let again = run(workspace.path(), &["bounces", "fetch"]);
    assert!(again.stdout.contains(": 0 looked at"), "{again:?}");
}

#[test]
#[ignore = "needs root, Postfix and Dovecot; see install.sh"]
fn what_postfix_returns_is_fetched_by_pop3() {
    let servers = Servers::start();
    let keys = "protocol = \"pop3\"\ntls = \"required\"\nport = ";
    let workspace = servers.workspace(&format!("{keys}{}", servers.ports[2]));
    send(&servers, &workspace);
    let ended = run(workspace.path(), &["bounces", "fetch"]);
    assert_eq!(ended.code, Some(0), "{ended:?}\n{}", servers.log());
    assert_eq!(bounced(&workspace), 3, "{ended:?}");
    assert_eq!(servers.mails("").0, 3, "left where they are");
    let again = run(workspace.path(), &["bounces", "fetch"]);
    assert!(again.stdout.contains(": 0 looked at"), "{again:?}");

    let handled = format!("handled = \"delete\"\n{keys}");
    let deleting = servers.workspace(&format!("{handled}{}", servers.ports[2]));
    fs::create_dir_all(deleting.store().parent().unwrap()).unwrap();
    fs::copy(workspace.store(), deleting.store()).unwrap();
    let ended = run(deleting.path(), &["bounces", "fetch", "--all"]);
    assert_eq!(ended.code, Some(0), "{ended:?}\n{}", servers.log());
    assert_eq!(servers.mails("").0, 0, "deleted");
}

#[test]
#[ignore = "needs root, Postfix and Dovecot; see install.sh"]
fn new_mail_ends_the_wait_at_once() {
    let servers = Servers::start();
    let port = format!(
        "tls = \"required\"\nhandled = \"flag\"\nport = {}",
        servers.ports[0]
    );
    let workspace = servers.workspace(&port);
    let none = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes", "--limit", "1"],
    );
    assert_eq!(none.code, Some(3), "{none:?}");
    let watching = hikyaku(
        workspace.path(),
        &["bounces", "fetch", "--watch", "--format", "json"],
    );
    let mut watching = Program::start(watching);
    watching.wait_for_line("\"reason\":\"mailbox_unknown\"");
    // It waits in IDLE by now, or is on its way there.
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for _ in 0..2 {
        watching.wait_for_line("\"handled\":true");
    }
    assert_eq!(bounced(&workspace), 3);
    watching.signal("TERM");
    let ended = watching.wait(Duration::from_secs(30));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(servers.mails("").0, 3, "flagged where they are");
}

fn dovecot_conf(folder: &Path, [imap, imaps, pop3, pop3s]: [u16; 4]) -> String {
    let folder = folder.display();
    format!(
        "base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/box
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={folder}/mail
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
"
    )
}

/// Takes mail for everybody, and finds out later that most of them do not exist.
fn main_cf(folder: &Path) -> String {
    let folder = folder.display();
    let domains = crate::DOMAINS.join(", ");
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = postfix.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
smtpd_tls_security_level = none
in_flow_delay = 0
virtual_mailbox_domains = bounces.test, {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = regexp:{folder}/conf/boxes
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"
    )
}
