//! Throughput over time.
//!
//! ```text
//! ── Throughput: now 412/s · average 380/s · peak 590/s ───── last 10m 00s ──
//!     600/s ┤        ▂▅▇██▇▅▃▂▁                         delivered, a column a step
//!           │    ▃▆██████████████▆▅▄
//!       0/s ┤▂▅█████████████████████
//!  ↻   12/s ┤      ▁▁▂▂▃▁                                deferrals, on a scale of their own
//!  ✗    2/s ┤    ▁   ▁                                   failures, on a scale of their own
//!            -10m 00s           -5m 00s            now
//! ```

use super::super::app::{App, Span};
use super::super::theme::Tone;
use super::{grid, panel};
use crate::progress::{Progress, Rates, text, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::Duration;

/// Columns of the scale.
const GUTTER: u16 = 12;
/// Seconds that a column may stand for, so that its edges stay where they are.
const STEPS: [u32; 15] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400,
];
/// Parts of a cell, from an eighth to a whole.
const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws the panel.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &App, progress: &Progress) {
    let width = area.width.saturating_sub(GUTTER + 1);
    let step = step(app.span, progress, width);
    let spanned = words::duration(Duration::from_secs(u64::from(step) * u64::from(width)));
    let note = match app.span {
        Span::Recent => format!("last {spanned}"),
        Span::Whole => "the whole run".to_owned(),
    };
    let title = title(progress, area.width);
    let inside = panel::rule(buffer, area, app, false, &title, &note);
    if inside.height < 2 || width == 0 {
        return;
    }
    // Only whole steps: a column that is still filling would look like a collapse.
    let end = progress.now().as_secs().div_euclid(step.into()) * i64::from(step);
    let windows = progress.series().windows(end, step, width.into());
    let mut lines: Vec<Rect> = grid::lines(inside).collect();
    if lines.len() >= 4
        && let Some(line) = lines.pop()
    {
        time_axis(buffer, line, app, &spanned);
    }
    if lines.len() >= 5 {
        let (failed, deferred) = (lines.pop(), lines.pop());
        strip(buffer, deferred, app, "↻", Tone::Waiting, &windows, |r| {
            r.deferred
        });
        strip(buffer, failed, app, "✗", Tone::Bad, &windows, |r| {
            r.bounced
        });
    }
    bars(buffer, &lines, app, &windows);
}

fn title(progress: &Progress, width: u16) -> String {
    let now = words::rate(progress.rate_now());
    let average = words::rate(progress.rate_average());
    let peak = words::rate(progress.series().peak().into());
    if width < 60 {
        format!("{now} · average {average} · peak {peak}")
    } else {
        format!("Throughput: now {now} · average {average} · peak {peak}")
    }
}

/// Seconds a column stands for: the smallest step with which the columns span the time.
fn step(span: Span, progress: &Progress, width: u16) -> u32 {
    let run = progress.elapsed().as_secs().max(60);
    let seconds = match span {
        Span::Recent => run.min(600),
        Span::Whole => run,
    };
    let enough = |step: &&u32| u64::from(**step) * u64::from(width) >= seconds;
    STEPS.iter().find(enough).copied().unwrap_or(86_400)
}

/// Delivered a second as bars over several lines.
fn bars(buffer: &mut Buffer, lines: &[Rect], app: &App, windows: &[Rates]) {
    let most = windows
        .iter()
        .map(|rates| rates.delivered)
        .fold(0.0, f64::max);
    let top = rounded_up(most);
    let height = lines.len();
    for (place, line) in lines.iter().enumerate() {
        let label = match place {
            0 => words::rate(top),
            _ if place + 1 == height => "0/s".to_owned(),
            _ => String::new(),
        };
        scale(buffer, *line, app, &label);
        let below = (height - 1 - place) as f64;
        let cells = windows.iter().map(|rates| {
            let filled = rates.delivered / top * height as f64 - below;
            // What is there is seen, however little it is.
            block(filled, below == 0.0 && rates.delivered > 0.0)
        });
        draw(buffer, *line, app, Tone::Good, cells);
    }
}

/// A rate as bars of one line, scaled by itself.
fn strip(
    buffer: &mut Buffer,
    line: Option<Rect>,
    app: &App,
    sign: &str,
    tone: Tone,
    windows: &[Rates],
    of: impl Fn(&Rates) -> f64,
) {
    let Some(line) = line else {
        return;
    };
    let top = rounded_up(windows.iter().map(&of).fold(0.0, f64::max));
    scale(
        buffer,
        line,
        app,
        &format!("{sign} {:>7}", words::rate(top)),
    );
    let cells = windows
        .iter()
        .map(|rates| block(of(rates) / top, of(rates) > 0.0));
    draw(buffer, line, app, tone, cells);
}

fn draw<'a>(
    buffer: &mut Buffer,
    line: Rect,
    app: &App,
    tone: Tone,
    cells: impl Iterator<Item = &'a str>,
) {
    let text: String = cells.collect();
    let room = line.width.saturating_sub(GUTTER);
    let style = app.theme.style(tone);
    buffer.set_stringn(line.x + GUTTER, line.y, text, room.into(), style);
}

/// A label and the edge of the chart.
fn scale(buffer: &mut Buffer, line: Rect, app: &App, label: &str) {
    let edge = if label.is_empty() { "│" } else { "┤" };
    let columns = [grid::right("", usize::from(GUTTER) - 2), grid::left("", 1)];
    let style = app.theme.style(Tone::Faint);
    let cells = [(label.to_owned(), style), (edge.to_owned(), style)];
    grid::row(buffer, line, &columns, cells);
}

fn time_axis(buffer: &mut Buffer, line: Rect, app: &App, spanned: &str) {
    let width = usize::from(line.width.saturating_sub(GUTTER + 1));
    let label = format!("-{spanned}");
    let gap = width.saturating_sub(text::width(&label) + 3);
    let axis = format!("{label}{:gap$}now", "");
    draw(
        buffer,
        line,
        app,
        Tone::Faint,
        std::iter::once(axis.as_str()),
    );
}

/// The cell that is filled so far; below 0 and above 1 are empty and full.
fn block(filled: f64, at_least_a_line: bool) -> &'static str {
    let eighths = (filled.clamp(0.0, 1.0) * 8.0).round() as usize;
    match eighths.max(usize::from(at_least_a_line)) {
        0 => " ",
        eighths => BLOCKS[eighths.min(8) - 1],
    }
}

/// The next of 1, 2, 3, 5 times a power of ten: the end of a scale that does not tremble.
fn rounded_up(most: f64) -> f64 {
    if !most.is_finite() || most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let fits = |factor: &f64| factor * power >= most * 0.999;
    let factor = [1.0, 2.0, 3.0, 5.0].into_iter().find(fits).unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        let tops = [0.0, f64::NAN, 0.7, 1.0, 11.0, 290.0, 512.0].map(rounded_up);
        assert_eq!(tops, [1.0, 1.0, 1.0, 1.0, 20.0, 300.0, 1000.0]);
    }

    #[test]
    fn blocks_fill_in_eighths() {
        assert_eq!(
            [-1.0, 0.0, 0.5, 1.0, 7.0].map(|f| block(f, false)),
            [" ", " ", "▄", "█", "█"]
        );
        assert_eq!(block(0.001, true), "▁");
    }
}
