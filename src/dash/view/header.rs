//! The campaign, how it stands, how long it took and takes, and the bar of all states.
//!
//! ```text
//! hikyaku · welcome                      ► sending · 1m 12s · about 3m 20s left
//! ████████████████████▚▒▒▓░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  38 %  412/s
//! ✓ 7,310 delivered  ✗ 62 bounced  ↻ 214 deferred  › 64 sending  · 12,350 pending
//! ```

use super::super::app::App;
use super::super::theme::{Tone, run_tone, state_tone};
use super::{bar, grid};
use crate::model::{RunState, State};
use crate::progress::{Progress, text, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the three lines of the header.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &App, progress: &Progress) {
    let mut lines = grid::lines(area);
    if let Some(line) = lines.next() {
        headline(buffer, line, app, progress);
    }
    if let Some(line) = lines.next() {
        progress_bar(buffer, line, app, progress);
    }
    if let Some(line) = lines.next() {
        legend(buffer, line, app, progress);
    }
}

/// The campaign at the left, how it stands at the right; the campaign's name yields.
fn headline(buffer: &mut Buffer, line: Rect, app: &App, progress: &Progress) {
    let width = usize::from(line.width);
    let standing = standing(progress, width);
    let right = text::width(&standing).min(width);
    let columns = [
        grid::left("", width.saturating_sub(right + 1)),
        grid::right("", right),
    ];
    let title = format!("hikyaku · {}", app.title);
    let cells = [
        (title, app.theme.style(Tone::Strong)),
        (standing, app.theme.style(run_tone(progress.state()))),
    ];
    grid::row(buffer, line, &columns, cells);
}

/// State, time so far and time left, shorter on narrow screens.
fn standing(progress: &Progress, width: usize) -> String {
    let state = progress.state();
    let elapsed = words::duration(progress.elapsed());
    let head = format!(
        "{} {} · {elapsed}",
        words::run_sign(state),
        words::run(state)
    );
    let wide = width >= 70;
    let left = progress
        .time_left()
        .map(|time| (words::duration(time.left), time.at_least));
    match (state, left) {
        (RunState::Running, Some((left, true))) if wide => format!("{head} · at least {left} left"),
        (RunState::Running, Some((left, false))) if wide => format!("{head} · about {left} left"),
        (RunState::Running, None) if wide => format!("{head} · time left unknown"),
        (RunState::Running, Some((left, true))) => format!("{head} · >{left}"),
        (RunState::Running, Some((left, false))) => format!("{head} · ~{left}"),
        _ => head,
    }
}

fn progress_bar(buffer: &mut Buffer, line: Rect, app: &App, progress: &Progress) {
    let counts = progress.counts();
    let share = done(progress).map_or_else(String::new, |share| format!("{:>3.0} %", share));
    let note = format!("  {share}  {}", words::rate(progress.rate_now()));
    let width = usize::from(line.width);
    let room = width.saturating_sub(text::width(&note).max(14));
    let mut x = line.x;
    let mut put = |pattern: &str, size: usize, tone: Tone| {
        let style = app.theme.style(tone);
        (x, _) = buffer.set_stringn(x, line.y, pattern.repeat(size), size, style);
    };
    match progress
        .loading()
        .filter(|_| progress.state() == RunState::Loading)
    {
        Some(loading) => {
            let share = loading
                .of
                .map_or(0.0, |of| loading.rows as f64 / of.max(1) as f64);
            let full = (room as f64 * share.min(1.0)) as usize;
            put("█", full, Tone::Busy);
            put("░", room - full, Tone::Faint);
        }
        None => {
            let segments = bar::segments(counts, room);
            if segments.is_empty() {
                put("░", room, Tone::Faint);
            }
            for (state, size) in segments {
                put(bar::pattern(state), size, state_tone(state));
            }
        }
    }
    let columns = [grid::right("", width - room)];
    let rest = Rect {
        x: line.x + room as u16,
        width: line.width - room as u16,
        ..line
    };
    grid::row(
        buffer,
        rest,
        &columns,
        [(note, app.theme.style(Tone::Plain))],
    );
}

/// The share that is done, in percent: of reading while it reads, of recipients afterwards. It is
/// 100 only when nothing is left.
fn done(progress: &Progress) -> Option<f64> {
    let (part, all) = match progress
        .loading()
        .filter(|_| progress.state() == RunState::Loading)
    {
        Some(loading) => (loading.rows, loading.of?),
        None => {
            let counts = progress.counts();
            (counts.total().saturating_sub(counts.open()), counts.total())
        }
    };
    if all == 0 {
        return None;
    }
    let share = 100.0 * part as f64 / all as f64;
    Some(if part < all { share.min(99.0) } else { 100.0 })
}

/// Every state that there is, with its number; without words where they do not fit.
fn legend(buffer: &mut Buffer, line: Rect, app: &App, progress: &Progress) {
    let counts = progress.counts();
    let reading = progress
        .loading()
        .filter(|_| progress.state() == RunState::Loading);
    if let Some(loading) = reading {
        let of = loading
            .of
            .map_or_else(String::new, |of| format!(" of {}", words::count(of)));
        let sentence = format!("reading recipients: {}{of}", words::count(loading.rows));
        let columns = [grid::left("", line.width.into())];
        return grid::row(
            buffer,
            line,
            &columns,
            [(sentence, app.theme.style(Tone::Busy))],
        );
    }
    let order = [
        State::Delivered,
        State::Bounced,
        State::Expired,
        State::InDoubt,
        State::Deferred,
        State::Sending,
        State::Pending,
        State::Suppressed,
        State::Invalid,
        State::Cancelled,
    ];
    let present: Vec<State> = order
        .into_iter()
        .filter(|state| counts[*state] > 0)
        .collect();
    let long = |state: &State| {
        let (sign, word) = (words::state_sign(*state), words::state(*state));
        format!("{sign} {} {word}", words::count(counts[*state]))
    };
    let short = |state: &State| {
        format!(
            "{}{}",
            words::state_sign(*state),
            words::short_count(counts[*state])
        )
    };
    let total: usize = present
        .iter()
        .map(|state| text::width(&long(state)) + 2)
        .sum();
    let fits = total <= usize::from(line.width) + 2;
    let mut x = line.x;
    for state in &present {
        let label = if fits { long(state) } else { short(state) };
        let room = line.right().saturating_sub(x);
        if room == 0 {
            return;
        }
        let label = text::cell(&label, room.into());
        let style = app.theme.style(state_tone(*state));
        (x, _) = buffer.set_stringn(x, line.y, label, room.into(), style);
        x = x.saturating_add(if fits { 2 } else { 1 });
    }
}
