//! What to write instead, where a comparison cannot be meant as it stands.

use super::error::Fault;
use super::tree::{Op, Operand, What};
use crate::list::names::identifier;
use crate::model::{FieldType, readable, trim};
use std::ops::Range;

/// For a column beside a literal of another type, which is written as `written`.
pub(super) fn mismatch(
    left: &Operand,
    own: Option<FieldType>,
    wanted: FieldType,
    written: &str,
) -> String {
    let name = left.name();
    let as_text = format!("write {name} == \"{written}\"");
    match (own, wanted) {
        (Some(FieldType::Text), FieldType::Number) => {
            format!("{as_text}, or number({name}) for those of its cells that are numbers")
        }
        (Some(FieldType::Text), FieldType::Date | FieldType::DateTime) => {
            format!("date({name}) takes those of its cells that are dates")
        }
        (Some(FieldType::Text) | None, _) => as_text,
        (Some(FieldType::Boolean), _) => yes_or_no(left),
        (Some(FieldType::Whole | FieldType::Number), _) => {
            format!("write a number: {name} == 20")
        }
        (Some(FieldType::Date | FieldType::DateTime), _) => {
            format!("write a date: {name} == 2026-12-31")
        }
    }
}

/// What stands behind an operator and is no column was perhaps meant as a text.
pub(super) fn in_quotes(fault: Fault, side: &Operand) -> Fault {
    let What::Field { name, .. } = &side.what else {
        return fault;
    };
    if ["null", "none", "nil"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word))
    {
        return fault.hint("write `is empty`, or `is set`");
    }
    let columns = fault.hint.clone().unwrap_or_default();
    fault.hint(format!(
        "text stands in quotes: write \"{}\"; {columns}",
        readable(name)
    ))
}

/// For a word of another language.
pub(super) fn elsewhere(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 5] = [
        ("between", "write age >= 20 and age <= 30"),
        ("like", "write contains, starts with or ends with"),
        ("matches", "write contains, starts with or ends with"),
        ("equals", "write =="),
        ("eq", "write =="),
    ];
    let found = WORDS
        .iter()
        .find(|(other, _)| word.eq_ignore_ascii_case(other));
    found.map(|(_, hint)| *hint)
}

/// No comparison holds of an empty cell, so one with an empty text would hold of nobody.
pub(super) fn refuse_nothing(
    left: &Operand,
    op: Op,
    (text, at): (&str, &Range<usize>),
) -> Result<(), Fault> {
    // White space is a part of a text, and of no whole cell: those are compared without it.
    let is_nothing = match op.is_of_text() {
        true => text.is_empty(),
        false => trim(text).is_empty(),
    };
    if !is_nothing {
        return Ok(());
    }
    let name = left.name();
    let hint = match op {
        Op::Equal => format!("write {name} is empty"),
        _ => format!("write {name} is set, or {name} is empty"),
    };
    let fault = Fault::new(at.clone(), "an empty cell is not compared with anything");
    Err(fault.hint(hint))
}

/// For a column of yes and no.
pub(super) fn yes_or_no(column: &Operand) -> String {
    let name = column.name();
    format!("write {name}, or not {name}")
}

impl Operand {
    /// How a column is written in an expression; empty where the side is none.
    fn name(&self) -> String {
        match &self.what {
            What::Field { name, .. } if identifier(name).as_deref() == Some(name) => readable(name),
            What::Field { name, .. } => format!("`{}`", readable(name)),
            _ => String::new(),
        }
    }
}
