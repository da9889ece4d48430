//! Those that were chosen are pending again.

use crate::cli::fail::Failure;
use crate::cli::output::say;
use crate::model::{InDoubtPolicy, Timestamp};
use crate::progress::words;
use crate::store::{Again, CampaignRecord, Store};
use std::time::Duration;

/// The campaign, those of `choice` pending again; and those of a choice that was cut off, whoever
/// comes upon it.
pub(in crate::cli) async fn taken_up(
    store: &Store,
    campaign: CampaignRecord,
    choice: Option<Vec<Again>>,
    (policy, now): (InDoubtPolicy, Timestamp),
) -> Result<CampaignRecord, Failure> {
    if let Some(choice) = choice.filter(|choice| !choice.is_empty()) {
        // What a run that was killed left behind is of that run, and of its time.
        let left = store.recover(campaign.id, policy, now).await?;
        if left.in_doubt > 0 {
            let count = words::count(left.in_doubt);
            say(format_args!(
                "{}: {count} recipients are in doubt: the last run ended while they were being sent to",
                campaign.name
            ));
        }
        let begun = now.after(Duration::from_millis(1));
        store.begin_again(campaign.id, choice, begun).await?;
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
