//! Who is to be erased, in the campaigns.

use crate::model::{Address, RecipientId};
use crate::store::error::Fault;
use rusqlite::Connection;
use std::collections::HashSet;

/// The recipients with one of these addresses, or whose row held one in a text that is no address.
pub(super) fn recipients_with(
    connection: &Connection,
    addresses: &[Address],
) -> Result<Vec<RecipientId>, Fault> {
    let keys: HashSet<String> = addresses.iter().map(Address::key).collect();
    // Where a row has no domain, its text is no address.
    let mut statement = connection.prepare("SELECT id, email, domain_id = 0 FROM recipient")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    let mut lower = String::new();
    while let Some(row) = rows.next()? {
        lower.clear();
        lower.push_str(row.get_ref(1)?.as_str().unwrap_or_default());
        lower.make_ascii_lowercase();
        let is_text: bool = row.get(2)?;
        if keys.contains(&lower) || (is_text && keys.iter().any(|key| lower.contains(key))) {
            found.push(RecipientId(row.get(0)?));
        }
    }
    Ok(found)
}
