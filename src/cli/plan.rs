//! `plan`: where a campaign's mail would go, how fast, and when it would be done.

use super::args::Plan as Args;
use super::audience;
use super::campaign::origin;
use super::context::{Context, Opened};
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, unwritable, width};
use super::preflight::shares;
use crate::engine::{Counted, Segmentation};
use crate::model::{Domain, Rate, RouteMode, Settings};
use crate::net::{Clock, Resolver};
use crate::pace::{
    Bound, DestinationLimits, at_rate, finish, limits_for, limits_for_configured, on_connections,
    time_needed,
};
use crate::preflight::Shares;
use crate::report::{Pace, PlanReport, Planned, plan_json, write_plan};
use crate::route::{self, NoRoute};
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// `hikyaku plan`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let opened = context.open(&args.campaign)?;
    audience::warn(&opened);
    let origin = origin(&opened, &args.reading)?;
    let path = opened.settings.store.path.clone();
    let listed = origin.clone();
    let counted = tokio::task::spawn_blocking(move || shares(&listed, &path)).await;
    let shares = match counted {
        Ok(counted) => counted?,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    let mut plan = plan(&opened, &shares, args.offline).await?;
    let segment = origin.segment().and_then(Segmentation::counted);
    plan.segment = segment.map(|Counted { taken, of }| (taken, of));
    data(None, |mut out| {
        if args.json {
            let line = plan_json(&plan).map_err(unwritable)?;
            writeln!(out, "{line}").map_err(unwritable)
        } else {
            write_plan(&plan, &mut out, width()).map_err(unwritable)
        }
    })?;
    Ok(DONE)
}

async fn plan<'a>(
    opened: &'a Opened,
    shares: &Shares,
    offline: bool,
) -> Result<PlanReport<'a>, Failure> {
    let settings = &opened.settings;
    let servers = configured(settings);
    let asks = servers.is_empty() && !offline;
    let mut destinations = match (servers.is_empty(), asks) {
        (false, _) => through(&servers, shares, settings),
        (true, false) => by_domain(shares, settings),
        (true, true) => {
            by_servers(Resolver::system(&settings.dns.servers)?, shares, settings).await
        }
    };
    destinations.sort_by(|a, b| {
        b.recipients
            .cmp(&a.recipients)
            .then_with(|| a.name.cmp(&b.name))
    });
    let all = shares.recipients();
    let limits = &settings.limits;
    let by_rate = limits
        .rate
        .map_or(Duration::ZERO, |rate| at_rate(all, rate, 1));
    let whole_run = by_rate.max(on_connections(all, limits.connections));
    let slowest = destinations
        .iter()
        .filter_map(|one| Some(one.pace?.needed))
        .max();
    let schedule = &opened.campaign.schedule;
    let now = Clock::system().now();
    Ok(PlanReport {
        campaign: &opened.campaign.name,
        segment: None,
        recipients: all,
        destinations,
        asked_dns: asks || !servers.is_empty(),
        whole_run,
        starts: finish(schedule, now, Duration::ZERO).unwrap_or(now),
        ends: finish(schedule, now, whole_run.max(slowest.unwrap_or_default())),
        not_after: schedule.not_after,
    })
}

/// The servers that take everything, where DNS is not asked for a route.
fn configured(settings: &Settings) -> Vec<String> {
    match (&settings.route.override_to, &settings.route.mode) {
        (Some((host, _)), _) => vec![
            settings
                .route
                .override_name
                .clone()
                .unwrap_or_else(|| host.clone()),
        ],
        (None, RouteMode::Relay(relays)) => relays.iter().map(|relay| relay.host.clone()).collect(),
        (None, RouteMode::Mx) => Vec::new(),
    }
}

fn through(servers: &[String], shares: &Shares, settings: &Settings) -> Vec<Planned> {
    let limits = limits_for_configured(&settings.destinations, servers);
    let domains = shares.domains().count() as u64;
    vec![planned(
        servers.join(", "),
        domains,
        shares.recipients(),
        &limits,
        settings,
    )]
}

fn by_domain(shares: &Shares, settings: &Settings) -> Vec<Planned> {
    let known = shares
        .domains()
        .filter_map(|(name, count)| Some((Domain::parse(name).ok()?, count)));
    known
        .map(|(domain, count)| {
            let limits = limits_for(&settings.destinations, &[], &domain);
            planned(domain.as_str().to_owned(), 1, count, &limits, settings)
        })
        .collect()
}

/// Domains that share their servers share a destination. Those with the most recipients are asked
/// for first; what has no answer in time stands alone.
async fn by_servers(resolver: Resolver, shares: &Shares, settings: &Settings) -> Vec<Planned> {
    let mut waiting: Vec<(Domain, u64)> = shares
        .domains()
        .filter_map(|(name, count)| Some((Domain::parse(name).ok()?, count)))
        .collect();
    // From the end, the most recipients first.
    waiting.sort_by_key(|(_, count)| *count);
    let until = Instant::from_std(Clock::system().instant()) + DNS;
    let mut asking = JoinSet::new();
    let mut groups: HashMap<String, Planned> = HashMap::new();
    loop {
        while asking.len() < QUESTIONS
            && let Some((domain, count)) = waiting.pop()
        {
            let resolver = resolver.clone();
            asking.spawn(async move {
                let answer = timeout_at(until, resolver.mail_hosts(&domain)).await.ok();
                (domain, count, answer)
            });
        }
        let Some(asked) = asking.join_next().await else {
            return groups.into_values().collect();
        };
        let Ok((domain, count, answer)) = asked else {
            continue;
        };
        let one = match answer.map(|answer| route::destination(&domain, &answer)) {
            Some(Ok(found)) => {
                let mx: Vec<String> = found.hosts.iter().map(|host| host.name.clone()).collect();
                let limits = limits_for(&settings.destinations, &mx, &domain);
                planned(found.name, 1, count, &limits, settings)
            }
            Some(Err(NoRoute::Permanent { why, .. })) => without(&domain, count, why),
            Some(Err(NoRoute::TryAgain { why })) => without(&domain, count, why),
            None => without(
                &domain,
                count,
                format!("no DNS answer for {domain} in time"),
            ),
        };
        match groups.get_mut(&one.name) {
            Some(group) => join(group, &one, settings),
            None => {
                groups.insert(one.name.clone(), one);
            }
        }
    }
}

/// Puts the recipients of another domain to a destination.
fn join(group: &mut Planned, other: &Planned, settings: &Settings) {
    group.recipients += other.recipients;
    group.domains += 1;
    if let Some(pace) = &mut group.pace {
        let sources = settings.route.sources.len().max(1);
        let limits = DestinationLimits {
            connections: pace.connections / sources,
            rate: pace.rate.map(|rate| Rate {
                per_second: rate.per_second / sources as f64,
            }),
            ..DestinationLimits::default()
        };
        let (needed, bound) = time_needed(group.recipients, &limits, sources);
        (pace.needed, pace.by_rate) = (needed, bound == Bound::Rate);
    }
}

fn planned(
    name: String,
    domains: u64,
    recipients: u64,
    limits: &DestinationLimits,
    settings: &Settings,
) -> Planned {
    let sources = settings.route.sources.len().max(1);
    let (needed, bound) = time_needed(recipients, limits, sources);
    let per_second = limits.rate.map(|rate| rate.per_second * sources as f64);
    Planned {
        name,
        domains,
        recipients,
        pace: Some(Pace {
            connections: limits.connections.saturating_mul(sources),
            rate: per_second.map(|per_second| Rate { per_second }),
            messages_per_connection: limits.messages_per_connection,
            needed,
            by_rate: bound == Bound::Rate,
        }),
        trouble: None,
    }
}

fn without(domain: &Domain, recipients: u64, why: String) -> Planned {
    Planned {
        name: domain.as_str().to_owned(),
        domains: 1,
        recipients,
        pace: None,
        trouble: Some(why),
    }
}

/// How long all questions of DNS together may take.
const DNS: Duration = Duration::from_secs(30);
/// DNS questions at a time.
const QUESTIONS: usize = 64;
