//! Draws the dashboard of a recorded run as SVG.
//!
//! ```sh
//! hikyaku send campaigns/welcome --sandbox --ui json > run.jsonl
//! cargo run --example dashboard_picture -- 12 120 36 < run.jsonl > dashboard.svg
//! ```
//!
//! The arguments are the second of the run to draw, and the columns and lines of the screen. It
//! shows that a picture of a run is nothing but its events, folded.

use hikyaku::dash;
use hikyaku::model::{Event, Timestamp};
use hikyaku::progress::Progress;
use std::io::{self, BufRead, Write};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let second: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let columns: u16 = arguments.next().map_or(Ok(120), |text| text.parse())?;
    let lines: u16 = arguments.next().map_or(Ok(36), |text| text.parse())?;

    let mut progress = Progress::new("");
    for line in io::stdin().lock().lines() {
        // The last line of a run is its status, which is no event.
        let Ok(event) = serde_json::from_str::<Event>(&line?) else {
            continue;
        };
        let end = progress.started().map_or(Timestamp::MAX, |start| {
            start.after(Duration::from_secs(second))
        });
        if time(&event) > end {
            progress.tick(end);
            break;
        }
        progress.apply(&event);
    }
    let picture = dash::picture(&progress, columns, lines);
    io::stdout().lock().write_all(picture.as_bytes())?;
    Ok(())
}

/// When an event happened.
fn time(event: &Event) -> Timestamp {
    match event {
        Event::Settled(settled) => settled.at,
        Event::Notice(notice) => notice.at,
        Event::Loading { at, .. }
        | Event::Started { at, .. }
        | Event::Moved { at, .. }
        | Event::Destinations { at, .. }
        | Event::Run { at, .. }
        | Event::Finished { at, .. } => *at,
    }
}
