//! Subscribers and suppressions as CSV.

use super::ReportError;
use crate::model::Fields;
use std::io::Write;

/// Writes subscribers with their address first and then the list's columns, so that the file can be
/// imported again and changes nothing then.
///
/// A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. One that does so,
/// and is no number or telephone number, gets a `'` in front, by which spreadsheets know a text; the
/// import takes it off again. Addresses stay exact.
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
        csv.write_field(&email).map_err(wrong)?;
        for column in &columns {
            let cell = fields.get(column).unwrap_or_default();
            if is_formula(cell) {
                csv.write_field(format!("'{cell}")).map_err(wrong)?;
            } else {
                csv.write_field(cell).map_err(wrong)?;
            }
        }
        csv.write_record(None::<&[u8]>).map_err(wrong)?;
    }
    csv.flush().map_err(ReportError::Write)
}

/// Writes suppressions: target, reason, source, date and scope. Reasons and sources that a
/// spreadsheet would take for formulas are marked as subscribers' cells are; targets stay exact.
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
        let [target, reason, source, added, scope] = row.map_err(ReportError::Rows)?;
        let marked = |cell: String| match is_formula(&cell) {
            true => format!("'{cell}"),
            false => cell,
        };
        csv.write_record([target, marked(reason), marked(source), added, scope])
            .map_err(wrong)?;
    }
    csv.flush().map_err(ReportError::Write)
}

/// Whether a spreadsheet would take the cell for a formula, or for a text that was marked as one.
fn is_formula(cell: &str) -> bool {
    let inside = cell.trim_start_matches('\'');
    let harmless = |c: char| c.is_ascii_digit() || " ().,/-".contains(c);
    match inside.as_bytes().first() {
        Some(b'=' | b'@' | b'\t' | b'\r') => true,
        Some(b'+' | b'-') => inside.len() < cell.len() || !inside[1..].chars().all(harmless),
        _ => false,
    }
}

/// The field every subscriber has.
const EMAIL: &str = "email";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_marked_and_numbers_are_not() {
        for (cell, marked) in [
            ("=1+1", true),
            ("@me", true),
            ("+49 (30) 123-4", false),
            ("-5", false),
            ("-2+3+cmd|' /C calc'!A0", true),
            ("'=1", true),
            ("'-5", true),
            ("it's", false),
            ("", false),
            ("'", false),
        ] {
            assert_eq!(is_formula(cell), marked, "{cell}");
        }
    }
}
