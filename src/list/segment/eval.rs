//! A checked expression takes or leaves a subscriber.

use super::error::Misfit;
use super::tree::{Op, Read};
use crate::model::{
    Address, Day, FieldType, Fields, Moment, boolean, grouped_number, number, trim,
};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

/// An expression that was held against a list's columns.
#[derive(Debug, Clone)]
pub struct Segment(pub(super) Test);

/// What a subscriber is asked.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Compare {
        left: Term,
        op: Op,
        right: Term,
        kind: FieldType,
    },
    In {
        left: Term,
        texts: HashSet<String>,
        /// In order.
        numbers: Vec<f64>,
        others: Vec<(FieldType, Value)>,
    },
    Set {
        left: Term,
        set: bool,
    },
}

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(super) enum Term {
    Field(Field),
    Literal(Value),
}

/// A field and how it is read.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) source: Source,
    pub(super) read: Read,
}

/// Where a field's text is.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Column(String),
    Email,
    Domain,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    Boolean(bool),
    Day(Day),
    Moment(i64),
}

impl Segment {
    /// Whether a subscriber is in the segment.
    ///
    /// # Errors
    /// Where the type of a column was not known and a cell is not what it is compared with. Of lists
    /// whose types are known, never.
    pub fn takes(&self, address: &Address, fields: &Fields) -> Result<bool, Misfit> {
        self.0.holds(&Row { address, fields })
    }
}

/// A subscriber.
struct Row<'a> {
    address: &'a Address,
    fields: &'a Fields,
}

impl<'a> Row<'a> {
    /// The text of a field, without white space around it.
    fn text(&self, source: &Source) -> Cow<'a, str> {
        match source {
            Source::Column(name) => Cow::Borrowed(trim(self.fields.get(name).unwrap_or_default())),
            Source::Email => Cow::Owned(self.address.key()),
            Source::Domain => Cow::Borrowed(self.address.domain().as_str()),
        }
    }
}

impl Test {
    fn holds(&self, row: &Row<'_>) -> Result<bool, Misfit> {
        Ok(match self {
            Self::Any(parts) => {
                for part in parts {
                    if part.holds(row)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::All(parts) => {
                for part in parts {
                    if !part.holds(row)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Not(inner) => !inner.holds(row)?,
            Self::Compare {
                left,
                op,
                right,
                kind,
            } => compare(left, *op, right, *kind, row)?,
            Self::In {
                left,
                texts,
                numbers,
                others,
            } => is_in(left, texts, numbers, row)? || is_other(left, others, row)?,
            Self::Set { left, set } => match left {
                Term::Field(field) => row.text(&field.source).is_empty() != *set,
                Term::Literal(_) => *set,
            },
        })
    }
}

fn compare(
    left: &Term,
    op: Op,
    right: &Term,
    kind: FieldType,
    row: &Row<'_>,
) -> Result<bool, Misfit> {
    if kind == FieldType::Text {
        let (Some(left), Some(right)) = (left.text(row), right.text(row)) else {
            return Ok(false);
        };
        return Ok(match op {
            Op::Contains => left.contains(&*right),
            Op::StartsWith => left.starts_with(&*right),
            Op::EndsWith => left.ends_with(&*right),
            _ => ordered(op, left.cmp(&right)),
        });
    }
    let (Some(left), Some(right)) = (left.value(kind, row)?, right.value(kind, row)?) else {
        return Ok(false);
    };
    Ok(left.order(&right).is_some_and(|order| ordered(op, order)))
}

fn is_in(
    left: &Term,
    texts: &HashSet<String>,
    numbers: &[f64],
    row: &Row<'_>,
) -> Result<bool, Misfit> {
    if !texts.is_empty() && left.text(row).is_some_and(|text| texts.contains(&*text)) {
        return Ok(true);
    }
    if numbers.is_empty() {
        return Ok(false);
    }
    Ok(match left.value(FieldType::Number, row)? {
        // Numbers of cells and expressions are finite; zero has one sign in comparisons.
        Some(Value::Number(number)) => numbers
            .binary_search_by(|item| item.partial_cmp(&number).unwrap_or(Ordering::Less))
            .is_ok(),
        _ => false,
    })
}

fn is_other(left: &Term, others: &[(FieldType, Value)], row: &Row<'_>) -> Result<bool, Misfit> {
    for (kind, item) in others {
        let value = left.value(*kind, row)?;
        if value.is_some_and(|value| value.order(item) == Some(Ordering::Equal)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn ordered(op: Op, order: Ordering) -> bool {
    match op {
        Op::Equal => order.is_eq(),
        Op::Unequal => order.is_ne(),
        Op::Less => order.is_lt(),
        Op::LessOrEqual => order.is_le(),
        Op::Greater => order.is_gt(),
        Op::GreaterOrEqual => order.is_ge(),
        Op::Contains | Op::StartsWith | Op::EndsWith => false,
    }
}

impl Term {
    /// As a text; `None` where it is empty.
    fn text<'a>(&'a self, row: &Row<'a>) -> Option<Cow<'a, str>> {
        let text = match self {
            Self::Literal(Value::Text(text)) => return Some(Cow::Borrowed(text)),
            Self::Literal(_) => return None,
            Self::Field(Field {
                source,
                read: Read::Lower,
            }) => Cow::Owned(row.text(source).to_lowercase()),
            Self::Field(field) => row.text(&field.source),
        };
        (!text.is_empty()).then_some(text)
    }

    /// As a value of a type; `None` where it is empty, or is to be taken so where it does not fit.
    fn value(&self, kind: FieldType, row: &Row<'_>) -> Result<Option<Value>, Misfit> {
        let field = match self {
            Self::Literal(value) => return Ok(Some(value.clone())),
            Self::Field(field) => field,
        };
        let text = row.text(&field.source);
        if text.is_empty() {
            return Ok(None);
        }
        let mut value = Value::read(&text, kind);
        if value.is_none() && field.read == Read::Number {
            value = grouped_number(&text).map(Value::Number);
        }
        match (&field.source, value, field.read) {
            (_, Some(value), _) => Ok(Some(value)),
            (Source::Column(column), None, Read::AsIs | Read::Lower) => Err(Misfit {
                column: column.clone(),
                cell: text.chars().take(80).collect(),
                wanted: kind,
            }),
            (_, None, _) => Ok(None),
        }
    }
}

impl Value {
    /// The value of a text that is not empty, as one of a type; `None` where it is none.
    pub(super) fn read(text: &str, kind: FieldType) -> Option<Self> {
        match kind {
            FieldType::Text => Some(Self::Text(text.to_owned())),
            FieldType::Whole | FieldType::Number => number(text).map(Self::Number),
            FieldType::Boolean => boolean(text).map(Self::Boolean),
            FieldType::Date => Day::of(text).map(Self::Day),
            FieldType::DateTime => Moment::of(text).map(|moment| Self::Moment(moment.millis)),
        }
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => Some(a.cmp(b)),
            (Self::Day(a), Self::Day(b)) => Some(a.cmp(b)),
            (Self::Moment(a), Self::Moment(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}
