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

/// Columns that yield where the server's words would get less than [`ROOM`], the first of them first.
const YIELDING: [&str; 2] = ["destination", "tries"];
/// Room for words of a server that say something.
const ROOM: usize = 24;
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
    let mut rows = rows.into_iter();
    let mut layout: Option<Layout> = None;
    let mut count = 0;
    loop {
        let page: Vec<ReportRow> = rows
            .by_ref()
            .take(PAGE)
            .collect::<Result<_, E>>()
            .map_err(ReportError::Rows)?;
        let first = layout.is_none();
        let layout = layout.get_or_insert_with(|| Layout::of(&page, columns));
        if first || !page.is_empty() {
            write_page(first, &page, layout, out).map_err(ReportError::Write)?;
        }
        count += page.len() as u64;
        if page.len() < PAGE {
            return Ok(count);
        }
    }
}

/// The columns that are shown, each with its width.
struct Layout(Vec<(&'static Column, usize)>);

impl Layout {
    /// Of a page. Where what matters less leaves no room for the last column, it yields.
    fn of(page: &[ReportRow], columns: usize) -> Self {
        let mut shown: Vec<&Column> = COLUMNS.iter().filter(|c| columns >= c.from).collect();
        for yields in YIELDING.map(Some).into_iter().chain([None]) {
            let cells: Vec<Vec<String>> = page.iter().map(|row| cells(&shown, row)).collect();
            let widths = measure(&shown, &cells, columns);
            let place = shown.len().saturating_sub(1);
            let needed = cells.iter().filter_map(|row| row.get(place));
            let needed = needed.map(|cell| text::width(cell)).max().unwrap_or(0);
            let enough = widths
                .get(place)
                .is_none_or(|width| *width >= needed.min(ROOM));
            match yields {
                Some(title) if !enough => shown.retain(|column| column.title != title),
                _ => return Self(shown.into_iter().zip(widths).collect()),
            }
        }
        Self(Vec::new())
    }
}

fn cells(shown: &[&Column], row: &ReportRow) -> Vec<String> {
    shown.iter().map(|column| clean(column, row)).collect()
}

fn clean(column: &Column, row: &ReportRow) -> String {
    text::clean(&(column.cell)(row)).into_owned()
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
    first: bool,
    page: &[ReportRow],
    Layout(layout): &Layout,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).force_no_tty();
    if first {
        let titles = layout.iter();
        table.set_header(titles.map(|(column, width)| text::cut(column.title, *width)));
    }
    for row in page {
        let cells = layout.iter();
        let cells =
            cells.map(|(column, width)| text::cut(&clean(column, row), *width).into_owned());
        table.add_row(cells);
    }
    table.set_constraints(layout.iter().map(|(_, width)| {
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
    fn the_servers_words_are_not_squeezed() {
        let row = ReportRow {
            email: "a.rather.long.address@of-a-domain.example".to_owned(),
            reason: Some(crate::model::Reason::MailboxUnknown),
            destination: "strict-mail.test{mx1,mx2}".to_owned(),
            diagnostic: "5.1.1 <a>: Recipient address rejected: User unknown".to_owned(),
            ..samples::delivered()
        };
        for columns in [100, 120, 140, 200] {
            let text = written(vec![row.clone()], columns);
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.contains("5.1.1 <a>: Rec"), "{columns}: {text}");
        }
        assert!(written(vec![row], 200).contains("strict-mail.test"));
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
