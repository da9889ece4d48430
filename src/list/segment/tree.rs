//! What an expression says, before anything is known of the list.

use crate::model::{Day, Moment};
use std::ops::Range;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// At least one of them.
    Or(Vec<Tree>),
    /// All of them.
    And(Vec<Tree>),
    Not(Box<Tree>),
    /// A comparison of two sides.
    Compare {
        left: Operand,
        op: Op,
        op_at: Range<usize>,
        right: Operand,
    },
    /// One of several literals.
    In {
        left: Operand,
        items: Vec<Operand>,
    },
    /// Whether the cell holds anything.
    Set {
        left: Operand,
        set: bool,
    },
    /// A column of yes and no, or a literal one.
    Alone(Operand),
}

/// How two sides compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
}

impl Op {
    /// The same with the sides exchanged.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }

    /// Whether it asks for an order, and not for sameness or parts.
    pub(super) fn orders(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual
        )
    }

    /// Whether it looks for a part of a text.
    pub(super) fn is_of_text(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operand {
    pub(super) at: Range<usize>,
    pub(super) what: What,
}

/// What stands on a side.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Field { name: String, read: Read },
    Text(String),
    Number(f64),
    Boolean(bool),
    Day(Day),
    Moment(Moment),
}

/// How a field is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// As its type says.
    AsIs,
    /// In lower case.
    Lower,
    /// As a number where it is one.
    Number,
    /// As a date where it is one.
    Date,
}
