//! Recipients are taken for sending.

use super::suppress::{Suppressions, version};
use crate::model::{Address, CampaignId, DomainId, Recipient, RecipientId, State, Timestamp};
use crate::store::error::{Fault, Problem};
use crate::store::ledger::{Ledger, count, integer};

/// What a claim gave. Every recipient in it is `sending`, durably.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claimed {
    /// In the order of the domains that were asked, and of the list within a domain.
    pub recipients: Vec<Recipient>,
    /// The asked domains that have nothing due left, as far as the claim came: where `limit` was
    /// reached, later domains were not looked at.
    pub drained: Vec<Drained>,
    /// Recipients that were settled instead, by the state they were in: suppressed since they were
    /// entered, or unusable.
    pub settled: Vec<super::Moved>,
}

/// A domain with nothing due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Which.
    pub domain: DomainId,
    /// When its next deferred recipient is due; `None` where it has no open recipient.
    pub next_due: Option<Timestamp>,
}

/// A claim before addresses and fields are parsed, which needs no transaction.
#[derive(Debug, Default)]
pub(crate) struct RawClaim {
    pub(crate) recipients: Vec<RawRecipient>,
    pub(crate) drained: Vec<Drained>,
    pub(crate) suppressed: Vec<super::Moved>,
}

/// A recipient as its row has it.
#[derive(Debug)]
pub(crate) struct RawRecipient {
    id: RecipientId,
    domain: DomainId,
    email: String,
    fields: String,
    attempts: u32,
    first_attempt: Option<Timestamp>,
}

/// Suppressed rows that one claim settles at most, so that a suppressed domain of a million
/// recipients does not hold the writer up.
const SUPPRESSED_AT_MOST: u64 = 5_000;

impl RawRecipient {
    /// The state it was claimed from.
    pub(crate) fn was(&self) -> State {
        if self.attempts > 0 {
            State::Deferred
        } else {
            State::Pending
        }
    }

    /// The recipient, or where it is and why it is none any more.
    pub(crate) fn parse(self) -> Result<Recipient, (DomainId, RecipientId, String)> {
        let (domain, id) = (self.domain, self.id);
        let address =
            Address::parse(&self.email).map_err(|error| (domain, id, error.to_string()))?;
        let fields = serde_json::from_str(&self.fields)
            .map_err(|error| (domain, id, format!("its fields cannot be read: {error}")))?;
        Ok(Recipient {
            id,
            domain,
            address,
            fields,
            attempts: self.attempts,
            first_attempt: self.first_attempt,
        })
    }
}

/// Claims up to `limit` recipients of `domains`, in their order.
pub(crate) fn claim(
    ledger: &Ledger,
    campaign: CampaignId,
    domains: &[DomainId],
    limit: usize,
    now: Timestamp,
) -> Result<RawClaim, Fault> {
    let mut claim = Claim {
        ledger,
        campaign,
        limit,
        now,
        check: check(ledger, campaign)?,
        raw: RawClaim::default(),
    };
    for domain in domains {
        if claim.is_full() {
            break;
        }
        claim.take_from(*domain)?;
    }
    Ok(claim.raw)
}

/// The look-up of suppressions, where any was added since the campaign was loaded.
fn check(ledger: &Ledger, campaign: CampaignId) -> Result<Option<Suppressions>, Fault> {
    let seen: Option<i64> = ledger
        .prepare("SELECT max(suppression_version) FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| row.get(0))?;
    let seen = seen.ok_or_else(|| Problem::NoSuch(format!("campaign {campaign}")))?;
    if version(ledger)? == seen {
        return Ok(None);
    }
    Suppressions::open(ledger, campaign).map(Some)
}

struct Claim<'a> {
    ledger: &'a Ledger,
    campaign: CampaignId,
    limit: usize,
    now: Timestamp,
    check: Option<Suppressions>,
    raw: RawClaim,
}

impl Claim<'_> {
    fn room(&self) -> usize {
        self.limit.saturating_sub(self.raw.recipients.len())
    }

    fn suppressed(&self) -> u64 {
        self.raw.suppressed.iter().map(|moved| moved.count).sum()
    }

    fn is_full(&self) -> bool {
        self.room() == 0 || self.suppressed() >= SUPPRESSED_AT_MOST
    }

    /// Takes what is due of a domain until the claim is full or the domain is drained.
    fn take_from(&mut self, domain: DomainId) -> Result<(), Fault> {
        loop {
            let room = self.room();
            let picked = self.pick(domain, room)?;
            let all = picked.len() < room;
            self.take(domain, &picked)?;
            if all || self.is_full() {
                break;
            }
        }
        let next_due = next_due(self.ledger, self.campaign, domain)?;
        if next_due.is_none_or(|due| due > self.now) {
            self.raw.drained.push(Drained { domain, next_due });
        }
        Ok(())
    }

    /// Up to `room` due recipients: half of them retries where both kinds are there, so that
    /// neither waits for the end of the other. In key order.
    fn pick(&self, domain: DomainId, room: usize) -> Result<Vec<i64>, Fault> {
        let retries = self.due(domain, (1, self.now.as_millis()), room)?;
        let fresh = self.due(domain, (0, 0), room)?;
        let half = room.div_ceil(2);
        let from_retries = retries
            .len()
            .min(half.max(room.saturating_sub(fresh.len())));
        let from_fresh = fresh.len().min(room - from_retries);
        let mut picked = retries;
        picked.truncate(from_retries);
        picked.extend_from_slice(&fresh[..from_fresh]);
        picked.sort_unstable();
        Ok(picked)
    }

    /// Recipients of the open work whose next attempt lies in a range, the earliest first.
    fn due(&self, domain: DomainId, range: (i64, i64), room: usize) -> Result<Vec<i64>, Fault> {
        let mut statement = self.ledger.prepare(
            "SELECT recipient_id FROM delivery INDEXED BY open_work
             WHERE campaign_id = ?1 AND domain_id = ?2 AND next_attempt BETWEEN ?3 AND ?4
               AND state IN (0, 3)
             ORDER BY next_attempt, recipient_id LIMIT ?5",
        )?;
        let ids = statement
            .query_map(
                (
                    self.campaign.0,
                    domain.0,
                    range.0,
                    range.1,
                    integer(count(room)),
                ),
                |row| row.get(0),
            )?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Turns rows to `sending`, or to `suppressed` where the address is by now.
    fn take(&mut self, domain: DomainId, ids: &[i64]) -> Result<(), Fault> {
        let ledger = self.ledger;
        let mut read = ledger.prepare(
            "SELECT r.email, r.fields, d.attempts, d.first_attempt
             FROM recipient r, delivery d
             WHERE r.id = ?3 AND d.campaign_id = ?1 AND d.domain_id = ?2 AND d.recipient_id = ?3",
        )?;
        let mut update = ledger.prepare(
            "UPDATE delivery SET state = 1
             WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
        )?;
        for &id in ids {
            let key = (self.campaign.0, domain.0, id);
            let (email, fields, attempts, first): (String, String, u32, Option<i64>) = read
                .query_row(key, |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?;
            if let Some(reason) = self.suppression(&email)? {
                self.suppress(domain, id, &reason)?;
                continue;
            }
            update.execute(key)?;
            self.raw.recipients.push(RawRecipient {
                id: RecipientId(id),
                domain,
                email,
                fields,
                attempts,
                first_attempt: first.map(Timestamp::from_millis),
            });
        }
        Ok(())
    }

    fn suppression(&mut self, email: &str) -> Result<Option<String>, Fault> {
        let Some(check) = &mut self.check else {
            return Ok(None);
        };
        // An address that cannot be parsed is found out, and settled, after the claim.
        let Ok(address) = Address::parse(email) else {
            return Ok(None);
        };
        check.find(self.ledger, &address)
    }

    fn suppress(&mut self, domain: DomainId, id: i64, reason: &str) -> Result<(), Fault> {
        let key = (self.campaign.0, domain.0, id);
        let attempted: bool = self
            .ledger
            .prepare(
                "SELECT state = 3 FROM delivery
                 WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
            )?
            .query_row(key, |row| row.get(0))?;
        self.ledger.execute(
            "UPDATE delivery SET state = ?4, next_attempt = 0, diagnostic = ?5
             WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
            (key.0, key.1, key.2, State::Suppressed.number(), reason),
        )?;
        let from = if attempted {
            State::Deferred
        } else {
            State::Pending
        };
        super::moved::note(&mut self.raw.suppressed, from, State::Suppressed);
        Ok(())
    }
}

/// When the domain's next open recipient is due: the epoch where one is pending.
pub(crate) fn next_due(
    ledger: &Ledger,
    campaign: CampaignId,
    domain: DomainId,
) -> Result<Option<Timestamp>, Fault> {
    let next: Option<i64> = ledger
        .prepare(
            "SELECT min(next_attempt) FROM delivery INDEXED BY open_work
             WHERE campaign_id = ?1 AND domain_id = ?2 AND state IN (0, 3)",
        )?
        .query_row((campaign.0, domain.0), |row| row.get(0))?;
    Ok(next.map(Timestamp::from_millis))
}
