//! Rows of text with their lines, one at a time, from a buffer of bounded size.

use super::decode::{Decoder, SHORTEST};
use super::error::ListError;
use super::scan::{Scan, Step};
use std::io::Read;

/// The longest row in octets of UTF-8. A longer one is passed over, not kept.
pub(super) const LONGEST: usize = 1 << 20;

/// How much of a row that is too long is kept to show it.
const EXCERPT: usize = 256;

/// A row as the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Without its line end; only the beginning where it is too long.
    pub(super) text: &'a [u8],
    /// The line it begins in; the first is 1.
    pub(super) line: u64,
    /// What is wrong with it, so that its cells mean nothing.
    pub(super) flaw: Option<Flaw>,
}

/// Why a row cannot be cut into cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A quote stands inside a quoted cell.
    StrayQuote,
    /// It is longer than [`LONGEST`].
    TooLong,
}

/// The rows of a file.
pub(super) struct Records<R> {
    source: Decoder<R>,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    ended: bool,
    /// The line that `from` is in.
    line: u64,
    delimiter: u8,
    /// The beginning of the latest row that was too long.
    passed_over: Vec<u8>,
}

impl<R: Read> Records<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(super) fn open(source: Decoder<R>) -> Result<Self, ListError> {
        let mut records = Self {
            source,
            buffer: vec![0; 64 * 1024],
            from: 0,
            to: 0,
            ended: false,
            line: 1,
            delimiter: b',',
            passed_over: Vec::new(),
        };
        while records.to < records.buffer.len() - SHORTEST && !records.ended {
            records.fill()?;
        }
        Ok(records)
    }

    /// What is at hand of the rows to come, and whether that is all of them.
    pub(super) fn sample(&self) -> (&[u8], bool) {
        (&self.buffer[self.from..self.to], self.ended)
    }

    /// Sets what separates cells; a comma before.
    pub(super) fn delimit(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The encoding as far as it is known; see [`Decoder::encoding`].
    pub(super) fn encoding(&self) -> &'static str {
        self.source.encoding().name()
    }

    /// The next row that is not blank.
    ///
    /// # Errors
    /// Where the file cannot be read, or a quote leaves in doubt where rows end.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, ListError> {
        loop {
            let line = self.line;
            let mut scan = Scan::new(self.delimiter);
            let mut excerpt = None;
            let (text, next) = loop {
                match scan.advance(&self.buffer[self.from..self.to], self.ended) {
                    Step::End { text, next } => break (text, next),
                    Step::Broken => return Err(ListError::Quote(line + scan.opened)),
                    Step::More => {
                        if self.to - self.from > LONGEST {
                            excerpt.get_or_insert_with(|| self.excerpt());
                            self.from += scan.cut();
                        }
                        self.fill()?;
                    }
                }
            };
            if text > LONGEST {
                excerpt.get_or_insert_with(|| self.excerpt());
            }
            let begin = self.from;
            self.from += next;
            self.line += scan.lines + 1;
            if let Some(excerpt) = excerpt {
                self.passed_over = excerpt;
                return Ok(Some(Record {
                    text: &self.passed_over,
                    line,
                    flaw: Some(Flaw::TooLong),
                }));
            }
            if next == 0 {
                return Ok(None);
            }
            if text > 0 {
                return Ok(Some(Record {
                    text: &self.buffer[begin..begin + text],
                    line,
                    flaw: scan.stray.then_some(Flaw::StrayQuote),
                }));
            }
        }
    }

    fn excerpt(&self) -> Vec<u8> {
        let end = self.to.min(self.from + EXCERPT);
        self.buffer[self.from..end].to_vec()
    }

    /// Brings in more text behind what is at hand, and makes room for it first.
    fn fill(&mut self) -> Result<(), ListError> {
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            self.to -= self.from;
            self.from = 0;
        }
        if self.buffer.len() - self.to < SHORTEST {
            // Bounded: beyond LONGEST octets a row is cut, not kept.
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        match self.source.read(&mut self.buffer[self.to..]) {
            Ok(0) => self.ended = true,
            Ok(length) => self.to += length,
            Err(error) => return Err(ListError::Read(error)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn passes_in_flat_memory(row: &[u8]) {
        let input = row
            .chain(io::repeat(b'x').take(16 << 20))
            .chain(&b"\"\nb\n"[..]);
        let mut records = Records::open(Decoder::open(input, None).unwrap()).unwrap();
        let flaw = records.next().unwrap().unwrap().flaw;
        assert_eq!(flaw, Some(Flaw::TooLong));
        let next = records.next().unwrap().unwrap();
        assert_eq!((next.text, next.line), (&b"b"[..], 2));
        assert!(
            records.buffer.len() <= 4 * LONGEST,
            "{}",
            records.buffer.len()
        );
    }

    #[test]
    fn a_row_of_any_length_passes_in_flat_memory() {
        passes_in_flat_memory(b"a,");
        passes_in_flat_memory(b"a,\"");
    }
}
