//! The destinations: what each may do, what it does, and why it waits.

use super::super::app::App;
use super::super::choices::{Panel, Sort};
use super::super::theme::{Theme, Tone};
use super::grid::{self, Cell, Column, left, right};
use super::page::focused;
use super::panel;
use super::waits::waits;
use crate::progress::{DestinationNow, Progress, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cmp::Reverse;

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Name,
    Domains,
    Connections,
    Rate,
    RateLimit,
    Queued,
    Deferred,
    Delivered,
    Bounced,
    Waits,
}

/// Draws the panel.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &mut App, progress: &Progress) {
    let rows = sorted(app.sort, progress);
    // The rule and the titles take a line each.
    let page = usize::from(area.height.saturating_sub(2));
    let scroll = app.measure(Panel::Destinations, rows.len(), page);
    let focus = focused(app, Panel::Destinations);
    let note = panel::position(scroll);
    let inside = panel::rule(
        buffer,
        area,
        app,
        focus,
        &title(app, progress, area.width),
        &note,
    );
    let shown = shown(area.width);
    let columns = columns(&shown, area.width.into(), &rows);
    let below = grid::titles(buffer, inside, &columns, app.theme.style(Tone::Faint));
    for (line, now) in grid::lines(below).zip(rows.iter().skip(scroll.offset)) {
        let (why, tone) = waits(&now.view, progress, &app.zone);
        let cells = shown
            .iter()
            .map(|what| cell(*what, now, app.theme, (&why, tone)));
        grid::row(buffer, line, &columns, cells);
    }
    if rows.is_empty() && below.height > 0 {
        let words = "none yet: they appear when the first mail servers are known".to_owned();
        let columns = [left("", below.width.into())];
        grid::row(
            buffer,
            below,
            &columns,
            [(words, app.theme.style(Tone::Faint))],
        );
    }
}

fn title(app: &App, progress: &Progress, width: u16) -> String {
    let all = progress.destinations();
    let total = words::count(all.total as u64);
    let order = match app.sort {
        Sort::Trouble => "busy and troubled first",
        Sort::Name => "by name",
        Sort::Queued => "longest queue first",
        Sort::Deferred => "most deferred first",
        Sort::Delivered => "most delivered first",
        Sort::Bounced => "most bounced first",
    };
    let open = words::count(all.connections as u64);
    match width {
        _ if all.total == 0 => "Destinations".to_owned(),
        0..60 => format!("Destinations {total}"),
        60..100 => format!("Destinations {total} · {order}"),
        _ => format!("Destinations {total} · {open} connections open · {order}"),
    }
}

/// The destinations in the order that was chosen. Sorting is stable, so equals stay in the order
/// of the engine.
fn sorted(sort: Sort, progress: &Progress) -> Vec<&DestinationNow> {
    let mut rows: Vec<_> = progress.destinations().shown.iter().collect();
    match sort {
        Sort::Trouble => {}
        Sort::Name => rows.sort_by(|a, b| a.view.name.cmp(&b.view.name)),
        Sort::Queued => rows.sort_by_key(|now| Reverse(now.view.queued)),
        Sort::Deferred => rows.sort_by_key(|now| Reverse(now.view.deferred)),
        Sort::Delivered => rows.sort_by_key(|now| Reverse(now.view.delivered)),
        Sort::Bounced => rows.sort_by_key(|now| Reverse(now.view.bounced)),
    }
    rows
}

/// The columns for a width, in the order in which they stand.
fn shown(width: u16) -> Vec<Shows> {
    let from = [
        (0, Shows::Name),
        (110, Shows::Domains),
        (0, Shows::Connections),
        (90, Shows::Rate),
        (130, Shows::RateLimit),
        (50, Shows::Queued),
        (70, Shows::Deferred),
        (90, Shows::Delivered),
        (76, Shows::Bounced),
        (0, Shows::Waits),
    ];
    let fitting = from.into_iter().filter(|(least, _)| width >= *least);
    fitting.map(|(_, what)| what).collect()
}

/// Titles and widths; the name takes what it needs up to a third, the reason takes the rest.
fn columns(shown: &[Shows], width: usize, rows: &[&DestinationNow]) -> Vec<Column> {
    let mut columns: Vec<Column> = shown
        .iter()
        .map(|what| match what {
            Shows::Name => left("destination", 0),
            Shows::Domains => right("domains", 7),
            Shows::Connections => right("conns", 7),
            Shows::Rate => right("rate", 7),
            Shows::RateLimit => right("limit", 7),
            Shows::Queued => right("queued", 6),
            Shows::Deferred => right("defer.", 6),
            Shows::Delivered => right("deliv.", 6),
            Shows::Bounced => right("bounc.", 6),
            Shows::Waits => left("waits for", 0),
        })
        .collect();
    let free = grid::remaining(width, &columns) + 1;
    let names = rows
        .iter()
        .map(|now| crate::progress::text::width(&now.view.name));
    let needed = names.max().unwrap_or(0).clamp(11, 34);
    let name = needed.min(free * 2 / 5);
    if let [first, .., last] = columns.as_mut_slice() {
        (first.width, last.width) = (name, free - name);
    }
    columns
}

fn cell(what: Shows, now: &DestinationNow, theme: Theme, why: (&str, Tone)) -> Cell {
    let view = &now.view;
    let number = |count: u64, tone: Tone| {
        let tone = if count == 0 { Tone::Faint } else { tone };
        (words::short_count(count), tone)
    };
    let (text, tone) = match what {
        Shows::Name => (view.name.clone(), Tone::Plain),
        Shows::Domains => number(view.domains as u64, Tone::Plain),
        Shows::Connections => {
            let tone = if view.connections == 0 {
                Tone::Faint
            } else {
                Tone::Plain
            };
            (
                format!("{}/{}", view.connections, view.connections_limit),
                tone,
            )
        }
        Shows::Rate => (
            now.rate.map_or_else(|| "–".to_owned(), words::rate),
            Tone::Plain,
        ),
        Shows::RateLimit => (
            view.rate_limit.map_or_else(|| "–".to_owned(), words::rate),
            Tone::Faint,
        ),
        Shows::Queued => number(view.queued, Tone::Plain),
        Shows::Deferred => number(view.deferred, Tone::Waiting),
        Shows::Delivered => number(view.delivered, Tone::Good),
        Shows::Bounced => number(view.bounced, Tone::Bad),
        Shows::Waits => (why.0.to_owned(), why.1),
    };
    (text, theme.style(tone))
}
