//! Subscribers enter a list, or are brought up to date, by address.

use super::enqueue::json;
use super::gone::Gone;
use super::keys::{Entry, SUBSCRIBERS, enter, look_up};
use super::merge::{ImportRules, OnKnown, merged};
use crate::model::{Address, ColumnTypes, FieldType, Fields, ListId, Timestamp};
use crate::store::error::{Fault, Problem};
use crate::store::key::hash;
use crate::store::ledger::{Ledger, damaged, integer};
use rusqlite::OptionalExtension;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
        }
    }
}

/// The subscribers that an import had, by their ids: a bit for each, so that five million cost
/// less than a megabyte.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashMap<i64, Box<[u64; 512]>>);

impl Seen {
    /// Takes one in; `false` where it was there.
    pub(crate) fn insert(&mut self, id: i64) -> bool {
        let chunk = self.0.entry(id >> 15).or_insert_with(|| Box::new([0; 512]));
        let bit = 1 << (id & 63);
        let word = usize::try_from((id >> 6) & 511).unwrap_or(0);
        let new = chunk[word] & bit == 0;
        chunk[word] |= bit;
        new
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
    let mut part = Part {
        ledger,
        import,
        kinds: vec![None; import.columns.len()],
        sums: Imported::default(),
    };
    let known = part.enter(first, rows)?;
    part.bring_up_to_date(known)?;
    let Part { kinds, sums, .. } = part;
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

/// A part while it is entered.
struct Part<'a> {
    ledger: &'a Ledger,
    import: &'a Import,
    /// What the columns of the rows that were used can be read as.
    kinds: Vec<Option<FieldType>>,
    sums: Imported,
}

type KnownRows<'r> = Vec<(i64, &'r PreparedSubscriber)>;

impl Part<'_> {
    /// Enters who is new. Returns who is known, in the order of the rows.
    fn enter<'r>(
        &mut self,
        first: i64,
        rows: &'r [PreparedSubscriber],
    ) -> Result<KnownRows<'r>, Fault> {
        let (list, now) = (self.import.list.0, self.import.now.as_millis());
        let entries = self.entries(first, rows)?;
        let mut insert = self.ledger.prepare(
            "INSERT INTO subscriber (id, list_id, email, fields, added, updated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        )?;
        let mut known = Vec::new();
        for ((id, row), entry) in (first..).zip(rows).zip(entries) {
            match entry {
                Entry::Keyless => self.sums.erased += 1,
                Entry::New if !self.import.rules.add => self.sums.unknown += 1,
                Entry::New => {
                    insert.execute((id, list, &row.email, &row.json, now))?;
                    self.sums.added += 1;
                    self.see(id);
                    self.observe(row);
                }
                Entry::Known(holder) if holder >= first => self.sums.duplicates += 1,
                Entry::Known(holder) => known.push((holder, row)),
            }
        }
        Ok(known)
    }

    /// What the list has of each row; nothing of those that were erased.
    fn entries(&self, first: i64, rows: &[PreparedSubscriber]) -> Result<Vec<Entry>, Fault> {
        let main = self.ledger.connection();
        let erased = Gone::open(main)?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let gone = match &erased {
                Some(erased) => erased.has(main, &row.address)?,
                None => false,
            };
            keys.push((!gone).then_some((row.hash, &row.address)));
        }
        let list = self.import.list.0;
        if self.import.rules.add {
            return enter(self.ledger, main, &SUBSCRIBERS, (list, first), &keys);
        }
        let found = keys.into_iter().map(|key| match key {
            None => Ok(Entry::Keyless),
            Some(key) => Ok(match look_up(main, &SUBSCRIBERS, list, key)? {
                Some((_, id)) => Entry::Known(id),
                None => Entry::New,
            }),
        });
        found.collect()
    }

    /// Brings those up to date who were there. In key order; the first row of an import wins.
    fn bring_up_to_date(&mut self, mut known: KnownRows<'_>) -> Result<(), Fault> {
        known.sort_by_key(|(holder, _)| *holder);
        let mut read = self
            .ledger
            .prepare("SELECT email, fields FROM subscriber WHERE id = ?1")?;
        let mut update = self
            .ledger
            .prepare("UPDATE subscriber SET email = ?2, fields = ?3, updated = ?4 WHERE id = ?1")?;
        for (holder, row) in known {
            if !self.see(holder) {
                self.sums.duplicates += 1;
                continue;
            }
            if self.import.rules.known == OnKnown::Leave {
                self.sums.left_alone += 1;
                continue;
            }
            let (email, fields): (String, String) =
                read.query_row([holder], |row| Ok((row.get(0)?, row.get(1)?)))?;
            self.observe(row);
            match merged((&email, &fields), row, self.import.rules)? {
                None => self.sums.unchanged += 1,
                Some(fields) => {
                    let now = self.import.now.as_millis();
                    update.execute((holder, &row.email, fields, now))?;
                    self.sums.updated += 1;
                }
            }
        }
        Ok(())
    }

    /// Notes that the import had a subscriber; `false` where it had before.
    fn see(&self, id: i64) -> bool {
        let mut seen = self
            .import
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seen.insert(id)
    }

    /// Takes in what the cells of a row can be read as.
    fn observe(&mut self, row: &PreparedSubscriber) {
        let join = |known: &mut Option<FieldType>, found: Option<FieldType>| {
            if let Some(found) = found {
                *known = Some(known.map_or(found, |known| known.join(found)));
            }
        };
        let columns = self.import.columns.iter();
        if row.fields.len() == columns.len() {
            let cells = row.fields.iter().zip(&row.kinds);
            for ((known, column), ((name, _), kind)) in
                self.kinds.iter_mut().zip(columns).zip(cells)
            {
                let other = || row.fields.get(column).and_then(FieldType::of);
                join(known, if name == column { *kind } else { other() });
            }
            return;
        }
        for (known, column) in self.kinds.iter_mut().zip(columns) {
            join(known, row.fields.get(column).and_then(FieldType::of));
        }
    }
}
