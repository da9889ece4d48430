//! Files of addresses and domains that are not to be mailed: one a line, or CSV.

use super::decode::{Decoder, SHORTEST};
use super::error::ListError;
use super::mark::unmarked;
use super::names::comparable;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

/// A line of such a file. Cells that are not there are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BarredRow {
    /// Its line, the first is 1.
    pub line: u64,
    /// The address or domain, as it stands there.
    pub target: String,
    /// Why.
    pub reason: String,
    /// Where it came from.
    pub source: String,
    /// Since when.
    pub added: String,
    /// Where it holds.
    pub scope: String,
}

/// Reads such a file in flat memory: UTF-8, Shift_JIS and the other encodings of lists; separated by
/// comma, semicolon or tab. A heading is known by its words and may name columns in any order;
/// without one, the first column is the target and the second the reason.
pub struct BarredRows<R: Read> {
    text: BufReader<Text<R>>,
    delimiter: u8,
    /// Lines that were read to find out that a quote is not closed.
    ahead: VecDeque<Vec<u8>>,
    /// The number of the last line that was taken.
    line: u64,
    columns: Columns,
    first: bool,
}

impl<R: Read> BarredRows<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// A file that is no text, or cannot be read.
    pub fn open(input: R) -> Result<Self, ListError> {
        let mut text = BufReader::with_capacity(SAMPLE, Text(Decoder::open(input, None)?));
        let sample = text.fill_buf().map_err(ListError::Read)?;
        let line = sample
            .split(|octet| *octet == b'\n')
            .next()
            .unwrap_or_default();
        let delimiter = *b"\t;,"
            .iter()
            .find(|delimiter| line.contains(delimiter))
            .unwrap_or(&b',');
        Ok(Self {
            text,
            delimiter,
            ahead: VecDeque::new(),
            line: 0,
            columns: Columns::default(),
            first: true,
        })
    }

    /// The next row; empty lines and the heading are passed over.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn next_row(&mut self) -> Result<Option<BarredRow>, ListError> {
        while let Some((line, text)) = self.next_record()? {
            let cells = cells(&text, self.delimiter);
            if std::mem::take(&mut self.first)
                && let Some(columns) = Columns::of_heading(&cells)
            {
                self.columns = columns;
                continue;
            }
            let row = self.columns.row(line, cells);
            if !row.target.is_empty() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// The next line with its number, and those behind it as far as a quoted cell goes on. A quote
    /// that is not closed soon is none.
    fn next_record(&mut self) -> Result<Option<(u64, Vec<u8>)>, ListError> {
        let Some(first) = self.next_line()? else {
            return Ok(None);
        };
        let start = self.line;
        let mut open = opens(&first);
        let mut behind = Vec::new();
        while open && behind.len() < MOST_LINES {
            let Some(line) = self.next_line()? else { break };
            open ^= opens(&line);
            behind.push(line);
        }
        if open {
            self.line = start;
            behind
                .into_iter()
                .rev()
                .for_each(|line| self.ahead.push_front(line));
            return Ok(Some((start, first)));
        }
        let rest = behind.concat();
        Ok(Some((start, [first, rest].concat())))
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>, ListError> {
        let line = match self.ahead.pop_front() {
            Some(line) => line,
            None => {
                let mut line = Vec::new();
                let mut text = (&mut self.text).take(LONGEST);
                text.read_until(b'\n', &mut line).map_err(ListError::Read)?;
                line
            }
        };
        self.line += u64::from(!line.is_empty());
        Ok((!line.is_empty()).then_some(line))
    }
}

/// Whether a quoted cell that begins in this line goes on in the next, or the other way about.
fn opens(line: &[u8]) -> bool {
    !memchr::memchr_iter(b'"', line).count().is_multiple_of(2)
}

/// The cells of a row, trimmed.
fn cells(text: &[u8], delimiter: u8) -> Vec<String> {
    let plain = |cell: &[u8]| String::from_utf8_lossy(cell.trim_ascii()).into_owned();
    if memchr::memchr(b'"', text).is_none() {
        return text.split(|octet| *octet == delimiter).map(plain).collect();
    }
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .buffer_capacity(text.len().max(1))
        .from_reader(text);
    let mut row = csv::ByteRecord::new();
    // What is in memory can be read.
    let _ = rows.read_byte_record(&mut row);
    let cell = |cell| String::from_utf8_lossy(cell).into_owned();
    row.iter().map(cell).collect()
}

/// Where each cell stands.
#[derive(Debug, PartialEq, Eq)]
struct Columns([Option<usize>; 5]);

impl Default for Columns {
    fn default() -> Self {
        Self([Some(0), Some(1), None, None, None])
    }
}

impl Columns {
    /// The columns a heading names; `None` where the first row is none.
    fn of_heading(cells: &[String]) -> Option<Self> {
        let names: Vec<String> = cells.iter().map(|cell| comparable(cell)).collect();
        let place = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let target = place(TARGETS)?;
        Some(Self([
            Some(target),
            place(REASONS),
            place(&["source"]),
            place(&["added", "date", "created", "createdat", "since", "time"]),
            place(&["scope"]),
        ]))
    }

    fn row(&self, line: u64, mut cells: Vec<String>) -> BarredRow {
        let mut cell = |place: Option<usize>| {
            let cell = place.and_then(|place| cells.get_mut(place));
            cell.map(std::mem::take).unwrap_or_default()
        };
        let [target, reason, source, added, scope] = self.0.map(&mut cell);
        BarredRow {
            line,
            target: target.trim_start_matches('\u{feff}').to_owned(),
            reason: unmarked(&reason).to_owned(),
            source: unmarked(&source).to_owned(),
            added,
            scope,
        }
    }
}

/// Headings of the column with addresses or domains, as [`comparable`] makes them.
const TARGETS: &[&str] = &[
    "target",
    "email",
    "emailaddress",
    "mail",
    "mailaddress",
    "address",
    "recipient",
    "domain",
    "subscriber",
    "メールアドレス",
    "アドレス",
    "メール",
];
const REASONS: &[&str] = &["reason", "why", "type", "status", "理由"];

/// The decoded text, as a reader.
struct Text<R>(Decoder<R>);

impl<R: Read> Read for Text<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.len() >= SHORTEST {
            return self.0.read(out);
        }
        let mut whole = [0; SHORTEST];
        // A decoder writes whole characters; whoever asks for less is not served.
        match self.0.read(&mut whole)? {
            read if read <= out.len() => {
                out[..read].copy_from_slice(&whole[..read]);
                Ok(read)
            }
            _ => Err(io::Error::other("a buffer too short for a character")),
        }
    }
}

/// What the delimiter is looked for in, and the size of a read.
const SAMPLE: usize = 64 * 1024;
/// Octets of a line; what follows is a line of its own.
const LONGEST: u64 = 1 << 20;
/// Further lines that a quoted cell may go on for.
const MOST_LINES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(octets: &[u8]) -> Vec<BarredRow> {
        let mut rows = BarredRows::open(octets).unwrap();
        std::iter::from_fn(|| rows.next_row().unwrap()).collect()
    }

    fn brief(octets: &[u8]) -> Vec<(u64, String, String)> {
        let short = |row: BarredRow| (row.line, row.target, row.reason);
        rows(octets).into_iter().map(short).collect()
    }

    #[test]
    fn lines_tables_and_exports_are_read() {
        let one = |line, target: &str, reason: &str| (line, target.to_owned(), reason.to_owned());
        assert_eq!(
            brief(b"a@x.example\r\n\r\n @y.example \r\n"),
            [one(1, "a@x.example", ""), one(3, "@y.example", "")]
        );
        assert_eq!(
            brief(b"\xEF\xBB\xBFDate;E-Mail;Reason\n1;a@x.example;\"left; angry\"\n"),
            [one(2, "a@x.example", "left; angry")]
        );
        assert_eq!(
            brief(b"email,reason\n\"a@x.example\",\"two\nlines\"\nb@x.example,"),
            [
                one(2, "a@x.example", "two\nlines"),
                one(4, "b@x.example", "")
            ]
        );
        assert_eq!(
            brief(b"a@x.example,moved"),
            [one(1, "a@x.example", "moved")]
        );
        let sjis = encoding_rs::SHIFT_JIS
            .encode("メールアドレス,理由\na@x.example,退会しました\n")
            .0;
        assert_eq!(brief(&sjis), [one(2, "a@x.example", "退会しました")]);
    }

    #[test]
    fn a_quote_that_is_never_closed_swallows_nobody() {
        let mut file = b"\"x@x.example\n".to_vec();
        (0..30_000).for_each(|n| file.extend(format!("u{n}@x.example\n").bytes()));
        let found = rows(&file);
        assert_eq!(found.len(), 30_001);
        assert_eq!(found[30_000].line, 30_001);
        assert_eq!(found[30_000].target, "u29999@x.example");
    }

    #[test]
    fn marks_of_formulas_are_taken_off() {
        let row = rows(b"target,reason\n@x.example,'=1+1\ny.example,'tis\n");
        assert_eq!((&*row[0].target, &*row[0].reason), ("@x.example", "=1+1"));
        assert_eq!(row[1].reason, "'tis");
    }

    #[test]
    fn an_export_says_everything() {
        let row = rows(b"target,reason,source,added,scope\na@x.example,left,page,2026-01-02T03:04:05Z,list:weekly\n");
        let expected = BarredRow {
            line: 2,
            target: "a@x.example".into(),
            reason: "left".into(),
            source: "page".into(),
            added: "2026-01-02T03:04:05Z".into(),
            scope: "list:weekly".into(),
        };
        assert_eq!(row, [expected]);
    }

    proptest! {
        #[test]
        fn nothing_panics(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(mut rows) = BarredRows::open(&octets[..]) {
                while let Ok(Some(_)) = rows.next_row() {}
            }
        }
    }
}
