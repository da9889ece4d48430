//! `import --type`: types of columns that a person fixes.

use crate::cli::fail::Failure;
use crate::list::{Entry, Reject, Subscriber, same_name};
use crate::model::{ColumnType, FieldType, readable};
use crate::store::{ListRecord, Reader};
use std::str::FromStr;

/// What is said of types for an import.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// What this command line says: a type, or `None` for one that is to be found out again.
    pub(super) said: Vec<(String, Option<ColumnType>)>,
    /// Columns whose cells must fit.
    fixed: Vec<(String, FieldType)>,
}

impl Types {
    /// Reads the arguments and what the list has fixed before.
    pub(super) fn of(
        arguments: &[String],
        columns: &[String],
        list: Option<&ListRecord>,
    ) -> Result<Self, Failure> {
        let mut types = Self::default();
        let listed = list.map_or(&[][..], |list| &list.columns);
        for argument in arguments {
            let wrong = |why: String| Failure::usage(format_args!("--type {argument}: {why}"));
            let (column, word) = argument
                .split_once('=')
                .ok_or_else(|| wrong("write COLUMN=TYPE, as in age=whole".to_owned()))?;
            let column = column.trim();
            if column == "email" {
                return Err(wrong("an address is an address".to_owned()));
            }
            let Some(column) = spelled(column, columns, listed) else {
                let all: Vec<_> = columns.iter().map(|name| readable(name)).collect();
                return Err(wrong(format!(
                    "there is no such column; the columns are {}",
                    all.join(", ")
                )));
            };
            let kind = match word.trim() {
                "auto" => None,
                word => Some(FieldType::from_str(word).map_err(wrong)?),
            };
            let kind = kind.map(|kind| ColumnType { kind, fixed: true });
            types.said.push((column.to_owned(), kind));
        }
        types.fix(list);
        Ok(types)
    }

    fn fix(&mut self, list: Option<&ListRecord>) {
        for (column, kind) in &self.said {
            if let Some(kind) = kind {
                self.fixed.push((column.clone(), kind.kind));
            }
        }
        for (column, kind) in list.iter().flat_map(|list| list.types.iter()) {
            let said = self.said.iter().any(|(said, _)| said == column);
            if kind.fixed && !said {
                self.fixed.push((column.to_owned(), kind.kind));
            }
        }
        self.fixed.retain(|(_, kind)| *kind != FieldType::Text);
    }

    /// Refuses a type that cells of the list do not have.
    pub(super) fn check(&self, list: &ListRecord, reader: Reader) -> Result<(), Failure> {
        let narrower = |(column, kind): &&(String, Option<ColumnType>)| {
            let known = list.types.get(column).map(|known| known.kind);
            kind.is_some_and(|kind| known.is_none_or(|known| known.join(kind.kind) != kind.kind))
        };
        let narrower: Vec<_> = self.said.iter().filter(narrower).collect();
        if narrower.is_empty() {
            return Ok(());
        }
        for subscriber in reader.subscribers(list.id)? {
            let subscriber = subscriber?;
            for (column, kind) in &narrower {
                let cell = subscriber.fields.get(column).unwrap_or_default();
                if let Some(kind) = kind.filter(|kind| !kind.kind.takes(cell)) {
                    let email = crate::progress::text::clean(&subscriber.email).into_owned();
                    let failure = Failure::new(format_args!(
                        "--type {column}={}: {cell:?} of {email} in the list is not {}",
                        kind.kind,
                        kind.kind.in_words()
                    ));
                    return Err(failure.hint("import the right value for it first"));
                }
            }
        }
        Ok(())
    }

    /// A subscriber whose cells do not fit becomes a reject.
    pub(super) fn judge(&self, entry: Entry, columns: &[String]) -> Entry {
        let Entry::Subscriber(subscriber) = entry else {
            return entry;
        };
        let unfit = self.fixed.iter().find_map(|(column, kind)| {
            let cell = subscriber.fields.get(column)?;
            (!kind.takes(cell)).then_some((column, *kind, cell))
        });
        match unfit {
            None => Entry::Subscriber(subscriber),
            Some((column, kind, cell)) => {
                let cell: String = cell.chars().take(80).collect();
                let reason = format!("{column}: {cell:?} is not {}", kind.in_words());
                let place = columns.iter().position(|name| name == column);
                Entry::Reject(reject(&subscriber, place, reason))
            }
        }
    }
}

/// A column as it is spelled: exactly so, or the only one that has this name but for case and width.
fn spelled<'a>(name: &str, columns: &'a [String], listed: &'a [String]) -> Option<&'a String> {
    let all = || columns.iter().chain(listed);
    let exact = all().find(|known| *known == name);
    exact.or_else(|| {
        let found = all().find(|known| same_name(known, name))?;
        let others = all().any(|known| same_name(known, name) && known != found);
        (!others).then_some(found)
    })
}

fn reject(subscriber: &Subscriber, place: Option<usize>, reason: String) -> Reject {
    let cells = subscriber.fields.iter();
    Reject {
        row: subscriber.row,
        line: subscriber.line,
        column: place
            .and_then(|place| subscriber.fields.iter().nth(place))
            .map(|(name, _)| name.to_owned())
            .unwrap_or_default(),
        text: subscriber.address.to_string(),
        reason,
        record: cells.map(|(_, cell)| cell.to_owned()).collect(),
    }
}
