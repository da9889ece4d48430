//! What an import would come to, without changing anything.

use crate::model::ListId;
use crate::store::error::{Fault, StoreError};
use crate::store::write::{
    Gone, ImportRules, Imported, NewSubscriber, OnKnown, PreparedSubscriber, SUBSCRIBERS, Seen,
    look_up, merged, texts,
};
use rusqlite::Connection;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// An import on trial. It keeps eight octets for each address that the list does not have.
pub struct Trial {
    pub(super) connection: Connection,
    pub(super) path: Arc<Path>,
    pub(super) list: Option<ListId>,
    pub(super) rules: ImportRules,
    pub(super) seen: Seen,
    pub(super) new: HashSet<i64>,
}

impl Trial {
    /// What a part of the import would come to.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn part(&mut self, rows: Vec<NewSubscriber>) -> Result<Imported, StoreError> {
        let path = Arc::clone(&self.path);
        self.judge(rows)
            .map_err(|fault| StoreError::from_fault(&path, fault))
    }

    fn judge(&mut self, rows: Vec<NewSubscriber>) -> Result<Imported, Fault> {
        let erased = Gone::open(&self.connection)?;
        let mut sums = Imported::default();
        for row in rows {
            if let Some(erased) = &erased
                && erased.has(&self.connection, &row.address)?
            {
                sums.erased += 1;
                continue;
            }
            let row = PreparedSubscriber::new(row);
            let key = (row.hash, &row.address);
            let known = match self.list {
                Some(list) => look_up(&self.connection, &SUBSCRIBERS, list.0, key)?,
                None => None,
            };
            match known {
                None if !self.rules.add => sums.unknown += 1,
                None if self.new.insert(row.hash) => sums.added += 1,
                None => sums.duplicates += 1,
                Some((_, id)) if !self.seen.insert(id) => sums.duplicates += 1,
                Some(_) if self.rules.known == OnKnown::Leave => sums.left_alone += 1,
                Some((_, id)) if self.changes(id, &row)? => sums.updated += 1,
                Some(_) => sums.unchanged += 1,
            }
        }
        Ok(sums)
    }

    fn changes(&self, id: i64, row: &PreparedSubscriber) -> Result<bool, Fault> {
        let (email, fields) = texts(&self.connection, id)?;
        Ok(merged((&email, &fields), row, self.rules)?.is_some())
    }
}

impl std::fmt::Debug for Trial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trial")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
