//! Who of those that are asked for is not sent to again: suppressed since, erased, or no longer in the
//! list. They keep the outcome they have.

use super::choice::{Again, Wanted, rows_behind};
use super::keys::{SUBSCRIBERS, look_up};
use super::suppress::Suppressions;
use crate::model::{Address, CampaignId};
use crate::store::error::Fault;
use crate::store::key::hash;
use crate::store::ledger::Ledger;
use rusqlite::OptionalExtension;

/// How many of those that were asked for are left out, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Addresses and domains that are not to be mailed by now.
    pub suppressed: u64,
    /// People of whom only a keyed hash is left.
    pub erased: u64,
    /// People who are not in the campaign's list any more.
    pub unlisted: u64,
}

impl LeftOut {
    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.suppressed + self.erased + self.unlisted
    }
}

/// Counts them, in one pass over the campaign's rows as they stand at one moment: others may change
/// lists and suppressions meanwhile. Changes nothing; the connection is in no transaction.
pub(crate) fn left_out(
    ledger: &Ledger,
    campaign: CampaignId,
    choice: &[Again],
) -> Result<LeftOut, Fault> {
    let _moment = ledger.connection().unchecked_transaction()?;
    let wanted = Wanted::of(ledger, choice)?;
    let mut doors = Doors::open(ledger, campaign)?;
    let mut found = LeftOut::default();
    let mut place = (-1, -1);
    loop {
        let rows = rows_behind(ledger, campaign, place, PAGE)?;
        let Some(last) = rows.last() else {
            return Ok(found);
        };
        place = last.place;
        for row in &rows {
            if !wanted.has(row)? {
                continue;
            }
            match doors.shut(ledger, row.place.1)? {
                Some(Shut::Suppressed) => found.suppressed += 1,
                Some(Shut::Erased) => found.erased += 1,
                Some(Shut::Unlisted) => found.unlisted += 1,
                None => {}
            }
        }
    }
}

/// Why a recipient is not to be mailed by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shut {
    Suppressed,
    Erased,
    Unlisted,
}

/// Looks up who may still be mailed for one campaign.
pub(super) struct Doors {
    suppressions: Suppressions,
    /// The campaign's list, where this ledger has it. A campaign has recipients of its own: that its
    /// list was removed as a whole, or is another ledger's, says nothing of anybody.
    list: Option<i64>,
}

impl Doors {
    pub(super) fn open(ledger: &Ledger, campaign: CampaignId) -> Result<Self, Fault> {
        let list = ledger
            .prepare(
                "SELECT list.id FROM campaign JOIN list ON list.name = campaign.list
                 WHERE campaign.id = ?1",
            )?
            .query_row([campaign.0], |row| row.get(0))
            .optional()?;
        Ok(Self {
            suppressions: Suppressions::open(ledger, campaign)?,
            list,
        })
    }

    /// Why a recipient is not to be mailed; `None` where they may be.
    pub(super) fn shut(&mut self, ledger: &Ledger, recipient: i64) -> Result<Option<Shut>, Fault> {
        let email: Option<String> = ledger
            .prepare("SELECT email FROM recipient WHERE id = ?1")?
            .query_row([recipient], |row| row.get(0))
            .optional()?;
        // What stands in the place of an erased address is none.
        let Some(Ok(address)) = email.map(|email| Address::parse(&email)) else {
            return Ok(Some(Shut::Erased));
        };
        if self.suppressions.is_erased(ledger, &address)? {
            return Ok(Some(Shut::Erased));
        }
        if self.suppressions.find(ledger, &address)?.is_some() {
            return Ok(Some(Shut::Suppressed));
        }
        let Some(list) = self.list else {
            return Ok(None);
        };
        let key = (hash(&address.key()), &address);
        let listed = look_up(ledger.connection(), &SUBSCRIBERS, list, key)?.is_some();
        Ok((!listed).then_some(Shut::Unlisted))
    }
}

/// Rows that are looked at in one go.
const PAGE: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::State;
    use crate::store::schema::{open_reader, open_writer};
    use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
    use std::path::Path;
    use std::sync::Arc;

    fn count(path: &Arc<Path>, prepare: impl FnOnce(&mut rusqlite::Connection)) -> LeftOut {
        let mut reader = open_reader(path).unwrap();
        prepare(&mut reader);
        let choice = [Again {
            state: State::Expired,
            reasons: None,
        }];
        left_out(&Ledger::new(reader), CampaignId(1), &choice).unwrap()
    }

    #[test]
    fn one_who_is_taken_out_of_the_list_meanwhile_was_in_it_at_that_moment() {
        let folder = tempfile::tempdir().unwrap();
        let path: Arc<Path> = Arc::from(folder.path().join("state.db"));
        let writer = open_writer(&path).unwrap();
        let key = hash(&Address::parse("a@x.example").unwrap().key());
        let expired = State::Expired.number();
        let rows = format!(
            "INSERT INTO campaign (id, name, uid, created, state, list)
               VALUES (1, 'welcome', 'uid', 1, 'stopped', 'weekly');
             INSERT INTO list (id, name, created, updated) VALUES (1, 'weekly', 1, 1);
             INSERT INTO subscriber VALUES (1, 1, 'a@x.example', '{{}}', 1, 1);
             INSERT INTO subscriber_key VALUES (1, {key}, 1);
             INSERT INTO recipient VALUES (1, 1, 1, 1, 'a@x.example', '{{}}');
             INSERT INTO delivery (campaign_id, domain_id, recipient_id, state)
               VALUES (1, 1, 1, {expired});"
        );
        writer.execute_batch(&rows).unwrap();
        let mut writer = Some(writer);
        // When the reader has found the key and asks for its row, somebody removes both.
        let remove = move |asked: AuthContext<'_>| {
            let row = matches!(
                asked.action,
                AuthAction::Read {
                    table_name: "subscriber",
                    ..
                }
            );
            if let Some(writer) = writer.take_if(|_| row) {
                let both = "DELETE FROM subscriber_key; DELETE FROM subscriber;";
                writer.execute_batch(both).unwrap();
            }
            Authorization::Allow
        };
        let found = count(&path, |reader| reader.authorizer(Some(remove)).unwrap());
        assert_eq!(found, LeftOut::default());
        let unlisted = LeftOut {
            unlisted: 1,
            ..LeftOut::default()
        };
        assert_eq!(count(&path, |_| ()), unlisted, "they are gone by now");
    }
}
