//! The keys, or what is about to happen.

use super::super::app::App;
use super::super::theme::Tone;
use super::grid::{self, left};
use crate::model::RunState;
use crate::progress::{Progress, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the last line.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &App, progress: &Progress) {
    let state = progress.state();
    let sentence = if progress.finished().is_some() {
        Some("It is over: any key leaves, arrows still scroll.")
    } else if app.draining(state) {
        Some("What is on the wire is finished, then it stops. Ctrl-C again aborts at once.")
    } else {
        None
    };
    if let Some(sentence) = sentence {
        let columns = [left("", area.width.into())];
        let cell = (sentence.to_owned(), app.theme.style(Tone::Waiting));
        return grid::row(buffer, area, &columns, [cell]);
    }
    keys(buffer, area, app, state);
}

/// The keys that fit, the most important ones first.
fn keys(buffer: &mut Buffer, area: Rect, app: &App, state: RunState) {
    let pause = if state == RunState::Paused {
        "resume"
    } else {
        "pause"
    };
    let keys = [
        ("q", "quit"),
        ("?", "help"),
        ("p", pause),
        ("Tab", "panel"),
        ("↑↓", "scroll"),
        ("s", "sort"),
        ("f", "filter"),
        ("t", "time span"),
    ];
    let mut x = area.x;
    for (key, word) in keys {
        let room = usize::from(area.right().saturating_sub(x));
        if text::width(key) + 1 + text::width(word) > room {
            return;
        }
        (x, _) = buffer.set_stringn(x, area.y, key, room, app.theme.style(Tone::Strong));
        let word = format!(" {word}");
        (x, _) = buffer.set_stringn(x, area.y, word, room, app.theme.style(Tone::Faint));
        x = x.saturating_add(3);
    }
}
