//! Where mails are read from: files, folders, mbox, Maildir, standard input. One mail at a time, in
//! the order they were named; folders in the order of their names.

use super::mbox::{Mbox, is_separator};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Octets of a mail that are read; what matters stands at the beginning.
pub(super) const MOST_OCTETS: usize = 4 << 20;
/// Folders within folders.
const DEPTH: usize = 40;

/// A mail and what it is called: its path, and `path#2` for the second of an mbox.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) name: String,
    pub(super) octets: Vec<u8>,
}

/// A path that could not be read, and why.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) name: String,
    pub(super) why: io::Error,
}

/// All mails below some paths.
pub(super) struct Sources {
    /// What is to be read, with its depth below what was named.
    waiting: VecDeque<(PathBuf, usize)>,
    open: Option<OpenMbox>,
}

/// An mbox that is being read.
struct OpenMbox {
    name: String,
    mbox: Mbox<Box<dyn BufRead>>,
    /// The message that comes next, known before so that a lone one keeps the file's name.
    next: Option<Vec<u8>>,
    number: usize,
}

impl Sources {
    /// The mails below these paths; `-` is standard input.
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        Self {
            waiting: paths.iter().map(|path| (path.clone(), 0)).collect(),
            open: None,
        }
    }

    fn open(&mut self, path: &Path, depth: usize) -> io::Result<Option<Mail>> {
        let name = path.to_string_lossy().into_owned();
        if path == Path::new("-") && depth == 0 {
            return self.stream("-".to_owned(), Box::new(BufReader::new(io::stdin())));
        }
        if fs::metadata(path)?.is_dir() {
            let entries = entries(path)?;
            if depth < DEPTH {
                for entry in entries.into_iter().rev() {
                    self.waiting.push_front((entry, depth + 1));
                }
            }
            return Ok(None);
        }
        let file = File::open(path)?;
        self.stream(name, Box::new(BufReader::with_capacity(1 << 16, file)))
    }

    /// A mail, or an mbox, as its first line tells.
    fn stream(&mut self, name: String, mut reader: Box<dyn BufRead>) -> io::Result<Option<Mail>> {
        let start = reader.fill_buf()?;
        let end = start
            .iter()
            .position(|octet| *octet == b'\n')
            .unwrap_or(start.len());
        if !is_separator(&start[..end]) {
            let mut octets = Vec::new();
            reader.take(MOST_OCTETS as u64).read_to_end(&mut octets)?;
            return Ok((!octets.is_empty()).then_some(Mail { name, octets }));
        }
        let mut mbox = Mbox::new(reader);
        let next = mbox.next()?;
        self.open = Some(OpenMbox {
            name,
            mbox,
            next,
            number: 0,
        });
        Ok(None)
    }
}

impl OpenMbox {
    fn next(&mut self) -> io::Result<Option<Mail>> {
        let Some(octets) = self.next.take() else {
            return Ok(None);
        };
        self.next = self.mbox.next()?;
        self.number += 1;
        let alone = self.number == 1 && self.next.is_none();
        let name = if alone {
            self.name.clone()
        } else {
            format!("{}#{}", self.name, self.number)
        };
        Ok(Some(Mail { name, octets }))
    }
}

impl Iterator for Sources {
    type Item = Result<Mail, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(open) = &mut self.open {
                match open.next() {
                    Ok(Some(mail)) => return Some(Ok(mail)),
                    Ok(None) => self.open = None,
                    Err(why) => {
                        let name = open.name.clone();
                        self.open = None;
                        return Some(Err(Unreadable { name, why }));
                    }
                }
                continue;
            }
            let (path, depth) = self.waiting.pop_front()?;
            match self.open(&path, depth) {
                Ok(Some(mail)) => return Some(Ok(mail)),
                Ok(None) => {}
                Err(why) => {
                    let name = path.to_string_lossy().into_owned();
                    return Some(Err(Unreadable { name, why }));
                }
            }
        }
    }
}

/// What a folder holds, by name. Of a Maildir only what has arrived: `cur` and `new`, and the Maildirs
/// below it, whose names begin with a dot; nothing else that is hidden is read.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_maildir = folder.join("cur").is_dir() && folder.join("new").is_dir();
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type()?;
        let wanted = if is_maildir {
            kind.is_dir()
                && (name == "cur"
                    || name == "new"
                    || (name.starts_with('.') && entry.path().join("cur").is_dir()))
        } else {
            // A link to a folder may lead back up.
            let leads_away = kind.is_symlink() && entry.path().is_dir();
            !name.starts_with('.') && !leads_away
        };
        if wanted && (kind.is_dir() || entry.path().is_file()) {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}
