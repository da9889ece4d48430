//! An expression held against a list: are the columns there, and do both sides of a comparison
//! hold the same kind of thing.

use super::error::{Fault, SegmentError};
use super::eval::{Field, Segment, Source, Term, Test, Value};
use super::parse::parse;
use super::remedy;
use super::tree::{Op, Operand, Read, Tree, What};
use crate::list::names::{comparable, identifier, same_name};
use crate::model::{Address, ColumnTypes, Day, Domain, FieldType, readable};
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
type Kind = Option<FieldType>;

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
        let (mut texts, mut others) = (HashSet::new(), Vec::new());
        for item in items {
            let at = item.at.clone();
            match self.compare(left, (Op::Equal, &at), item)? {
                Test::Compare {
                    right: Term::Literal(Value::Text(text)),
                    ..
                } => _ = texts.insert(text),
                Test::Compare {
                    right: Term::Literal(value),
                    kind,
                    ..
                } => others.push((kind, value)),
                _ => return Err(Fault::new(at, "this is not a value")),
            }
        }
        Ok(Test::In {
            left: term,
            texts,
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

    /// The literal behind a column, and as what both are compared.
    fn literal(
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

    /// The column a side names, where it is one of the list's.
    fn resolve(&self, side: &Operand) -> Option<String> {
        match self.field(side).ok()?.0 {
            Term::Field(Field {
                source: Source::Column(name),
                read: Read::AsIs,
            }) => Some(name),
            Term::Field(_) | Term::Literal(_) => None,
        }
    }

    /// The field a side names, and what its cells hold.
    fn field(&self, side: &Operand) -> Result<(Term, Kind), Fault> {
        let What::Field { name, read } = &side.what else {
            let fault = Fault::new(side.at.clone(), "a column stands here");
            return Err(fault.hint("a column's name stands without quotes, or in backquotes"));
        };
        let source = self.source(name, &side.at)?;
        let kind = match (&source, read) {
            (Source::Email | Source::Domain, _) | (_, Read::Lower) => Some(FieldType::Text),
            (_, Read::Number) => Some(FieldType::Number),
            (_, Read::Date) => Some(FieldType::Date),
            (Source::Column(column), Read::AsIs) => {
                self.types.get(column).map(|column| column.kind)
            }
        };
        let read = *read;
        Ok((Term::Field(Field { source, read }), kind))
    }

    /// A column by its field's name or by its header; `email` and `domain` are always there.
    fn source(&self, name: &str, at: &Range<usize>) -> Result<Source, Fault> {
        let field = identifier(name).unwrap_or_default();
        let known = |wanted: &str| self.columns.iter().any(|column| column == wanted);
        if name == "email" {
            return Ok(Source::Email);
        }
        if let Some(column) = [name, &field].into_iter().find(|wanted| known(wanted)) {
            return Ok(Source::Column(column.to_owned()));
        }
        if name == "domain" {
            return Ok(Source::Domain);
        }
        if let Some(source) = self.respelled(name) {
            return Ok(source);
        }
        let shown: Vec<String> = self
            .columns
            .iter()
            .take(SHOWN)
            .map(|name| format!("`{}`", readable(name)))
            .collect();
        let more = match self.columns.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let mut hint = format!("the columns are {}{more}", shown.join(", "));
        if let Some(near) = self.nearest(name) {
            hint = format!("did you mean `{}`? {hint}", readable(near));
        }
        let what = format!("the list has no column `{}`", readable(name));
        Err(Fault::new(at.clone(), what).hint(hint))
    }

    /// The only column, or field of every list, that has this name but for case and width: imports
    /// join columns that differ in these alone.
    fn respelled(&self, name: &str) -> Option<Source> {
        let mut like = self.columns.iter().filter(|column| same_name(column, name));
        match (like.next(), like.next()) {
            (Some(only), None) if only == "email" => Some(Source::Email),
            (Some(only), None) => Some(Source::Column(only.clone())),
            (Some(_), Some(_)) => None,
            (None, _) if same_name(name, "email") => Some(Source::Email),
            (None, _) => same_name(name, "domain").then_some(Source::Domain),
        }
    }

    fn nearest(&self, name: &str) -> Option<&str> {
        let wanted = comparable(name);
        let like = |column: &&str| strsim::jaro_winkler(&comparable(column), &wanted);
        let columns = self.columns.iter().map(String::as_str);
        let best = columns.max_by(|a, b| like(a).total_cmp(&like(b)))?;
        // Two of three signs make much of a short name.
        let enough = if wanted.chars().count() < 4 {
            0.65
        } else {
            0.8
        };
        (like(&best) > enough).then_some(best)
    }
}

/// Columns that an error names at most.
const SHOWN: usize = 20;
