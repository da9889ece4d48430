//! `suppress`: addresses and domains that are never mailed.

use super::args::{Suppress as Args, SuppressAction};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, say, unwritable};
use crate::model::{Address, Domain};
use crate::net::Clock;
use crate::progress::{text, words};
use crate::report::write_suppressions;
use crate::store::{Reader, Store, Suppression, SuppressionScope, SuppressionTarget};
use std::fs;
use std::path::Path;

/// `hikyaku suppress`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let path = context.settings()?.store.path;
    match &args.action {
        SuppressAction::Add { targets, reason } => {
            let targets = targets
                .iter()
                .map(|target| parse(target))
                .collect::<Result<_, _>>()?;
            add(&path, targets, reason, "command line").await?;
        }
        SuppressAction::Import { file, reason } => {
            let entries = read(file, reason)?;
            let source = file.display().to_string();
            let store = Store::open(&path)?;
            let added = store
                .suppress(with_source(entries, &source), Clock::system().now())
                .await?;
            store.close().await;
            say(format_args!("{} added", words::count(added)));
        }
        SuppressAction::Remove { targets } => {
            let targets = targets
                .iter()
                .map(|target| parse(target))
                .collect::<Result<_, _>>()?;
            let store = Store::open(&path)?;
            let removed = store
                .unsuppress(targets, SuppressionScope::Everything)
                .await?;
            store.close().await;
            say(format_args!("{} removed", words::count(removed)));
        }
        SuppressAction::Export { output } => data(output.as_deref(), |mut out| {
            let rows = Reader::open(&path)?.suppressions()?;
            let rows = rows.map(|row| {
                row.map(|row| {
                    [
                        row.target,
                        row.reason,
                        row.source,
                        row.added.to_string(),
                        row.scope,
                    ]
                })
            });
            write_suppressions(rows, &mut out).map_err(unwritable)
        })?,
        SuppressAction::List => list(&path)?,
    }
    Ok(DONE)
}

async fn add(
    path: &Path,
    targets: Vec<SuppressionTarget>,
    reason: &str,
    source: &str,
) -> Result<(), Failure> {
    let entries = targets
        .into_iter()
        .map(|target| (target, reason.to_owned()))
        .collect();
    let store = Store::open(path)?;
    let added = store
        .suppress(with_source(entries, source), Clock::system().now())
        .await?;
    store.close().await;
    say(format_args!("{} added", words::count(added)));
    Ok(())
}

fn with_source(entries: Vec<(SuppressionTarget, String)>, source: &str) -> Vec<Suppression> {
    let source = source.to_owned();
    entries
        .into_iter()
        .map(|(target, reason)| Suppression {
            target,
            scope: SuppressionScope::Everything,
            reason,
            source: source.clone(),
        })
        .collect()
}

/// Reads a file of targets: one a line, or CSV with the reason in the second column. A heading is
/// passed over.
pub(super) fn read(file: &Path, reason: &str) -> Result<Vec<(SuppressionTarget, String)>, Failure> {
    let content = fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?;
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(content.trim_start_matches('\u{feff}').lines()) {
        let mut cells = line
            .splitn(3, ',')
            .map(|cell| cell.trim().trim_matches('"'));
        let target = cells.next().unwrap_or_default();
        let heading = number == 1 && !target.contains(['@', '.']);
        if target.is_empty() || target.starts_with('#') || heading {
            continue;
        }
        let parsed = parse(target).map_err(|error| {
            Failure::new(format_args!(
                "{}:{number}: {}",
                file.display(),
                error.what()
            ))
        })?;
        let why = cells
            .next()
            .filter(|cell| !cell.is_empty())
            .unwrap_or(reason);
        entries.push((parsed, why.to_owned()));
    }
    Ok(entries)
}

/// An address, or a domain with or without its `@`.
fn parse(text: &str) -> Result<SuppressionTarget, Failure> {
    match text.rsplit_once('@') {
        Some((local, _)) if !local.is_empty() => Address::parse(text)
            .map(SuppressionTarget::Address)
            .map_err(Failure::new),
        _ => Domain::parse(text.trim_start_matches('@'))
            .map(SuppressionTarget::Domain)
            .map_err(Failure::new),
    }
}

fn list(path: &Path) -> Result<(), Failure> {
    data(None, |out| {
        for row in Reader::open(path)?.suppressions()? {
            let row = row?;
            let (target, reason) = (text::clean(&row.target), text::clean(&row.reason));
            writeln!(out, "{}  {target:<40} {reason}", row.added).map_err(unwritable)?;
        }
        Ok(())
    })
}
