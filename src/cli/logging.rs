//! The log: warnings on standard error with `-v`, everything to a file with `--log`. A service logs
//! without being asked.

use super::args::Global;
use super::context::Context;
use super::fail::Failure;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// A part of the log.
type Part = Box<dyn Layer<Registry> + Send + Sync>;

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
    begin(terminal.boxed(), global.log.as_deref(), level)
}

/// Sets the log of a service up: on standard error in any case, as JSON lines where that is asked
/// for. No colours: it is read by a journal.
pub(super) fn start_serving(context: &Context, json: bool) -> Result<(), Failure> {
    let level = match (context.quiet, context.verbose) {
        (true, _) => LevelFilter::WARN,
        (false, 0) => LevelFilter::INFO,
        (false, 1) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
    let terminal = if json {
        let lines = lines.json().flatten_event(true).with_current_span(false);
        lines.with_span_list(false).with_filter(level).boxed()
    } else {
        lines.with_target(false).with_filter(level).boxed()
    };
    begin(terminal, context.log.as_deref(), level)
}

fn begin(terminal: Part, file: Option<&Path>, level: LevelFilter) -> Result<(), Failure> {
    let mut parts = vec![terminal];
    if let Some(path) = file {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|error| Failure::file(path, &error))?;
        let lines = fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
        let level = level.max(LevelFilter::INFO);
        parts.push(lines.with_filter(level).boxed());
    }
    tracing_subscriber::registry().with(parts).init();
    Ok(())
}
