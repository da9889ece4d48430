//! The file of what could not be used, to be corrected and imported again.

use super::subscribers::Reject;
use std::io::{self, Write};

/// Writes rejects as CSV in UTF-8: where the row stood, what is wrong, and its cells as they were
/// under the columns of the list, so that the file can be mended and imported in turn.
pub struct Rejects<W: Write> {
    out: csv::Writer<W>,
    count: u64,
}

impl<W: Write> Rejects<W> {
    /// Writes the header. `columns` are the list's own, of
    /// [`Subscribers::headers`](super::Subscribers::headers).
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn new(out: W, columns: &[String]) -> io::Result<Self> {
        // Rows have the cells they had, which may be too few or too many.
        let mut out = csv::WriterBuilder::new().flexible(true).from_writer(out);
        let own = ["row", "line", "column", "value", "reason"];
        out.write_record(own.into_iter().chain(columns.iter().map(String::as_str)))?;
        Ok(Self { out, count: 0 })
    }

    /// Writes one reject.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let (row, line) = (reject.row.to_string(), reject.line.to_string());
        let own: [&str; 5] = [&row, &line, &reject.column, &reject.text, &reject.reason];
        let cells = reject.record.iter().map(String::as_str);
        self.out.write_record(own.into_iter().chain(cells))?;
        self.count += 1;
        Ok(())
    }

    /// How many were written.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends the file and gives back where it was written to.
    ///
    /// # Errors
    /// Where the last of it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.out
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}
