//! Letters that people wrote to addresses of ours: to postmaster, which every domain that takes mail has
//! to have (RFC 5321 section 4.5.1), or to an unsubscribe address, and from which nothing was entered
//! in the ledger.
//!
//! They are kept as files of a Maildir, for people to read, as many as there is room for; nothing is
//! ever thrown away for a new one.

use crate::intake::Envelope;
use crate::model::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Letters that are kept.
const MOST: u64 = 1_000;
/// Octets of them all.
const MOST_OCTETS: u64 = 64 << 20;

/// The folder that letters are kept in.
pub struct Letters {
    folder: PathBuf,
    /// Letters that this process has kept, so that no two have the same name.
    kept: AtomicU64,
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
            kept: AtomicU64::new(0),
        }
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a letter, durably, with the addresses that the server was told. Blocks.
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
        for part in ["tmp", "new", "cur"] {
            make(&self.folder.join(part)).map_err(failed)?;
        }
        let (count, size) = self.held().map_err(failed)?;
        if count >= MOST || size.saturating_add(octets.len() as u64) > MOST_OCTETS {
            return Err(LettersError::Full {
                folder: self.folder.clone(),
            });
        }
        let number = self.kept.fetch_add(1, Ordering::Relaxed);
        let (time, process) = (now.as_millis(), process::id());
        let name = format!(
            "{}.M{}P{process}Q{number}.hikyaku",
            time / 1000,
            time % 1000
        );
        self.write(&name, octets, envelope).map_err(failed)
    }

    fn write(&self, name: &str, octets: &[u8], envelope: &Envelope) -> io::Result<()> {
        let (draft, place) = (self.folder.join("tmp").join(name), self.folder.join("new"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        let written = file
            .write_all(trace(envelope).as_bytes())
            .and_then(|()| file.write_all(octets))
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
        for part in ["tmp", "new", "cur"] {
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
        let whole = vec![b'x'; MOST_OCTETS as usize];
        let full = letters.keep(&whole, &envelope(), NOW);
        assert!(matches!(full, Err(LettersError::Full { .. })));
        for number in 1..MOST {
            fs::write(folder.path().join(format!("cur/{number}")), "").unwrap();
        }
        let full = letters.keep(b"x", &envelope(), NOW).unwrap_err();
        assert!(full.to_string().contains("is full: 1000 letters"), "{full}");
        fs::remove_file(folder.path().join("cur/1")).unwrap();
        letters.keep(b"x", &envelope(), NOW).unwrap();
    }
}
