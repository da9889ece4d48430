//! A text that was put together from several files, and which line of which file each part is.

use super::tags::{Origin, lines};
use std::ops::Range;

/// A protected text, and where its lines come from.
#[derive(Debug, Default, Clone)]
pub(super) struct Flat {
    pub(super) text: String,
    /// Where a piece begins, and what it is from.
    places: Vec<(usize, Origin)>,
}

impl Flat {
    /// Where the octet at `offset` comes from.
    pub(super) fn origin(&self, offset: usize) -> Origin {
        let next = self.places.partition_point(|(start, _)| *start <= offset);
        let Some((start, origin)) = next.checked_sub(1).and_then(|at| self.places.get(at)) else {
            return Origin { file: 0, line: 1 };
        };
        let between = self.text.get(*start..offset).unwrap_or_default();
        Origin {
            line: origin.line + lines(between),
            ..*origin
        }
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, origin: Origin, text: &str) {
        self.places.push((self.text.len(), origin));
        self.text.push_str(text);
    }

    /// With another text behind it.
    pub(super) fn then(mut self, other: Self) -> Self {
        let length = self.text.len();
        self.text.push_str(&other.text);
        let moved = other
            .places
            .into_iter()
            .map(|(at, origin)| (length + at, origin));
        self.places.extend(moved);
        self
    }

    /// With words in front and behind that are in no file.
    pub(super) fn around(self, before: &str, after: &str) -> Self {
        let mut out = Self::default();
        out.push(self.origin(0), before);
        let mut out = out.then(self);
        out.push(out.origin(out.text.len()), after);
        out
    }

    /// A part of it.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let mut out = Self::default();
        out.push(
            self.origin(range.start),
            self.text.get(range.clone()).unwrap_or_default(),
        );
        let inside = self.places.iter().filter(|(at, _)| range.contains(at));
        out.places
            .extend(inside.map(|(at, origin)| (at - range.start, *origin)));
        out
    }

    /// Puts another text in the place of a part of it.
    pub(super) fn replace(&mut self, range: Range<usize>, with: Self) {
        let before = self.slice(0..range.start);
        let after = self.slice(range.end..self.text.len());
        *self = before.then(with).then(after);
    }
}
