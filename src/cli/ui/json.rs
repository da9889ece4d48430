//! One event a line on standard output.

use crate::model::Event;
use crate::report::event_json;
use std::io::{self, BufWriter, Write};
use tokio::sync::mpsc;

/// Writes events until the run has ended. Blocks: it belongs on a thread that may.
///
/// # Errors
/// Where standard output is gone. The run goes on without a listener.
pub(in crate::cli) fn write_events(mut events: mpsc::Receiver<Event>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    while let Some(event) = events.blocking_recv() {
        writeln!(out, "{}", event_json(&event)?)?;
        // What is there is written in one go; a reader sees it as soon as nothing more is.
        while let Ok(event) = events.try_recv() {
            writeln!(out, "{}", event_json(&event)?)?;
        }
        out.flush()?;
    }
    Ok(())
}
