//! How far a mailbox was looked through.

use crate::store::error::Fault;
use rusqlite::{Connection, OptionalExtension};

/// How far an IMAP folder was looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailboxMark {
    /// The folder's UIDVALIDITY (RFC 3501 section 2.3.1.1): with another one, `uid` says nothing.
    pub validity: u32,
    /// The last message that was looked at.
    pub uid: u32,
}

/// The mark of an IMAP folder.
pub(super) fn mailbox_mark(
    connection: &Connection,
    mailbox: &str,
) -> Result<Option<MailboxMark>, Fault> {
    let found = connection
        .prepare_cached("SELECT validity, uid FROM mailbox_mark WHERE mailbox = ?1")?
        .query_row([mailbox], |row| {
            Ok(MailboxMark {
                validity: row.get(0)?,
                uid: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// Which of these messages of a POP3 mailbox were looked at, in their order.
pub(super) fn mailbox_seen(
    connection: &Connection,
    mailbox: &str,
    uidls: &[String],
) -> Result<Vec<bool>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM mailbox_seen WHERE mailbox = ?1 AND uidl = ?2)",
    )?;
    let seen = uidls
        .iter()
        .map(|uidl| statement.query_row((mailbox, uidl), |row| row.get(0)));
    Ok(seen.collect::<Result<_, _>>()?)
}
