//! A template that was put together from several files, and where its tags come from.

use std::sync::Arc;

/// A flat template.
#[derive(Debug, Clone)]
pub(in crate::render) struct Authored {
    /// What the campaign calls it.
    pub(in crate::render) name: String,
    /// The template, or the finished text where it has no tags.
    pub(in crate::render) text: String,
    /// Whether every recipient gets `text` as it is.
    pub(in crate::render) is_same: bool,
    /// Its tags, in their order.
    pub(in crate::render) places: Vec<Place>,
    /// What could not be done to it, for its author.
    pub(in crate::render) notes: Vec<String>,
}

/// Where a tag comes from.
#[derive(Debug, Clone)]
pub(in crate::render) struct Place {
    /// Where it begins in the flat template.
    pub(in crate::render) start: usize,
    /// The file's name.
    pub(in crate::render) file: Arc<str>,
    /// The line of the file, counted from 1.
    pub(in crate::render) line: usize,
}

impl Authored {
    /// The file and line of the tag that an error is about: the last one that begins before
    /// `offset`.
    pub(super) fn origin(&self, offset: usize) -> Option<(&str, usize)> {
        let next = self.places.partition_point(|place| place.start <= offset);
        let place = next
            .checked_sub(1)
            .or(Some(0))
            .and_then(|at| self.places.get(at))?;
        let between = self.text.get(place.start..offset).unwrap_or_default();
        // Behind its end begins text that may be from elsewhere.
        let end = between.find("%}").map_or(between.len(), |end| end);
        let lines = memchr::memchr_iter(b'\n', &between.as_bytes()[..end]).count();
        Some((&place.file, place.line + lines))
    }

    /// The same of an error of which only the line is known.
    pub(super) fn origin_of_line(&self, line: usize) -> Option<(&str, usize)> {
        let before: usize = (self.text.split_inclusive('\n'))
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let first = self.places.iter().find(|place| place.start >= before);
        let length = self.text[before..]
            .find('\n')
            .unwrap_or(self.text.len() - before);
        match first.filter(|place| place.start <= before + length) {
            Some(place) => Some((&place.file, place.line)),
            None => self.origin(before),
        }
    }
}
