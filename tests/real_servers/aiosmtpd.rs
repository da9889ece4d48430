//! aiosmtpd, Python's SMTP server, with the handler in `aiosmtpd_server.py`.

use crate::Server;
use crate::arrived::{Arrived, files};
use crate::ground::{Group, certificate, installed, open_folder, open_subfolder};
use crate::mode::{Mode, PASSWORD, USER};
use crate::support::workspace::closed_port;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) struct Running {
    folder: TempDir,
    address: SocketAddr,
    mail: PathBuf,
    _group: Group,
}

impl Server for Running {
    fn start(mode: Mode) -> Self {
        let folder = open_folder();
        let address = closed_port();
        let mail = open_subfolder(folder.path(), "mail");
        certificate(folder.path());
        let script = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(installed("aiosmtpd").join("bin/python"));
        command
            .arg(script.join("tests/real_servers/aiosmtpd_server.py"))
            .arg(address.port().to_string())
            .arg(folder.path())
            .arg(match mode {
                Mode::StartTls => "starttls",
                Mode::ImplicitTls => "implicit",
                Mode::Auth => "auth",
                _ => "plain",
            })
            .args([USER, PASSWORD]);
        let group = Group::start(command, address, &folder.path().join("log"));
        Self {
            folder,
            address,
            mail,
            _group: group,
        }
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// It keeps what it got with the line ends it got.
    fn arrived(&self) -> Vec<Arrived> {
        files(&self.mail).into_iter().map(Arrived).collect()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// It refuses mail in plain text where it is to have TLS, and without a login where it is to
    /// have one.
    fn noticed(&self, _: Mode) -> bool {
        true
    }
}
