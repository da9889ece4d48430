//! What the ledger says of campaigns and suppressions, read now and then.
//!
//! Counting a campaign's recipients is a pass over its rows. So it is done when somebody asks, not
//! more often than every [`FRESH`], not for longer than a tenth of the time, and for a campaign that
//! is not being sent only every [`SETTLED`].

use super::counters::Labels;
use crate::model::{CampaignId, Counts, RunState, State, Timestamp};
use crate::progress::Progress;
use crate::store::{CampaignRecord, Reader, StoreError};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

type Number = Gauge<f64, AtomicU64>;

/// How long what was read is told again.
const FRESH: Duration = Duration::from_secs(10);
/// The same, for the counts of a campaign that is not being sent.
const SETTLED: Duration = Duration::from_secs(300);
/// Campaigns that are told of, the newest.
const CAMPAIGNS: usize = 20;
/// How old what a sender tells of itself may be while it sends.
const LIVE: Duration = Duration::from_secs(10);

/// The gauges, and what is remembered between two readings.
#[derive(Default)]
pub(in crate::serve) struct Gauges {
    recipients: Family<Labels, Number>,
    throughput: Family<Labels, Number>,
    suppressions: Number,
    counted: HashMap<CampaignId, (Timestamp, Counts)>,
    /// Not read again before.
    fresh_until: Timestamp,
}

impl Gauges {
    /// Names the gauges in a registry.
    pub(in crate::serve) fn register(&self, registry: &mut Registry) {
        registry.register(
            "campaign_recipients",
            "Recipients of the newest campaigns by state",
            self.recipients.clone(),
        );
        registry.register(
            "campaign_delivered_per_second",
            "Messages a second over the last ten, of campaigns that are being sent",
            self.throughput.clone(),
        );
        registry.register(
            "suppressions",
            "Addresses and domains that are not mailed",
            self.suppressions.clone(),
        );
    }

    /// Whether what was read is too old to be told.
    pub(in crate::serve) fn are_stale(&self, now: Timestamp) -> bool {
        now >= self.fresh_until
    }

    /// Reads what is told, from `begun` on; `now` tells when it is done. Blocks.
    ///
    /// # Errors
    /// Where the ledger cannot be read; what was told before stays.
    pub(in crate::serve) fn read(
        &mut self,
        reader: &Reader,
        now: impl Fn() -> Timestamp,
    ) -> Result<(), StoreError> {
        let begun = now();
        let mut campaigns = reader.campaigns()?;
        campaigns.truncate(CAMPAIGNS);
        let mut told = Vec::new();
        for campaign in &campaigns {
            let live = live(reader, campaign, begun)?;
            let counts = self.counts(reader, campaign, live.is_some(), begun)?;
            told.push((campaign, counts, live));
        }
        self.suppressions.set(reader.suppression_count()? as f64);
        self.recipients.clear();
        self.throughput.clear();
        for (campaign, counts, live) in told {
            self.tell(&campaign.name, &counts, live.as_ref());
        }
        let known: Vec<CampaignId> = campaigns.iter().map(|campaign| campaign.id).collect();
        self.counted.retain(|id, _| known.contains(id));
        let done = now();
        self.fresh_until = done.after(FRESH.max(done.since(begun) * 10));
        Ok(())
    }

    fn tell(&self, name: &str, counts: &Counts, live: Option<&Progress>) {
        for state in State::ALL {
            let labels = vec![
                ("campaign", name.to_owned()),
                ("state", state.as_str().to_owned()),
            ];
            let gauge = self.recipients.get_or_create(&labels);
            gauge.set(counts[state] as f64);
        }
        if let Some(live) = live {
            let window = live.series().windows(live.now().as_secs(), 10, 1);
            let rate = window.first().map_or(0.0, |rates| rates.delivered);
            let labels = vec![("campaign", name.to_owned())];
            self.throughput.get_or_create(&labels).set(rate);
        }
    }

    fn counts(
        &mut self,
        reader: &Reader,
        campaign: &CampaignRecord,
        sending: bool,
        now: Timestamp,
    ) -> Result<Counts, StoreError> {
        if let Some((when, counts)) = self.counted.get(&campaign.id)
            && !sending
            && now.since(*when) < SETTLED
        {
            return Ok(*counts);
        }
        let counts = reader.tally(campaign.id)?.counts;
        // What is being sent is counted once more when it has ended.
        if sending {
            self.counted.remove(&campaign.id);
        } else {
            self.counted.insert(campaign.id, (now, counts));
        }
        Ok(counts)
    }
}

/// What the process that sends a campaign tells of itself, if there is one.
fn live(
    reader: &Reader,
    campaign: &CampaignRecord,
    now: Timestamp,
) -> Result<Option<Progress>, StoreError> {
    if campaign.state != RunState::Running && campaign.state != RunState::Draining {
        return Ok(None);
    }
    let told = reader.live(campaign.id)?;
    let recent = told.filter(|(when, _)| now.since(*when) < LIVE);
    Ok(recent.and_then(|(_, json)| serde_json::from_str(&json).ok()))
}
