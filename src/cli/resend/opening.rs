//! Those that were chosen are pending again.

use crate::cli::fail::Failure;
use crate::cli::output::say;
use crate::model::Timestamp;
use crate::progress::words;
use crate::store::{Again, CampaignRecord, Store};

/// The campaign, those of `choice` pending again; and those of a choice that was cut off, whoever
/// comes upon it.
pub(in crate::cli) async fn taken_up(
    store: &Store,
    campaign: CampaignRecord,
    choice: Option<Vec<Again>>,
    now: Timestamp,
) -> Result<CampaignRecord, Failure> {
    if let Some(choice) = choice.filter(|choice| !choice.is_empty()) {
        store.begin_again(campaign.id, choice, now).await?;
    }
    let Some(run) = store.open_again(campaign.id).await? else {
        return Ok(campaign);
    };
    let (number, count) = (run.number, words::count(run.recipients));
    say(format_args!(
        "{}: run {number}, {count} recipients again",
        campaign.name
    ));
    Ok(store.open_campaign(&campaign.name, now).await?)
}
