//! `suppress`: addresses and domains that are never mailed.

mod import;
mod show;

pub(super) use import::{Defaults, import};

use super::args::{Scope as ScopeArgs, Suppress as Args, SuppressAction};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::say;
use crate::model::{Address, Domain};
use crate::net::Clock;
use crate::progress::{text, words};
use crate::store::{Reader, Store, Suppression, SuppressionScope, SuppressionTarget};
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
        SuppressAction::Export { output, filter } => {
            show::export(&path, output.as_deref(), filter)?;
        }
        SuppressAction::List { search, filter } => show::list(&path, search.as_deref(), filter)?,
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

fn scope_of(args: &ScopeArgs) -> SuppressionScope {
    match (&args.list, &args.campaign) {
        (Some(list), _) => SuppressionScope::List(list.clone()),
        (None, Some(campaign)) => SuppressionScope::Campaign(campaign.clone()),
        (None, None) => SuppressionScope::Everything,
    }
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
        _ if text.trim_start_matches('@').starts_with(['*', '.']) => Err(format!(
            "{text:?} is not a domain: one is meant exactly, and its subdomains are named each"
        )),
        _ => Domain::parse(text.trim_start_matches('@'))
            .map(SuppressionTarget::Domain)
            .map_err(|error| error.to_string()),
    }
}
