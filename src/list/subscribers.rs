//! The subscribers of a list, one row after the other.

use super::cells::Cells;
use super::columns::Columns;
use super::decode::Decoder;
use super::delimiter;
use super::error::ListError;
use super::judge::{self, Judge};
use super::names::identifier;
use super::records::Records;
use crate::model::{Address, Fields};
use std::io::Read;

/// How a list is to be read. The default finds everything out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOptions {
    /// The encoding's name, one of the WHATWG's labels or `cp932` and the like; `None` or `auto`
    /// is a guess by the content.
    pub encoding: Option<String>,
    /// What separates cells; `None` is a guess by the first rows.
    pub delimiter: Option<u8>,
    /// Fields and the columns they are taken from. A column is named by its header, or by its
    /// number, counted from 1.
    pub map: Vec<(String, String)>,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Somebody to write to.
    Subscriber(Subscriber),
    /// A row that cannot be used.
    Reject(Reject),
}

/// Somebody to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The row among the rows of data; the first is 1. Blank rows are not counted.
    pub row: u64,
    /// The line of the file in which it begins; the first is 1.
    pub line: u64,
    /// Where letters go.
    pub address: Address,
    /// Every column's text; `email` is the address in its normal form.
    pub fields: Fields,
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The row among the rows of data; the first is 1.
    pub row: u64,
    /// The line of the file in which it begins; the first is 1.
    pub line: u64,
    /// The header of the column that is wrong; empty where it is the row as a whole.
    pub column: String,
    /// The address's cell as it stands, empty where it is not known.
    pub text: String,
    /// What is wrong, for people.
    pub reason: String,
    /// The cells as they stand, a thousand at most; one with the beginning of the row where it cannot be cut.
    pub record: Vec<String>,
}

/// Reads subscribers from a file. Memory does not grow with it.
pub struct Subscribers<R: Read> {
    records: Records<R>,
    cells: Cells,
    columns: Columns,
    /// The first row and its line, where it is no header.
    first: Option<(Vec<u8>, u64)>,
    row: u64,
    failed: bool,
}

impl<R: Read> Subscribers<R> {
    /// Begins to read: finds out encoding, delimiter and columns.
    ///
    /// # Errors
    /// Where that cannot be found out, or the file cannot be read. A file of a header alone is a
    /// list without subscribers.
    pub fn open(input: R, options: &ListOptions) -> Result<Self, ListError> {
        if let Some(wrong) = options.delimiter.filter(|d| !delimiter::may_separate(*d)) {
            return Err(ListError::Delimiter(wrong));
        }
        let decoder = Decoder::open(input, options.encoding.as_deref())?;
        let mut records = Records::open(decoder)?;
        let (first, line) = first_row(&mut records, options.delimiter)?;
        let mut cells = Cells::new(records.delimiter());
        let header = cells.cut(&first).row().map_err(|unreadable| {
            let why = judge::header_in_words(unreadable, records.encoding());
            ListError::Header { line, why }
        })?;
        let columns = Columns::of(&header.iter().collect::<Vec<_>>(), line, &options.map)?;
        let first = columns.headless.then_some((first, line));
        Ok(Self {
            records,
            cells,
            columns,
            first,
            row: 0,
            failed: false,
        })
    }

    /// The next row; `None` behind the last, and after an error.
    ///
    /// # Errors
    /// Where the file cannot be read further.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, ListError> {
        if self.failed {
            return Ok(None);
        }
        let entry = self.advance();
        self.failed = entry.is_err();
        entry
    }

    /// The fields of the columns, in the file's order: names that templates can use. The address
    /// is `email`.
    pub fn columns(&self) -> &[String] {
        &self.columns.fields
    }

    /// Joins a list with these columns: one whose name differs from the list's in case, width or
    /// spaces alone becomes the list's column, unless a mapping named it. Gives those columns as the
    /// file and as the list calls them. To be called before the first row is read.
    pub fn join(&mut self, list: &[String]) -> Vec<(String, String)> {
        self.columns.join(list)
    }

    /// The columns as the header names them.
    pub fn headers(&self) -> &[String] {
        &self.columns.headers
    }

    /// The columns that are told apart by their place in the file alone, because their header is as
    /// good as another's or says nothing: the header and its field.
    pub fn numbered(&self) -> impl Iterator<Item = (&str, &str)> {
        let columns = self.headers().iter().zip(self.columns());
        let numbered = columns.enumerate().filter(|(place, (header, field))| {
            let Some(base) = identifier(header) else {
                return field.starts_with(&format!("column{}", place + 1));
            };
            let number = field.strip_prefix(&base).and_then(|n| n.strip_prefix('_'));
            number.is_some_and(|number| number.parse::<u32>().is_ok())
        });
        numbered.map(|(_, (header, field))| (header.as_str(), field.as_str()))
    }

    /// The encoding's name. While a file without a mark was nothing but ASCII so far, it is UTF-8;
    /// what it turns out to be is known when the first other character was read.
    pub fn encoding(&self) -> &'static str {
        self.records.encoding()
    }

    /// What separates cells.
    pub fn delimiter(&self) -> u8 {
        self.records.delimiter()
    }

    fn advance(&mut self) -> Result<Option<Entry>, ListError> {
        loop {
            let held = self.first.take();
            let (text, line, flaw) = match &held {
                Some((text, line)) => (text.as_slice(), *line, None),
                None => match self.records.next()? {
                    Some(record) => (record.text, record.line, record.flaw),
                    None => return Ok(None),
                },
            };
            if let Some(flaw) = flaw {
                self.row += 1;
                let reject = judge::uncut(self.row, line, text, flaw);
                return Ok(Some(Entry::Reject(reject)));
            }
            let cut = self.cells.cut(text);
            if cut.is_blank() {
                continue;
            }
            self.row += 1;
            let judge = Judge {
                columns: &self.columns,
                encoding: self.records.encoding(),
                delimiter: self.records.delimiter(),
                row: self.row,
                line,
            };
            return Ok(Some(judge.entry(cut)));
        }
    }
}

/// The first row that is not blank and no word of Excel's about the delimiter, and its line.
/// Settles the delimiter.
fn first_row<R: Read>(
    records: &mut Records<R>,
    delimiter: Option<u8>,
) -> Result<(Vec<u8>, u64), ListError> {
    let mut known = delimiter;
    loop {
        let (sample, whole) = records.sample();
        let delimiter = known.unwrap_or_else(|| delimiter::detect(sample, whole));
        records.delimit(delimiter);
        let Some(record) = records.next()? else {
            return Err(ListError::Empty);
        };
        let (text, line) = (record.text.to_vec(), record.line);
        if let Some(flaw) = record.flaw {
            let why = judge::in_words(flaw);
            return Err(ListError::Header { line, why });
        }
        match delimiter::declared(&text).filter(|_| line == 1) {
            Some(declared) => _ = known.get_or_insert(declared),
            None if is_blank(&text, delimiter) => {}
            None => return Ok((text, line)),
        }
    }
}

fn is_blank(record: &[u8], delimiter: u8) -> bool {
    record
        .iter()
        .all(|b| b.is_ascii_whitespace() || *b == delimiter)
}
