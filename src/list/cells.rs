//! A row's cells, without their quotes, in buffers that serve every row.

use csv_core::{ReadRecordResult, ReaderBuilder};
use std::borrow::Cow;

/// Cuts rows into cells.
pub(super) struct Cells {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// The cells of one row, which are text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    text: &'a str,
    ends: &'a [usize],
}

/// What makes a cell no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Octets that the file's encoding does not have, in the cell of this place.
    Octets(usize),
    /// A NUL, in the cell of this place.
    Nul(usize),
}

impl Cells {
    /// For rows whose cells are separated by this.
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            text: vec![0; 1024],
            ends: vec![0; 32],
        }
    }

    /// Cuts one row, which has no line end behind it.
    pub(super) fn cut<'a>(&'a mut self, record: &[u8]) -> Cut<'a> {
        self.reader.reset();
        let (mut read, mut written, mut count) = (0, 0, 0);
        loop {
            // Empty input tells csv-core that the record ends here.
            let (result, r, w, n) = self.reader.read_record(
                &record[read..],
                &mut self.text[written..],
                &mut self.ends[count..],
            );
            (read, written, count) = (read + r, written + w, count + n);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        Cut {
            text: &self.text[..written],
            ends: &self.ends[..count],
        }
    }
}

/// The cells of one row, which may not be text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut<'a> {
    text: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Cut<'a> {
    /// Whether no cell holds anything: what spreadsheets write for an empty line.
    pub(super) fn is_blank(&self) -> bool {
        self.text.iter().all(u8::is_ascii_whitespace)
    }

    /// The cells as text.
    ///
    /// # Errors
    /// Where a cell is no text.
    pub(super) fn row(&self) -> Result<Row<'a>, Unreadable> {
        if memchr::memchr(0, self.text).is_some() {
            return Err(Unreadable::Nul(self.place_of(|cell| cell.contains(&0))));
        }
        let octets =
            || Unreadable::Octets(self.place_of(|cell| std::str::from_utf8(cell).is_err()));
        let text = std::str::from_utf8(self.text).map_err(|_| octets())?;
        // Halves of a character on both sides of a delimiter would make a whole one.
        if !self.ends.iter().all(|end| text.is_char_boundary(*end)) {
            return Err(octets());
        }
        Ok(Row {
            text,
            ends: self.ends,
        })
    }

    /// The cells as they are shown and kept for correction.
    pub(super) fn lossy(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.octets().map(String::from_utf8_lossy)
    }

    fn octets(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (text, mut from) = (self.text, 0);
        self.ends.iter().map(move |end| {
            let cell = text.get(from..*end).unwrap_or_default();
            from = *end;
            cell
        })
    }

    fn place_of(&self, wanted: impl Fn(&[u8]) -> bool) -> usize {
        self.octets().position(wanted).unwrap_or(0)
    }
}

impl<'a> Row<'a> {
    /// How many cells there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell of this place; empty where there is none.
    pub(super) fn get(&self, place: usize) -> &'a str {
        let from = match place.checked_sub(1) {
            Some(before) => self.ends.get(before).copied(),
            None => Some(0),
        };
        let cell = || self.text.get(from?..*self.ends.get(place)?);
        cell().unwrap_or_default()
    }

    /// All cells.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let row = *self;
        (0..self.len()).map(move |place| row.get(place))
    }
}
