//! The types of cells and columns.

use super::number::{Form, form};
use super::{Day, Moment, boolean, date, plain};
use std::fmt;
use std::str::FromStr;

/// What a cell, or all cells of a column, can be read as. The text stays as it is in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldType {
    /// A number without a fraction: `20`, `-3`, `２０`.
    Whole,
    /// A number: `0.5`.
    Number,
    /// `true`, `false`, `yes`, `no`, `はい`, `いいえ`.
    Boolean,
    /// A day, see [`Day::parse`].
    Date,
    /// A day with a time, see [`Moment::parse`].
    DateTime,
    /// Anything.
    Text,
}

impl FieldType {
    /// All types.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Whole,
        Self::Number,
        Self::Boolean,
        Self::Date,
        Self::DateTime,
    ];

    /// The narrowest type of a cell; `None` where it is empty, which fits every type.
    #[must_use]
    pub fn of(cell: &str) -> Option<Self> {
        let text = plain(cell);
        let found = match text.as_bytes().first()? {
            b'0'..=b'9' | b'-' => match form(&text) {
                Some(Form::Whole) => Self::Whole,
                Some(Form::Decimal) => Self::Number,
                None => match date::leading_day(&text) {
                    Some((_, "")) => Self::Date,
                    Some(_) if Moment::parse(&text).is_some() => Self::DateTime,
                    _ => Self::Text,
                },
            },
            _ if boolean(&text).is_some() => Self::Boolean,
            _ => Self::Text,
        };
        Some(found)
    }

    /// The narrowest type that holds the cells of both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Whole, Self::Number) | (Self::Number, Self::Whole) => Self::Number,
            (Self::Date, Self::DateTime) | (Self::DateTime, Self::Date) => Self::DateTime,
            _ => Self::Text,
        }
    }

    /// Whether a cell can stand in a column of this type.
    #[must_use]
    pub fn takes(self, cell: &str) -> bool {
        self == Self::Text || Self::of(cell).is_none_or(|found| found.join(self) == self)
    }

    /// Its name, for `--type` and for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Whole => "whole",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
        }
    }

    /// Its name in a sentence, with its article.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "yes or no",
            Self::Date => "a date",
            Self::DateTime => "a date with a time",
        }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for FieldType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|kind| kind.word() == text);
        known.ok_or_else(|| {
            let words = Self::ALL.map(Self::word).join(", ");
            format!("{text:?} is no type; the types are {words}")
        })
    }
}

/// The day of a cell that is a date or a date with a time.
impl Day {
    /// The day in a cell of either type, as it is written.
    #[must_use]
    pub fn of(cell: &str) -> Option<Self> {
        Self::parse(cell).or_else(|| Moment::parse(cell).map(|moment| moment.day))
    }
}

impl Moment {
    /// The moment in a cell of either type; a day counts from its beginning in UTC.
    #[must_use]
    pub fn of(cell: &str) -> Option<Self> {
        Self::parse(cell).or_else(|| Day::parse(cell).map(Day::midnight))
    }
}

#[cfg(test)]
mod tests {
    use super::FieldType::*;
    use super::*;

    #[test]
    fn cells_have_the_narrowest_type() {
        for (cell, kind) in [
            ("", None),
            ("  \u{3000}", None),
            ("20", Some(Whole)),
            ("２０", Some(Whole)),
            ("2.5", Some(Number)),
            ("YES", Some(Boolean)),
            ("はい", Some(Boolean)),
            ("2026-01-31", Some(Date)),
            ("2026-01-31 10:00", Some(DateTime)),
            ("2026-01-31 noon", Some(Text)),
            ("090-1234-5678", Some(Text)),
            ("100-0001", Some(Text)),
            ("01067", Some(Text)),
            ("+81 90", Some(Text)),
            ("東京", Some(Text)),
            ("nobody", Some(Text)),
        ] {
            assert_eq!(FieldType::of(cell), kind, "{cell:?}");
        }
    }

    #[test]
    fn joining_is_the_same_in_any_order() {
        for a in FieldType::ALL {
            assert_eq!(a.join(a), a);
            assert_eq!(a.to_string().parse(), Ok(a));
            for b in FieldType::ALL {
                assert_eq!(a.join(b), b.join(a));
                for c in FieldType::ALL {
                    assert_eq!(a.join(b).join(c), a.join(b.join(c)));
                }
            }
        }
        assert!(Number.takes("3") && !Whole.takes("3.5") && Whole.takes(" "));
        assert!(DateTime.takes("2026-01-31") && !Date.takes("2026-01-31 10:00"));
    }
}
