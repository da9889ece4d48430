//! The store's files are their owner's alone: they hold addresses, and the secret that tokens are
//! made with.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// Creates the file where there is none, before SQLite would with the rights of the umask. SQLite
/// gives its write-ahead log and shared memory the rights of the main file.
///
/// # Errors
/// Where it can neither be created nor is there already.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // A file that is there is not opened: closing it would drop SQLite's locks on it.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Takes everybody else's rights off a file that is there, and off what SQLite keeps beside it.
///
/// # Errors
/// Where the file is not ours to change.
#[cfg(unix)]
pub(super) fn close(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let closed = std::fs::set_permissions(name, PermissionsExt::from_mode(0o600));
        match closed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

/// Rights of other systems are those of the folder.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(super) fn close(_: &Path) -> io::Result<()> {
    Ok(())
}
