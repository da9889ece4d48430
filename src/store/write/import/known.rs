//! Which rows of an import the list may have already.
//!
//! Asked for one by one, each row of an import would be looked for in the table of subscribers
//! twice, in no order. So first all numbers are looked up, and then the subscribers are read as they
//! lie in the file.

use super::PreparedSubscriber;
use crate::store::error::Fault;
use crate::store::write::keys::{SUBSCRIBERS, is_of};
use rusqlite::{Connection, OptionalExtension};

/// A subscriber whom a row of the import is about.
pub(super) struct Known<'r> {
    pub(super) holder: i64,
    pub(super) email: String,
    pub(super) fields: String,
    pub(super) row: &'r PreparedSubscriber,
}

impl<'r> Known<'r> {
    /// The subscriber `holder`, whom the row is known to be about.
    pub(super) fn read(
        ledger: &Connection,
        holder: i64,
        row: &'r PreparedSubscriber,
    ) -> Result<Self, Fault> {
        let (email, fields) = texts(ledger, holder)?;
        Ok(Self {
            holder,
            email,
            fields,
            row,
        })
    }
}

/// A subscriber's address and fields, as they are kept.
pub(crate) fn texts(ledger: &Connection, id: i64) -> Result<(String, String), Fault> {
    let mut read = ledger.prepare_cached("SELECT email, fields FROM subscriber WHERE id = ?1")?;
    Ok(read.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// What the list has under the number of a row's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nobody.
    Free,
    /// The subscriber that the row is about.
    Taken,
    /// Another address, whose hash is the same: whether the list has this one, nobody has looked.
    Collides,
}

/// Looks up the rows. Returns whom they are about, in the order of the ids and then of the rows, and
/// what each row's place is.
pub(super) fn look_up_all<'r>(
    ledger: &Connection,
    list: i64,
    rows: &[&'r PreparedSubscriber],
) -> Result<(Vec<Known<'r>>, Vec<Place>), Fault> {
    let mut found = holders(ledger, list, rows)?;
    found.sort_unstable();
    let mut places = vec![Place::Free; rows.len()];
    let mut known = Vec::with_capacity(found.len());
    read_in_order(ledger, &found, |(holder, n), email, fields| {
        let (Some(row), Some(place)) = (rows.get(n), places.get_mut(n)) else {
            return Ok(());
        };
        let same = email == row.email || is_of(&email, &row.address)?;
        *place = if same { Place::Taken } else { Place::Collides };
        if same {
            known.push(Known {
                holder,
                email,
                fields,
                row,
            });
        }
        Ok(())
    })?;
    Ok((known, places))
}

/// The ids that are found under the numbers of the rows, each with the row's place.
fn holders(
    ledger: &Connection,
    list: i64,
    rows: &[&PreparedSubscriber],
) -> Result<Vec<(i64, usize)>, Fault> {
    let mut order: Vec<(i64, usize)> = rows.iter().map(|row| row.hash).zip(0..).collect();
    order.sort_unstable();
    let mut find = ledger.prepare_cached(&SUBSCRIBERS.find())?;
    let mut found = Vec::new();
    for (hash, n) in order {
        let holder = find.query_row((list, hash), |row| row.get(0)).optional()?;
        found.extend(holder.map(|holder| (holder, n)));
    }
    Ok(found)
}

/// Subscribers between two that are wanted, for each one wanted, up to which reading them all is
/// quicker than finding each.
const GAP: i64 = 4;

/// Reads the subscribers of ids in ascending order, some of which come several times.
fn read_in_order(
    ledger: &Connection,
    ids: &[(i64, usize)],
    mut each: impl FnMut((i64, usize), String, String) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (Some((first, _)), Some((last, _))) = (ids.first(), ids.last()) else {
        return Ok(());
    };
    let wide = i64::try_from(ids.len())
        .unwrap_or(i64::MAX)
        .saturating_mul(GAP);
    if last - first > wide {
        for one in ids {
            let (email, fields) = texts(ledger, one.0)?;
            each(*one, email, fields)?;
        }
        return Ok(());
    }
    let mut read = ledger.prepare_cached(
        "SELECT email, fields, id FROM subscriber WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut rows = read.query((first, last))?;
    let mut rest = ids.iter().peekable();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(2)?;
        while let Some(one) = rest.next_if(|one| one.0 == id) {
            each(*one, row.get(0)?, row.get(1)?)?;
        }
    }
    Ok(())
}
