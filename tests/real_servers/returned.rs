//! Postfix bounces a letter, and its bounce is taken where our MX would be.

use crate::ground::{eventually, is_root, open_folder};
use crate::support::service::{Service, sent};
use crate::support::workspace::closed_port;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A Postfix that knows no recipient and sends its bounces to one address.
struct Bouncer {
    folder: TempDir,
    address: SocketAddr,
}

impl Bouncer {
    fn start(mx: SocketAddr) -> Self {
        assert!(is_root(), "Postfix has to be started as root");
        let (folder, address) = (open_folder(), closed_port());
        let at = |name: &str| folder.path().join(name);
        for private in ["conf", "queue", "data"] {
            fs::create_dir_all(at(private)).unwrap();
        }
        let owner = Command::new("chown")
            .arg("postfix")
            .arg(at("data"))
            .status();
        assert!(owner.unwrap().success());
        fs::write(at("conf/main.cf"), main_cf(folder.path(), mx)).unwrap();
        fs::write(at("conf/master.cf"), master_cf(address)).unwrap();
        let bouncer = Self { folder, address };
        assert!(bouncer.command("start"), "{}", bouncer.log());
        eventually(|| TcpStream::connect(address).is_ok());
        bouncer
    }

    /// Hands it a letter from a sender to somebody who does not exist.
    fn deliver(&self, sender: &str) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let lines = [
            "EHLO sender.test",
            &format!("MAIL FROM:<{sender}>"),
            "RCPT TO:<nobody@dead.test>",
            "DATA",
            "Subject: hello\r\nMessage-ID: <1@sender.test>\r\n\r\nHello\r\n.",
            "QUIT",
        ];
        let mut said = [0; 4096];
        for line in lines {
            let read = stream.read(&mut said).unwrap();
            let text = String::from_utf8_lossy(&said[..read]).into_owned();
            assert!(text.starts_with(['2', '3']), "{text}");
            stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn command(&self, what: &str) -> bool {
        let mut postfix = Command::new("/usr/sbin/postfix");
        postfix
            .arg("-c")
            .arg(self.folder.path().join("conf"))
            .arg(what);
        postfix.stdin(Stdio::null()).status().unwrap().success()
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.command("stop");
    }
}

fn main_cf(folder: &Path, mx: SocketAddr) -> String {
    let folder = folder.display();
    let (ip, port) = (mx.ip(), mx.port());
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
virtual_mailbox_domains = dead.test
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {{ somebody@dead.test = somebody/ }} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_reject_unlisted_recipient = no
default_transport = smtp:[{ip}]:{port}
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_tls_security_level = may
smtp_tls_loglevel = 1
in_flow_delay = 0
"
    )
}

fn master_cf(address: SocketAddr) -> String {
    format!(
        "{address} inet n - n - - smtpd
smtp unix - - n - - smtp
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
scache unix - - n - 1 scache
"
    )
}

#[test]
#[ignore = "root and Postfix; see install.sh"]
fn a_bounce_of_postfix_is_taken() {
    let sent = sent();
    crate::ground::certificate(sent.workspace.path());
    let tls = [
        "--set",
        "serve.tls_cert=cert.pem",
        "--set",
        "serve.tls_key=key.pem",
    ];
    let service = Service::start(&sent, &tls);
    let postfix = Bouncer::start(service.address("smtp"));
    postfix.deliver(&sent.return_path);
    let taken = || postfix.log().contains("status=sent (250 2.0.0 Taken)");
    eventually(taken);
    let log = postfix.log();
    assert!(taken(), "{log}");
    assert!(log.contains("TLS connection established to"), "{log}");
    // A bounce of a letter that is none of ours is not taken, and Postfix gives it up.
    postfix.deliver("b-forged@bounces.test");
    let refused = || postfix.log().contains("550 5.1.1 No such return path");
    eventually(refused);
    assert!(refused(), "{}", postfix.log());
    let (code, said) = service.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("mail taken").count(), 1, "{said}");
}
