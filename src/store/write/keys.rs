//! Addresses are entered once per campaign and once per list.
//!
//! A key table maps the hash of an address to its row. Hashes fall anywhere, so a batch that goes into
//! a table of millions changes nearly every page of it, and each of these pages is written anew. A
//! table therefore has two parts, which hold no number twice: new keys go into the small one, which
//! fits in memory, and from time to time all of these are *filed* into the large one, in its order.
//! Two addresses whose hashes fall together never pass for one another: the texts are compared, and
//! the later one takes the next free number.

use crate::model::Address;
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, count, damaged, integer};
use rusqlite::{Connection, OptionalExtension};

/// Keys that may wait to be filed: about 10 MB of them, which SQLite's cache holds.
pub(crate) const UNFILED: u64 = 400_000;

/// A key table: both its parts have the columns `owner`, `hash` and `row`.
pub(crate) struct KeyTable {
    name: &'static str,
    owner: &'static str,
    row: &'static str,
    /// The table the rows are in.
    rows: &'static str,
}

/// Recipients of a campaign that is being loaded.
pub(crate) const RECIPIENTS: KeyTable = KeyTable {
    name: "recipient_key",
    owner: "campaign_id",
    row: "recipient_id",
    rows: "recipient",
};

/// Subscribers of a list.
pub(crate) const SUBSCRIBERS: KeyTable = KeyTable {
    name: "subscriber_key",
    owner: "list_id",
    row: "subscriber_id",
    rows: "subscriber",
};

impl KeyTable {
    /// Enters a key of an owner, a number and a row, if the number is free among the unfiled.
    fn insert(&self) -> String {
        let Self {
            name, owner, row, ..
        } = self;
        format!(
            "INSERT INTO {name}_unfiled ({owner}, hash, {row}) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING"
        )
    }

    /// The row that has a number of an owner.
    pub(crate) fn find(&self) -> String {
        let Self {
            name, owner, row, ..
        } = self;
        format!(
            "SELECT {row} FROM {name} WHERE {owner} = ?1 AND hash = ?2 UNION ALL
             SELECT {row} FROM {name}_unfiled WHERE {owner} = ?1 AND hash = ?2"
        )
    }

    fn email(&self) -> String {
        format!("SELECT email FROM {} WHERE id = ?1", self.rows)
    }

    /// Owner and number of the last of the lowest keys that wait to be filed.
    fn last_of(&self) -> String {
        let Self { name, owner, .. } = self;
        format!("SELECT {owner}, hash FROM {name}_unfiled ORDER BY 1, 2 LIMIT 1 OFFSET ?1 - 1")
    }

    /// Files all keys up to an owner's number.
    fn file(&self) -> [String; 2] {
        let Self {
            name, owner, row, ..
        } = self;
        let through = format!("FROM {name}_unfiled WHERE ({owner}, hash) <= (?1, ?2)");
        [
            format!("INSERT INTO {name} SELECT {owner}, hash, {row} {through} ORDER BY 1, 2"),
            format!("DELETE {through}"),
        ]
    }
}

/// Files up to `limit` keys, the lowest first. Returns whether any are left.
pub(crate) fn file(keys: &Connection, table: &KeyTable, limit: u64) -> Result<bool, Fault> {
    let last: Option<(i64, i64)> = keys
        .prepare_cached(&table.last_of())?
        .query_row([integer(limit.max(1))], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let through = last.unwrap_or((i64::MAX, i64::MAX));
    for statement in table.file() {
        keys.prepare_cached(&statement)?.execute(through)?;
    }
    Ok(last.is_some())
}

/// What became of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// There was none: not an address.
    Keyless,
    /// It was entered under the id that belongs to its place in the batch.
    New,
    /// The row with this id has it already; one of this batch where the id is.
    Known(i64),
}

/// How many keys were entered.
pub(crate) fn new_ones(entries: &[Entry]) -> u64 {
    count(entries.iter().filter(|entry| **entry == Entry::New).count())
}

/// An address that is to have a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Its hash.
    pub(crate) hash: i64,
    /// The address itself.
    pub(crate) address: &'a Address,
    /// Whether no row had that number before this batch, as far as the caller has looked.
    pub(crate) free: bool,
}

/// Enters the addresses of a batch into the key table of `keys`; the one at place `n` gets the id
/// `first + n`.
pub(crate) fn enter(
    ledger: &Ledger,
    keys: &Connection,
    table: &KeyTable,
    (owner, first): (i64, i64),
    batch: &[Option<Wanted<'_>>],
) -> Result<Vec<Entry>, Fault> {
    let mut order: Vec<(i64, Wanted<'_>)> = (first..)
        .zip(batch)
        .filter_map(|(id, wanted)| wanted.map(|wanted| (id, wanted)))
        .collect();
    order.sort_unstable_by_key(|(id, wanted)| (wanted.hash, *id));
    let mut entries = vec![Entry::Keyless; batch.len()];
    let mut insert = keys.prepare_cached(&table.insert())?;
    let mut find = keys.prepare_cached(&table.find())?;
    for (id, wanted) in order {
        let mut slot = wanted.hash;
        let mut free = wanted.free;
        let entry = loop {
            if free && insert.execute((owner, slot, id))? == 1 {
                break Entry::New;
            }
            let holder = find.query_row((owner, slot), |row| row.get(0)).optional()?;
            let Some(holder) = holder else {
                free = true;
                continue;
            };
            let same = match place(holder, first).and_then(|place| batch.get(place)) {
                Some(other) => other.is_some_and(|one| one.address.key() == wanted.address.key()),
                None => holds(ledger.connection(), table, holder, wanted.address)?,
            };
            if same {
                break Entry::Known(holder);
            }
            slot = slot.wrapping_add(1);
            free = false;
        };
        if let Some(slot) = place(id, first).and_then(|place| entries.get_mut(place)) {
            *slot = entry;
        }
    }
    Ok(entries)
}

/// Where an address is in a table whose rows are beside it: its slot and the row's id. Enters nothing.
pub(crate) fn look_up(
    ledger: &Connection,
    table: &KeyTable,
    owner: i64,
    (hash, address): (i64, &Address),
) -> Result<Option<(i64, i64)>, Fault> {
    let mut find = ledger.prepare_cached(&table.find())?;
    let mut slot = hash;
    loop {
        let holder: Option<i64> = find.query_row((owner, slot), |row| row.get(0)).optional()?;
        let Some(holder) = holder else {
            return Ok(None);
        };
        if holds(ledger, table, holder, address)? {
            return Ok(Some((slot, holder)));
        }
        slot = slot.wrapping_add(1);
    }
}

/// The place of an id in a batch that begins at `first`.
fn place(id: i64, first: i64) -> Option<usize> {
    id.checked_sub(first).and_then(|n| usize::try_from(n).ok())
}

/// Whether the row `id` holds the address.
fn holds(ledger: &Connection, table: &KeyTable, id: i64, address: &Address) -> Result<bool, Fault> {
    let email: String = ledger
        .prepare_cached(&table.email())?
        .query_row([id], |row| row.get(0))?;
    is_of(&email, address)
}

/// Whether a row's text is that of the address.
pub(crate) fn is_of(email: &str, address: &Address) -> Result<bool, Fault> {
    let other = Address::parse(email).map_err(damaged)?;
    Ok(other.key() == address.key())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::open_writer;
    use std::path::Path;
    use std::sync::Arc;

    /// Enters addresses under hashes of the test's own, and the rows of the new ones.
    fn enter_rows(ledger: &Ledger, first: i64, batch: &[(i64, &str)]) -> Vec<Entry> {
        let addresses: Vec<_> = batch
            .iter()
            .map(|(hash, text)| (*hash, Address::parse(text).unwrap()))
            .collect();
        let keys: Vec<_> = addresses
            .iter()
            .map(|(hash, address)| {
                let (hash, free) = (*hash, false);
                Some(Wanted {
                    hash,
                    address,
                    free,
                })
            })
            .collect();
        let main = ledger.connection();
        let entries = enter(ledger, main, &SUBSCRIBERS, (1, first), &keys).unwrap();
        for ((id, (_, text)), entry) in (first..).zip(batch).zip(&entries) {
            if *entry == Entry::New {
                let sql = "INSERT INTO subscriber VALUES (?1, 1, ?2, '{}', 0, 0)";
                ledger.execute(sql, (id, text)).unwrap();
            }
        }
        entries
    }

    #[test]
    fn addresses_whose_hashes_fall_together_stay_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path: Arc<Path> = Arc::from(folder.path().join("state.db"));
        let ledger = Ledger::new(open_writer(&path).unwrap());
        let same_hash = [
            (i64::MAX, "a@x.example"),
            (i64::MAX, "b@x.example"),
            (i64::MAX, "A@x.example"),
            (i64::MIN, "c@x.example"),
        ];
        let entries = enter_rows(&ledger, 10, &same_hash);
        let new = Entry::New;
        assert_eq!(entries, [new, new, Entry::Known(10), new]);
        let later = [(i64::MIN, "c@x.example"), (i64::MAX, "b@x.example")];
        let entries = enter_rows(&ledger, 20, &later);
        assert_eq!(entries, [Entry::Known(13), Entry::Known(11)]);
        let main = ledger.connection();
        let left = file(ledger.connection(), &SUBSCRIBERS, 2).unwrap();
        assert!(left, "three keys wait, and two of them are filed");
        let entries = enter_rows(&ledger, 30, &[same_hash[0], same_hash[1], same_hash[3]]);
        let known = Entry::Known;
        assert_eq!(entries, [known(10), known(11), known(13)]);
        let entries = enter_rows(&ledger, 40, &[(i64::MAX, "d@x.example")]);
        assert_eq!(entries, [new], "it takes the number behind both parts");
        while file(ledger.connection(), &SUBSCRIBERS, 2).unwrap() {}
        let later = [(i64::MAX, "d@x.example"), (i64::MAX, "b@x.example")];
        assert_eq!(enter_rows(&ledger, 50, &later), [known(40), known(11)]);
        let nobody = enter(&ledger, main, &SUBSCRIBERS, (1, 30), &[None]).unwrap();
        assert_eq!(nobody, [Entry::Keyless]);
    }
}
