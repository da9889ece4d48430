//! Files of one recipient: named by a cell of the list, read when the message is made, and kept
//! encoded for those who get the same.

use super::file::{EncodedFile, Place};
use crate::model::{Charset, Fields};
use crate::render::error::{Fault, RenderError};
use crate::render::source::PersonalFiles;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Octets of encoded files to keep.
const KEPT: usize = 64 << 20;

/// Files that differ by recipient.
#[derive(Debug)]
pub(in crate::render) struct PersonalParts {
    source: PersonalFiles,
    charset: Charset,
    kept: Mutex<Kept>,
}

impl PersonalParts {
    /// Nothing is read before it is asked for.
    pub(in crate::render) fn new(source: &PersonalFiles, charset: Charset) -> Self {
        Self {
            source: source.clone(),
            charset,
            kept: Mutex::new(Kept::up_to(KEPT)),
        }
    }

    /// Sees that the files of this recipient can be had, without reading them.
    ///
    /// # Errors
    /// For the first that cannot.
    pub(in crate::render) fn check(&self, fields: &Fields) -> Result<(), RenderError> {
        for name in self.names(fields)? {
            (self.source.files.check(name)).map_err(|why| self.trouble(name, why))?;
        }
        Ok(())
    }

    /// The files of this recipient, in the order the cell names them, each once.
    ///
    /// # Errors
    /// For the first that cannot be had.
    pub(in crate::render) fn of(
        &self,
        fields: &Fields,
    ) -> Result<Vec<Arc<EncodedFile>>, RenderError> {
        let names = self.names(fields)?;
        names.into_iter().map(|name| self.part(name)).collect()
    }

    fn part(&self, name: &str) -> Result<Arc<EncodedFile>, RenderError> {
        if let Some(part) = self.kept().get(name) {
            return Ok(part);
        }
        let file = self.source.files.get(name);
        let file = file.map_err(|why| self.trouble(name, why))?;
        let part = Arc::new(EncodedFile::new(&file, Place::Attached, self.charset));
        self.kept().put(name, &part);
        Ok(part)
    }

    /// The names in the recipient's cell.
    fn names<'f>(&self, fields: &'f Fields) -> Result<Vec<&'f str>, RenderError> {
        let column = &self.source.column;
        let cell = fields.get(column).ok_or_else(|| {
            let fault = Fault::NoFileColumn {
                column: column.clone(),
            };
            RenderError::of("personal_files", fault)
        })?;
        let mut names: Vec<&str> = Vec::new();
        for name in cell
            .split(';')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn trouble(&self, name: &str, why: String) -> RenderError {
        let fault = Fault::PersonalFile {
            column: self.source.column.clone(),
            name: name.chars().take(120).collect(),
            why,
        };
        RenderError::of("personal_files", fault)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Entries are whole or absent, whatever a thread died of.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Encoded files, up to so many octets. When room is needed those go first that nobody has asked for
/// since they were looked at last (the clock algorithm).
#[derive(Debug)]
struct Kept {
    limit: usize,
    octets: usize,
    parts: HashMap<Arc<str>, Entry>,
    clock: VecDeque<Arc<str>>,
}

#[derive(Debug)]
struct Entry {
    part: Arc<EncodedFile>,
    asked_for: bool,
}

impl Kept {
    fn up_to(limit: usize) -> Self {
        Self {
            limit,
            octets: 0,
            parts: HashMap::new(),
            clock: VecDeque::new(),
        }
    }

    fn get(&mut self, name: &str) -> Option<Arc<EncodedFile>> {
        let entry = self.parts.get_mut(name)?;
        entry.asked_for = true;
        Some(Arc::clone(&entry.part))
    }

    fn put(&mut self, name: &str, part: &Arc<EncodedFile>) {
        // Two threads may have read the same one; both are right. One that would put everything
        // else out is not worth keeping.
        if self.parts.contains_key(name) || part.octets() > self.limit / 4 {
            return;
        }
        self.octets += part.octets();
        while self.octets > self.limit {
            let Some(oldest) = self.clock.pop_front() else {
                break;
            };
            match self.parts.get_mut(&oldest) {
                Some(entry) if entry.asked_for => {
                    entry.asked_for = false;
                    self.clock.push_back(oldest);
                }
                _ => {
                    let gone = self.parts.remove(&oldest);
                    self.octets -= gone.map_or(0, |entry| entry.part.octets());
                }
            }
        }
        let name: Arc<str> = name.into();
        self.clock.push_back(Arc::clone(&name));
        let entry = Entry {
            part: Arc::clone(part),
            asked_for: false,
        };
        self.parts.insert(name, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::source::File;

    fn part(octets: usize) -> Arc<EncodedFile> {
        let file = File {
            name: "x".to_owned(),
            content: vec![0; octets].into(),
        };
        Arc::new(EncodedFile::new(&file, Place::Attached, Charset::Utf8))
    }

    #[test]
    fn what_is_asked_for_stays_and_the_bound_holds() {
        let mut kept = Kept::up_to(100_000);
        kept.put("often", &part(1000));
        for number in 0..500 {
            assert!(kept.get("often").is_some(), "{number}");
            kept.put(&number.to_string(), &part(1000));
            assert!(kept.octets <= kept.limit);
            assert_eq!(kept.parts.len(), kept.clock.len());
        }
        assert!(kept.get("0").is_none() && kept.get("499").is_some());
        kept.put("huge", &part(90_000));
        assert!(kept.get("huge").is_none());
        let octets: usize = kept.parts.values().map(|entry| entry.part.octets()).sum();
        assert_eq!(octets, kept.octets);
    }
}
