//! A person's traces are erased: out of the lists, out of past campaigns, out of the suppressions but
//! for a keyed hash, by which the address is known again and cannot be read.

use super::erased::Eraser;
use super::leave::take_out;
use super::moved::count_outside;
use super::suppress::{Suppression, SuppressionScope, SuppressionTarget, suppress};
use crate::model::{Address, CampaignId, RecipientId, State, Timestamp};
use crate::store::code::state;
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use rusqlite::OptionalExtension;

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Subscribers that left their lists, counted in each.
    pub subscribers: u64,
    /// Recipients of campaigns whose address and fields are gone.
    pub recipients: u64,
    /// Those of them that would have been mailed yet, and are suppressed now.
    pub suppressed: u64,
    /// Those of them that are being sent to at this moment; what their server answers may name them.
    pub in_flight: u64,
    /// Whether the letters of an address still stand somewhere in the file: in texts of others, or
    /// because the file could not be written anew while a campaign is sent or another process has it.
    pub left_over: bool,
}

/// What stands in the place of an address that was erased.
pub(super) const GONE: &str = "erased";

/// Takes the addresses out of all lists and suppresses their hashes, so that no campaign mails them
/// from now on. Returns how many subscribers went.
pub(crate) fn begin_erasing(
    ledger: &Ledger,
    addresses: &[Address],
    now: Timestamp,
) -> Result<u64, Fault> {
    forget_what_is_deleted(ledger)?;
    let subscribers = take_out(ledger, None, addresses, now)?;
    let eraser = Eraser::of(ledger)?;
    for address in addresses {
        for sql in [
            "DELETE FROM suppression WHERE key = ?1",
            "DELETE FROM strike WHERE key = ?1",
        ] {
            ledger.execute(sql, [address.key()])?;
        }
    }
    let entries = addresses.iter().map(|address| Suppression {
        target: SuppressionTarget::Erased(eraser.key(address)),
        scope: SuppressionScope::Everything,
        reason: GONE.to_owned(),
        source: "lists erase".to_owned(),
        since: None,
    });
    suppress(ledger, entries.collect(), now)?;
    // What running processes last told of themselves names recipients; they tell it anew.
    ledger.execute("DELETE FROM live", [])?;
    Ok(subscribers)
}

/// Erases recipients of campaigns. Their rows stay, so that reports still count them.
pub(crate) fn erase_recipients(
    ledger: &Ledger,
    recipients: &[RecipientId],
) -> Result<Erased, Fault> {
    forget_what_is_deleted(ledger)?;
    let mut erased = Erased::default();
    for recipient in recipients {
        let found: Option<(i64, i64, String)> = ledger
            .prepare("SELECT campaign_id, domain_id, email FROM recipient WHERE id = ?1")?
            .query_row([recipient.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((campaign, domain, email)) = found else {
            continue;
        };
        ledger.execute(
            "UPDATE recipient SET email = ?2, fields = '{}' WHERE id = ?1",
            (recipient.0, GONE),
        )?;
        ledger.execute(
            "UPDATE feedback SET source = '', detail = ''
             WHERE campaign_id = ?1 AND recipient_id = ?2",
            (campaign, recipient.0),
        )?;
        let key = (campaign, domain, recipient.0);
        let (suppressed, in_flight) = erase_delivery(ledger, key, &email)?;
        erased.recipients += 1;
        erased.suppressed += u64::from(suppressed);
        erased.in_flight += u64::from(in_flight);
    }
    Ok(erased)
}

/// Erases what servers said of a recipient. Tells whether it was open, and whether it is being sent
/// to.
fn erase_delivery(
    ledger: &Ledger,
    (campaign, domain, recipient): (i64, i64, i64),
    email: &str,
) -> Result<(bool, bool), Fault> {
    let key = (campaign, domain, recipient);
    let found: Option<i64> = ledger
        .prepare(
            "SELECT state FROM delivery
             WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    // Ours are sealed numbers; whatever was otherwise made may hold a name.
    let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
    ledger.execute(
        "UPDATE delivery SET diagnostic = NULL, message_local =
           CASE WHEN instr(lower(message_local), lower(?4)) > 0 THEN NULL ELSE message_local END
         WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
        (campaign, domain, recipient, local),
    )?;
    let stands = found.and_then(state);
    let Some(open @ (State::Pending | State::Deferred)) = stands else {
        return Ok((false, stands == Some(State::Sending)));
    };
    ledger.execute(
        "UPDATE delivery SET state = ?4, next_attempt = 0, diagnostic = ?5
         WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
        (
            campaign,
            domain,
            recipient,
            State::Suppressed.number(),
            GONE,
        ),
    )?;
    // The process that sends it counts whom it waits for.
    count_outside(ledger, CampaignId(campaign), open, State::Suppressed)?;
    Ok((true, false))
}

/// From now on this connection overwrites what it deletes.
fn forget_what_is_deleted(ledger: &Ledger) -> Result<(), Fault> {
    let on = ledger
        .connection()
        .pragma_update_and_check(None, "secure_delete", true, |_| Ok(()));
    Ok(on?)
}
