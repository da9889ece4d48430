//! Letters that people wrote to us, searched for an address. They are people's: they are named, and
//! nobody's letter is removed here.

use crate::model::Address;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

/// The letters in a Maildir in which one of the addresses stands, in any case, as it is written and not
/// encoded; and those that cannot be read, which may hold it.
pub(super) fn holding(folder: &Path, addresses: &[Address]) -> Vec<PathBuf> {
    let spellings = addresses
        .iter()
        .flat_map(|address| [address.to_string(), address.key()]);
    let spellings: Vec<Vec<u8>> = spellings.map(|text| folded(text.as_bytes())).collect();
    let letters = ["new", "cur", "tmp"].map(|part| files(&folder.join(part)));
    let mut found: Vec<PathBuf> = letters
        .into_iter()
        .flatten()
        .filter(|letter| holds(letter, &spellings))
        .collect();
    found.sort_unstable();
    found
}

/// The files of a folder; none where there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_file = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
    entries.filter(is_file).map(|entry| entry.path()).collect()
}

fn holds(letter: &Path, spellings: &[Vec<u8>]) -> bool {
    let Ok(octets) = fs::read(letter) else {
        return true;
    };
    let octets = folded(&octets);
    spellings.iter().any(|spelling| {
        let mut parts = octets.windows(spelling.len().max(1));
        parts.any(|part| part == spelling)
    })
}

fn folded(octets: &[u8]) -> Vec<u8> {
    octets.to_ascii_lowercase()
}
