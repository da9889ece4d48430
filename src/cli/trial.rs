//! What is loaded is tried out with the letter as it is now: templates may have been edited since, and
//! a letter that cannot be made would settle its recipients for good.

use super::fail::Failure;
use crate::engine::{Row, try_out};
use crate::model::{Address, CampaignId};
use crate::render::Letter;
use crate::store::{Reader, Unsent};
use std::path::PathBuf;

/// Makes the letter for everybody of a loaded campaign that may still be mailed; `again` counts those
/// in that can be chosen to be sent to again. On all cores, off the async threads.
///
/// # Errors
/// With the first recipient no letter can be made for. Nothing has been changed then.
pub(super) async fn of_loaded(
    path: PathBuf,
    campaign: CampaignId,
    letter: Letter,
    again: bool,
) -> Result<(), Failure> {
    let work = tokio::task::spawn_blocking(move || -> Result<(), Failure> {
        let mut unsent = Reader::open(&path)?.unsent(campaign, again)?;
        loop {
            let part = unsent.by_ref().take(PART).collect::<Result<Vec<_>, _>>()?;
            if part.is_empty() {
                return Ok(());
            }
            let rows: Vec<Row> = part.into_iter().filter_map(row).collect();
            try_out(&letter, &rows)?;
        }
    });
    match work.await {
        Ok(tried) => tried,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// What is left of somebody who was erased is no address, and gets no letter.
fn row(unsent: Unsent) -> Option<Row> {
    let Unsent { row, email, fields } = unsent;
    let address = Address::parse(&email).ok()?;
    Some(Row::Valid {
        row,
        address,
        fields,
    })
}

/// Recipients that are held at a time.
const PART: usize = 5_000;
