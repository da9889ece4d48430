//! `suppress list` and `suppress export`: all suppressions, or some of them.

use super::scope_of;
use crate::cli::args::SuppressFilter;
use crate::cli::fail::Failure;
use crate::cli::output::{data, unwritable};
use crate::progress::text;
use crate::report::write_suppressions;
use crate::store::{Reader, StoreError, SuppressionRecord};
use std::path::Path;

/// As a table for people.
pub(super) fn list(
    path: &Path,
    search: Option<&str>,
    filter: &SuppressFilter,
) -> Result<(), Failure> {
    let search = search.map(str::to_lowercase);
    let wanted = |row: &SuppressionRecord| {
        search.as_ref().is_none_or(|search| {
            [&row.target, &row.reason, &row.source]
                .iter()
                .any(|text| text.to_lowercase().contains(search))
        })
    };
    data(None, |out| {
        for row in chosen(path, filter)? {
            let row = row?;
            if !wanted(&row) {
                continue;
            }
            let scope = match row.scope.as_str() {
                "everything" => String::new(),
                scope => format!("  [{}]", text::clean(scope)),
            };
            let (target, reason) = (text::clean(&row.target), text::clean(&row.reason));
            let source = text::clean(&row.source);
            writeln!(
                out,
                "{}  {target:<40} {reason} ({source}){scope}",
                row.added
            )
            .map_err(unwritable)?;
        }
        Ok(())
    })
}

/// As a file that `suppress import` reads.
pub(super) fn export(
    path: &Path,
    output: Option<&Path>,
    filter: &SuppressFilter,
) -> Result<(), Failure> {
    data(output, |mut out| {
        let rows = chosen(path, filter)?.map(|row| {
            row.map(|row| {
                let added = row.added.to_string();
                [row.target, row.reason, row.source, added, row.scope]
            })
        });
        write_suppressions(rows, &mut out).map_err(unwritable)
    })
}

/// The suppressions that a filter takes, or all where nothing is asked for.
fn chosen<'a>(
    path: &Path,
    filter: &'a SuppressFilter,
) -> Result<impl Iterator<Item = Result<SuppressionRecord, StoreError>> + 'a, Failure> {
    let scope = (filter.scope.is_given()).then(|| scope_of(&filter.scope).to_string());
    let [reason, source] =
        [&filter.reason, &filter.source].map(|text| text.as_deref().map(str::to_lowercase));
    let has = |wanted: &Option<String>, text: &str| {
        wanted
            .as_ref()
            .is_none_or(|part| text.to_lowercase().contains(part))
    };
    let takes = move |row: &SuppressionRecord| {
        scope.as_ref().is_none_or(|scope| row.scope == *scope)
            && has(&reason, &row.reason)
            && has(&source, &row.source)
            && filter.since.is_none_or(|since| row.added >= since)
            && filter.before.is_none_or(|before| row.added < before)
    };
    let rows = Reader::open(path)?.suppressions()?;
    Ok(rows.filter(move |row| row.as_ref().map_or(true, &takes)))
}
