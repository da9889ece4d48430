//! Lists for people and for programs.

use crate::cli::campaign::{count_segment, segmented, today};
use crate::cli::fail::Failure;
use crate::cli::output::{data, unwritable};
use crate::engine::{Counted, Origin};
use crate::list::{Known, Segment};
use crate::model::{Address, readable};
use crate::progress::words;
use crate::store::{ListRecord, Reader, SuppressionScope};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;

/// Counts of a list that reading it gave.
#[derive(Default)]
pub(super) struct Counts {
    /// How many are in a segment.
    pub(super) segment: Option<Counted>,
    /// How many of these are not suppressed.
    pub(super) mailable: Option<u64>,
    /// Filled cells of each column.
    pub(super) filled: Option<Vec<u64>>,
}

/// All lists.
pub(super) fn all(reader: &Reader, as_json: bool) -> Result<(), Failure> {
    let lists = reader.lists()?;
    data(None, |out| {
        for list in &lists {
            if as_json {
                let line = described(list, &Counts::default());
                writeln!(out, "{line}").map_err(unwritable)?;
                continue;
            }
            let count = words::count(list.subscribers);
            writeln!(
                out,
                "{:<24} {count:>12} subscribers  updated {}",
                list.name, list.updated
            )
            .map_err(unwritable)?;
        }
        Ok(())
    })
}

/// One list.
pub(super) fn one(list: &ListRecord, counts: &Counts, as_json: bool) -> Result<(), Failure> {
    data(None, |out| {
        if as_json {
            return writeln!(out, "{}", described(list, counts)).map_err(unwritable);
        }
        writeln!(out, "list         {}", list.name).map_err(unwritable)?;
        writeln!(out, "subscribers  {}", words::count(list.subscribers)).map_err(unwritable)?;
        if let Some(segment) = counts.segment {
            let taken = words::count(segment.taken);
            writeln!(out, "in segment   {taken}").map_err(unwritable)?;
        }
        if let Some(mailable) = counts.mailable {
            let mailable = words::count(mailable);
            writeln!(out, "mailable     {mailable}").map_err(unwritable)?;
        }
        writeln!(out, "created      {}", list.created).map_err(unwritable)?;
        writeln!(out, "updated      {}", list.updated).map_err(unwritable)?;
        for (place, column) in list.columns.iter().enumerate() {
            let label = if place == 0 { "columns" } else { "" };
            let kind = kind_in_words(list, column);
            let filled = counts.filled.as_ref().and_then(|filled| filled.get(place));
            let filled = filled.map_or(String::new(), |count| {
                format!(", {} filled", words::count(*count))
            });
            writeln!(out, "{label:<12} {} ({kind}{filled})", readable(column))
                .map_err(unwritable)?;
        }
        Ok(())
    })
}

/// The count of a list or of its segment.
pub(super) fn count(list: &ListRecord, counts: &Counts, as_json: bool) -> Result<(), Failure> {
    data(None, |out| {
        if as_json {
            return writeln!(out, "{}", described(list, counts)).map_err(unwritable);
        }
        let of = words::count(list.subscribers);
        let mailable = words::count(counts.mailable.unwrap_or_default());
        match counts.segment {
            Some(segment) => {
                let taken = words::count(segment.taken);
                let line = format!("{taken} of {of} subscribers are in the segment");
                writeln!(out, "{line}, {mailable} of them not suppressed")
            }
            None => writeln!(out, "{of} subscribers, {mailable} of them not suppressed"),
        }
        .map_err(unwritable)
    })
}

fn kind_in_words(list: &ListRecord, column: &str) -> String {
    match list.types.get(column) {
        _ if column == "email" => "address".to_owned(),
        None => "empty".to_owned(),
        Some(known) if known.fixed => format!("{}, fixed", known.kind),
        Some(known) => known.kind.to_string(),
    }
}

/// A list as an object.
fn described(list: &ListRecord, counts: &Counts) -> Value {
    let columns = list.columns.iter().enumerate().map(|(place, column)| {
        let known = list.types.get(column);
        let filled = counts.filled.as_ref().and_then(|filled| filled.get(place));
        let mut object = json!({
            "name": column,
            "type": known.map(|known| known.kind.word()),
            "fixed": known.is_some_and(|known| known.fixed),
        });
        if let Some(filled) = filled {
            object["filled"] = json!(filled);
        }
        object
    });
    let mut object = json!({
        "v": 1,
        "list": list.name,
        "subscribers": list.subscribers,
        "created": list.created.to_string(),
        "updated": list.updated.to_string(),
        "columns": columns.collect::<Vec<_>>(),
    });
    if let Some(segment) = counts.segment {
        object["in_segment"] = json!(segment.taken);
    }
    if let Some(mailable) = counts.mailable {
        object["mailable"] = json!(mailable);
    }
    object
}

/// Reads a list for what is to be counted.
pub(super) fn counted(
    path: &Path,
    list: &ListRecord,
    expression: Option<&str>,
    (mailable, filled): (bool, bool),
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    if let Some(expression) = expression {
        let all = Origin::List {
            name: list.name.clone(),
            ledger: path.to_owned(),
        };
        // This reading shows mistakes with a cell as an example.
        counts.segment = count_segment(&segmented(all, expression, today(None)))?;
    }
    if !mailable && !filled {
        return Ok(counts);
    }
    let segment = expression
        .map(|expression| segment(list, expression))
        .transpose()?;
    let suppressed = suppressed(path, &list.name)?;
    let (mut free, mut cells) = (0, vec![0; list.columns.len()]);
    for subscriber in Reader::open(path)?.subscribers(list.id)? {
        let subscriber = subscriber?;
        for (count, column) in cells.iter_mut().zip(&list.columns) {
            let cell = subscriber.fields.get(column).unwrap_or_default();
            *count += u64::from(!cell.trim().is_empty());
        }
        let Ok(address) = Address::parse(&subscriber.email) else {
            continue;
        };
        let taken = match &segment {
            Some(segment) => segment
                .takes(&address, &subscriber.fields)
                .map_err(Failure::new)?,
            None => true,
        };
        let stopped = suppressed.contains(&address.key())
            || suppressed.contains(&format!("@{}", address.domain()));
        free += u64::from(taken && !stopped);
    }
    counts.mailable = mailable.then_some(free);
    counts.filled = filled.then_some(cells);
    Ok(counts)
}

/// A segment of a list.
pub(super) fn segment(list: &ListRecord, expression: &str) -> Result<Segment, Failure> {
    let known = Known {
        columns: &list.columns,
        types: &list.types,
    };
    Segment::compile(expression, &known, today(None)).map_err(|error| {
        let failure = Failure::new(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// Who is suppressed for a list, as keys of addresses and `@domain`s.
fn suppressed(path: &Path, list: &str) -> Result<HashSet<String>, Failure> {
    let scopes = [
        SuppressionScope::Everything.to_string(),
        SuppressionScope::List(list.to_owned()).to_string(),
    ];
    let mut keys = HashSet::new();
    for record in Reader::open(path)?.suppressions()? {
        let record = record?;
        if scopes.contains(&record.scope) {
            let key = Address::parse(&record.target).map_or(record.target, |one| one.key());
            keys.insert(key);
        }
    }
    Ok(keys)
}
