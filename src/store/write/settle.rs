//! Outcomes are entered, and untried recipients given back.

use super::strike::{Lasting, draw};
use crate::model::{
    Blame, CampaignId, DomainId, EnhancedCode, Peer, Reason, RecipientId, Stage, State, Timestamp,
};
use crate::store::code::pack_enhanced;
use crate::store::error::{Fault, Problem};
use crate::store::ledger::{Ledger, count};
use rusqlite::{CachedStatement, params};
use std::sync::Arc;

/// Octets of a server's words that are kept; the rest says little.
const DIAGNOSTIC_MAX: usize = 2_048;

/// What came of one claimed recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The recipient.
    pub id: RecipientId,
    /// The domain it was claimed under.
    pub domain: DomainId,
    /// Its state now: anything that may follow `sending`.
    pub state: State,
    /// Why it was not delivered.
    pub reason: Option<Reason>,
    /// Whose matter that is.
    pub blame: Blame,
    /// Where it was decided.
    pub stage: Option<Stage>,
    /// The server's code.
    pub code: Option<u16>,
    /// The server's enhanced code.
    pub enhanced: Option<EnhancedCode>,
    /// The server's own words, or ours; cut at 2,048 octets.
    pub diagnostic: String,
    /// The connection, where there was one.
    pub peer: Option<Arc<Peer>>,
    /// The message's ID without angle brackets. Empty keeps what an earlier attempt had.
    pub message_id: String,
    /// The destination's name.
    pub destination: Arc<str>,
    /// When the attempt ended.
    pub at: Timestamp,
    /// When the next is due; for `deferred` only, `at` where it is missing.
    pub next_attempt: Option<Timestamp>,
    /// Whether the message may have arrived although nobody said so.
    pub doubt: bool,
    /// What it means for the address beyond this campaign.
    pub lasting: Option<Lasting>,
    /// Whether it was an attempt: false where the server was never asked about this recipient.
    pub counts_attempt: bool,
}

/// What became of a batch of settlements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settlements {
    /// Rows that were `sending` and are settled now.
    pub settled: u64,
    /// Rows that were not `sending` any more and were left as they are.
    pub stale: u64,
}

/// Settles a batch.
pub(crate) fn settle(
    ledger: &mut Ledger,
    campaign: CampaignId,
    settlements: &mut [Settlement],
) -> Result<Settlements, Fault> {
    if let Some(wrong) = settlements
        .iter()
        .find(|settlement| !State::Sending.may_become(settlement.state))
    {
        let why = format!(
            "recipient {} cannot go from sending to {}",
            wrong.id, wrong.state
        );
        return Err(Problem::Illegal(why).into());
    }
    settlements.sort_unstable_by_key(|settlement| (settlement.domain, settlement.id));
    let numbers: Vec<Numbers> = settlements
        .iter()
        .map(|settlement| Numbers::intern(ledger, settlement))
        .collect::<Result<_, _>>()?;
    let mut sums = Settlements::default();
    let mut update = ledger.prepare(SETTLE)?;
    let mut lasting = Vec::new();
    for (settlement, numbers) in settlements.iter().zip(&numbers) {
        match settle_one(&mut update, campaign, settlement, numbers)? {
            0 => sums.stale += 1,
            _ => {
                sums.settled += 1;
                lasting.extend(
                    settlement
                        .lasting
                        .as_ref()
                        .map(|lasting| (lasting, settlement.at)),
                );
            }
        }
    }
    drop(update);
    if !lasting.is_empty() {
        let source = refused_in(ledger, campaign)?;
        for (lasting, at) in lasting {
            draw(ledger, campaign, lasting, &source, at)?;
        }
    }
    Ok(sums)
}

/// Where suppressions come from that a campaign's refusals bring about.
pub(crate) fn refused_in(ledger: &Ledger, campaign: CampaignId) -> Result<String, Fault> {
    let name: String = ledger
        .prepare("SELECT name FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| row.get(0))?;
    Ok(format!("refused in campaign {name}"))
}

const SETTLE: &str = "UPDATE delivery SET state = ?4, next_attempt = ?5, attempts = attempts + ?6,
       doubts = doubts + ?7,
       first_attempt = CASE WHEN ?6 THEN coalesce(first_attempt, ?8) ELSE first_attempt END,
       last_attempt = CASE WHEN ?6 THEN ?8 ELSE last_attempt END,
       reason = ?9, blame = ?10, stage = ?11, code = ?12, enhanced = ?13,
       destination = coalesce(?14, destination), peer_id = ?15,
       message_local = coalesce(?16, message_local),
       message_host = CASE WHEN ?16 IS NULL THEN message_host ELSE ?17 END,
       diagnostic = ?18
     WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3 AND state = 1";

/// The interned words of a settlement.
struct Numbers {
    reason: Option<i64>,
    blame: Option<i64>,
    stage: Option<i64>,
    destination: Option<i64>,
    peer: Option<i64>,
    message_host: Option<i64>,
}

impl Numbers {
    fn intern(ledger: &mut Ledger, settlement: &Settlement) -> Result<Self, Fault> {
        let (_, host) = message_id(settlement);
        Ok(Self {
            reason: interned(ledger, settlement.reason.map(Reason::as_str))?,
            blame: interned(ledger, Some(settlement.blame.as_str()))?,
            stage: interned(ledger, settlement.stage.map(Stage::as_str))?,
            destination: interned(ledger, not_empty(&settlement.destination))?,
            peer: settlement
                .peer
                .as_ref()
                .map(|peer| ledger.peer(peer))
                .transpose()?,
            message_host: interned(ledger, host)?,
        })
    }
}

/// A message's ID is `something@the sender's domain`: the half that all share is kept once.
fn message_id(settlement: &Settlement) -> (Option<&str>, Option<&str>) {
    match settlement.message_id.rsplit_once('@') {
        Some((local, host)) => (Some(local), Some(host)),
        None => (not_empty(&settlement.message_id), None),
    }
}

fn settle_one(
    update: &mut CachedStatement<'_>,
    campaign: CampaignId,
    settlement: &Settlement,
    numbers: &Numbers,
) -> Result<usize, Fault> {
    let (message_local, _) = message_id(settlement);
    Ok(update.execute(params![
        campaign.0,
        settlement.domain.0,
        settlement.id.0,
        settlement.state.number(),
        next_attempt(settlement.state, settlement.next_attempt, settlement.at),
        settlement.counts_attempt,
        settlement.doubt,
        settlement.at.as_millis(),
        numbers.reason,
        numbers.blame,
        numbers.stage,
        settlement.code,
        settlement.enhanced.map(pack_enhanced),
        numbers.destination,
        numbers.peer,
        message_local,
        numbers.message_host,
        not_empty(cut(&settlement.diagnostic)),
    ])?)
}

/// What stands in `next_attempt`: only deferred rows have a time there, and never 0, where the
/// pending ones stand.
pub(crate) fn next_attempt(state: State, next: Option<Timestamp>, now: Timestamp) -> i64 {
    match state {
        State::Deferred => next.unwrap_or(now).as_millis().max(1),
        State::Pending
        | State::Sending
        | State::Delivered
        | State::Bounced
        | State::Expired
        | State::InDoubt
        | State::Suppressed
        | State::Invalid
        | State::Cancelled => 0,
    }
}

/// The number of a word, where there is one.
pub(crate) fn interned(ledger: &mut Ledger, word: Option<&str>) -> Result<Option<i64>, Fault> {
    word.map(|word| ledger.word(word)).transpose()
}

pub(crate) fn not_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// At most [`DIAGNOSTIC_MAX`] octets, whole characters.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(DIAGNOSTIC_MAX)]
}

/// Gives claimed recipients back untried: those that were never tried are pending again, the
/// others due at once. Returns how many were still `sending`.
pub(crate) fn release(
    ledger: &Ledger,
    campaign: CampaignId,
    recipients: &mut [(DomainId, RecipientId)],
) -> Result<u64, Fault> {
    recipients.sort_unstable();
    // A row that was deferred before has kept the time it was due at.
    let mut update = ledger.prepare(
        "UPDATE delivery SET state = CASE next_attempt WHEN 0 THEN 0 ELSE 3 END
         WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3 AND state = 1",
    )?;
    let mut released = 0;
    for (domain, id) in recipients {
        released += count(update.execute((campaign.0, domain.0, id.0))?);
    }
    Ok(released)
}
