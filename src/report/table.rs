//! The per-recipient report as a table for the screen.

use super::ReportError;
use crate::model::ReportRow;
use crate::progress::{text, words};
use comfy_table::{ColumnConstraint, Table, TableStyle, Width};
use std::io::Write;

/// A column of the table.
struct Column {
    title: &'static str,
    /// It is shown on screens of at least this many columns.
    from: usize,
    /// Columns that it never gets more than.
    most: usize,
    cell: fn(&ReportRow) -> String,
}

/// In the order in which they stand. The last one gets what the others leave.
const COLUMNS: [Column; 7] = [
    Column {
        title: "state",
        from: 0,
        most: 12,
        cell: |row| {
            format!(
                "{} {}",
                words::state_sign(row.state),
                words::state(row.state)
            )
        },
    },
    Column {
        title: "email",
        from: 0,
        most: 40,
        cell: |row| row.email.clone(),
    },
    Column {
        title: "reason",
        from: 50,
        most: 22,
        cell: |row| row.reason.map_or("", words::reason).to_owned(),
    },
    Column {
        title: "destination",
        from: 110,
        most: 26,
        cell: |row| row.destination.clone(),
    },
    Column {
        title: "tries",
        from: 90,
        most: 5,
        cell: |row| row.attempts.to_string(),
    },
    Column {
        title: "next attempt",
        from: 140,
        most: 20,
        cell: |row| row.next_attempt.map_or_else(String::new, words::time),
    },
    Column {
        title: "the server's words",
        from: 70,
        most: usize::MAX,
        cell: |row| {
            let code = row.code.map_or_else(String::new, |code| format!("{code} "));
            if row.enhanced.is_empty() || row.diagnostic.starts_with(&row.enhanced) {
                code + &row.diagnostic
            } else {
                format!("{code}{} {}", row.enhanced, row.diagnostic)
            }
        },
    },
];

/// Rows that are laid out together, and that the widths of the columns are measured on. The rest
/// follows in the same widths, so that a table of a million rows takes no more memory.
const PAGE: usize = 500;

/// Writes a table no wider than `columns`, with the columns that matter most where the screen is
/// narrow; texts are cut to fit. Gives the number of rows.
///
/// # Errors
/// Where the rows cannot be read or the table cannot be written.
pub fn write_table<E>(
    rows: impl IntoIterator<Item = Result<ReportRow, E>>,
    out: &mut impl Write,
    columns: usize,
) -> Result<u64, ReportError<E>> {
    let shown: Vec<&Column> = COLUMNS.iter().filter(|c| columns >= c.from).collect();
    let mut rows = rows.into_iter();
    let mut widths: Option<Vec<usize>> = None;
    let mut count = 0;
    loop {
        let page: Vec<Vec<String>> = rows
            .by_ref()
            .take(PAGE)
            .map(|row| row.map(|row| cells(&shown, &row)))
            .collect::<Result<_, E>>()
            .map_err(ReportError::Rows)?;
        let first = widths.is_none();
        let widths = widths.get_or_insert_with(|| measure(&shown, &page, columns));
        if first || !page.is_empty() {
            let header = first.then_some(&shown[..]);
            write_page(header, &page, widths, out).map_err(ReportError::Write)?;
        }
        count += page.len() as u64;
        if page.len() < PAGE {
            return Ok(count);
        }
    }
}

fn cells(shown: &[&Column], row: &ReportRow) -> Vec<String> {
    shown
        .iter()
        .map(|column| text::clean(&(column.cell)(row)).into_owned())
        .collect()
}

/// A width for each column: what it needs, within what it may have; the last ones yield first.
fn measure(shown: &[&Column], page: &[Vec<String>], columns: usize) -> Vec<usize> {
    let mut left = columns.max(20);
    shown
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let cells = page.iter().filter_map(|row| row.get(place));
            let needed = cells.map(|cell| text::width(cell)).max().unwrap_or(0);
            // One space stands between the columns.
            let most = column.most.min(left.saturating_sub(1)).max(1);
            let width = needed.max(text::width(column.title)).min(most);
            left = left.saturating_sub(width + 2);
            width
        })
        .collect()
}

fn write_page(
    header: Option<&[&Column]>,
    page: &[Vec<String>],
    widths: &[usize],
    out: &mut impl Write,
) -> std::io::Result<()> {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).force_no_tty();
    if let Some(header) = header {
        table.set_header(header.iter().map(|column| column.title));
    }
    for row in page {
        let cells = row.iter().zip(widths);
        table.add_row(cells.map(|(cell, width)| text::cut(cell, *width).into_owned()));
    }
    table.set_constraints(widths.iter().map(|width| {
        let width = u16::try_from(*width).unwrap_or(u16::MAX).saturating_add(2);
        ColumnConstraint::Absolute(Width::Fixed(width))
    }));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use std::convert::Infallible;

    fn written(rows: Vec<ReportRow>, columns: usize) -> String {
        let mut out = Vec::new();
        let rows = rows.into_iter().map(Ok::<_, Infallible>);
        write_table(rows, &mut out, columns).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fits_every_width() {
        for columns in 20..220 {
            for line in written(samples::rows(), columns).lines() {
                assert!(text::width(line) <= columns, "{columns}: {line}");
            }
        }
    }

    #[test]
    fn narrow_and_wide() {
        insta::assert_snapshot!("80", written(samples::rows(), 80));
        insta::assert_snapshot!("160", written(samples::rows(), 160));
    }

    #[test]
    fn pages_join_without_a_seam() {
        let rows: Vec<_> = (0..2 * PAGE + 1).map(|_| samples::delivered()).collect();
        let text = written(rows, 100);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2 * PAGE + 2);
        assert!(lines[1..].iter().all(|line| *line == lines[1]));
    }

    #[test]
    fn hostile_texts_do_not_reach_the_screen() {
        let row = ReportRow {
            diagnostic: "\x1b]0;owned\x07\r\n\u{202e}x".to_owned(),
            ..samples::delivered()
        };
        let text = written(vec![row], 120);
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(acts), "{text:?}");
    }
}
