//! Folds the event stream of a running campaign into a line of progress.
//!
//! ```text
//! hikyaku send welcome --sandbox --ui json | cargo run --example watch_events
//! ```
//!
//! The stream is the same contract the dashboard folds, so a face of one's own needs no more.

#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use hikyaku::model::Event;
use hikyaku::progress::Progress;
use std::error::Error;
use std::io::{self, BufRead};

fn main() -> Result<(), Box<dyn Error>> {
    let mut progress = Progress::new("campaign");
    for line in io::stdin().lock().lines() {
        let line = line?;
        // The last line is the counts, which is no event.
        let Ok(event) = serde_json::from_str::<Event>(&line) else {
            continue;
        };
        progress.apply(&event);
        if let Event::Destinations { at, .. } | Event::Finished { at, .. } = event {
            progress.tick(at);
            let counts = progress.counts();
            println!(
                "{} of {} delivered, {} deferred, {} bounced, {:.0} a second",
                counts.delivered,
                counts.total(),
                counts.deferred,
                counts.bounced,
                progress.rate_now(),
            );
        }
    }
    for reason in progress.reasons().ranked() {
        let name = reason
            .reason
            .map_or("no reason given", |reason| reason.as_str());
        println!("{:>8}  {name}", reason.failed);
    }
    Ok(())
}
