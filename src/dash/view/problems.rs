//! The latest bounces and deferrals: who, why, and the server's own words.

use super::super::app::App;
use super::super::choices::{Filter, Panel};
use super::super::theme::{Tone, state_tone};
use super::clock::clock;
use super::grid::{self, Column, left};
use super::page::focused;
use super::panel;
use crate::model::{Settled, State};
use crate::progress::{Progress, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the panel.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &mut App, progress: &Progress) {
    let rows = filtered(app.filter, progress);
    let page = usize::from(area.height.saturating_sub(1));
    let scroll = app.measure(Panel::Problems, rows.len(), page);
    let title = match app.filter {
        Filter::All => "Latest bounces and deferrals",
        Filter::Bounces => "Latest bounces",
        Filter::Deferrals => "Latest deferrals",
    };
    let note = panel::position(scroll);
    let focus = focused(app, Panel::Problems);
    let inside = panel::rule(buffer, area, app, focus, title, &note);
    let columns = columns(inside.width.into());
    for (line, settled) in grid::lines(inside).zip(rows.iter().skip(scroll.offset)) {
        let cells = columns.iter().map(|(what, _)| {
            let (text, tone) = cell(*what, settled, app, progress);
            (text, app.theme.style(tone))
        });
        let columns: Vec<Column> = columns.iter().map(|(_, column)| *column).collect();
        grid::row(buffer, line, &columns, cells);
    }
    if rows.is_empty() && inside.height > 0 {
        let words = "none so far".to_owned();
        let columns = [left("", inside.width.into())];
        grid::row(
            buffer,
            inside,
            &columns,
            [(words, app.theme.style(Tone::Faint))],
        );
    }
}

/// What is listed, newest first.
fn filtered(filter: Filter, progress: &Progress) -> Vec<&Settled> {
    let (bounces, deferrals) = (progress.bounces().iter(), progress.deferrals().iter());
    match filter {
        Filter::Bounces => bounces.rev().collect(),
        Filter::Deferrals => deferrals.rev().collect(),
        Filter::All => {
            let mut all: Vec<_> = bounces.chain(deferrals).collect();
            all.sort_by_key(|settled| settled.at);
            all.reverse();
            all
        }
    }
}

/// What a column shows.
#[derive(Debug, Clone, Copy)]
enum Shows {
    Time,
    Sign,
    State,
    Reason,
    Email,
    Said,
}

/// The columns for a width.
fn columns(width: usize) -> Vec<(Shows, Column)> {
    match width {
        0..56 => {
            let reason = (width.saturating_sub(4)).min(21);
            vec![
                (Shows::Sign, left("", 1)),
                (Shows::Reason, left("", reason)),
                (Shows::Email, left("", width.saturating_sub(reason + 3))),
            ]
        }
        56..90 => vec![
            (Shows::Sign, left("", 1)),
            (Shows::Reason, left("", 21)),
            (Shows::Email, left("", width / 3)),
            (Shows::Said, left("", width.saturating_sub(25 + width / 3))),
        ],
        _ => {
            let email = (width / 4).min(40);
            vec![
                (Shows::Time, left("", 8)),
                (Shows::Sign, left("", 1)),
                (Shows::State, left("", 8)),
                (Shows::Reason, left("", 21)),
                (Shows::Email, left("", email)),
                (Shows::Said, left("", width.saturating_sub(43 + email))),
            ]
        }
    }
}

fn cell(what: Shows, settled: &Settled, app: &App, progress: &Progress) -> (String, Tone) {
    let tone = state_tone(settled.state);
    match what {
        Shows::Time => (clock(settled.at, progress.now(), &app.zone), Tone::Faint),
        Shows::Sign => (words::state_sign(settled.state).to_owned(), tone),
        Shows::State => (words::state(settled.state).to_owned(), tone),
        Shows::Reason => {
            let unknown = if settled.state == State::InDoubt {
                "no answer came"
            } else {
                "no reason given"
            };
            (
                settled.reason.map_or(unknown, words::reason).to_owned(),
                tone,
            )
        }
        Shows::Email => (settled.email.clone(), Tone::Plain),
        Shows::Said => (said(settled), Tone::Faint),
    }
}

/// Code, enhanced code and text, with nothing said twice: many servers repeat the codes.
fn said(settled: &Settled) -> String {
    let code = settled
        .code
        .map(|code| code.to_string())
        .unwrap_or_default();
    let enhanced = settled.enhanced.clone().unwrap_or_default();
    let mut words = String::new();
    for part in [code, enhanced] {
        if !part.is_empty() && !settled.diagnostic.contains(&part) {
            words.push_str(&part);
            words.push(' ');
        }
    }
    words + &settled.diagnostic
}
