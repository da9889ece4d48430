//! An expression held against a list: are the columns there, and do both sides of a comparison
//! hold the same kind of thing.

use super::error::{Fault, SegmentError};
use super::eval::{Segment, Term, Test, Value};
use super::parse::parse;
use super::remedy;
use super::tree::{Op, Operand, Tree, What};
use crate::model::{ColumnTypes, Day, FieldType, readable};
use std::collections::HashSet;
use std::ops::Range;

/// What is known of a list before its first row.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its columns.
    pub columns: &'a [String],
    /// Their types. A column without one is judged cell by cell.
    pub types: &'a ColumnTypes,
}

impl Segment {
    /// Reads an expression and holds it against a list. `today` is the date that is.
    ///
    /// # Errors
    /// Where it is no expression, names a column the list does not have, or compares what cannot be
    /// compared. The error shows the place.
    pub fn compile(text: &str, known: &Known<'_>, today: Day) -> Result<Self, SegmentError> {
        parse(text, today)
            .and_then(|tree| known.test(&tree))
            .map(Self)
            .map_err(|fault| fault.of(text))
    }
}

/// What a side holds; `None` where that is decided by each cell.
pub(super) type Kind = Option<FieldType>;

impl Known<'_> {
    fn test(&self, tree: &Tree) -> Result<Test, Fault> {
        let all = |parts: &[Tree]| -> Result<Vec<Test>, Fault> {
            parts.iter().map(|part| self.test(part)).collect()
        };
        Ok(match tree {
            Tree::Or(parts) => Test::Any(all(parts)?),
            Tree::And(parts) => Test::All(all(parts)?),
            Tree::Not(inner) => Test::Not(Box::new(self.test(inner)?)),
            Tree::Set { left, set } => Test::Set {
                left: self.field(left)?.0,
                set: *set,
            },
            Tree::Alone(side) => self.alone(side)?,
            Tree::In { left, items } => self.is_in(left, items)?,
            Tree::Compare {
                left,
                op,
                op_at,
                right,
            } => self.compare(left, (*op, op_at), right)?,
        })
    }

    /// A column of yes and no.
    fn alone(&self, side: &Operand) -> Result<Test, Fault> {
        let nothing = |what: String| Err(Fault::new(side.at.clone(), what));
        let What::Field { name, .. } = &side.what else {
            return nothing("this is not compared with anything".to_owned());
        };
        let (left, kind) = self.field(side)?;
        match kind {
            None | Some(FieldType::Boolean) => Ok(Test::Compare {
                left,
                op: Op::Equal,
                right: Term::Literal(Value::Boolean(true)),
                kind: FieldType::Boolean,
            }),
            Some(kind) => {
                let what = format!(
                    "column `{}` is {}, and not compared with anything",
                    readable(name),
                    kind.in_words()
                );
                nothing(what)
                    .map_err(|fault: Fault| fault.hint("write a comparison behind it, or `is set`"))
            }
        }
    }

    fn is_in(&self, left: &Operand, items: &[Operand]) -> Result<Test, Fault> {
        let (term, _) = self.field(left)?;
        let (mut texts, mut numbers, mut others) = (HashSet::new(), Vec::new(), Vec::new());
        for item in items {
            let at = item.at.clone();
            match self.compare(left, (Op::Equal, &at), item)? {
                Test::Compare {
                    right: Term::Literal(Value::Text(text)),
                    ..
                } => _ = texts.insert(text),
                Test::Compare {
                    right: Term::Literal(Value::Number(number)),
                    ..
                } => numbers.push(number),
                Test::Compare {
                    right: Term::Literal(value),
                    kind,
                    ..
                } => others.push((kind, value)),
                _ => return Err(Fault::new(at, "this is not a value")),
            }
        }
        numbers.sort_by(f64::total_cmp);
        Ok(Test::In {
            left: term,
            texts,
            numbers,
            others,
        })
    }

    fn compare(
        &self,
        left: &Operand,
        (op, op_at): (Op, &Range<usize>),
        right: &Operand,
    ) -> Result<Test, Fault> {
        let is_field = |side: &Operand| matches!(side.what, What::Field { .. });
        if !is_field(left) {
            if !is_field(right) {
                let at = left.at.start..right.at.end;
                let fault = Fault::new(at, "none of the two is a column");
                return Err(fault.hint("a column's name stands without quotes, or in backquotes"));
            }
            if op.is_of_text() {
                let fault = Fault::new(
                    left.at.clone(),
                    "the column stands in front, the text behind",
                );
                return Err(fault);
            }
            return self.compare(right, (op.turned(), op_at), left);
        }
        let (term, own) = self.field(left)?;
        if let What::Text(text) = &right.what {
            remedy::refuse_nothing(left, op, (text, &right.at))?;
        }
        let (other, kind) = if is_field(right) {
            let (other, theirs) = self
                .field(right)
                .map_err(|fault| remedy::in_quotes(fault, right))?;
            (other, self.two_columns(left, (own, theirs), right, op)?)
        } else {
            self.literal(left, own, op, right)?
        };
        if kind == FieldType::Boolean && op.orders() {
            let fault = Fault::new(op_at.clone(), "yes and no have no order");
            return Err(fault.hint("write == or !="));
        }
        Ok(Test::Compare {
            left: term,
            op,
            right: other,
            kind,
        })
    }

    /// As what two columns are compared.
    fn two_columns(
        &self,
        left: &Operand,
        kinds: (Kind, Kind),
        right: &Operand,
        op: Op,
    ) -> Result<FieldType, Fault> {
        use FieldType::{Date, DateTime, Number, Text, Whole};
        if op.is_of_text() {
            return Ok(Text);
        }
        match kinds {
            (None, None) => Ok(Text),
            (Some(one), None) | (None, Some(one)) => Ok(one),
            (Some(a), Some(b)) if a == b => Ok(a),
            (Some(Whole), Some(Number)) | (Some(Number), Some(Whole)) => Ok(Number),
            (Some(Date), Some(DateTime)) | (Some(DateTime), Some(Date)) => Ok(DateTime),
            (Some(a), Some(b)) => {
                let at = left.at.start..right.at.end;
                let what = format!("one column is {}, the other {}", a.in_words(), b.in_words());
                Err(Fault::new(at, what).hint("number(x) and date(x) read a text column as such"))
            }
        }
    }
}
