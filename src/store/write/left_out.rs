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

/// Counts them, in one pass over the campaign's rows. Changes nothing.
pub(crate) fn left_out(
    ledger: &Ledger,
    campaign: CampaignId,
    choice: &[Again],
) -> Result<LeftOut, Fault> {
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
