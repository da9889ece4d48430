//! What every server stands on: a folder of its own, a port, a certificate, a process group, and,
//! for servers made to be installed, a view of the machine in which they are.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A temporary folder that other users may enter: these servers give up root's rights.
pub(crate) fn open_folder() -> TempDir {
    let folder = TempDir::with_prefix("hikyaku-server-").unwrap();
    open(folder.path());
    folder
}

/// Makes a folder within and lets everybody write to it.
pub(crate) fn open_subfolder(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(&path).unwrap();
    open(&path);
    path
}

fn open(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
}

/// Where `install.sh` has put a server's files.
pub(crate) fn installed(server: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("servers").join(server);
    assert!(
        path.exists(),
        "{} is missing: run tests/real_servers/install.sh",
        path.display()
    );
    path
}

/// Writes `cert.pem` and `key.pem`, made for 127.0.0.1, into the folder.
pub(crate) fn certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    // One server insists that nobody else reads the key; they all read it as root.
    let mode = fs::Permissions::from_mode(0o600);
    fs::set_permissions(folder.join("key.pem"), mode).unwrap();
}

/// A running server and all the processes of its group, which are stopped with the handle.
pub(crate) struct Group(Child);

impl Group {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(mut command: Command, address: SocketAddr, log: &Path) -> Self {
        let log = fs::File::create(log).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0);
        let group = Self(command.spawn().unwrap());
        eventually(|| TcpStream::connect(address).is_ok());
        group
    }

    /// Stops it and waits for its end.
    pub(crate) fn stop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(None)) {
            return;
        }
        let group = format!("-{}", self.0.id());
        let kill = |signal| {
            let mut kill = Command::new("kill");
            drop(kill.args([signal, "--", &group]).status());
        };
        kill("-TERM");
        eventually(|| !matches!(self.0.try_wait(), Ok(None)));
        if matches!(self.0.try_wait(), Ok(None)) {
            kill("-KILL");
            drop(self.0.wait());
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A shell command in a mount namespace of its own, in which `users` exist and `script` has
/// prepared what else the server expects; nothing of it is seen outside. Needs root.
pub(crate) fn as_if_installed(folder: &Path, users: &[&str], script: &str) -> Command {
    for (file, line) in [
        ("passwd", passwd_line as fn(&str, u32) -> String),
        ("group", group_line),
    ] {
        let mut content = fs::read_to_string(Path::new("/etc").join(file)).unwrap();
        for (user, id) in users.iter().zip(FIRST_ID..) {
            content.push_str(&line(user, id));
        }
        fs::write(folder.join(file), content).unwrap();
    }
    let folder = folder.display();
    let script = format!(
        "set -e; cd {folder}; mount --bind passwd /etc/passwd; mount --bind group /etc/group; {script}"
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "bash", "-c", &script]);
    command
}

/// The first number of users that are only seen by their server.
pub(crate) const FIRST_ID: u32 = 59_001;

fn passwd_line(user: &str, id: u32) -> String {
    format!("{user}:x:{id}:{id}::/nonexistent:/usr/sbin/nologin\n")
}

fn group_line(user: &str, id: u32) -> String {
    format!("{user}:x:{id}:\n")
}

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Waits for something that another program does and does not tell, for a minute at most.
pub(crate) fn eventually(mut happened: impl FnMut() -> bool) {
    for _ in 0..2400 {
        if happened() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(25));
    }
}
