//! Postfix, in an instance of its own.

use crate::Server;
use crate::arrived::{Arrived, count, files};
use crate::ground::{certificate, eventually, open_folder, open_subfolder};
use crate::mode::Mode;
use crate::support::workspace::closed_port;
use crate::{DOMAINS, LETTERS};
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub(crate) struct Running {
    folder: TempDir,
    address: SocketAddr,
    maildir: PathBuf,
}

impl Server for Running {
    fn start(mode: Mode) -> Self {
        let folder = open_folder();
        let address = closed_port();
        let at = |name: &str| folder.path().join(name);
        for private in ["conf", "queue", "data"] {
            fs::create_dir_all(at(private)).unwrap();
        }
        open_subfolder(folder.path(), "mail");
        certificate(folder.path());
        let owner = Command::new("chown")
            .arg("postfix")
            .arg(at("data"))
            .status();
        assert!(owner.unwrap().success());
        fs::write(at("conf/main.cf"), main_cf(folder.path(), mode)).unwrap();
        fs::write(at("conf/master.cf"), master_cf(address)).unwrap();
        let maildir = at("mail/box/new");
        let postfix = Self {
            folder,
            address,
            maildir,
        };
        assert!(postfix.command("start"), "{}", postfix.log());
        eventually(|| TcpStream::connect(address).is_ok());
        postfix
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn arrived(&self) -> Vec<Arrived> {
        eventually(|| count(&self.maildir) >= LETTERS);
        let kept = files(&self.maildir);
        kept.iter().map(|kept| Arrived::from_unix(kept)).collect()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Each connection ends with a count of its commands in the log.
    fn noticed(&self, mode: Mode) -> bool {
        let log = self.log();
        match mode {
            Mode::Sequential | Mode::Pipelining => log.contains(" data="),
            Mode::Chunking => log.contains(" bdat=") && !log.contains(" data="),
            Mode::StartTls => log.contains(" starttls="),
            Mode::ImplicitTls => log.contains(" TLS connection established from "),
            Mode::Auth => log.contains(" auth="),
        }
    }
}

impl Running {
    fn command(&self, what: &str) -> bool {
        let mut postfix = Command::new("/usr/sbin/postfix");
        postfix
            .arg("-c")
            .arg(self.folder.path().join("conf"))
            .arg(what);
        postfix.stdin(Stdio::null()).status().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.command("stop");
    }
}

fn main_cf(folder: &Path, mode: Mode) -> String {
    let folder = folder.display();
    let wrapped = if mode == Mode::ImplicitTls {
        "yes"
    } else {
        "no"
    };
    let tls = if mode.encrypted() { "may" } else { "none" };
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
smtpd_tls_security_level = {tls}
smtpd_tls_wrappermode = {wrapped}
smtpd_tls_loglevel = 1
smtpd_tls_chain_files = {folder}/key.pem {folder}/cert.pem
in_flow_delay = 0
virtual_mailbox_domains = {}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:box/
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
",
        DOMAINS.join(", ")
    )
}

/// What of Postfix is needed to take mail and put it into a mailbox.
pub(crate) fn master_cf(address: SocketAddr) -> String {
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
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
"
    )
}
