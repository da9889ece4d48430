//! Recipients enter the ledger.

use super::keys::{Entry, Key, RECIPIENTS, enter};
use super::suppress::Suppressions;
use crate::model::{Address, CampaignId, Domain, DomainId, Fields, State};
use crate::store::error::{Fault, Problem};
use crate::store::key::{hash, identity};
use crate::store::ledger::{Ledger, integer};

/// A row of the recipient list, read and tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewRecipient {
    /// It can be sent to.
    Valid {
        /// Its row in the source, first is 1.
        row: u64,
        /// Where to.
        address: Address,
        /// What the list says of this person.
        fields: Fields,
    },
    /// It cannot; it enters as `invalid` so that the report accounts for every row.
    Invalid {
        /// Its row in the source, first is 1.
        row: u64,
        /// The text that stood where an address should.
        text: String,
        /// What is wrong with it, for people.
        why: String,
    },
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enqueued {
    /// Rows that are pending now.
    pub added: u64,
    /// Rows that were dropped: the campaign has the address already.
    pub duplicates: u64,
    /// Rows that entered as `suppressed`.
    pub suppressed: u64,
    /// Rows that entered as `invalid`.
    pub invalid: u64,
}

/// A row with everything the writer needs, worked out before its transaction.
pub(crate) struct Prepared {
    row: i64,
    email: String,
    fields: String,
    kind: Kind,
}

enum Kind {
    Valid { key: Key, domain: Domain },
    Invalid { why: String },
}

impl Prepared {
    pub(crate) fn new(row: NewRecipient) -> Self {
        match row {
            NewRecipient::Valid {
                row,
                address,
                fields,
            } => {
                let text = identity(&address);
                let hash = hash(&text);
                Self {
                    row: integer(row),
                    email: address.to_string(),
                    fields: json(&fields),
                    kind: Kind::Valid {
                        key: Key { text, hash },
                        domain: address.domain().clone(),
                    },
                }
            }
            NewRecipient::Invalid { row, text, why } => Self {
                row: integer(row),
                email: text,
                fields: String::from("{}"),
                kind: Kind::Invalid { why },
            },
        }
    }

    fn key(&self) -> Option<&Key> {
        match &self.kind {
            Kind::Valid { key, .. } => Some(key),
            Kind::Invalid { .. } => None,
        }
    }
}

/// The JSON of fields, which cannot fail: keys and values are text.
pub(crate) fn json(fields: &Fields) -> String {
    serde_json::to_string(fields).unwrap_or_else(|_| String::from("{}"))
}

/// A row of `delivery` to be inserted.
struct Delivery<'a> {
    domain: DomainId,
    id: i64,
    state: State,
    diagnostic: Option<&'a str>,
}

/// Enters a batch. Recipient ids ascend in list order; duplicates leave gaps.
pub(crate) fn enqueue(
    ledger: &mut Ledger,
    campaign: CampaignId,
    rows: &[Prepared],
) -> Result<Enqueued, Fault> {
    let known: bool = ledger
        .prepare("SELECT EXISTS (SELECT 1 FROM campaign WHERE id = ?1)")?
        .query_row([campaign.0], |row| row.get(0))?;
    if !known {
        return Err(Problem::NoSuch(format!("campaign {campaign}")).into());
    }
    let first = 1 + last_recipient(ledger)?;
    let keys: Vec<_> = rows.iter().map(Prepared::key).collect();
    let entries = enter(ledger, &RECIPIENTS, campaign.0, first, &keys)?;
    let mut suppressions = Suppressions::open(ledger)?;
    let mut sums = Enqueued::default();
    let mut deliveries = Vec::with_capacity(rows.len());
    let mut reasons = Vec::new();
    for ((id, row), entry) in (first..).zip(rows).zip(&entries) {
        let (domain, state) = match (&row.kind, entry) {
            (_, Entry::Known(_)) => {
                sums.duplicates += 1;
                continue;
            }
            (Kind::Invalid { .. }, _) => {
                sums.invalid += 1;
                (DomainId::NONE, State::Invalid)
            }
            (Kind::Valid { key, domain }, _) => {
                let id_of_domain = ledger.domain(domain)?;
                match suppressions.find(ledger, &key.text, domain)? {
                    Some(reason) => {
                        sums.suppressed += 1;
                        reasons.push((id, reason));
                        (id_of_domain, State::Suppressed)
                    }
                    None => {
                        sums.added += 1;
                        (id_of_domain, State::Pending)
                    }
                }
            }
        };
        insert_recipient(ledger, campaign, id, domain, row)?;
        let diagnostic = match &row.kind {
            Kind::Invalid { why } => Some(why.as_str()),
            Kind::Valid { .. } => None,
        };
        deliveries.push(Delivery {
            domain,
            id,
            state,
            diagnostic,
        });
    }
    for delivery in &mut deliveries {
        if let Ok(place) = reasons.binary_search_by_key(&delivery.id, |(id, _)| *id) {
            delivery.diagnostic = Some(&reasons[place].1);
        }
    }
    insert_deliveries(ledger, campaign, &mut deliveries)?;
    account(ledger, campaign, &deliveries, sums.duplicates)?;
    Ok(sums)
}

/// The highest recipient id of the store.
fn last_recipient(ledger: &Ledger) -> Result<i64, Fault> {
    let last = ledger
        .prepare("SELECT coalesce(max(id), 0) FROM recipient")?
        .query_row([], |row| row.get(0))?;
    Ok(last)
}

fn insert_recipient(
    ledger: &Ledger,
    campaign: CampaignId,
    id: i64,
    domain: DomainId,
    row: &Prepared,
) -> Result<(), Fault> {
    ledger.execute(
        "INSERT INTO recipient (id, campaign_id, domain_id, source_row, email, fields)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (id, campaign.0, domain.0, row.row, &row.email, &row.fields),
    )?;
    Ok(())
}

/// In key order: a batch touches each page of the table once.
fn insert_deliveries(
    ledger: &Ledger,
    campaign: CampaignId,
    deliveries: &mut [Delivery<'_>],
) -> Result<(), Fault> {
    deliveries.sort_unstable_by_key(|delivery| (delivery.domain, delivery.id));
    let mut insert = ledger.prepare(
        "INSERT INTO delivery (campaign_id, domain_id, recipient_id, state, diagnostic)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for delivery in deliveries {
        insert.execute((
            campaign.0,
            delivery.domain.0,
            delivery.id,
            delivery.state.number(),
            delivery.diagnostic,
        ))?;
    }
    Ok(())
}

/// Keeps the campaign's row up to date: how many duplicates, and between which ids its recipients
/// lie.
fn account(
    ledger: &Ledger,
    campaign: CampaignId,
    deliveries: &[Delivery<'_>],
    duplicates: u64,
) -> Result<(), Fault> {
    let first = deliveries.iter().map(|delivery| delivery.id).min();
    let last = deliveries.iter().map(|delivery| delivery.id).max();
    ledger.execute(
        "UPDATE campaign SET duplicates = duplicates + ?2,
           first_recipient = CASE first_recipient
             WHEN 0 THEN coalesce(?3, 0) ELSE min(first_recipient, coalesce(?3, first_recipient)) END,
           last_recipient = max(last_recipient, coalesce(?4, 0))
         WHERE id = ?1",
        (campaign.0, integer(duplicates), first, last),
    )?;
    Ok(())
}
