//! Subscribers enter a list, or are brought up to date, by address.

use super::enqueue::json;
use super::keys::{SUBSCRIBERS, UNFILED, file};
use super::merge::ImportRules;
use crate::model::{Address, ColumnTypes, FieldType, Fields, ListId, Timestamp};
use crate::store::error::{Fault, Problem};
use crate::store::key::hash;
use crate::store::ledger::{Ledger, damaged, integer};
pub(crate) use known::texts;
use part::Part;
use rusqlite::OptionalExtension;
pub(crate) use seen::Seen;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

mod known;
mod part;
mod seen;

/// A subscriber to enter or bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubscriber {
    /// Who.
    pub address: Address,
    /// What the source says of them.
    pub fields: Fields,
}

/// What became of the rows of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Subscribers that were not in the list before.
    pub added: u64,
    /// Subscribers whose fields, or the spelling of whose address, changed.
    pub updated: u64,
    /// Subscribers who had all that the row says.
    pub unchanged: u64,
    /// Rows that were dropped: the same import had the address before.
    pub duplicates: u64,
    /// Rows of addresses that were erased, and are not entered again.
    pub erased: u64,
    /// Subscribers that were left as they are, as the rules say.
    pub left_alone: u64,
    /// Rows of addresses that the list does not have and, by the rules, does not get.
    pub unknown: u64,
}

impl std::ops::AddAssign for Imported {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.duplicates += other.duplicates;
        self.erased += other.erased;
        self.left_alone += other.left_alone;
        self.unknown += other.unknown;
    }
}

/// One import of several parts. Clones are the same import: an address that came in one part is a
/// duplicate in the next.
#[derive(Debug, Clone)]
pub struct Import {
    pub(crate) list: ListId,
    pub(crate) columns: Arc<[String]>,
    pub(crate) rules: ImportRules,
    pub(crate) now: Timestamp,
    seen: Arc<Mutex<Seen>>,
    /// Keys it entered since the last were filed.
    unfiled: Arc<AtomicU64>,
    filing_every: u64,
    /// Whether it changed anything of the list.
    changed: Arc<AtomicBool>,
}

impl Import {
    /// An import into a list, of a source with these columns.
    #[must_use]
    pub fn new(list: ListId, columns: Arc<[String]>, rules: ImportRules, now: Timestamp) -> Self {
        Self {
            list,
            columns,
            rules,
            now,
            seen: Arc::default(),
            unfiled: Arc::default(),
            filing_every: UNFILED,
            changed: Arc::default(),
        }
    }

    /// The same with keys that are filed whenever so many of them wait, instead of 400,000.
    #[must_use]
    pub fn filing_every(mut self, keys: u64) -> Self {
        self.filing_every = keys;
        self
    }

    /// Whether so many keys wait that it is time to file them; the caller then does.
    pub(crate) fn is_filing_due(&self) -> bool {
        let due = self.filing_every;
        self.unfiled.load(Ordering::Relaxed) >= due
            && self.unfiled.swap(0, Ordering::Relaxed) >= due
    }

    /// Keys that are filed in one transaction: it changes most pages of a large table, and others wait
    /// for it, so it may not take long.
    pub(crate) fn filed_at_once(&self) -> u64 {
        self.filing_every.div_ceil(4)
    }
}

/// A subscriber with everything the writer needs.
pub(crate) struct PreparedSubscriber {
    pub(crate) address: Address,
    pub(crate) hash: i64,
    pub(crate) email: String,
    pub(crate) fields: Fields,
    pub(crate) json: String,
    /// What each field can be read as.
    kinds: Box<[Option<FieldType>]>,
}

impl PreparedSubscriber {
    pub(crate) fn new(subscriber: NewSubscriber) -> Self {
        let NewSubscriber { address, fields } = subscriber;
        Self {
            hash: hash(&address.key()),
            email: address.to_string(),
            json: json(&fields),
            kinds: fields.iter().map(|(_, cell)| FieldType::of(cell)).collect(),
            fields,
            address,
        }
    }
}

/// A list's columns and their types.
pub(crate) struct Shape {
    columns: Vec<String>,
    pub(crate) types: ColumnTypes,
}

pub(crate) fn shape(ledger: &Ledger, list: ListId) -> Result<Shape, Fault> {
    let found: Option<(String, String)> = ledger
        .prepare("SELECT columns, types FROM list WHERE id = ?1")?
        .query_row([list.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (columns, types) = found.ok_or_else(|| Problem::NoSuch(format!("list {list}")))?;
    Ok(Shape {
        columns: serde_json::from_str(&columns).map_err(damaged)?,
        types: serde_json::from_str(&types).map_err(damaged)?,
    })
}

/// Enters a part of an import.
pub(crate) fn import(
    ledger: &Ledger,
    import: &Import,
    rows: &[PreparedSubscriber],
) -> Result<Imported, Fault> {
    let mut shape = shape(ledger, import.list)?;
    let first: i64 = ledger
        .prepare("SELECT coalesce(max(id), 0) + 1 FROM subscriber")?
        .query_row([], |row| row.get(0))?;
    let (kinds, sums) = Part::new(ledger, import).run(first, rows)?;
    import.unfiled.fetch_add(sums.added, Ordering::Relaxed);
    let changed = sums.added + sums.updated > 0;
    import.changed.fetch_or(changed, Ordering::Relaxed);
    let taken = sums.added + sums.updated + sums.unchanged > 0;
    let mut described = false;
    if taken || shape.columns.is_empty() {
        for column in import.columns.iter() {
            if !shape.columns.contains(column) {
                shape.columns.push(column.clone());
                described = true;
            }
        }
    }
    for (column, kind) in import.columns.iter().zip(kinds) {
        described |= kind.is_some_and(|kind| shape.types.observe(column, kind));
    }
    note(ledger, import, &sums, described.then_some(&shape))?;
    Ok(sums)
}

/// Notes what changed of the list as a whole, where anything did.
fn note(
    ledger: &Ledger,
    import: &Import,
    sums: &Imported,
    described: Option<&Shape>,
) -> Result<(), Fault> {
    let list = import.list.0;
    if let Some(shape) = described {
        let columns = serde_json::to_string(&shape.columns).map_err(damaged)?;
        let types = serde_json::to_string(&shape.types).map_err(damaged)?;
        ledger.execute(
            "UPDATE list SET columns = ?2, types = ?3 WHERE id = ?1",
            (list, columns, types),
        )?;
    }
    if sums.added + sums.updated > 0 {
        ledger.execute(
            "UPDATE list SET size = size + ?2, updated = ?3 WHERE id = ?1",
            (list, integer(sums.added), import.now.as_millis()),
        )?;
    }
    Ok(())
}

/// Notes when an import ended that changed something. That it writes makes what the import did durable:
/// a transaction that changes nothing waits for no disk.
pub(crate) fn finish_import(ledger: &Ledger, import: &Import, now: Timestamp) -> Result<(), Fault> {
    if import.changed.swap(false, Ordering::Relaxed) {
        ledger.execute(
            "UPDATE list SET updated = max(?2, updated + 1) WHERE id = ?1",
            (import.list.0, now.as_millis()),
        )?;
    }
    Ok(())
}

/// Files up to `limit` of the keys that wait. Returns whether any are left.
pub(crate) fn file_keys(ledger: &Ledger, limit: u64) -> Result<bool, Fault> {
    file(ledger.connection(), &SUBSCRIBERS, limit)
}
