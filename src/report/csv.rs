//! The per-recipient report as CSV (RFC 4180, with LF line ends).

use super::ReportError;
use super::cells::{Value, values};
use crate::model::ReportRow;
use csv::{ByteRecord, Error, ErrorKind, Writer};
use std::io::{self, Write as _};

/// Writes the header and a line for each row; gives the number of rows. The header is there even
/// without rows. UTF-8 without BOM.
///
/// Reports get opened in spreadsheets, and a spreadsheet takes a cell that begins with `=`, `+`,
/// `-` or `@` for a formula. The words of mail servers, and the texts of rows that hold no
/// address, are anybody's: where one begins so, its first character is written out like a control
/// character (`\x3d` for `=`). Addresses stay exact even then, because scripts join on them, and
/// the parentheses of a function are not to be had in an address without a quote in front of all.
///
/// # Errors
/// Where the rows cannot be read or the report cannot be written.
pub fn write_csv<E>(
    rows: impl IntoIterator<Item = Result<ReportRow, E>>,
    out: &mut impl io::Write,
) -> Result<u64, ReportError<E>> {
    let mut writer = Writer::from_writer(out);
    let failed = |error: Error| ReportError::Write(cause(error));
    writer.write_record(ReportRow::COLUMNS).map_err(failed)?;
    let (mut record, mut cell, mut count) = (ByteRecord::new(), Vec::new(), 0);
    for row in rows {
        let row = row.map_err(ReportError::Rows)?;
        record.clear();
        for value in values(&row) {
            cell.clear();
            write_cell(&value, &mut cell).map_err(ReportError::Write)?;
            record.push_field(&cell);
        }
        writer.write_byte_record(&record).map_err(failed)?;
        count += 1;
    }
    writer.flush().map_err(ReportError::Write)?;
    Ok(count)
}

fn write_cell(value: &Value<'_>, cell: &mut Vec<u8>) -> io::Result<()> {
    match value {
        Value::Nothing => Ok(()),
        Value::Word(word) => cell.write_all(word.as_bytes()),
        Value::Number(number) => write!(cell, "{number}"),
        Value::Time(time) => write!(cell, "{time}"),
        Value::Name(text) => cell.write_all(text.as_bytes()),
        Value::Foreign(text) => match text.as_bytes() {
            [first @ (b'=' | b'+' | b'-' | b'@'), rest @ ..] => {
                write!(cell, "\\x{first:02x}")?;
                cell.write_all(rest)
            }
            all => cell.write_all(all),
        },
    }
}

/// A text of strangers as a cell, see [`write_csv`].
pub(super) fn guarded(text: &str) -> String {
    let mut cell = Vec::new();
    // Writing to memory cannot fail.
    let _ = write_cell(
        &Value::Foreign(crate::progress::text::escape(text)),
        &mut cell,
    );
    String::from_utf8_lossy(&cell).into_owned()
}

/// The I/O error inside, so that a broken pipe stays one.
fn cause(error: Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::State;
    use crate::report::samples;
    use std::convert::Infallible;

    fn written(rows: Vec<ReportRow>) -> String {
        let mut out = Vec::new();
        let rows = rows.into_iter().map(Ok::<_, Infallible>);
        write_csv(rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_column_in_order() {
        insta::assert_snapshot!(written(samples::rows()));
    }

    #[test]
    fn the_header_is_always_there() {
        let header = ReportRow::COLUMNS.join(",") + "\n";
        assert_eq!(written(Vec::new()), header);
    }

    #[test]
    fn hostile_texts_stay_in_their_cell_and_act_on_nothing() {
        let row = ReportRow {
            diagnostic: "=cmd|'/c calc'!A0\r\nx,\"y\"\x1b[2J\0\u{202e}".to_owned(),
            email: "@SUM(1)".to_owned(),
            state: State::Invalid,
            ..samples::delivered()
        };
        let text = written(vec![row]);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(&record[0], r"\x40SUM(1)");
        assert_eq!(
            &record[9],
            r#"\x3dcmd|'/c calc'!A0\r\nx,"y"\x1b[2J\x00\u{202e}"#
        );
    }

    #[test]
    fn addresses_stay_exact() {
        let row = ReportRow {
            email: "-ann+news@example.com".to_owned(),
            ..samples::delivered()
        };
        assert!(written(vec![row]).contains("\n-ann+news@example.com,"));
    }

    #[test]
    fn errors_say_which_side_failed() {
        let rows = [Err("locked")];
        let error = write_csv(rows, &mut io::sink()).unwrap_err();
        assert_eq!(error.to_string(), "cannot read the report's rows: locked");
        let mut full: &mut [u8] = &mut [];
        let error = write_csv([Ok::<_, &str>(samples::delivered())], &mut full).unwrap_err();
        assert!(matches!(error, ReportError::Write(_)));
    }
}
