//! Postfix's `smtp-sink`, which writes what it gets into one file.

use crate::Server;
use crate::arrived::Arrived;
use crate::ground::{Group, is_root, open_folder};
use crate::mode::Mode;
use crate::support::workspace::closed_port;
use std::cell::RefCell;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

pub(crate) struct Running {
    folder: TempDir,
    address: SocketAddr,
    group: RefCell<Group>,
}

impl Server for Running {
    fn start(_: Mode) -> Self {
        let folder = open_folder();
        let address = closed_port();
        let mut command = Command::new("/usr/sbin/smtp-sink");
        if is_root() {
            command.args(["-u", "nobody"]);
        }
        command.arg("-D").arg(folder.path().join("dump"));
        command.arg(address.to_string()).arg("1000");
        let group = Group::start(command, address, &folder.path().join("log"));
        Self {
            folder,
            address,
            group: RefCell::new(group),
        }
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn certificate(&self) -> PathBuf {
        unreachable!("no mode asks it for TLS")
    }

    /// The file is whole when its writer has ended. Messages begin with a line that names the
    /// client and end with an empty line that is not theirs.
    fn arrived(&self) -> Vec<Arrived> {
        self.group.borrow_mut().stop();
        let dump = fs::read_to_string(self.folder.path().join("dump")).unwrap();
        let messages = dump.split("X-Client-Addr: ").skip(1);
        messages
            .map(|message| {
                let message = message.strip_suffix('\n').unwrap_or(message);
                Arrived::from_unix(format!("X-Client-Addr: {message}").as_bytes())
            })
            .collect()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// It has no log.
    fn noticed(&self, _: Mode) -> bool {
        true
    }
}
