//! The per-recipient report, in the order of the list.

use super::export::NextPage;
use super::export::PAGE;
use crate::model::{Blame, CampaignId, ReportRow, State, Timestamp};
use crate::store::code::{show_enhanced, state};
use crate::store::error::Fault;
use crate::store::ledger::damaged;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;
use std::str::FromStr;

/// Words that are remembered at most; a report names a destination a line.
const REMEMBERED: usize = 65_536;

/// The recipients of a campaign that are in one of `states`, or all where there are none.
pub(super) fn report(campaign: CampaignId, states: &[State]) -> NextPage<ReportRow> {
    let mask = states
        .iter()
        .fold(0_i64, |mask, state| mask | 1 << state.number());
    let mask = if states.is_empty() { -1 } else { mask };
    let mut words = Words::default();
    let mut range: Option<(i64, i64)> = None;
    Box::new(move |connection, page| {
        let (from, to) = match range {
            Some(range) => range,
            None => bounds(connection, campaign)?,
        };
        let mut statement = connection.prepare_cached(REPORT)?;
        let mut rows = statement.query((campaign.0, from, to, mask, PAGE))?;
        let mut last = to;
        while let Some(row) = rows.next()? {
            last = row.get(column::ID)?;
            page.push_back(row_of(connection, &mut words, row)?);
        }
        range = Some((last.saturating_add(1), to));
        Ok(())
    })
}

/// The columns stand in the order of [`column`].
const REPORT: &str = "SELECT r.id, r.email, (SELECT name FROM domain WHERE id = r.domain_id),
       d.state, d.next_attempt, d.attempts + d.earlier_attempts,
       coalesce(d.earlier_first, d.first_attempt), d.last_attempt,
       d.reason, d.blame, d.stage, d.code, d.enhanced, d.destination,
       d.message_host, d.message_local, d.diagnostic,
       p.mx, p.remote_ip, p.source_ip, p.tls
     FROM recipient AS r
     CROSS JOIN delivery AS d ON d.campaign_id = r.campaign_id
       AND d.domain_id = r.domain_id AND d.recipient_id = r.id
     LEFT JOIN peer AS p ON p.id = d.peer_id
     WHERE r.id BETWEEN ?2 AND ?3 AND r.campaign_id = ?1 AND (1 << d.state) & ?4
     ORDER BY r.id LIMIT ?5";

/// Places of columns: looking them up by name costs more than the row.
mod column {
    pub(super) const ID: usize = 0;
    pub(super) const EMAIL: usize = 1;
    pub(super) const DOMAIN: usize = 2;
    pub(super) const STATE: usize = 3;
    pub(super) const NEXT_ATTEMPT: usize = 4;
    pub(super) const ATTEMPTS: usize = 5;
    pub(super) const FIRST_ATTEMPT: usize = 6;
    pub(super) const LAST_ATTEMPT: usize = 7;
    pub(super) const REASON: usize = 8;
    pub(super) const BLAME: usize = 9;
    pub(super) const STAGE: usize = 10;
    pub(super) const CODE: usize = 11;
    pub(super) const ENHANCED: usize = 12;
    pub(super) const DESTINATION: usize = 13;
    pub(super) const MESSAGE_HOST: usize = 14;
    pub(super) const MESSAGE_LOCAL: usize = 15;
    pub(super) const DIAGNOSTIC: usize = 16;
    pub(super) const MX: usize = 17;
    pub(super) const REMOTE_IP: usize = 18;
    pub(super) const SOURCE_IP: usize = 19;
    pub(super) const TLS: usize = 20;
}

/// Between which ids a campaign's recipients lie.
fn bounds(connection: &Connection, campaign: CampaignId) -> Result<(i64, i64), Fault> {
    let found = connection
        .query_row(
            "SELECT first_recipient, last_recipient FROM campaign WHERE id = ?1",
            [campaign.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(found.unwrap_or((1, 0)))
}

fn row_of(connection: &Connection, words: &mut Words, row: &Row<'_>) -> Result<ReportRow, Fault> {
    let number: i64 = row.get(column::STATE)?;
    let state = state(number).ok_or_else(|| damaged(format!("{number} is no state")))?;
    let time = |column| -> Result<_, Fault> {
        Ok(row
            .get::<_, Option<i64>>(column)?
            .map(Timestamp::from_millis))
    };
    let text = |column| -> Result<_, Fault> {
        Ok(row.get::<_, Option<String>>(column)?.unwrap_or_default())
    };
    let next: i64 = row.get(column::NEXT_ATTEMPT)?;
    Ok(ReportRow {
        email: row.get(column::EMAIL)?,
        domain: text(column::DOMAIN)?,
        destination: words.get(connection, row, column::DESTINATION)?,
        state,
        reason: words.parse(connection, row, column::REASON)?,
        blame: words
            .parse(connection, row, column::BLAME)?
            .unwrap_or(Blame::None),
        stage: words.parse(connection, row, column::STAGE)?,
        code: row.get(column::CODE)?,
        enhanced: row
            .get::<_, Option<i64>>(column::ENHANCED)?
            .map(show_enhanced)
            .unwrap_or_default(),
        diagnostic: text(column::DIAGNOSTIC)?,
        attempts: row.get(column::ATTEMPTS)?,
        first_attempt: time(column::FIRST_ATTEMPT)?,
        last_attempt: time(column::LAST_ATTEMPT)?,
        next_attempt: (state == State::Deferred).then(|| Timestamp::from_millis(next)),
        mx: text(column::MX)?,
        remote_ip: text(column::REMOTE_IP)?,
        source_ip: text(column::SOURCE_IP)?,
        tls: text(column::TLS)?,
        message_id: message_id(
            text(column::MESSAGE_LOCAL)?,
            &words.get(connection, row, column::MESSAGE_HOST)?,
        ),
    })
}

fn message_id(mut local: String, host: &str) -> String {
    if !host.is_empty() {
        local.push('@');
        local.push_str(host);
    }
    local
}

/// Interned words that were looked up.
#[derive(Default)]
struct Words(HashMap<i64, String>);

impl Words {
    /// The word a column names; empty where it names none.
    fn get(
        &mut self,
        connection: &Connection,
        row: &Row<'_>,
        column: usize,
    ) -> Result<String, Fault> {
        let Some(id) = row.get::<_, Option<i64>>(column)? else {
            return Ok(String::new());
        };
        if let Some(word) = self.0.get(&id) {
            return Ok(word.clone());
        }
        let word: Option<String> = connection
            .prepare_cached("SELECT text FROM word WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let word = word.ok_or_else(|| damaged(format!("word {id} is missing")))?;
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(id, word.clone());
        Ok(word)
    }

    /// The same, as a word of the model.
    fn parse<T: FromStr<Err = String>>(
        &mut self,
        connection: &Connection,
        row: &Row<'_>,
        column: usize,
    ) -> Result<Option<T>, Fault> {
        let word = self.get(connection, row, column)?;
        if word.is_empty() {
            return Ok(None);
        }
        word.parse().map(Some).map_err(damaged)
    }
}
