//! Why a report could not be written.

use std::io;

/// Either side of a report may fail.
#[derive(Debug, thiserror::Error)]
pub enum ReportError<E> {
    /// The rows could not be read.
    #[error("cannot read the report's rows: {0}")]
    Rows(#[source] E),
    /// The report could not be written. A broken pipe keeps its kind, so that `report | head` can
    /// be told from a full disk.
    #[error("cannot write the report: {0}")]
    Write(#[source] io::Error),
}
