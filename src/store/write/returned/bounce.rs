//! A bounce in the recipient's row: which one stands there.

use super::news::{ReturnedFor, ReturnedNews};
use super::row::Row;
use crate::model::{Blame, Reason, Stage, State};
use crate::store::code::pack_enhanced;
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::write::moved::count_outside;
use crate::store::write::settle::{cut, interned, not_empty};
use rusqlite::{OptionalExtension, params};

/// Takes a delivery back, settles a doubt, or puts the more telling of two bounce mails into the row.
/// Returns whether the recipient is bounced by now, and was not before.
pub(super) fn bounce(
    ledger: &mut Ledger,
    returned: &ReturnedFor,
    row: &Row,
) -> Result<bool, Fault> {
    let ReturnedNews::Bounced {
        judgement,
        code,
        enhanced,
        diagnostic,
        ..
    } = &returned.news
    else {
        return Ok(false);
    };
    let reason = interned(ledger, Some(judgement.reason.as_str()))?;
    let blame = interned(ledger, Some(judgement.blame.as_str()))?;
    let stage = interned(ledger, Some(Stage::Async.as_str()))?;
    let key = (returned.campaign.0, row.domain, returned.recipient.0);
    let enters = match row.state {
        State::Delivered => true,
        State::Bounced => tells_more(ledger, key, &returned.news)?,
        // What was in doubt was taken, and came back.
        State::Pending | State::Deferred | State::InDoubt => {
            row.may_be_told(State::Bounced, &returned.about)
        }
        // What is settled otherwise stays.
        State::Sending | State::Expired | State::Suppressed | State::Invalid | State::Cancelled => {
            false
        }
    };
    if !enters {
        return Ok(false);
    }
    ledger.execute(
        "UPDATE delivery SET state = ?4, next_attempt = 0, reason = ?5, blame = ?6, stage = ?7, code = ?8,
           enhanced = ?9, diagnostic = ?10
         WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
        params![
            key.0,
            key.1,
            key.2,
            State::Bounced.number(),
            reason,
            blame,
            stage,
            code,
            enhanced.map(pack_enhanced),
            not_empty(cut(row.words(diagnostic))),
        ],
    )?;
    if row.state == State::Bounced {
        return Ok(false);
    }
    count_outside(ledger, returned.campaign, row.state, State::Bounced)?;
    Ok(true)
}

/// How much a bounce tells: one that is about the mailbox first, then one with a reason at all;
/// what is left is decided by its text, so that the order in which mails come decides nothing.
type Weight = (bool, bool, String, Option<i64>, Option<i64>, String);

/// Reason, code, enhanced code and words of the bounce in a row.
type Standing = (String, Option<i64>, Option<i64>, Option<String>);

/// Whether a bounce mail tells more than the one that stands in the row. A refusal of the session
/// itself is never replaced.
fn tells_more(ledger: &Ledger, key: (i64, i64, i64), news: &ReturnedNews) -> Result<bool, Fault> {
    let ReturnedNews::Bounced {
        judgement,
        code,
        enhanced,
        diagnostic,
        ..
    } = news
    else {
        return Ok(false);
    };
    let standing: Option<Standing> = ledger
        .prepare(
            "SELECT (SELECT text FROM word WHERE id = reason), code, enhanced, diagnostic
             FROM delivery WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3
               AND stage = (SELECT id FROM word WHERE text = ?4)",
        )?
        .query_row(params![key.0, key.1, key.2, Stage::Async.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((reason, old_code, old_enhanced, old_diagnostic)) = standing else {
        return Ok(false);
    };
    let weight = |reason: &str, code, enhanced, diagnostic: &str| -> Weight {
        let known: Option<Reason> = reason.parse().ok();
        let about_mailbox = known.is_some_and(|reason| reason.blame() == Blame::Recipient);
        let told = known.is_some_and(|reason| reason != Reason::Unknown);
        let (reason, diagnostic) = (reason.to_owned(), diagnostic.to_owned());
        (about_mailbox, told, reason, code, enhanced, diagnostic)
    };
    let new = weight(
        judgement.reason.as_str(),
        code.map(i64::from),
        enhanced.map(pack_enhanced),
        cut(diagnostic),
    );
    let old = weight(
        &reason,
        old_code,
        old_enhanced,
        &old_diagnostic.unwrap_or_default(),
    );
    Ok(new > old)
}
