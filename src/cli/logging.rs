//! The log: warnings on standard error with `-v`, everything to a file with `--log`.

use super::args::Global;
use super::fail::Failure;
use std::fs::OpenOptions;
use std::io;
use std::sync::Mutex;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Sets the log up.
pub(super) fn start(global: &Global) -> Result<(), Failure> {
    let level = match global.verbose {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let terminal = fmt::layer()
        .with_writer(io::stderr)
        .with_target(false)
        .with_filter(level);
    let file = match &global.log {
        None => None,
        Some(path) => {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .map_err(|error| Failure::file(path, &error))?;
            let level = level.max(LevelFilter::INFO);
            Some(
                fmt::layer()
                    .with_ansi(false)
                    .with_writer(Mutex::new(file))
                    .with_filter(level),
            )
        }
    };
    tracing_subscriber::registry()
        .with(terminal)
        .with(file)
        .init();
    Ok(())
}
