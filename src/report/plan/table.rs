//! A plan for people.

use super::{Pace, PlanReport};
use crate::model::Timestamp;
use crate::progress::{text, words};
use comfy_table::{CellAlignment, Table, TableStyle};
use std::io::{self, Write};

/// Destinations told to people.
const SHOWN: usize = 15;

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
