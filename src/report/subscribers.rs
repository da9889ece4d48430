//! Subscribers and suppressions as CSV.

use super::ReportError;
use crate::model::Fields;
use std::io::Write;

/// Writes subscribers with their address first and then the list's columns, exactly as they were
/// imported, so that the file can be imported again.
///
/// # Errors
/// Where the rows cannot be read or the file cannot be written.
pub fn write_subscribers<E>(
    columns: &[String],
    rows: impl IntoIterator<Item = Result<(String, Fields), E>>,
    out: &mut impl Write,
) -> Result<(), ReportError<E>> {
    let columns: Vec<&str> = columns
        .iter()
        .map(String::as_str)
        .filter(|column| *column != EMAIL)
        .collect();
    let mut csv = csv::Writer::from_writer(out);
    let wrong = |error: csv::Error| ReportError::Write(error.into());
    csv.write_record(std::iter::once(EMAIL).chain(columns.iter().copied()))
        .map_err(wrong)?;
    for row in rows {
        let (email, fields) = row.map_err(ReportError::Rows)?;
        let cells = columns
            .iter()
            .map(|column| fields.get(column).unwrap_or_default());
        csv.write_record(std::iter::once(email.as_str()).chain(cells))
            .map_err(wrong)?;
    }
    csv.flush().map_err(ReportError::Write)
}

/// Writes suppressions: target, reason, source and date.
///
/// # Errors
/// Where the rows cannot be read or the file cannot be written.
pub fn write_suppressions<E>(
    rows: impl IntoIterator<Item = Result<[String; 5], E>>,
    out: &mut impl Write,
) -> Result<(), ReportError<E>> {
    let mut csv = csv::Writer::from_writer(out);
    let wrong = |error: csv::Error| ReportError::Write(error.into());
    csv.write_record(["target", "reason", "source", "added", "scope"])
        .map_err(wrong)?;
    for row in rows {
        csv.write_record(&row.map_err(ReportError::Rows)?)
            .map_err(wrong)?;
    }
    csv.flush().map_err(ReportError::Write)
}

/// The field every subscriber has.
const EMAIL: &str = "email";
