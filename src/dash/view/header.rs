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
use crate::model::{Counts, RunState, State};
use crate::progress::{Loading, Progress, text, words};
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
    let mut line = format!("{} {}", words::run_sign(state), words::run(state));
    if width >= 60 || state != RunState::Running {
        line.push_str(&format!(" · {}", words::duration(progress.elapsed())));
    }
    if state != RunState::Running {
        return line;
    }
    let Some(time) = progress.time_left() else {
        let unknown = if width >= 70 {
            " · time left unknown"
        } else {
            ""
        };
        return line + unknown;
    };
    let left = words::duration(time.left);
    line + &match (width >= 70, time.at_least) {
        (true, true) => format!(" · at least {left} left"),
        (true, false) => format!(" · about {left} left"),
        (false, true) => format!(" · >{left}"),
        (false, false) => format!(" · ~{left}"),
    }
}

/// The bar, the share that is done, and the rate: that of the whole run when it is over.
fn progress_bar(buffer: &mut Buffer, line: Rect, app: &App, progress: &Progress) {
    let share = done(progress).map_or_else(String::new, |share| format!("{share:>3.0} %"));
    let rate = if progress.finished().is_some() {
        progress.rate_average()
    } else {
        progress.rate_now()
    };
    let note = format!("  {share}  {}", words::rate(rate));
    let width = usize::from(line.width);
    let room = width.saturating_sub(text::width(&note).max(14));
    let columns = [grid::left("", room), grid::right("", width - room - 1)];
    let cells = [String::new(), note].map(|text| (text, app.theme.style(Tone::Plain)));
    grid::row(buffer, line, &columns, cells);
    let mut x = line.x;
    for (pattern, size, tone) in stretches(progress, room) {
        let style = app.theme.style(tone);
        (x, _) = buffer.set_stringn(x, line.y, pattern.repeat(size), size, style);
    }
}

/// The bar as patterns and their lengths: of the list while it is read, of states afterwards.
fn stretches(progress: &Progress, room: usize) -> Vec<(&'static str, usize, Tone)> {
    if let Some(loading) = reading(progress) {
        let all = loading.of.filter(|of| *of > 0);
        let share = all.map_or(0.0, |of| loading.rows as f64 / of as f64);
        let full = (room as f64 * share.min(1.0)) as usize;
        return vec![("█", full, Tone::Busy), ("░", room - full, Tone::Faint)];
    }
    let segments = bar::segments(progress.counts(), room);
    if segments.is_empty() {
        return vec![("░", room, Tone::Faint)];
    }
    let stretch = |(state, size)| (bar::pattern(state), size, state_tone(state));
    segments.into_iter().map(stretch).collect()
}

/// How far the list was read, while that is what happens.
fn reading(progress: &Progress) -> Option<Loading> {
    progress
        .loading()
        .filter(|_| progress.state() == RunState::Loading)
}

/// The share that is done, in percent: of reading while it reads, of recipients afterwards. It is
/// 100 only when nothing is left.
fn done(progress: &Progress) -> Option<f64> {
    let (part, all) = match reading(progress) {
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

/// Every state that there is, with its number; on narrow screens related ones together, and words
/// from the left as far as they fit.
fn legend(buffer: &mut Buffer, line: Rect, app: &App, progress: &Progress) {
    if let Some(loading) = reading(progress) {
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
    let mut x = line.x;
    for (label, tone) in labels(progress.counts(), line.width.into()) {
        let room = line.right().saturating_sub(x);
        if room == 0 {
            return;
        }
        let style = app.theme.style(tone);
        (x, _) = buffer.set_stringn(
            x,
            line.y,
            text::cut(&label, room.into()),
            room.into(),
            style,
        );
    }
}

/// States that are told together on narrow screens, under the sign of the first.
const GROUPS: [(&str, &[State]); 7] = [
    ("delivered", &[State::Delivered]),
    ("failed", &[State::Bounced, State::Expired]),
    ("in doubt", &[State::InDoubt]),
    ("deferred", &[State::Deferred]),
    ("sending", &[State::Sending]),
    ("pending", &[State::Pending]),
    (
        "left out",
        &[State::Cancelled, State::Suppressed, State::Invalid],
    ),
];

/// The parts of the legend, with the space between them.
fn labels(counts: &Counts, width: usize) -> Vec<(String, Tone)> {
    let states = GROUPS.iter().flat_map(|(_, states)| *states);
    let each: Vec<_> = states
        .map(|state| (words::state(*state), std::slice::from_ref(state)))
        .collect();
    let full = parts(&each, counts);
    let long = |(number, word, tone): &(String, &str, Tone)| (format!("{number} {word}  "), *tone);
    let length = |label: &(String, Tone)| text::width(&label.0);
    let all: Vec<_> = full.iter().map(long).collect();
    if all.iter().map(length).sum::<usize>() <= width + 2 {
        return all;
    }
    let grouped = parts(&GROUPS, counts);
    let bare: usize = grouped
        .iter()
        .map(|(number, ..)| text::width(number) + 2)
        .sum();
    let Some(mut spare) = (width + 2).checked_sub(bare) else {
        return tight(counts);
    };
    let mut labels = Vec::new();
    for part in &grouped {
        let needed = text::width(part.1) + 1;
        if needed <= spare {
            spare -= needed;
            labels.push(long(part));
        } else {
            spare = 0;
            labels.push((format!("{}  ", part.0), part.2));
        }
    }
    labels
}

/// The parts where there is hardly room for their numbers.
fn tight(counts: &Counts) -> Vec<(String, Tone)> {
    let number = |(count, first): (u64, State)| {
        let (sign, number) = (words::state_sign(first), words::short_count(count));
        (format!("{sign}{number} "), state_tone(first))
    };
    GROUPS
        .iter()
        .filter_map(|(_, states)| sum(states, counts))
        .map(number)
        .collect()
}

/// How many are in one of the states, with the first of these; `None` where nobody is.
fn sum(states: &[State], counts: &Counts) -> Option<(u64, State)> {
    let count: u64 = states.iter().map(|state| counts[*state]).sum();
    states
        .first()
        .filter(|_| count > 0)
        .map(|first| (count, *first))
}

/// Sign and number, word, and tone of what there is.
fn parts<'a>(groups: &[(&'a str, &[State])], counts: &Counts) -> Vec<(String, &'a str, Tone)> {
    let part = |(word, states): &(&'a str, &[State])| {
        let (count, first) = sum(states, counts)?;
        let number = format!("{} {}", words::state_sign(first), words::count(count));
        Some((number, *word, state_tone(first)))
    };
    groups.iter().filter_map(part).collect()
}
