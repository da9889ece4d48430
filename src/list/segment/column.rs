//! The columns that names in an expression mean.

use super::check::{Kind, Known};
use super::error::Fault;
use super::eval::{Field, Source, Term};
use super::tree::{Operand, Read, What};
use crate::list::names::{comparable, identifier, same_name};
use crate::model::{FieldType, readable};
use std::ops::Range;

impl Known<'_> {
    /// The column a side names, where it is one of the list's.
    pub(super) fn resolve(&self, side: &Operand) -> Option<String> {
        match self.field(side).ok()?.0 {
            Term::Field(Field {
                source: Source::Column(name),
                read: Read::AsIs,
            }) => Some(name),
            Term::Field(_) | Term::Literal(_) => None,
        }
    }

    /// The field a side names, and what its cells hold.
    pub(super) fn field(&self, side: &Operand) -> Result<(Term, Kind), Fault> {
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
        let field = identifier(name).unwrap_or_default();
        let is_it = |column: &&String| same_name(column, name) || same_name(column, &field);
        let mut like = self.columns.iter().filter(is_it);
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
