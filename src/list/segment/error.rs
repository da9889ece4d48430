//! What is wrong with an expression, and where.

use crate::model::FieldType;
use std::fmt;
use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// An expression that cannot be used: what is wrong, the place in it, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SegmentError {
    /// The expression.
    text: String,
    /// Which octets of it are wrong.
    at: Range<usize>,
    what: String,
    hint: Option<String>,
    /// The column that cannot be read as what it is compared with.
    misread: Option<(String, FieldType)>,
}

/// A cell that cannot be read as what its column is compared with. Only where the types of the
/// columns are not known beforehand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the segment compares column `{column}` as {}, and {cell:?} is none",
    .wanted.in_words()
)]
pub struct Misfit {
    /// The column.
    pub column: String,
    /// Its cell.
    pub cell: String,
    /// What the segment takes it for.
    pub wanted: FieldType,
}

/// A fault while the expression itself is at hand elsewhere.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Range<usize>,
    pub(super) what: String,
    pub(super) hint: Option<String>,
    pub(super) misread: Option<(String, FieldType)>,
}

impl Fault {
    pub(super) fn new(at: Range<usize>, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            hint: None,
            misread: None,
        }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub(super) fn of(self, text: &str) -> SegmentError {
        SegmentError {
            text: text.to_owned(),
            at: self.at,
            what: self.what,
            hint: self.hint,
            misread: self.misread,
        }
    }
}

impl SegmentError {
    /// Where the wrong part begins, in octets of the expression.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at.start
    }

    /// What is wrong, without the picture.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to write instead, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The column whose cells are not what they are compared with, and what that is: a caller who
    /// has the cells can show one.
    #[must_use]
    pub fn misread(&self) -> Option<(&str, FieldType)> {
        let (column, kind) = self.misread.as_ref()?;
        Some((column, *kind))
    }

    /// Adds what a caller knows of the cells.
    #[must_use]
    pub fn because(mut self, why: &str) -> Self {
        self.what.push_str(why);
        self
    }

    /// The part of the expression around the place, and the marks below it.
    fn picture(&self) -> (String, String) {
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let before: String = self.text[..self.at.start].chars().map(shown).collect();
        let wrong: String = self.text[self.at.clone()].chars().map(shown).collect();
        let after: String = self.text[self.at.end..].chars().map(shown).collect();
        let before = end_of(&before, BEFORE);
        let (wrong, after) = (start_of(&wrong, WRONG), start_of(&after, AFTER));
        let marks = " ".repeat(before.width()) + &"^".repeat(wrong.width().max(1));
        (format!("{before}{wrong}{after}"), marks)
    }
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, marks) = self.picture();
        write!(f, "segment: {}\n  {line}\n  {marks}", self.what)
    }
}

/// The last of a text, by its width on a screen.
fn end_of(text: &str, width: usize) -> String {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    let kept: Vec<char> = text.chars().rev().take_while(fits).collect();
    let cut = if kept.len() < text.chars().count() {
        "…"
    } else {
        ""
    };
    cut.chars().chain(kept.into_iter().rev()).collect()
}

/// The first of a text, by its width on a screen.
fn start_of(text: &str, width: usize) -> String {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    let cut = if kept.len() < text.len() { "…" } else { "" };
    kept + cut
}

/// Columns of a screen shown before, of and behind the wrong part.
const BEFORE: usize = 40;
const WRONG: usize = 40;
const AFTER: usize = 30;
