//! One mail's news of one recipient, entered.

use super::bounce::bounce;
use super::lasting::{note, remember, shut};
use super::news::{ReturnedEffect, ReturnedFor, ReturnedNews};
use super::row::find;
use super::told::arrived;
use crate::model::{State, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::write::unsubscribe::unsubscribe;

/// Enters what came back about one recipient. `None` where there is no such recipient.
pub(crate) fn take_back(
    ledger: &mut Ledger,
    returned: &ReturnedFor,
    now: Timestamp,
) -> Result<Option<ReturnedEffect>, Fault> {
    let Some(row) = find(ledger, returned)? else {
        return Ok(None);
    };
    let mut effect = ReturnedEffect::default();
    if matches!(returned.news, ReturnedNews::Unsubscribed) {
        return wants_peace(ledger, returned, now).map(Some);
    }
    if row.state == State::Sending {
        effect.too_early = true;
        return Ok(Some(effect));
    }
    if !row.tried {
        effect.never_sent = true;
        return Ok(Some(effect));
    }
    // Nothing of it is applied to what a later run came to.
    let outdated = row.tries.outdate(&returned.about);
    match &returned.news {
        ReturnedNews::Bounced {
            judgement,
            diagnostic,
            ..
        } if outdated => {
            effect.outdated = true;
            let words = format!("{}: {}", judgement.reason, row.words(diagnostic));
            effect.noted = note(ledger, returned, EARLIER_BOUNCE, &words, now)?;
        }
        ReturnedNews::Bounced { .. } => {
            effect.bounced = bounce(ledger, returned, &row)?;
            effect.suppressed = remember(ledger, returned, &row, now)?;
        }
        ReturnedNews::Complained { detail } => {
            effect.noted = note(ledger, returned, "complaint", row.words(detail), now)?;
            effect.suppressed = shut(ledger, &row, "complaint".to_owned(), "complaint", now)?;
            effect.delivered = !outdated && arrived(ledger, returned, &row, detail)?;
        }
        ReturnedNews::Noted { kind, detail } => {
            effect.noted = note(ledger, returned, kind, row.words(detail), now)?;
            effect.delivered = !outdated && arrived(ledger, returned, &row, detail)?;
        }
        ReturnedNews::Unsubscribed => {}
    }
    Ok(Some(effect))
}

/// The note of a bounce that came too late to be applied.
const EARLIER_BOUNCE: &str = "earlier_bounce";

fn wants_peace(
    ledger: &Ledger,
    returned: &ReturnedFor,
    now: Timestamp,
) -> Result<ReturnedEffect, Fault> {
    let (campaign, recipient) = (returned.campaign, returned.recipient);
    let done = unsubscribe(ledger, campaign, recipient, &returned.source, now)?;
    Ok(ReturnedEffect {
        suppressed: done.is_some_and(|done| done.is_new),
        ..ReturnedEffect::default()
    })
}
