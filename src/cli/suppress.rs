//! `suppress`: addresses and domains that are never mailed.

use super::args::{Scope as ScopeArgs, Suppress as Args, SuppressAction};
use super::context::Context;
use super::fail::{DONE, ERROR, Failure, Outcome};
use super::output::{data, say, unwritable};
use crate::list::{BarredRow, BarredRows};
use crate::model::{Address, Domain, Timestamp};
use crate::net::Clock;
use crate::progress::{text, words};
use crate::report::write_suppressions;
use crate::store::{
    Reader, Store, StoreError, Suppression, SuppressionRecord, SuppressionScope, SuppressionTarget,
};
use std::fs::File;
use std::path::Path;

/// `hikyaku suppress`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let path = context.settings()?.store.path;
    let now = Clock::system().now();
    match &args.action {
        SuppressAction::Add {
            targets,
            reason,
            scope,
        } => {
            let entry = |target| Suppression {
                target,
                scope: scope_of(scope),
                reason: reason.clone(),
                source: "command line".to_owned(),
                since: None,
            };
            let entries = parse_all(targets)?.into_iter().map(entry).collect();
            let store = Store::open(&path)?;
            let added = store.suppress(entries, now).await?;
            store.close().await;
            say(format_args!("{} added", words::count(added)));
        }
        SuppressAction::Import {
            file,
            reason,
            scope,
        } => {
            let scope = scope.is_given().then(|| scope_of(scope));
            let store = Store::open(&path)?;
            let defaults = Defaults { reason, scope };
            let imported = import(&store, file, &defaults, now).await?;
            store.close().await;
            return Ok(imported.tell(file));
        }
        SuppressAction::Remove { targets, scope } => {
            remove(&path, parse_all(targets)?, scope_of(scope)).await?;
        }
        SuppressAction::Export { output, scope } => data(output.as_deref(), |mut out| {
            let rows = scoped(&path, scope)?.map(|row| {
                row.map(|row| {
                    let added = row.added.to_string();
                    [row.target, row.reason, row.source, added, row.scope]
                })
            });
            write_suppressions(rows, &mut out).map_err(unwritable)
        })?,
        SuppressAction::List { search, scope } => list(&path, search.as_deref(), scope)?,
    }
    Ok(DONE)
}

async fn remove(
    path: &Path,
    targets: Vec<SuppressionTarget>,
    scope: SuppressionScope,
) -> Result<(), Failure> {
    let store = Store::open(path)?;
    let removed = store.unsuppress(targets.clone(), scope).await?;
    store.close().await;
    say(format_args!("{} removed", words::count(removed)));
    // Somebody who takes an address off wants it mailed: what else keeps it out is told.
    let still: Vec<String> = targets.iter().flat_map(also_kept_out_by).collect();
    for row in Reader::open(path)?.suppressions()? {
        let row = row?;
        if still.iter().any(|key| row.target.eq_ignore_ascii_case(key)) {
            let (target, scope) = (text::clean(&row.target), text::clean(&row.scope));
            say(format_args!("still suppressed: {target} ({scope})"));
        }
    }
    Ok(())
}

/// What suppresses a target: itself, in other scopes, and its domain.
fn also_kept_out_by(target: &SuppressionTarget) -> Vec<String> {
    match target {
        SuppressionTarget::Address(address) => {
            vec![address.to_string(), format!("@{}", address.domain())]
        }
        SuppressionTarget::Domain(domain) => vec![format!("@{domain}")],
        SuppressionTarget::Erased(key) => vec![key.to_string()],
    }
}

/// The suppressions of a scope, or all where none is given.
fn scoped(
    path: &Path,
    scope: &ScopeArgs,
) -> Result<impl Iterator<Item = Result<SuppressionRecord, StoreError>>, Failure> {
    let wanted = scope.is_given().then(|| scope_of(scope).to_string());
    let rows = Reader::open(path)?.suppressions()?;
    Ok(rows.filter(move |row| match (row, &wanted) {
        (Ok(row), Some(wanted)) => row.scope == *wanted,
        (Err(_), _) | (Ok(_), None) => true,
    }))
}

fn scope_of(args: &ScopeArgs) -> SuppressionScope {
    match (&args.list, &args.campaign) {
        (Some(list), _) => SuppressionScope::List(list.clone()),
        (None, Some(campaign)) => SuppressionScope::Campaign(campaign.clone()),
        (None, None) => SuppressionScope::Everything,
    }
}

/// What holds where a file does not say.
pub(super) struct Defaults<'a> {
    pub(super) reason: &'a str,
    /// `None`: the file's own, else everything.
    pub(super) scope: Option<SuppressionScope>,
}

/// What reading a file came to.
#[derive(Default)]
pub(super) struct Imported {
    rows: u64,
    added: u64,
    /// Hashes of erased addresses.
    erased: u64,
    /// The lines that could not be read, the first of them in words.
    wrong: u64,
    examples: Vec<String>,
}

impl Imported {
    fn tell(&self, file: &Path) -> u8 {
        for example in &self.examples {
            say(format_args!("{}:{example}", file.display()));
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
pub(super) async fn import(
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

fn parse_all(targets: &[String]) -> Result<Vec<SuppressionTarget>, Failure> {
    let parsed = targets.iter().map(|target| parse(target));
    parsed.map(|target| target.map_err(Failure::new)).collect()
}

/// An address, a domain with or without its `@`, or what is left of an erased address.
fn parse(text: &str) -> Result<SuppressionTarget, String> {
    match text.rsplit_once('@') {
        Some((local, _)) if !local.is_empty() => Address::parse(text)
            .map(SuppressionTarget::Address)
            .map_err(|error| error.to_string()),
        _ if text.starts_with('#') => text.parse().map(SuppressionTarget::Erased),
        _ => Domain::parse(text.trim_start_matches('@'))
            .map(SuppressionTarget::Domain)
            .map_err(|error| error.to_string()),
    }
}

fn list(path: &Path, search: Option<&str>, scope: &ScopeArgs) -> Result<(), Failure> {
    let search = search.map(str::to_lowercase);
    data(None, |out| {
        for row in scoped(path, scope)? {
            let row = row?;
            let (target, reason) = (text::clean(&row.target), text::clean(&row.reason));
            let wanted = |search: &String| {
                let found = |text: &str| text.to_lowercase().contains(search);
                found(&target) || found(&reason) || found(&row.source)
            };
            if search.as_ref().is_some_and(|search| !wanted(search)) {
                continue;
            }
            let scope = match row.scope.as_str() {
                "everything" => String::new(),
                scope => format!("  [{}]", text::clean(scope)),
            };
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

/// Lines entered in one transaction.
const BATCH: usize = 20_000;
/// Lines that cannot be read that are shown.
const EXAMPLES: usize = 10;
