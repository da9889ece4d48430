//! How a campaign would go out, for people and for programs.

use crate::model::{Rate, Timestamp};
use crate::progress::{text, words};
use comfy_table::{CellAlignment, Table, TableStyle};
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

/// A campaign's plan.
#[derive(Debug, Clone)]
pub struct PlanReport<'a> {
    /// The campaign's name.
    pub campaign: &'a str,
    /// How many of how many subscribers are in the segment, where there is one.
    pub segment: Option<(u64, u64)>,
    /// Everybody who would get a letter.
    pub recipients: u64,
    /// Destinations, the most recipients first.
    pub destinations: Vec<Planned>,
    /// Whether DNS said which domains share servers.
    pub asked_dns: bool,
    /// The time that the limits of the whole run need.
    pub whole_run: Duration,
    /// When it begins.
    pub starts: Timestamp,
    /// When it has ended at best; `None` where that is months away.
    pub ends: Option<Timestamp>,
    /// When what has not been sent is not sent any more.
    pub not_after: Option<Timestamp>,
}

/// One destination of a plan.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// How many domains it takes mail for.
    pub domains: u64,
    /// How many recipients have an address there.
    pub recipients: u64,
    /// The limits that hold; `None` where no mail can be delivered.
    pub pace: Option<Pace>,
    /// What DNS said instead, where there is no route.
    pub trouble: Option<String>,
}

/// How fast a destination is served.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Connections at a time, from all source addresses.
    pub connections: usize,
    /// Messages, from all source addresses.
    pub rate: Option<Rate>,
    /// Messages on one connection.
    pub messages_per_connection: Option<u32>,
    /// The time it takes at best.
    pub needed: Duration,
    /// Whether that is by the rate, and not by the connections.
    pub by_rate: bool,
}

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

/// Writes the destinations with the most recipients, the rest as a sum, and when it ends.
///
/// # Errors
/// Where it cannot be written.
pub fn write_plan(plan: &PlanReport<'_>, out: &mut impl Write, columns: usize) -> io::Result<()> {
    if let Some((taken, of)) = plan.segment {
        let (taken, of) = (words::count(taken), words::count(of));
        writeln!(out, "{taken} of {of} subscribers are in the segment")?;
    }
    let mut table = Table::new();
    table.load_style(TableStyle::new()).force_no_tty();
    table.set_header([
        "destination",
        "recipients",
        "share",
        "conns",
        "rate",
        "per conn",
        "time",
    ]);
    // The figures need about fifty columns.
    let room = columns.saturating_sub(58).clamp(12, 50);
    let (told, others) = plan
        .destinations
        .split_at(plan.destinations.len().min(SHOWN));
    for one in told {
        let name = match one.domains {
            0 | 1 => one.name.clone(),
            count => format!("{} ({} domains)", one.name, words::count(count)),
        };
        table.add_row(row(
            plan,
            text::cell(&name, room),
            one.recipients,
            one.pace,
            one.trouble.as_deref(),
        ));
    }
    if !others.is_empty() {
        let name = format!("{} others", words::count(others.len() as u64));
        let recipients = others.iter().map(|one| one.recipients).sum();
        table.add_row(row(plan, name, recipients, None, None));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if place > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    for one in told.iter().filter(|one| one.trouble.is_some()) {
        let trouble = one.trouble.as_deref().unwrap_or_default();
        writeln!(
            out,
            "{}",
            text::cell(&format!("no route: {trouble}"), columns)
        )?;
    }
    summary(plan, out, columns)
}

fn row(
    plan: &PlanReport<'_>,
    name: String,
    recipients: u64,
    pace: Option<Pace>,
    trouble: Option<&str>,
) -> [String; 7] {
    let share = recipients as f64 * 100.0 / plan.recipients.max(1) as f64;
    let unlimited = |limit: Option<String>| limit.unwrap_or_else(|| "–".to_owned());
    let (connections, rate, per, time) = match pace {
        Some(pace) => (
            pace.connections.to_string(),
            unlimited(pace.rate.map(|rate| words::rate(rate.per_second))),
            unlimited(pace.messages_per_connection.map(|count| count.to_string())),
            format!(
                "{}{}",
                if pace.by_rate { "" } else { "~" },
                words::duration(pace.needed)
            ),
        ),
        None if trouble.is_some() => (
            String::new(),
            String::new(),
            String::new(),
            "no route".to_owned(),
        ),
        None => Default::default(),
    };
    [
        name,
        words::count(recipients),
        format!("{share:.1} %"),
        connections,
        rate,
        per,
        time,
    ]
}

fn summary(plan: &PlanReport<'_>, out: &mut impl Write, columns: usize) -> io::Result<()> {
    let time = |at: Timestamp| words::time(at);
    let mut lines = vec![format!(
        "{}: {} recipients, from {} to {} at the earliest",
        plan.campaign,
        words::count(plan.recipients),
        time(plan.starts),
        plan.ends
            .map_or_else(|| "more than two months later".to_owned(), time),
    )];
    let slowest = plan
        .destinations
        .iter()
        .filter_map(|one| Some((one.pace?.needed, &one.name)));
    if let Some((needed, name)) = slowest.max_by_key(|(needed, _)| *needed) {
        let (what, needed) = match plan.whole_run > needed {
            true => ("the limits of the whole run", plan.whole_run),
            false => (name.as_str(), needed),
        };
        lines.push(format!(
            "slowest: {what}, {} of sending",
            words::duration(needed)
        ));
    }
    if let Some(end) = plan
        .not_after
        .filter(|end| plan.ends.is_none_or(|ends| ends > *end))
    {
        lines.push(format!(
            "warning: schedule.not_after is {}: what is left then is not sent",
            time(end)
        ));
    }
    lines.push("~ supposes that a server takes two messages a second on each connection; deferrals come on top".to_owned());
    if !plan.asked_dns {
        lines.push("DNS was not asked: domains that share servers, and the limits of their providers, are not known".to_owned());
    }
    for line in lines.iter().flat_map(|line| text::wrap(line, columns)) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Destinations told to people.
const SHOWN: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> PlanReport<'static> {
        let planned = |name: &str, recipients, per_second: Option<f64>| Planned {
            name: name.to_owned(),
            domains: 2,
            recipients,
            pace: Some(Pace {
                connections: 2,
                rate: per_second.map(|per_second| Rate { per_second }),
                messages_per_connection: Some(20),
                needed: Duration::from_secs(recipients / 4),
                by_rate: per_second.is_some(),
            }),
            trouble: None,
        };
        let mut destinations = vec![
            planned("yahoo.co.jp{mx1,mx2}", 40_000, Some(10.0)),
            planned("google.com{\x1b[2J}", 9_000, None),
            Planned {
                pace: None,
                trouble: Some("the domain gone.example does not exist".into()),
                domains: 1,
                ..planned("gone.example", 5, None)
            },
        ];
        destinations.extend((0..20).map(|n| planned(&format!("d{n}.example"), 2, None)));
        PlanReport {
            segment: None,
            campaign: "spring",
            recipients: 49_045,
            destinations,
            asked_dns: true,
            whole_run: Duration::from_secs(5),
            starts: Timestamp::from_millis(1_796_083_200_000),
            ends: Some(Timestamp::from_millis(1_796_093_200_000)),
            not_after: Some(Timestamp::from_millis(1_796_090_000_000)),
        }
    }

    #[test]
    fn for_people() {
        let mut out = Vec::new();
        write_plan(&plan(), &mut out, 100).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(!shown.contains('\x1b'));
        assert!(
            shown.lines().all(|line| text::width(line) <= 100),
            "{shown}"
        );
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn for_programs() {
        let value: serde_json::Value = serde_json::from_str(&plan_json(&plan()).unwrap()).unwrap();
        assert_eq!(value["v"], 1);
        assert_eq!(value["destinations"].as_array().unwrap().len(), 23);
        assert_eq!(value["destinations"][0]["per_second"], 10.0);
        assert_eq!(value["destinations"][0]["name"], "yahoo.co.jp{mx1,mx2}");
        assert_eq!(
            value["destinations"][2]["trouble"],
            "the domain gone.example does not exist"
        );
        assert_eq!(value["ends"], "2026-12-01T02:46:40.000Z");
    }
}
