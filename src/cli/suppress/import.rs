//! `suppress import`: files of addresses and domains.

use super::parse;
use crate::cli::fail::{DONE, ERROR, Failure};
use crate::cli::output::say;
use crate::list::{BarredRow, BarredRows};
use crate::model::Timestamp;
use crate::progress::{text, words};
use crate::store::{Store, Suppression, SuppressionScope, SuppressionTarget};
use std::fs::File;
use std::path::Path;

/// What holds where a file does not say.
pub(in crate::cli) struct Defaults<'a> {
    pub(in crate::cli) reason: &'a str,
    /// `None`: the file's own, else everything.
    pub(in crate::cli) scope: Option<SuppressionScope>,
}

/// What reading a file came to.
#[derive(Default)]
pub(in crate::cli) struct Imported {
    rows: u64,
    added: u64,
    /// Hashes of erased addresses.
    erased: u64,
    /// The lines that could not be read, the first of them in words.
    wrong: u64,
    examples: Vec<String>,
}

impl Imported {
    pub(super) fn tell(&self, file: &Path) -> u8 {
        for example in &self.examples {
            say(format_args!("{}:{example}", file.display()));
        }
        let hidden = self.wrong.saturating_sub(self.examples.len() as u64);
        if hidden > 0 {
            say(format_args!("… and {} more lines", words::count(hidden)));
        }
        let known = self.rows - self.wrong - self.added;
        say(format_args!(
            "{} lines: {} added, {} suppressed already, {} that cannot be read",
            words::count(self.rows),
            words::count(self.added),
            words::count(known),
            words::count(self.wrong),
        ));
        if self.erased > 0 {
            say(format_args!(
                "{} are hashes of erased addresses: they hold only in the ledger that made them",
                words::count(self.erased)
            ));
        }
        if self.wrong == 0 { DONE } else { ERROR }
    }
}

/// Suppresses what a file names: one address or domain a line, or CSV, as `export` writes it. A line
/// that cannot be read keeps none of the others out.
pub(in crate::cli) async fn import(
    store: &Store,
    file: &Path,
    defaults: &Defaults<'_>,
    now: Timestamp,
) -> Result<Imported, Failure> {
    let wrong = |error| Failure::new(format_args!("{}: {error}", file.display()));
    let opened = File::open(file).map_err(|error| Failure::file(file, &error))?;
    let mut rows = BarredRows::open(opened).map_err(wrong)?;
    let source = file.display().to_string();
    let mut imported = Imported::default();
    let mut batch = Vec::new();
    loop {
        let row = rows.next_row().map_err(wrong)?;
        let last = row.is_none();
        if let Some(row) = row {
            imported.rows += 1;
            let line = row.line;
            match entry(row, defaults, &source) {
                Ok(entry) => {
                    let erased = matches!(entry.target, SuppressionTarget::Erased(_));
                    imported.erased += u64::from(erased);
                    batch.push(entry);
                }
                Err(why) => {
                    imported.wrong += 1;
                    if imported.examples.len() < EXAMPLES {
                        let why = text::clean(&why);
                        imported.examples.push(format!("{line}: {why}"));
                    }
                }
            }
        }
        if batch.len() == BATCH || (last && !batch.is_empty()) {
            let entries = std::mem::take(&mut batch);
            imported.added += store.suppress(entries, now).await?;
        }
        if last {
            return Ok(imported);
        }
    }
}

fn entry(row: BarredRow, defaults: &Defaults<'_>, file: &str) -> Result<Suppression, String> {
    let or = |cell: String, other: &str| match cell.as_str() {
        "" => other.to_owned(),
        _ => cell,
    };
    let scope = match &defaults.scope {
        Some(scope) => scope.clone(),
        None => row.scope.parse()?,
    };
    let since = match row.added.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            format!("{text:?} is no time; write it as 2026-01-31T12:00:00Z or 2026-01-31")
        })?),
    };
    Ok(Suppression {
        target: parse(&row.target)?,
        scope,
        reason: or(row.reason, defaults.reason),
        source: or(row.source, file),
        since,
    })
}

/// Lines entered in one transaction.
const BATCH: usize = 20_000;
/// Lines that cannot be read that are shown.
const EXAMPLES: usize = 10;
