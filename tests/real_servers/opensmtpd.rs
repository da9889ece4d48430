//! OpenSMTPD, unpacked from its Debian package. It takes a hundred messages on a connection and
//! refuses more with 452.

use crate::LETTERS;
use crate::Server;
use crate::arrived::{Arrived, count, files};
use crate::ground::{
    Group, as_if_installed, certificate, eventually, installed, open_folder, open_subfolder,
};
use crate::mode::Mode;
use crate::support::workspace::closed_port;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The users that it expects.
const USERS: &[&str] = &["opensmtpd", "opensmtpq"];

pub(crate) struct Running {
    folder: TempDir,
    address: SocketAddr,
    maildir: PathBuf,
    _group: Group,
}

impl Server for Running {
    const PER_CONNECTION: u32 = 100;

    fn start(mode: Mode) -> Self {
        let folder = open_folder();
        let address = closed_port();
        let maildir = open_subfolder(folder.path(), "mail").join("new");
        certificate(folder.path());
        let conf = configuration(folder.path(), address, mode);
        fs::write(folder.path().join("smtpd.conf"), conf).unwrap();
        let script = places(&installed("opensmtpd"));
        let command = as_if_installed(folder.path(), USERS, &script);
        let group = Group::start(command, address, &folder.path().join("log"));
        Self {
            folder,
            address,
            maildir,
            _group: group,
        }
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

    /// The package of Debian 12 offers STARTTLS and then fails at every handshake, within OpenSSL.
    /// There the mode shows that mail goes on in plain text, where any certificate would do.
    fn noticed(&self, mode: Mode) -> bool {
        let log = self.log();
        let asked = log.contains(" smtp tls ") || log.contains(":SSL routines:");
        asked == mode.starttls()
    }
}

/// The places that are built into it: its helpers, the folder it shuts itself into, its queue and
/// its socket, each in a folder of the test's.
fn places(package: &Path) -> String {
    let package = package.display();
    format!(
        "mkdir libexec lib spool run; cp -a {package}/usr/libexec/opensmtpd libexec/
        mount --bind libexec /usr/libexec
        mount --bind lib /var/lib; mkdir -p /var/lib/opensmtpd/empty
        mount --bind spool /var/spool; mkdir -m 711 /var/spool/smtpd
        mount --bind run /run
        exec {package}/usr/sbin/smtpd -d -f $PWD/smtpd.conf"
    )
}

fn configuration(folder: &Path, address: SocketAddr, mode: Mode) -> String {
    let folder = folder.display();
    let tls = if mode.starttls() { "tls pki test" } else { "" };
    format!(
        "pki test cert \"{folder}/cert.pem\"
pki test key \"{folder}/key.pem\"
table everybody {{ \"@\" = nobody }}
listen on {} port {} {tls}
action box maildir \"{folder}/mail\" virtual <everybody>
match from any for any action box
",
        address.ip(),
        address.port(),
    )
}
