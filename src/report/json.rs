//! The per-recipient report as JSON.

use super::ReportError;
use super::cells::{Value, values};
use crate::model::ReportRow;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io;

/// Writes one JSON array with an object a line, keys in the order of the columns, and gives the
/// number of rows. What has no value is `null`; times are RFC 3339 texts. The array is written as
/// the rows come, so it is whole only when this returns `Ok`.
///
/// # Errors
/// Where the rows cannot be read or the report cannot be written.
pub fn write_json<E>(
    rows: impl IntoIterator<Item = Result<ReportRow, E>>,
    out: &mut impl io::Write,
) -> Result<u64, ReportError<E>> {
    let mut out = io::BufWriter::new(out);
    let mut count = 0;
    write_rows(rows, &mut out, &mut count)?;
    io::Write::flush(&mut out).map_err(ReportError::Write)?;
    Ok(count)
}

fn write_rows<E>(
    rows: impl IntoIterator<Item = Result<ReportRow, E>>,
    out: &mut impl io::Write,
    count: &mut u64,
) -> Result<(), ReportError<E>> {
    out.write_all(b"[").map_err(ReportError::Write)?;
    for row in rows {
        let row = row.map_err(ReportError::Rows)?;
        let before: &[u8] = if *count == 0 { b"\n" } else { b",\n" };
        out.write_all(before).map_err(ReportError::Write)?;
        serde_json::to_writer(&mut *out, &Object(&row))
            .map_err(|error| ReportError::Write(error.into()))?;
        *count += 1;
    }
    out.write_all(b"\n]\n").map_err(ReportError::Write)
}

/// A row as a JSON object.
struct Object<'a>(&'a ReportRow);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(ReportRow::COLUMNS.len()))?;
        for (key, value) in ReportRow::COLUMNS.iter().zip(values(self.0)) {
            match value {
                Value::Nothing => map.serialize_entry(key, &None::<()>)?,
                Value::Word(word) => map.serialize_entry(key, word)?,
                Value::Number(number) => map.serialize_entry(key, &number)?,
                Value::Time(time) => map.serialize_entry(key, &time.to_string())?,
                Value::Name(text) | Value::Foreign(text) => map.serialize_entry(key, &text)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use std::convert::Infallible;

    fn written(rows: Vec<ReportRow>) -> String {
        let mut out = Vec::new();
        let rows = rows.into_iter().map(Ok::<_, Infallible>);
        write_json(rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_object_a_line() {
        insta::assert_snapshot!(written(samples::rows()));
    }

    #[test]
    fn no_rows_are_an_empty_array() {
        let value: serde_json::Value = serde_json::from_str(&written(Vec::new())).unwrap();
        assert_eq!(value, serde_json::json!([]));
    }

    #[test]
    fn keys_stand_in_the_order_of_the_columns() {
        let text = written(vec![samples::delivered()]);
        let places: Vec<_> = ReportRow::COLUMNS
            .iter()
            .map(|key| text.find(&format!("\"{key}\":")).unwrap())
            .collect();
        assert!(places.is_sorted());
    }
}
