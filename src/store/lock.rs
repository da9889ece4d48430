//! One process at a time sends a campaign.
//!
//! The lock is the operating system's lock on a file, so it dies with its holder, however that
//! ends. The file itself stays: removing it would let two processes lock two files of one name.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The right to send a campaign, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct CampaignLock {
    _file: File,
}

/// Why a campaign was not locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process sends it.
    #[error("campaign {campaign:?} is being sent by process {}", pid.map_or_else(|| String::from("(unknown)"), |pid| pid.to_string()))]
    Held {
        /// The campaign's name.
        campaign: String,
        /// Which process, where its file says so.
        pid: Option<u32>,
    },
    /// The lock's file cannot be opened, locked or written.
    #[error("{}: the campaign cannot be locked: {source}", path.display())]
    Io {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl CampaignLock {
    /// Locks `campaign` of the store at `store`, creating `locks/` beside it.
    ///
    /// # Errors
    /// [`LockError::Held`] where another process, or another handle of this one, has it.
    pub fn acquire(store: &Path, campaign: &str) -> Result<Self, LockError> {
        let folder = store.parent().unwrap_or(Path::new("")).join("locks");
        let path = folder.join(file_name(campaign));
        let failed = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    campaign: campaign.to_owned(),
                    pid: read_pid(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        write_pid(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Whether any campaign of the store at `store` is being sent. What cannot be looked at is taken for
/// held.
pub(super) fn any_is_held(store: &Path) -> bool {
    let folder = store.parent().unwrap_or(Path::new("")).join("locks");
    let files = match std::fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
    };
    // A shared lock, so that two that look do not take each other for senders.
    let is_free = |file: &File| file.try_lock_shared().is_ok();
    let mut files = files;
    files.any(|entry| {
        let file = entry.and_then(|entry| File::open(entry.path()));
        !file.is_ok_and(|file| is_free(&file))
    })
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The holder's pid; `None` in the moment between its lock and its line.
fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// A file name for any campaign name: what is not plain is written `%41`, and names that get too
/// long for a file system end in a hash of the whole.
fn file_name(campaign: &str) -> String {
    let mut name = String::new();
    for byte in campaign.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.len() > 150 {
        name.truncate(150);
        let _ = write!(name, "~{:016x}", super::key::hash(campaign));
    }
    name + ".lock"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_with_the_first_ones_pid() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("state.db");
        let first = CampaignLock::acquire(&store, "welcome").unwrap();
        let Err(LockError::Held { pid, .. }) = CampaignLock::acquire(&store, "welcome") else {
            panic!("it was locked twice");
        };
        assert_eq!(pid, Some(std::process::id()));
        CampaignLock::acquire(&store, "other").unwrap();
        drop(first);
        CampaignLock::acquire(&store, "welcome").unwrap();
    }

    #[test]
    fn it_is_known_whether_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("state.db");
        assert!(!any_is_held(&store));
        let lock = CampaignLock::acquire(&store, "welcome").unwrap();
        drop(CampaignLock::acquire(&store, "another").unwrap());
        assert!(any_is_held(&store));
        drop(lock);
        assert!(!any_is_held(&store));
    }

    #[test]
    fn every_name_is_one_file_of_its_own() {
        let long = "長".repeat(300);
        let names = [
            "a",
            "a/b",
            "../a",
            ".",
            "",
            "A b",
            "a%2fb",
            &long,
            &long[3..],
        ];
        let files: std::collections::HashSet<_> = names.into_iter().map(file_name).collect();
        assert_eq!(files.len(), names.len());
        for file in files {
            assert!(file.len() < 200 && !file.contains('/'), "{file}");
        }
    }
}
