//! How far a mailbox was looked through.

use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::read::MailboxMark;

/// Notes how far an IMAP folder was looked through.
pub(crate) fn mark_mailbox(ledger: &Ledger, mailbox: &str, mark: MailboxMark) -> Result<(), Fault> {
    ledger.execute(
        "INSERT INTO mailbox_mark (mailbox, validity, uid) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET validity = excluded.validity, uid = excluded.uid",
        (mailbox, mark.validity, mark.uid),
    )?;
    Ok(())
}

/// Notes messages of a POP3 mailbox as looked at.
pub(crate) fn saw_in_mailbox(
    ledger: &Ledger,
    mailbox: &str,
    uidls: &[String],
) -> Result<(), Fault> {
    for uidl in uidls {
        ledger.execute(
            "INSERT INTO mailbox_seen (mailbox, uidl) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (mailbox, uidl),
        )?;
    }
    Ok(())
}

/// Forgets the messages that a POP3 mailbox does not have any more. `present` are all it has.
pub(crate) fn forget_unlisted(
    ledger: &Ledger,
    mailbox: &str,
    present: &[String],
) -> Result<(), Fault> {
    let kept: std::collections::HashSet<&str> = present.iter().map(String::as_str).collect();
    let known: Vec<String> = ledger
        .prepare("SELECT uidl FROM mailbox_seen WHERE mailbox = ?1")?
        .query_map([mailbox], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for uidl in known.iter().filter(|uidl| !kept.contains(uidl.as_str())) {
        ledger.execute(
            "DELETE FROM mailbox_seen WHERE mailbox = ?1 AND uidl = ?2",
            (mailbox, uidl),
        )?;
    }
    Ok(())
}
