//! What returned mail does to a recipient: a delivery is taken back, an address suppressed, a
//! complaint noted.
//!
//! Nothing here depends on the order in which mails come, nor on how often: of several bounces
//! for one message the most telling one stands, and everything else is entered once.

use super::settle::{cut, interned, not_empty};
use super::strike::{Lasting, Remembered, draw};
use super::suppress::{Suppression, SuppressionScope, SuppressionTarget, suppress};
use super::unsubscribe::unsubscribe;
use crate::model::{
    Address, Blame, CampaignId, EnhancedCode, Judgement, Reason, RecipientId, Stage, State,
    Timestamp,
};
use crate::store::code::{pack_enhanced, state};
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, damaged};
use rusqlite::{OptionalExtension, params};

/// What came back about a recipient of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedFor {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its recipient.
    pub recipient: RecipientId,
    /// What it says.
    pub news: ReturnedNews,
    /// By which way it came, in words.
    pub source: String,
}

/// What returned mail says of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnedNews {
    /// The message will not arrive.
    Bounced {
        /// Why, and what to do.
        judgement: Judgement,
        /// The far end's reply code, where the mail quotes one.
        code: Option<u16>,
        /// Its enhanced code.
        enhanced: Option<EnhancedCode>,
        /// Its own words.
        diagnostic: String,
        /// What it means for the address.
        remembered: Remembered,
    },
    /// A reader complained (RFC 5965).
    Complained {
        /// What the report says of it.
        detail: String,
    },
    /// A reader wants to be left alone.
    Unsubscribed,
    /// Something worth a note and nothing else.
    Noted {
        /// What, in a word: `delayed`, `auto_reply`.
        kind: &'static str,
        /// What it says.
        detail: String,
    },
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReturnedEffect {
    /// The delivery was taken back: the recipient is `bounced`.
    pub bounced: bool,
    /// The address was suppressed, and was not before.
    pub suppressed: bool,
    /// A note was entered that was not there before.
    pub noted: bool,
    /// Nothing was done, because the outcome of the attempt itself is not known yet: the same mail
    /// has to be handed in again.
    pub too_early: bool,
    /// Nothing was done, because the recipient was never sent anything.
    pub never_sent: bool,
}

/// The recipient's rows.
struct Row {
    campaign_name: String,
    domain: i64,
    address: Option<Address>,
    state: State,
    tried: bool,
}

impl Row {
    /// Of what a mail says of the recipient, what may be kept: it may name them, so that nothing of it
    /// is once they were erased.
    fn words<'a>(&self, said: &'a str) -> &'a str {
        match self.address {
            Some(_) => said,
            None => "",
        }
    }
}

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
    match &returned.news {
        ReturnedNews::Bounced { .. } => {
            effect.bounced = bounce(ledger, returned, &row)?;
            effect.suppressed = remember(ledger, returned, &row, now)?;
        }
        ReturnedNews::Complained { detail } => {
            effect.noted = note(ledger, returned, "complaint", row.words(detail), now)?;
            effect.suppressed = shut(ledger, &row, "complaint".to_owned(), "complaint", now)?;
        }
        ReturnedNews::Noted { kind, detail } => {
            effect.noted = note(ledger, returned, kind, row.words(detail), now)?;
        }
        ReturnedNews::Unsubscribed => {}
    }
    Ok(Some(effect))
}

fn find(ledger: &Ledger, returned: &ReturnedFor) -> Result<Option<Row>, Fault> {
    let found = ledger
        .prepare(
            "SELECT c.name, r.domain_id, r.email, d.state, d.attempts + d.earlier_attempts > 0
             FROM recipient r JOIN campaign c ON c.id = r.campaign_id
             JOIN delivery d ON d.campaign_id = r.campaign_id
               AND d.domain_id = r.domain_id AND d.recipient_id = r.id
             WHERE r.id = ?1 AND r.campaign_id = ?2",
        )?
        .query_row((returned.recipient.0, returned.campaign.0), |row| {
            let (email, number): (String, i64) = (row.get(2)?, row.get(3)?);
            let tried = row.get(4)?;
            Ok((row.get(0)?, row.get(1)?, email, number, tried))
        })
        .optional()?;
    let Some((campaign_name, domain, email, number, tried)) = found else {
        return Ok(None);
    };
    Ok(Some(Row {
        campaign_name,
        domain,
        address: Address::parse(&email).ok(),
        state: state(number).ok_or_else(|| damaged(format!("{number} is no state")))?,
        tried,
    }))
}

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

/// Takes a delivery back, or puts the more telling of two bounce mails into the row. Returns
/// whether a delivery was taken back.
fn bounce(ledger: &mut Ledger, returned: &ReturnedFor, row: &Row) -> Result<bool, Fault> {
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
        // What is open or settled otherwise stays: the mail is about an attempt in doubt at most.
        State::Pending
        | State::Sending
        | State::Deferred
        | State::Expired
        | State::InDoubt
        | State::Suppressed
        | State::Invalid
        | State::Cancelled => false,
    };
    if !enters {
        return Ok(false);
    }
    ledger.execute(
        "UPDATE delivery SET state = ?4, reason = ?5, blame = ?6, stage = ?7, code = ?8,
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
    ledger.execute(
        "UPDATE campaign SET taken_back = taken_back + 1 WHERE id = ?1",
        [key.0],
    )?;
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

/// Counts a bounce against the recipient's address, or suppresses it. Returns whether it is
/// suppressed because of it.
fn remember(
    ledger: &Ledger,
    returned: &ReturnedFor,
    row: &Row,
    now: Timestamp,
) -> Result<bool, Fault> {
    let ReturnedNews::Bounced {
        judgement,
        diagnostic,
        remembered,
        ..
    } = &returned.news
    else {
        return Ok(false);
    };
    let patience = match remembered {
        Remembered::Nothing => return Ok(false),
        Remembered::Strike(patience) => Some(*patience),
        Remembered::Suppression => None,
    };
    // What is left of somebody who was erased is no address.
    let Some(address) = row.address.clone() else {
        return Ok(false);
    };
    let lasting = Lasting {
        address,
        reason: judgement.reason,
        words: diagnostic.clone(),
        patience,
    };
    let source = format!("returned mail, campaign {}", row.campaign_name);
    draw(ledger, returned.campaign, &lasting, &source, now)
}

/// Suppresses the recipient's address everywhere. Returns whether that is news.
fn shut(
    ledger: &Ledger,
    row: &Row,
    reason: String,
    source: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    // What is left of somebody who was erased is no address.
    let Some(address) = row.address.clone() else {
        return Ok(false);
    };
    let entry = Suppression {
        target: SuppressionTarget::Address(address),
        scope: SuppressionScope::Everything,
        reason,
        source: format!("{source}, campaign {}", row.campaign_name),
        since: None,
    };
    Ok(suppress(ledger, vec![entry], now)? > 0)
}

/// Enters a note once of its kind. Returns whether that is news.
fn note(
    ledger: &Ledger,
    returned: &ReturnedFor,
    kind: &str,
    detail: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let entered = ledger.execute(
        "INSERT INTO feedback (campaign_id, recipient_id, kind, at, source, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        (
            returned.campaign.0,
            returned.recipient.0,
            kind,
            now.as_millis(),
            &returned.source,
            cut(detail),
        ),
    )?;
    Ok(entered > 0)
}
