//! What stands over the panels: the help, and the question of the quit key.

use super::super::app::{Answer, App, Overlay};
use super::super::theme::Tone;
use crate::model::RunState;
use crate::progress::{Progress, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Clear, Widget};

/// A line and how it is seen.
type Line = (String, Tone);

/// Draws the overlay, if there is one.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &App, progress: &Progress) {
    match app.overlay {
        Overlay::None => {}
        Overlay::Help => boxed(buffer, area, app, "Keys", &help(app)),
        Overlay::Quit(marked) => {
            let lines = question(app, progress.state(), marked, area.width >= 60);
            boxed(buffer, area, app, "Leave the dashboard?", &lines);
        }
    }
}

fn help(app: &App) -> Vec<Line> {
    let quit = if app.watch_only {
        "leave; the run goes on"
    } else {
        "leave or stop: asks first"
    };
    let interrupt = if app.watch_only {
        "the same"
    } else {
        "the same; in the question: drain; then: abort"
    };
    [
        ("q", quit),
        ("Ctrl-C", interrupt),
        ("p", "pause, and go on"),
        ("Tab", "next panel"),
        ("d b n", "destinations, bounces, notices"),
        ("↑ ↓ j k", "scroll; also PgUp PgDn Home End"),
        ("s", "sort the destinations"),
        ("f", "bounces, deferrals or both"),
        ("t", "throughput: recent or whole run"),
        ("", ""),
        ("", "✓ delivered  ✗ bounced  ⊘ expired"),
        ("", "↻ deferred  › sending  · pending"),
        ("", "? in doubt: no answer came, it may have arrived"),
    ]
    .map(|(key, words)| (format!("{key:<8} {words}"), Tone::Plain))
    .to_vec()
}

/// The answers, what follows from each, and the keys; shorter where it is narrow.
fn question(app: &App, state: RunState, marked: usize, wide: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, answer) in app.answers(state).into_iter().enumerate() {
        let (word, follows) = match answer {
            Answer::Stay => ("stay", "nothing changes"),
            Answer::Drain if wide => ("drain", "finish what is on the wire, save, stop"),
            Answer::Drain => ("drain", "finish, save, stop"),
            Answer::Abort if wide => ("abort", "stop at once; what is on the wire is in doubt"),
            Answer::Abort => ("abort", "stop now, with doubts"),
            Answer::Detach if wide => ("detach", "sending goes on without the dashboard"),
            Answer::Detach => ("detach", "sending goes on"),
        };
        let (sign, tone) = if place == marked {
            ("►", Tone::Marked)
        } else {
            (" ", Tone::Plain)
        };
        let letter = answer.letter();
        lines.push((format!("{sign} {letter}  {word:<7}{follows}"), tone));
    }
    lines.push((String::new(), Tone::Plain));
    let ctrl_c = if app.draining(state) {
        "abort"
    } else {
        "drain"
    };
    let keys = format!("Enter ►   Esc stay   Ctrl-C {ctrl_c}");
    lines.push((keys, Tone::Faint));
    lines
}

/// A box in the middle, as large as its lines or as the screen.
fn boxed(buffer: &mut Buffer, area: Rect, app: &App, title: &str, lines: &[Line]) {
    let widths = lines.iter().map(|(line, _)| text::width(line));
    let needed = widths.max().unwrap_or(0).max(text::width(title) + 2);
    let width = u16::try_from(needed + 4).unwrap_or(u16::MAX);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let (width, height) = (width.min(area.width), height.min(area.height));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(place, buffer);
    let block = Block::bordered()
        .title(format!(" {title} "))
        .border_style(app.theme.style(Tone::Strong));
    let inside = block.inner(place);
    block.render(place, buffer);
    for (row, (line, tone)) in inside.rows().zip(lines) {
        let room = usize::from(row.width.saturating_sub(2));
        let line = text::cell(line, room);
        buffer.set_stringn(row.x + 1, row.y, line, room, app.theme.style(*tone));
    }
}
