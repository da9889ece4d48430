//! Subscriber lists are created, filled and removed.

use super::enqueue::json;
use super::keys::{Entry, SUBSCRIBERS, enter};
use crate::model::{Address, Fields, ListId, Timestamp};
use crate::store::error::{Fault, Problem};
use crate::store::key::hash;
use crate::store::ledger::{Ledger, count, integer};
use crate::store::read::{ListRecord, find_list};

/// A subscriber to enter or bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubscriber {
    /// Who.
    pub address: Address,
    /// What the source says of them; replaces what the list had.
    pub fields: Fields,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Subscribers that were not in the list before.
    pub added: u64,
    /// Subscribers whose fields were replaced.
    pub updated: u64,
    /// Rows that were dropped: the same import (the same `now`) had the address before.
    pub duplicates: u64,
}

/// A subscriber with everything the writer needs.
pub(crate) struct PreparedSubscriber {
    address: Address,
    hash: i64,
    email: String,
    fields: String,
}

impl PreparedSubscriber {
    pub(crate) fn new(subscriber: NewSubscriber) -> Self {
        let NewSubscriber { address, fields } = subscriber;
        Self {
            hash: hash(&address.key()),
            email: address.to_string(),
            fields: json(&fields),
            address,
        }
    }
}

/// Finds a list or creates it.
pub(crate) fn open_list(ledger: &Ledger, name: &str, now: Timestamp) -> Result<ListRecord, Fault> {
    ledger.execute(
        "INSERT INTO list (name, created, updated) VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING",
        (name, now.as_millis()),
    )?;
    find_list(ledger.connection(), name)?
        .ok_or_else(|| Problem::NoSuch(format!("list {name:?}")).into())
}

/// Enters a batch. `columns` is what the list's columns are from now on.
pub(crate) fn import(
    ledger: &Ledger,
    list: ListId,
    columns: &[String],
    rows: &[PreparedSubscriber],
    now: Timestamp,
) -> Result<Imported, Fault> {
    touch(ledger, list, columns, now)?;
    let first: i64 = ledger
        .prepare("SELECT coalesce(max(id), 0) + 1 FROM subscriber")?
        .query_row([], |row| row.get(0))?;
    let keys: Vec<_> = rows
        .iter()
        .map(|row| Some((row.hash, &row.address)))
        .collect();
    let main = ledger.connection();
    let entries = enter(ledger, main, &SUBSCRIBERS, (list.0, first), &keys)?;
    let mut sums = Imported::default();
    let mut updates = Vec::new();
    let mut insert = ledger.prepare(
        "INSERT INTO subscriber (id, list_id, email, fields, added, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?;
    for ((id, row), entry) in (first..).zip(rows).zip(entries) {
        match entry {
            Entry::Known(holder) if holder >= first => sums.duplicates += 1,
            Entry::Known(holder) => updates.push((holder, row)),
            Entry::New | Entry::Keyless => {
                insert.execute((id, list.0, &row.email, &row.fields, now.as_millis()))?;
                sums.added += 1;
            }
        }
    }
    // In key order; the first of an import wins, as it does within a batch.
    updates.sort_by_key(|(holder, _)| *holder);
    let mut update = ledger.prepare(
        "UPDATE subscriber SET email = ?2, fields = ?3, updated = ?4
         WHERE id = ?1 AND updated <> ?4",
    )?;
    for (holder, row) in updates {
        let changed = update.execute((holder, &row.email, &row.fields, now.as_millis()))?;
        match changed {
            0 => sums.duplicates += 1,
            _ => sums.updated += 1,
        }
    }
    ledger.execute(
        "UPDATE list SET size = size + ?2 WHERE id = ?1",
        (list.0, integer(sums.added)),
    )?;
    Ok(sums)
}

/// Notes that the list changes, or refuses where there is none.
fn touch(ledger: &Ledger, list: ListId, columns: &[String], now: Timestamp) -> Result<(), Fault> {
    let columns = serde_json::to_string(columns).unwrap_or_else(|_| String::from("[]"));
    let changed = ledger.execute(
        "UPDATE list SET updated = ?2, columns = ?3 WHERE id = ?1",
        (list.0, now.as_millis(), columns),
    )?;
    match changed {
        0 => Err(Problem::NoSuch(format!("list {list}")).into()),
        _ => Ok(()),
    }
}

/// Removes up to `limit` subscribers of a list and, with the last one, the list itself. Returns
/// how many went.
pub(crate) fn remove_list_chunk(ledger: &Ledger, list: ListId, limit: usize) -> Result<u64, Fault> {
    let limit = integer(count(limit));
    ledger.execute(
        "DELETE FROM subscriber WHERE id IN
           (SELECT subscriber_id FROM subscriber_key WHERE list_id = ?1 ORDER BY hash LIMIT ?2)",
        (list.0, limit),
    )?;
    let removed = ledger.execute(
        "DELETE FROM subscriber_key WHERE list_id = ?1 AND hash IN
           (SELECT hash FROM subscriber_key WHERE list_id = ?1 ORDER BY hash LIMIT ?2)",
        (list.0, limit),
    )?;
    if removed == 0 {
        ledger.execute("DELETE FROM list WHERE id = ?1", [list.0])?;
    } else {
        ledger.execute(
            "UPDATE list SET size = size - ?2 WHERE id = ?1",
            (list.0, integer(count(removed))),
        )?;
    }
    Ok(count(removed))
}
