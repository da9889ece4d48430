//! A literal beside a column: what it is taken for, and what is said where it cannot be meant.

use super::check::{Kind, Known};
use super::error::Fault;
use super::eval::{Source, Term, Value};
use super::remedy;
use super::tree::{Op, Operand, Read, What};
use crate::model::{Address, Day, Domain, FieldType, readable};
use std::ops::Range;

impl Known<'_> {
    /// The literal behind a column, and as what both are compared.
    pub(super) fn literal(
        &self,
        left: &Operand,
        own: Kind,
        op: Op,
        right: &Operand,
    ) -> Result<(Term, FieldType), Fault> {
        use FieldType::{Boolean, Date, DateTime, Number, Whole};
        let wrong = || self.mismatch(left, own, right);
        let (value, kind) = match &right.what {
            What::Text(text) => return self.text(left, own, op, (text, &right.at)),
            _ if op.is_of_text() => {
                let fault = Fault::new(right.at.clone(), "only a text can be a part of a text");
                return Err(fault.hint("write it in quotes"));
            }
            What::Number(number) => match own {
                None | Some(Whole | Number) => (Value::Number(*number), Number),
                Some(_) => return Err(wrong()),
            },
            What::Boolean(yes) => match own {
                None | Some(Boolean) => (Value::Boolean(*yes), Boolean),
                Some(_) => return Err(wrong()),
            },
            What::Day(day) => match own {
                None | Some(Date | DateTime) => (Value::Day(*day), Date),
                Some(_) => return Err(wrong()),
            },
            What::Moment(moment) => match own {
                None | Some(Date | DateTime) => (Value::Moment(moment.millis), DateTime),
                Some(_) => return Err(wrong()),
            },
            What::Field { .. } => return Err(wrong()),
        };
        Ok((Term::Literal(value), kind))
    }

    /// A text behind a column: letter by letter where that holds text or is searched for a part,
    /// and otherwise what its type reads in it.
    fn text(
        &self,
        left: &Operand,
        own: Kind,
        op: Op,
        (text, at): (&str, &Range<usize>),
    ) -> Result<(Term, FieldType), Fault> {
        let typed = own.filter(|kind| *kind != FieldType::Text && !op.is_of_text());
        if let Some(kind) = typed {
            let dates = [FieldType::Date, FieldType::DateTime];
            // What is written as a day is compared by days.
            let kind = match Day::parse(text) {
                Some(_) if dates.contains(&kind) => FieldType::Date,
                _ => kind,
            };
            if let Some(value) = Value::read(text, kind) {
                return Ok((Term::Literal(value), kind));
            }
            let what = format!("{text:?} is not {}, and the column is", kind.in_words());
            let fault = Fault::new(at.clone(), what);
            return Err(match kind {
                FieldType::Boolean => fault.hint(remedy::yes_or_no(left)),
                _ => fault,
            });
        }
        let mut text = text.to_owned();
        match (&left.what, self.field(left)?.0) {
            (
                What::Field {
                    name,
                    read: Read::Lower,
                },
                _,
            ) if text != text.to_lowercase() => {
                let what = format!("lower({}) has no capital letters", readable(name));
                let lower = text.to_lowercase();
                return Err(Fault::new(at.clone(), what).hint(format!("write {lower:?}")));
            }
            (_, Term::Field(field)) => match field.source {
                Source::Email => {
                    text = Address::parse(&text).map_or(text.to_ascii_lowercase(), |a| a.key());
                }
                Source::Domain => {
                    text = Domain::parse(&text).map_or(text.to_ascii_lowercase(), |domain| {
                        domain.as_str().to_owned()
                    });
                }
                Source::Column(_) => {}
            },
            (_, Term::Literal(_)) => {}
        }
        Ok((Term::Literal(Value::Text(text)), FieldType::Text))
    }

    fn mismatch(&self, left: &Operand, own: Kind, right: &Operand) -> Fault {
        let (wanted, written) = match &right.what {
            What::Number(number) => (FieldType::Number, number.to_string()),
            What::Boolean(yes) => (FieldType::Boolean, yes.to_string()),
            What::Day(day) => (FieldType::Date, day.to_string()),
            What::Moment(moment) => (FieldType::DateTime, moment.day.to_string()),
            What::Text(text) => (FieldType::Text, text.clone()),
            What::Field { name, .. } => (FieldType::Text, name.clone()),
        };
        let name = match &left.what {
            What::Field { name, .. } => readable(name),
            _ => String::new(),
        };
        let is = own.map_or("empty", FieldType::in_words);
        let at = left.at.start.min(right.at.start)..left.at.end.max(right.at.end);
        let what = format!(
            "column `{name}` is {is}, and {written} is {}",
            wanted.in_words()
        );
        let hint = remedy::mismatch(left, own, wanted, &written);
        let misread = matches!(own, Some(FieldType::Text) | None).then(|| self.resolve(left));
        Fault {
            misread: misread.flatten().map(|column| (column, wanted)),
            ..Fault::new(at, what).hint(hint)
        }
    }
}
