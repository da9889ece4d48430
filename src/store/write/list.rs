//! Subscriber lists are created, described, renamed and removed.

use super::import::file_keys;
use super::keys::UNFILED;
use super::suppress::SuppressionScope;
use crate::model::{ColumnType, ColumnTypes, ListId, Timestamp};
use crate::store::error::{Fault, Problem};
use crate::store::ledger::{Ledger, count, integer};
use crate::store::read::{ListRecord, find_list};

/// Finds a list or creates it.
pub(crate) fn open_list(ledger: &Ledger, name: &str, now: Timestamp) -> Result<ListRecord, Fault> {
    ledger.execute(
        "INSERT INTO list (name, created, updated) VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING",
        (name, now.as_millis()),
    )?;
    find_list(ledger.connection(), name)?
        .ok_or_else(|| Problem::NoSuch(format!("list {name:?}")).into())
}

/// Sets the types of columns; `None` forgets one, so that it is found out anew.
pub(crate) fn set_types(
    ledger: &Ledger,
    list: ListId,
    types: &[(String, Option<ColumnType>)],
) -> Result<(), Fault> {
    let mut all = list_types(ledger, list)?;
    for (column, kind) in types {
        all.set(column, *kind);
    }
    let all = serde_json::to_string(&all).map_err(crate::store::ledger::damaged)?;
    ledger.execute("UPDATE list SET types = ?2 WHERE id = ?1", (list.0, all))?;
    Ok(())
}

fn list_types(ledger: &Ledger, list: ListId) -> Result<ColumnTypes, Fault> {
    Ok(super::import::shape(ledger, list)?.types)
}

/// Gives a list another name. What holds for it by its name goes with it: suppressions of this list
/// alone, and the campaigns that were sent to it.
pub(crate) fn rename_list(
    ledger: &Ledger,
    list: ListId,
    from: &str,
    to: &str,
) -> Result<(), Fault> {
    if find_list(ledger.connection(), to)?.is_some() {
        return Err(Problem::Illegal(format!("there is a list {to:?} already")).into());
    }
    ledger.execute("UPDATE list SET name = ?2 WHERE id = ?1", (list.0, to))?;
    ledger.execute("UPDATE campaign SET list = ?2 WHERE list = ?1", (from, to))?;
    let scope = |name: &str| SuppressionScope::List(name.to_owned()).column();
    // What was suppressed for an earlier list of that name stays as it is.
    ledger.execute(
        "UPDATE OR IGNORE suppression SET scope = ?2 WHERE scope = ?1",
        (scope(from), scope(to)),
    )?;
    ledger.execute("DELETE FROM suppression WHERE scope = ?1", [scope(from)])?;
    Ok(())
}

/// Removes up to `limit` subscribers of a list and, with the last one, the list itself. Returns
/// how many went.
pub(crate) fn remove_list_chunk(ledger: &Ledger, list: ListId, limit: usize) -> Result<u64, Fault> {
    while file_keys(ledger, UNFILED)? {}
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
