//! The frame of a panel: one rule with its title, because lines and columns are dear.

use super::super::app::App;
use super::super::choices::Scroll;
use super::super::theme::Tone;
use crate::progress::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the rule above a panel and gives the space below it. Heavy and bold where the panel has
/// the focus. `note` stands at the right where there is room.
pub(super) fn rule(
    buffer: &mut Buffer,
    area: Rect,
    app: &App,
    focused: bool,
    title: &str,
    note: &str,
) -> Rect {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return area;
    }
    let (line, tone) = if focused {
        ("━", Tone::Strong)
    } else {
        ("─", Tone::Faint)
    };
    let width = usize::from(area.width);
    let rule = line.repeat(width);
    buffer.set_stringn(area.x, area.y, rule, width, app.theme.style(tone));
    let title = format!(" {} ", text::cut(title, width.saturating_sub(4)));
    let shown = if focused { Tone::Strong } else { Tone::Plain };
    put(buffer, area.x + 1, area, &title, app, shown);
    let used = text::width(&title) + 2;
    let note = format!(" {note} ");
    let needed = text::width(&note);
    if needed > 2 && used + needed < width {
        // Both are at most the area's width, which is a u16.
        let x = area.right() - needed as u16 - 1;
        put(buffer, x, area, &note, app, Tone::Faint);
    }
    Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    }
}

fn put(buffer: &mut Buffer, x: u16, area: Rect, text: &str, app: &App, tone: Tone) {
    let room = area.right().saturating_sub(x);
    if room > 0 {
        let style = ratatui::style::Style::reset().patch(app.theme.style(tone));
        buffer.set_stringn(x, area.y, text, room.into(), style);
    }
}

/// Which lines of a longer list are seen: `3-12 of 40`; empty where all are.
pub(super) fn position(scroll: Scroll) -> String {
    if scroll.rows <= scroll.page {
        return String::new();
    }
    let last = (scroll.offset + scroll.page).min(scroll.rows);
    format!("{}-{last} of {}", scroll.offset + 1, scroll.rows)
}
