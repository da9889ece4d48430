//! Recipients enter the ledger.

use super::erase::GONE;
use super::keys::{Entry, RECIPIENTS, UNFILED, Wanted, enter, file, new_ones};
use super::load::load;
use super::suppress::Suppressions;
use crate::model::{Address, CampaignId, DomainId, Fields, State};
use crate::store::error::Fault;
use crate::store::key::hash;
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
    Valid { address: Address, hash: i64 },
    Invalid { why: String },
}

impl Prepared {
    pub(crate) fn new(row: NewRecipient) -> Self {
        match row {
            NewRecipient::Valid {
                row,
                address,
                fields,
            } => Self {
                row: integer(row),
                email: address.to_string(),
                fields: json(&fields),
                kind: Kind::Valid {
                    hash: hash(&address.key()),
                    address,
                },
            },
            NewRecipient::Invalid { row, text, why } => Self {
                row: integer(row),
                email: text,
                fields: String::from("{}"),
                kind: Kind::Invalid { why },
            },
        }
    }

    fn key(&self) -> Option<Wanted<'_>> {
        match &self.kind {
            Kind::Valid { address, hash } => Some(Wanted {
                hash: *hash,
                address,
                free: false,
            }),
            Kind::Invalid { .. } => None,
        }
    }
}

/// The JSON of fields, which cannot fail: keys and values are text.
pub(crate) fn json(fields: &Fields) -> String {
    let size: usize = fields
        .iter()
        .map(|(name, text)| name.len() + text.len() + 8)
        .sum();
    let mut json = Vec::with_capacity(2 + size);
    match serde_json::to_writer(&mut json, fields) {
        Ok(()) => String::from_utf8(json).unwrap_or_default(),
        Err(_) => String::from("{}"),
    }
}

/// Where a row of the batch goes.
struct Fate {
    domain: DomainId,
    /// The state it enters in and why, where that is not `pending`: those are entered at once, the
    /// pending ones when the load ends.
    settled: Option<(State, String)>,
    /// Whether the person was erased: nothing of what the list says of them enters.
    erased: bool,
}

/// What of a batch is new to the campaign.
fn enter_keys(
    ledger: &Ledger,
    campaign: CampaignId,
    first: i64,
    batch: &[Option<Wanted<'_>>],
) -> Result<Vec<Entry>, Fault> {
    let load = load(ledger, campaign)?;
    let entries = enter(ledger, &load.keys, &RECIPIENTS, (campaign.0, first), batch)?;
    let unfiled = load.unfiled.get() + new_ones(&entries);
    load.unfiled.set(if unfiled < UNFILED {
        unfiled
    } else {
        while file(&load.keys, &RECIPIENTS, UNFILED)? {}
        0
    });
    Ok(entries)
}

/// Enters a batch. Recipient ids ascend in list order; duplicates leave gaps.
pub(crate) fn enqueue(
    ledger: &mut Ledger,
    campaign: CampaignId,
    rows: &[Prepared],
) -> Result<Enqueued, Fault> {
    let last: Option<i64> = ledger
        .prepare("SELECT max(id) FROM recipient")?
        .query_row([], |row| row.get(0))?;
    let first = last.unwrap_or(0) + 1;
    let keys: Vec<_> = rows.iter().map(Prepared::key).collect();
    let entries = enter_keys(ledger, campaign, first, &keys)?;
    let mut suppressions = Suppressions::open(ledger, campaign)?;
    let mut sums = Enqueued::default();
    let mut fates = Vec::with_capacity(rows.len());
    for ((id, row), entry) in (first..).zip(rows).zip(&entries) {
        if matches!(entry, Entry::Known(_)) {
            sums.duplicates += 1;
            continue;
        }
        let fate = fate_of(ledger, &mut suppressions, &row.kind)?;
        match &fate.settled {
            None => sums.added += 1,
            Some((State::Suppressed, _)) => sums.suppressed += 1,
            Some(_) => sums.invalid += 1,
        }
        fates.push((id, row, fate));
    }
    insert_recipients(ledger, campaign, &fates)?;
    insert_settled(ledger, campaign, &fates)?;
    if let (Some((from, ..)), Some((to, ..))) = (fates.first(), fates.last()) {
        note_range(ledger, campaign, *from, *to)?;
    }
    ledger.execute(
        "UPDATE campaign SET duplicates = duplicates + ?2 WHERE id = ?1",
        (campaign.0, integer(sums.duplicates)),
    )?;
    Ok(sums)
}

fn fate_of(
    ledger: &mut Ledger,
    suppressions: &mut Suppressions,
    kind: &Kind,
) -> Result<Fate, Fault> {
    Ok(match kind {
        Kind::Invalid { why } => Fate {
            domain: DomainId::NONE,
            settled: Some((State::Invalid, why.clone())),
            erased: false,
        },
        Kind::Valid { address, .. } => Fate {
            domain: ledger.domain(address.domain())?,
            settled: suppressions
                .find(ledger, address)?
                .map(|reason| (State::Suppressed, reason)),
            erased: suppressions.is_erased(ledger, address)?,
        },
    })
}

fn insert_recipients(
    ledger: &Ledger,
    campaign: CampaignId,
    fates: &[(i64, &Prepared, Fate)],
) -> Result<(), Fault> {
    let mut insert = ledger.prepare(
        "INSERT INTO recipient (id, campaign_id, domain_id, source_row, email, fields)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (id, row, fate) in fates {
        let (email, fields) = match fate.erased {
            true => (GONE, "{}"),
            false => (row.email.as_str(), row.fields.as_str()),
        };
        insert.execute((id, campaign.0, fate.domain.0, row.row, email, fields))?;
    }
    Ok(())
}

fn insert_settled(
    ledger: &Ledger,
    campaign: CampaignId,
    fates: &[(i64, &Prepared, Fate)],
) -> Result<(), Fault> {
    let mut insert = ledger.prepare(
        "INSERT INTO delivery (campaign_id, domain_id, recipient_id, state, diagnostic)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (id, _, fate) in fates {
        if let Some((state, why)) = &fate.settled {
            insert.execute((campaign.0, fate.domain.0, id, state.number(), why))?;
        }
    }
    Ok(())
}

/// Keeps between which ids the campaign's recipients lie.
fn note_range(ledger: &Ledger, campaign: CampaignId, from: i64, to: i64) -> Result<(), Fault> {
    ledger.execute(
        "UPDATE campaign SET last_recipient = ?3,
           first_recipient = CASE first_recipient WHEN 0 THEN ?2 ELSE first_recipient END
         WHERE id = ?1",
        (campaign.0, from, to),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::store::schema::open_writer;
    use crate::store::write::campaign::open_campaign;
    use crate::store::write::load::begin_load;
    use std::path::Path;
    use std::sync::Arc;

    fn batch(emails: &[&str]) -> Vec<Prepared> {
        let new = |(row, email): (u64, &&str)| {
            Prepared::new(NewRecipient::Valid {
                row,
                address: Address::parse(email).unwrap(),
                fields: Fields::default(),
            })
        };
        (1..).zip(emails).map(new).collect()
    }

    /// Keys that are filed and keys that wait, in the tables and as they are counted.
    fn keys(ledger: &Ledger, campaign: CampaignId) -> (i64, i64, u64) {
        let load = load(ledger, campaign).unwrap();
        let rows = |table: &str| -> i64 {
            let sql = format!("SELECT count(*) FROM {table}");
            load.keys.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        let (filed, waiting) = (rows("recipient_key"), rows("recipient_key_unfiled"));
        (filed, waiting, load.unfiled.get())
    }

    #[test]
    fn when_many_keys_wait_they_are_filed_and_still_known() {
        let folder = tempfile::tempdir().unwrap();
        let path: Arc<Path> = Arc::from(folder.path().join("state.db"));
        let mut ledger = Ledger::new(open_writer(&path).unwrap());
        let now = Timestamp::from_millis(1);
        let campaign = open_campaign(&ledger, "welcome", now).unwrap().id;
        begin_load(&mut ledger, campaign).unwrap();
        let enter = |ledger: &mut Ledger, emails: &[&str]| {
            let sums = enqueue(ledger, campaign, &batch(emails)).unwrap();
            ((sums.added, sums.duplicates), keys(ledger, campaign))
        };
        let first = enter(&mut ledger, &["a@x.example", "b@x.example"]);
        assert_eq!(first, ((2, 0), (0, 2, 2)));
        let early = enter(&mut ledger, &["c@x.example"]);
        assert_eq!(early, ((1, 0), (0, 3, 3)), "three are not many");
        let unfiled = &load(&ledger, campaign).unwrap().unfiled;
        unfiled.set(UNFILED - 1);
        let filed = enter(&mut ledger, &["d@x.example", "a@x.example"]);
        assert_eq!(filed, ((1, 1), (4, 0, 0)));
        let all = ["d", "A", "c", "b", "e", "e"].map(|name| format!("{name}@x.example"));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(enter(&mut ledger, &all), ((1, 5), (4, 1, 1)));
    }
}
