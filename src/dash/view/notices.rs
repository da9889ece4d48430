//! What a person should know: limits that changed, servers that misbehaved, brakes.

use super::super::app::App;
use super::super::choices::Panel;
use super::super::theme::Tone;
use super::clock::clock;
use super::grid::{self, left};
use super::page::focused;
use super::panel;
use crate::progress::{Progress, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the panel: newest first, each sentence in as many lines as it takes.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &mut App, progress: &Progress) {
    let rows = lines(area.width.into(), app, progress);
    let page = usize::from(area.height.saturating_sub(1));
    let scroll = app.measure(Panel::Notices, rows.len(), page);
    let note = panel::position(scroll);
    let focus = focused(app, Panel::Notices);
    let inside = panel::rule(buffer, area, app, focus, "Notices", &note);
    let columns = [
        left("", 8),
        left("", usize::from(inside.width).saturating_sub(9)),
    ];
    for (line, (time, words)) in grid::lines(inside).zip(rows.iter().skip(scroll.offset)) {
        let cells = [
            (time.clone(), app.theme.style(Tone::Faint)),
            (words.clone(), app.theme.style(Tone::Plain)),
        ];
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

/// Every line of every notice; the time stands before the first of each.
fn lines(width: usize, app: &App, progress: &Progress) -> Vec<(String, String)> {
    let room = width.saturating_sub(9);
    let mut lines = Vec::new();
    for notice in progress.notices().iter().rev() {
        let sentence = match &notice.destination {
            Some(name) => format!("{name}: {}", notice.text),
            None => notice.text.clone(),
        };
        let mut time = clock(notice.at, progress.now(), &app.zone);
        for line in text::wrap(&sentence, room) {
            lines.push((std::mem::take(&mut time), line));
        }
    }
    lines
}
