//! Subscribers leave lists.

use super::import::file_keys;
use super::keys::{SUBSCRIBERS, UNFILED, look_up};
use crate::model::{Address, ListId, Timestamp};
use crate::store::error::Fault;
use crate::store::key::hash;
use crate::store::ledger::{Ledger, count, damaged, integer};
use rusqlite::OptionalExtension;

/// Takes addresses out of one list, or of all lists. Returns how many subscribers went.
pub(crate) fn take_out(
    ledger: &Ledger,
    list: Option<ListId>,
    addresses: &[Address],
    now: Timestamp,
) -> Result<u64, Fault> {
    let lists: Vec<i64> = match list {
        Some(list) => vec![list.0],
        None => ledger
            .prepare("SELECT id FROM list")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?,
    };
    while file_keys(ledger, UNFILED)? {}
    let mut all = 0;
    for list in lists {
        let mut gone = 0;
        for address in addresses {
            let key = (hash(&address.key()), address);
            let found = look_up(ledger.connection(), &SUBSCRIBERS, list, key)?;
            if let Some((slot, id)) = found {
                ledger.execute("DELETE FROM subscriber WHERE id = ?1", [id])?;
                close_gap(ledger, list, slot)?;
                gone += 1;
            }
        }
        if gone > 0 {
            ledger.execute(
                "UPDATE list SET size = size - ?2, updated = ?3 WHERE id = ?1",
                (list, integer(gone), now.as_millis()),
            )?;
        }
        all += gone;
    }
    Ok(all)
}

/// Removes a key. Those behind it that stand there only because its number was taken move up, or
/// they would not be found any more.
fn close_gap(ledger: &Ledger, list: i64, slot: i64) -> Result<(), Fault> {
    let remove = "DELETE FROM subscriber_key WHERE list_id = ?1 AND hash = ?2";
    ledger.execute(remove, (list, slot))?;
    let mut moved = Vec::new();
    let mut next = slot.wrapping_add(1);
    loop {
        let found: Option<(i64, String)> = ledger
            .prepare(
                "SELECT k.subscriber_id, s.email FROM subscriber_key k
                 JOIN subscriber s ON s.id = k.subscriber_id
                 WHERE k.list_id = ?1 AND k.hash = ?2",
            )?
            .query_row((list, next), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((id, email)) = found else {
            break;
        };
        let home = hash(&Address::parse(&email).map_err(damaged)?.key());
        ledger.execute(remove, (list, next))?;
        moved.push((home, id));
        next = next.wrapping_add(1);
    }
    for (home, id) in moved {
        let mut place = home;
        let insert = "INSERT INTO subscriber_key (list_id, hash, subscriber_id)
                      VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        while count(ledger.execute(insert, (list, place, id))?) == 0 {
            place = place.wrapping_add(1);
        }
    }
    Ok(())
}
