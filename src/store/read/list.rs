//! Subscriber lists and suppressions.

use super::export::{NextPage, PAGE};
use crate::model::{ColumnTypes, Fields, ListId, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::{damaged, natural};
use crate::store::write::SuppressionScope;
use rusqlite::{Connection, Row};

/// A subscriber list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRecord {
    /// Its number in this store.
    pub id: ListId,
    /// Its name.
    pub name: String,
    /// How many subscribers it has.
    pub subscribers: u64,
    /// The columns of all imports together.
    pub columns: Vec<String>,
    /// What kind of values they hold.
    pub types: ColumnTypes,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// A subscriber of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The address as it was imported, in its wire form.
    pub email: String,
    /// What the last import said.
    pub fields: Fields,
    /// When it entered the list.
    pub added: Timestamp,
    /// When its fields last changed.
    pub updated: Timestamp,
}

/// An address or a domain that is never mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionRecord {
    /// The address, `@` and the domain, or `#` and the keyed hash of an address that was erased.
    pub target: String,
    /// Where it holds: `everything`, `list:NAME` or `campaign:NAME`.
    pub scope: String,
    /// Why.
    pub reason: String,
    /// Where it came from.
    pub source: String,
    /// Since when.
    pub added: Timestamp,
}

const LIST: &str = "SELECT id, name, size, columns, created, updated, types FROM list";

/// All lists, by name.
pub(super) fn lists(connection: &Connection) -> Result<Vec<ListRecord>, Fault> {
    let mut statement = connection.prepare(&format!("{LIST} ORDER BY name"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(list_of(row)?);
    }
    Ok(found)
}

pub(crate) fn find_list(connection: &Connection, name: &str) -> Result<Option<ListRecord>, Fault> {
    let mut statement = connection.prepare(&format!("{LIST} WHERE name = ?1"))?;
    let mut rows = statement.query([name])?;
    rows.next()?.map(list_of).transpose()
}

fn list_of(row: &Row<'_>) -> Result<ListRecord, Fault> {
    Ok(ListRecord {
        id: ListId(row.get(0)?),
        name: row.get(1)?,
        subscribers: natural(row.get(2)?),
        columns: serde_json::from_str(row.get_ref(3)?.as_str().map_err(damaged)?)
            .map_err(damaged)?,
        created: Timestamp::from_millis(row.get(4)?),
        updated: Timestamp::from_millis(row.get(5)?),
        types: serde_json::from_str(row.get_ref(6)?.as_str().map_err(damaged)?).map_err(damaged)?,
    })
}

/// The subscribers of a list in the order they entered it.
pub(super) fn subscribers(list: ListId) -> NextPage<Subscriber> {
    let mut after = 0_i64;
    Box::new(move |connection, page| {
        let mut statement = connection.prepare_cached(
            "SELECT id, email, fields, added, updated FROM subscriber
             WHERE list_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        )?;
        let mut rows = statement.query((list.0, after, PAGE))?;
        while let Some(row) = rows.next()? {
            after = row.get(0)?;
            let fields = row.get_ref(2)?.as_str().map_err(damaged)?;
            page.push_back(Subscriber {
                email: row.get(1)?,
                fields: serde_json::from_str(fields).map_err(damaged)?,
                added: Timestamp::from_millis(row.get(3)?),
                updated: Timestamp::from_millis(row.get(4)?),
            });
        }
        Ok(())
    })
}

/// All suppressions: erased addresses first, then domains, then addresses, each in order of the
/// alphabet and with its scopes together.
pub(super) fn suppressions() -> NextPage<SuppressionRecord> {
    let mut after = (String::new(), String::new());
    Box::new(move |connection, page| {
        let mut statement = connection.prepare_cached(
            "SELECT key, scope, email, reason, source, added FROM suppression
             WHERE (key, scope) > (?1, ?2) ORDER BY key, scope LIMIT ?3",
        )?;
        let mut rows = statement.query((&after.0, &after.1, PAGE))?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let (key, scope): (String, String) = (row.get(0)?, row.get(1)?);
            page.push_back(SuppressionRecord {
                target: row.get(2)?,
                scope: match scope.as_str() {
                    "" => SuppressionScope::Everything.to_string(),
                    scoped => scoped.to_owned(),
                },
                reason: row.get(3)?,
                source: row.get(4)?,
                added: Timestamp::from_millis(row.get(5)?),
            });
            last = Some((key, scope));
        }
        drop(rows);
        drop(statement);
        after = last.unwrap_or(std::mem::take(&mut after));
        Ok(())
    })
}

/// How many suppressions there are.
pub(super) fn suppression_count(connection: &Connection) -> Result<u64, Fault> {
    let count = connection.query_row("SELECT count(*) FROM suppression", [], |row| row.get(0))?;
    Ok(natural(count))
}
