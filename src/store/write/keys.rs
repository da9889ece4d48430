//! Addresses are entered once per campaign and once per list.
//!
//! A key table maps the hash of an address to its row. Each batch is entered in the order of its
//! hashes, which costs a fraction of entering them as they come. Two addresses whose hashes fall
//! together never pass for one another: the texts are compared, and the later one takes the next
//! free number.

use crate::model::Address;
use crate::store::error::Fault;
use crate::store::key::identity;
use crate::store::ledger::{Ledger, damaged};

/// The statements of a key table.
pub(crate) struct KeyTable {
    insert: &'static str,
    find: &'static str,
    email: &'static str,
}

/// Recipients of a campaign that is being loaded.
pub(crate) const RECIPIENTS: KeyTable = KeyTable {
    insert: "INSERT INTO temp.recipient_key (campaign_id, hash, recipient_id) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
    find: "SELECT recipient_id FROM temp.recipient_key WHERE campaign_id = ?1 AND hash = ?2",
    email: "SELECT email FROM recipient WHERE id = ?1",
};

/// Subscribers of a list.
pub(crate) const SUBSCRIBERS: KeyTable = KeyTable {
    insert: "INSERT INTO subscriber_key (list_id, hash, subscriber_id) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
    find: "SELECT subscriber_id FROM subscriber_key WHERE list_id = ?1 AND hash = ?2",
    email: "SELECT email FROM subscriber WHERE id = ?1",
};

/// An address to enter.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its normalised identity.
    pub(crate) text: String,
    /// The hash of that.
    pub(crate) hash: i64,
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

/// Enters the keys of a batch; the one at place `n` gets the id `first + n`.
pub(crate) fn enter<'a>(
    ledger: &Ledger,
    table: &KeyTable,
    owner: i64,
    first: i64,
    keys: &[Option<&'a Key>],
) -> Result<Vec<Entry>, Fault> {
    let mut order: Vec<(i64, i64, &'a Key)> = (first..)
        .zip(keys)
        .filter_map(|(id, key)| key.map(|key| (key.hash, id, key)))
        .collect();
    order.sort_unstable_by_key(|(hash, id, _)| (*hash, *id));
    let mut entries = vec![Entry::Keyless; keys.len()];
    let mut insert = ledger.prepare(table.insert)?;
    for (hash, id, key) in order {
        let mut slot = hash;
        let entry = loop {
            if insert.execute((owner, slot, id))? == 1 {
                break Entry::New;
            }
            let holder = ledger
                .prepare(table.find)?
                .query_row((owner, slot), |row| row.get(0))?;
            let same = match place(holder, first).and_then(|place| keys.get(place)) {
                Some(other) => other.is_some_and(|other| other.text == key.text),
                None => holds(ledger, table, holder, &key.text)?,
            };
            if same {
                break Entry::Known(holder);
            }
            slot = slot.wrapping_add(1);
        };
        if let Some(slot) = place(id, first).and_then(|place| entries.get_mut(place)) {
            *slot = entry;
        }
    }
    Ok(entries)
}

/// The place of an id in a batch that begins at `first`.
pub(crate) fn place(id: i64, first: i64) -> Option<usize> {
    id.checked_sub(first).and_then(|n| usize::try_from(n).ok())
}

/// Whether the row `id` holds the address `text`.
fn holds(ledger: &Ledger, table: &KeyTable, id: i64, text: &str) -> Result<bool, Fault> {
    let email: String = ledger
        .prepare(table.email)?
        .query_row([id], |row| row.get(0))?;
    let address = Address::parse(&email).map_err(damaged)?;
    Ok(identity(&address) == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::open_writer;
    use std::path::Path;
    use std::sync::Arc;

    fn key(text: &str, hash: i64) -> Key {
        let text = text.to_owned();
        Key { text, hash }
    }

    /// Enters keys and the rows of the new ones.
    fn enter_rows(ledger: &Ledger, first: i64, keys: &[Key]) -> Vec<Entry> {
        let keys: Vec<_> = keys.iter().map(Some).collect();
        let entries = enter(ledger, &SUBSCRIBERS, 1, first, &keys).unwrap();
        for ((id, key), entry) in (first..).zip(keys).zip(&entries) {
            if *entry == Entry::New {
                let text = key.map(|key| &key.text);
                ledger
                    .execute(
                        "INSERT INTO subscriber VALUES (?1, 1, ?2, '{}', 0, 0)",
                        (id, text),
                    )
                    .unwrap();
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
            key("a@x.example", i64::MAX),
            key("b@x.example", i64::MAX),
            key("a@x.example", i64::MAX),
            key("c@x.example", i64::MIN),
        ];
        let entries = enter_rows(&ledger, 10, &same_hash);
        assert_eq!(
            entries,
            [Entry::New, Entry::New, Entry::Known(10), Entry::New]
        );
        let later = [key("c@x.example", i64::MIN), key("b@x.example", i64::MAX)];
        let entries = enter_rows(&ledger, 20, &later);
        assert_eq!(entries, [Entry::Known(13), Entry::Known(11)]);
        let nobody = enter(&ledger, &SUBSCRIBERS, 1, 30, &[None]).unwrap();
        assert_eq!(nobody, [Entry::Keyless]);
    }
}
