//! Exim, unpacked from its Debian package. It takes mail and keeps it in its queue, where it is
//! read: 2,000 deliveries by a process each would take minutes.

use crate::Server;
use crate::arrived::Arrived;
use crate::ground::{
    FIRST_ID, Group, as_if_installed, certificate, installed, open_folder, open_subfolder,
};
use crate::mode::{Mode, PASSWORD, USER};
use crate::support::workspace::closed_port;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The user that the package's binary was built for.
const OWNER: &str = "Debian-exim";

pub(crate) struct Running {
    folder: TempDir,
    address: SocketAddr,
    _group: Group,
}

impl Server for Running {
    fn start(mode: Mode) -> Self {
        let folder = open_folder();
        let address = closed_port();
        for name in ["spool", "log"] {
            open_subfolder(folder.path(), name);
        }
        certificate(folder.path());
        let binary = installed("exim").join("usr/sbin/exim4");
        let conf = configuration(folder.path(), &binary, address, mode);
        fs::write(folder.path().join("exim.conf"), conf).unwrap();
        let script = format!(
            "chown -R {FIRST_ID} spool log key.pem; exec {} -bdf -C $PWD/exim.conf -oX {}.{}",
            binary.display(),
            address.ip(),
            address.port(),
        );
        let command = as_if_installed(folder.path(), &[OWNER], &script);
        let group = Group::start(command, address, &folder.path().join("out"));
        Self {
            folder,
            address,
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
        let queue = self.folder.path().join("spool/input");
        let entries = fs::read_dir(queue).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter_map(|path| queued(&path)).collect()
    }

    fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("out") + &read("log/panic") + &read("log/main")
    }

    /// Lines of received messages carry a K where they came by BDAT, and the TLS version.
    fn noticed(&self, mode: Mode) -> bool {
        let log = self.log();
        let received = || log.lines().filter(|line| line.contains(" <= "));
        match mode {
            Mode::Sequential | Mode::Pipelining => received().all(|line| !line.contains(" K ")),
            Mode::Chunking => received().all(|line| line.contains(" K ")),
            Mode::StartTls | Mode::ImplicitTls => received().all(|line| line.contains(" X=TLS")),
            Mode::Auth => received().all(|line| line.contains(" A=plain:me ")),
        }
    }
}

fn configuration(folder: &Path, binary: &Path, address: SocketAddr, mode: Mode) -> String {
    let (folder, binary) = (folder.display(), binary.display());
    let tls = if mode.starttls() { "*" } else { "" };
    let wrapped = if mode == Mode::ImplicitTls {
        address.port()
    } else {
        0
    };
    let check = if mode.login() { "check" } else { "accept" };
    format!(
        "primary_hostname = exim.test
exim_path = {binary}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
keep_environment =
tls_advertise_hosts = {tls}
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
chunking_advertise_hosts = *
tls_on_connect_ports = {wrapped}
acl_smtp_rcpt = {check}
acl_smtp_data = accept
queue_only
smtp_accept_max = 100
host_lookup =
begin acl
check:
  accept authenticated = *
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
"
    )
}

/// The message whose content is in `path`, a file of the queue that ends in `-D`: a line with
/// its name, then the body; the headers are in the file whose name ends in `-H` instead.
fn queued(path: &Path) -> Option<Arrived> {
    let name = path.to_str()?.strip_suffix("-D")?;
    let body = fs::read(path).unwrap();
    let end_of_name = body.iter().position(|octet| *octet == b'\n')?;
    let headers = fs::read_to_string(PathBuf::from(format!("{name}-H"))).unwrap();
    let mut message = headers_of(&headers).into_bytes();
    message.push(b'\n');
    message.extend_from_slice(&body[end_of_name + 1..]);
    Some(Arrived::from_unix(&message))
}

/// The headers behind the first empty line of an `-H` file: each is its length, a letter for its
/// kind, a space and the header. An asterisk marks one that Exim has dropped.
fn headers_of(file: &str) -> String {
    let (_, mut rest) = file.split_once("\n\n").unwrap();
    let mut headers = String::new();
    while let Some(digits) = rest.find(|c: char| !c.is_ascii_digit()) {
        let length: usize = rest[..digits].parse().unwrap();
        let start = digits + 2;
        if !rest[digits..].starts_with('*') {
            headers.push_str(&rest[start..start + length]);
        }
        rest = &rest[start + length..];
    }
    headers
}
