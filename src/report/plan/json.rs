//! A plan for programs.

use super::PlanReport;
use serde::Serialize;

/// One line of JSON without the line end.
///
/// # Errors
/// Never in fact: every key is a string and every value a number, a text or `null`.
pub fn plan_json(plan: &PlanReport<'_>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Flat<'a> {
        v: u8,
        campaign: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        segment: Option<FlatSegment>,
        recipients: u64,
        dns: bool,
        starts: String,
        ends: Option<String>,
        not_after: Option<String>,
        destinations: Vec<FlatDestination<'a>>,
    }
    #[derive(Serialize)]
    struct FlatSegment {
        subscribers: u64,
        of: u64,
    }
    #[derive(Serialize)]
    struct FlatDestination<'a> {
        name: &'a str,
        domains: u64,
        recipients: u64,
        connections: Option<usize>,
        per_second: Option<f64>,
        messages_per_connection: Option<u32>,
        seconds: Option<u64>,
        by_rate: Option<bool>,
        trouble: Option<&'a str>,
    }
    let destinations = plan.destinations.iter().map(|one| FlatDestination {
        name: &one.name,
        domains: one.domains,
        recipients: one.recipients,
        connections: one.pace.map(|pace| pace.connections),
        per_second: one
            .pace
            .and_then(|pace| pace.rate)
            .map(|rate| rate.per_second),
        messages_per_connection: one.pace.and_then(|pace| pace.messages_per_connection),
        seconds: one.pace.map(|pace| pace.needed.as_secs()),
        by_rate: one.pace.map(|pace| pace.by_rate),
        trouble: one.trouble.as_deref(),
    });
    serde_json::to_string(&Flat {
        v: 1,
        campaign: plan.campaign,
        segment: plan
            .segment
            .map(|(subscribers, of)| FlatSegment { subscribers, of }),
        recipients: plan.recipients,
        dns: plan.asked_dns,
        starts: plan.starts.to_string(),
        ends: plan.ends.map(|time| time.to_string()),
        not_after: plan.not_after.map(|time| time.to_string()),
        destinations: destinations.collect(),
    })
}
