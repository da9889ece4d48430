//! Streams of rows: one page at a time, so that memory stays flat however many there are.

use crate::store::error::{Fault, StoreError};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

/// Rows that are held at a time.
pub(super) const PAGE: i64 = 512;

/// Reads the next page: rows, or none at the end. Remembers where it was.
pub(super) type NextPage<T> =
    Box<dyn FnMut(&Connection, &mut VecDeque<T>) -> Result<(), Fault> + Send>;

/// A stream of rows as they were when it began, whatever is written meanwhile. Ends after an error.
pub struct Export<T> {
    connection: Connection,
    path: Arc<Path>,
    next_page: NextPage<T>,
    page: VecDeque<T>,
    ended: bool,
}

impl<T> Export<T> {
    /// Takes a connection for itself. The first statement fixes what the stream sees.
    pub(super) fn new(
        connection: Connection,
        path: Arc<Path>,
        next_page: NextPage<T>,
    ) -> Result<Self, StoreError> {
        connection
            .execute_batch("BEGIN")
            .map_err(|error| StoreError::from_fault(&path, error.into()))?;
        Ok(Self {
            connection,
            path,
            next_page,
            page: VecDeque::new(),
            ended: false,
        })
    }
}

impl<T> Iterator for Export<T> {
    type Item = Result<T, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() && !self.ended {
            if let Err(fault) = (self.next_page)(&self.connection, &mut self.page) {
                self.ended = true;
                return Some(Err(StoreError::from_fault(&self.path, fault)));
            }
            self.ended = self.page.is_empty();
        }
        self.page.pop_front().map(Ok)
    }
}

impl<T> std::fmt::Debug for Export<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
