//! Letters that people wrote to addresses of ours: to postmaster, which every domain that takes mail has
//! to have (RFC 5321 section 4.5.1), or to an unsubscribe address, and from which nothing was entered
//! in the ledger.
//!
//! They are kept as files of a Maildir, for people to read, as many as there is room for, of each as
//! much as a person reads; nothing is ever thrown away for a new one.

use crate::intake::Envelope;
use crate::model::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Letters that are kept.
const MOST: u64 = 1_000;
/// Octets of them all.
const MOST_OCTETS: u64 = 64 << 20;
/// Octets that are kept of one, so that a few cannot fill the folder.
const MOST_OF_ONE: usize = 256 << 10;

/// The folders of a Maildir.
const PARTS: [&str; 3] = ["tmp", "new", "cur"];

/// The folder that letters are kept in.
pub struct Letters {
    folder: PathBuf,
    /// Letters that this process has kept, so that no two have the same name. Held while there is
    /// looked for room and written: two that come at once do not take the same room.
    kept: Mutex<u64>,
    /// Whether there was no room the last time.
    was_full: AtomicBool,
}

/// Why a letter cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LettersError {
    /// The folder holds as much as it may.
    #[error("{} is full: {MOST} letters or {} MiB; read and remove some", folder.display(), MOST_OCTETS >> 20)]
    Full {
        /// The folder.
        folder: PathBuf,
    },
    /// The system does not let us.
    #[error("{}: {source}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

impl Letters {
    /// In a Maildir, which is made where it is missing.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            kept: Mutex::new(0),
            was_full: AtomicBool::new(false),
        }
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there was no room the last time; [`Letters::is_full`] tells whether it is still so.
    #[must_use]
    pub fn was_full(&self) -> bool {
        self.was_full.load(Ordering::Relaxed)
    }

    /// Whether there is no room for a letter of the greatest length. Blocks.
    #[must_use]
    pub fn is_full(&self) -> bool {
        // A folder that cannot be read is no full one: writing to it says what is wrong.
        let full = self
            .held()
            .is_ok_and(|held| !has_room(held, MOST_OF_ONE as u64));
        self.was_full.store(full, Ordering::Relaxed);
        full
    }

    /// Keeps a letter, durably, with the addresses that the server was told; of a long one the
    /// beginning, which a field in front then says. Blocks.
    ///
    /// # Errors
    /// Where there is no room for it, or it cannot be written.
    pub fn keep(
        &self,
        octets: &[u8],
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<(), LettersError> {
        let failed = |source| LettersError::Io {
            folder: self.folder.clone(),
            source,
        };
        let mut head = trace(envelope);
        let kept = octets.get(..MOST_OF_ONE).unwrap_or(octets);
        if kept.len() < octets.len() {
            let (part, all) = (kept.len(), octets.len());
            head.push_str(&format!("X-Hikyaku-Cut: {part} of {all} octets\r\n"));
        }
        let mut number = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for part in PARTS {
            make(&self.folder.join(part)).map_err(failed)?;
        }
        let size = head.len().saturating_add(kept.len()) as u64;
        if !has_room(self.held().map_err(failed)?, size) {
            self.was_full.store(true, Ordering::Relaxed);
            return Err(LettersError::Full {
                folder: self.folder.clone(),
            });
        }
        let (time, process) = (now.as_millis(), process::id());
        let name = format!(
            "{}.M{}P{process}Q{number}.hikyaku",
            time / 1000,
            time % 1000
        );
        *number += 1;
        self.write(&name, &[head.as_bytes(), kept]).map_err(failed)
    }

    fn write(&self, name: &str, [head, letter]: &[&[u8]; 2]) -> io::Result<()> {
        let (draft, place) = (self.folder.join("tmp").join(name), self.folder.join("new"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        let written = file
            .write_all(head)
            .and_then(|()| file.write_all(letter))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&draft, place.join(name)));
        if written.is_err() {
            // What is half there is nobody's letter.
            let _ = fs::remove_file(&draft);
        }
        written?;
        File::open(&place)?.sync_all()
    }

    /// How many there are, and their octets.
    fn held(&self) -> io::Result<(u64, u64)> {
        let (mut count, mut size) = (0, 0_u64);
        for part in PARTS {
            for entry in fs::read_dir(self.folder.join(part))? {
                count += 1;
                // One that is read and removed at this moment takes no room.
                let length = entry?.metadata().map_or(0, |facts| facts.len());
                size = size.saturating_add(length);
            }
        }
        Ok((count, size))
    }
}

/// Whether so many letters, of so many octets, leave room for one of this size.
fn has_room((count, held): (u64, u64), size: u64) -> bool {
    count < MOST && held.saturating_add(size) <= MOST_OCTETS
}

/// What the server was told, as fields of its own: they hold no line ends, by the grammar of paths.
fn trace(envelope: &Envelope) -> String {
    let from = envelope.from.as_deref().unwrap_or_default();
    let mut fields = format!("Return-Path: <{from}>\r\n");
    for to in &envelope.to {
        fields.push_str(&format!("Delivered-To: {to}\r\n"));
    }
    fields
}

/// A folder that nobody else looks into.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);

    fn envelope() -> Envelope {
        Envelope {
            from: None,
            to: vec!["postmaster@b.example".to_owned()],
        }
    }

    fn new(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder.join("new")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn a_letter_is_kept_with_whom_it_was_for() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("post");
        let letters = Letters::new(place.clone());
        for _ in 0..2 {
            letters
                .keep(b"Subject: x\r\n\r\ny", &envelope(), NOW)
                .unwrap();
        }
        let kept = new(&place);
        assert_eq!(kept.len(), 2, "the same name is not used twice");
        let text = fs::read_to_string(&kept[0]).unwrap();
        let head = "Return-Path: <>\r\nDelivered-To: postmaster@b.example\r\n";
        assert_eq!(text, format!("{head}Subject: x\r\n\r\ny"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&kept[0]), mode(&place)), (0o600, 0o700));
        }
    }

    #[test]
    fn what_is_there_is_not_thrown_away_for_more() {
        let folder = tempfile::tempdir().unwrap();
        let letters = Letters::new(folder.path().to_owned());
        letters.keep(b"x", &envelope(), NOW).unwrap();
        let large = File::create(folder.path().join("cur/large")).unwrap();
        large.set_len(MOST_OCTETS).unwrap();
        let full = letters.keep(b"x", &envelope(), NOW);
        assert!(matches!(full, Err(LettersError::Full { .. })));
        assert!(letters.was_full() && letters.is_full());
        fs::remove_file(folder.path().join("cur/large")).unwrap();
        assert!(!letters.is_full() && !letters.was_full());
        for number in 1..MOST {
            fs::write(folder.path().join(format!("cur/{number}")), "").unwrap();
        }
        let full = letters.keep(b"x", &envelope(), NOW).unwrap_err();
        assert!(full.to_string().contains("is full: 1000 letters"), "{full}");
        fs::remove_file(folder.path().join("cur/1")).unwrap();
        letters.keep(b"x", &envelope(), NOW).unwrap();
    }

    #[test]
    fn of_a_long_letter_the_beginning_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let letters = Letters::new(folder.path().to_owned());
        let long = vec![b'x'; MOST_OF_ONE + 1];
        letters.keep(&long, &envelope(), NOW).unwrap();
        letters.keep(&long[1..], &envelope(), NOW).unwrap();
        let mut texts = new(folder.path())
            .into_iter()
            .map(fs::read)
            .map(Result::unwrap);
        let (cut, whole): (Vec<_>, Vec<_>) = texts
            .by_ref()
            .partition(|text| text.windows(13).any(|part| part == b"X-Hikyaku-Cut"));
        let head = trace(&envelope());
        assert_eq!(whole[0].len(), head.len() + MOST_OF_ONE);
        let head = format!("{head}X-Hikyaku-Cut: 262144 of 262145 octets\r\n");
        assert!(cut[0].starts_with(head.as_bytes()));
        assert_eq!(cut[0].len(), head.len() + MOST_OF_ONE);
    }

    #[test]
    fn letters_that_come_at_once_do_not_take_the_same_room() {
        let folder = tempfile::tempdir().unwrap();
        let letters = Letters::new(folder.path().to_owned());
        letters.keep(b"x", &envelope(), NOW).unwrap();
        for number in 1..MOST - 1 {
            fs::write(folder.path().join(format!("cur/{number}")), "").unwrap();
        }
        let kept = std::thread::scope(|scope| {
            let keep = || letters.keep(b"x", &envelope(), NOW).is_ok();
            let threads = [(); 8].map(|()| scope.spawn(keep));
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    }
}
