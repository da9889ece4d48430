//! Throughput over time.
//!
//! ```text
//! ── Throughput: now 412/s · average 380/s · peak 590/s ───── last 10m 00s ──
//!      600/s ┤        ▂▅▇██▇▅▃▂▁                        delivered, a window a column or more
//!            │    ▃▆██████████████▆▅▄
//!        0/s ┤▂▅█████████████████████
//!  ↻    12/s ┤      ▁▁▂▂▃▁                              deferrals, on a scale of their own
//!  ✗     2/s ┤    ▁   ▁                                 failures, on a scale of their own
//!             -10m 00s                               now
//! ```

use super::super::app::App;
use super::super::choices::Span;
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
/// Seconds that are shown at least, however young the run is.
const SHORTEST: u64 = 45;
/// Parts of a cell, from an eighth to a whole.
const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The time the chart spans, cut into windows.
struct Timeline {
    windows: Vec<Rates>,
    /// Columns a window takes: several while a run is young, so that it does not start in a corner.
    wide: usize,
    /// All of it, in words.
    length: String,
}

impl Timeline {
    /// As much of the run as was chosen, on so many columns.
    fn new(span: Span, progress: &Progress, columns: usize) -> Self {
        let run = progress.elapsed().as_secs().max(SHORTEST);
        let seconds = match span {
            Span::Recent => run.min(600),
            Span::Whole => run,
        };
        let enough = |step: &&u32| u64::from(**step) * columns as u64 >= seconds;
        let step = STEPS.iter().find(enough).copied().unwrap_or(86_400);
        let needed = usize::try_from(seconds / u64::from(step)).unwrap_or(usize::MAX);
        let wide = (columns / needed.max(1)).clamp(1, 4);
        let count = columns / wide;
        // Only whole steps: a window that is still filling would look like a collapse.
        let end = progress.now().as_secs().div_euclid(step.into()) * i64::from(step);
        Self {
            windows: progress.series().windows(end, step, count),
            wide,
            length: words::duration(Duration::from_secs(u64::from(step) * count as u64)),
        }
    }

    /// The largest of the rates, or zero.
    fn most(&self, of: impl Fn(&Rates) -> f64) -> f64 {
        self.windows.iter().map(of).fold(0.0, f64::max)
    }

    /// A line of cells, one for each column.
    fn cells(&self, cell: impl Fn(&Rates) -> &'static str) -> String {
        let cells = self
            .windows
            .iter()
            .map(|rates| cell(rates).repeat(self.wide));
        cells.collect()
    }
}

/// Draws the panel.
pub(super) fn render(buffer: &mut Buffer, area: Rect, app: &App, progress: &Progress) {
    let columns = usize::from(area.width.saturating_sub(GUTTER));
    let time = Timeline::new(app.span, progress, columns.max(1));
    let note = match app.span {
        Span::Recent => format!("last {}", time.length),
        Span::Whole => "the whole run".to_owned(),
    };
    let title = title(progress, area.width);
    let inside = panel::rule(buffer, area, app, false, &title, &note);
    let mut lines: Vec<Rect> = grid::lines(inside).collect();
    if lines.len() >= 4
        && let Some(line) = lines.pop()
    {
        time_axis(buffer, line, app, &time);
    }
    if lines.len() >= 5 {
        let (failed, deferred) = (lines.pop(), lines.pop());
        let deferrals = ("↻", Tone::Waiting, |rates: &Rates| rates.deferred);
        let failures = ("✗", Tone::Bad, |rates: &Rates| rates.bounced);
        strip(buffer, deferred, app, &time, deferrals);
        strip(buffer, failed, app, &time, failures);
    }
    bars(buffer, &lines, app, &time);
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

/// Delivered a second as bars over several lines.
fn bars(buffer: &mut Buffer, lines: &[Rect], app: &App, time: &Timeline) {
    let top = rounded_up(time.most(|rates| rates.delivered));
    let height = lines.len();
    for (place, line) in lines.iter().enumerate() {
        let label = match place {
            0 => words::rate(top),
            _ if place + 1 == height => "0/s".to_owned(),
            _ => String::new(),
        };
        scale(buffer, *line, app, &label);
        let below = (height - 1 - place) as f64;
        let cells = time.cells(|rates| {
            let filled = rates.delivered / top * height as f64 - below;
            // What is there is seen, however little it is.
            block(filled, below == 0.0 && rates.delivered > 0.0)
        });
        put(buffer, *line, app, Tone::Good, &cells);
    }
}

/// A rate as bars of one line, on a scale of its own.
fn strip(
    buffer: &mut Buffer,
    line: Option<Rect>,
    app: &App,
    time: &Timeline,
    (sign, tone, of): (&str, Tone, impl Fn(&Rates) -> f64),
) {
    let Some(line) = line else {
        return;
    };
    let top = rounded_up(time.most(&of));
    scale(
        buffer,
        line,
        app,
        &format!("{sign} {:>7}", words::rate(top)),
    );
    let cells = time.cells(|rates| block(of(rates) / top, of(rates) > 0.0));
    put(buffer, line, app, tone, &cells);
}

/// Writes behind the scale.
fn put(buffer: &mut Buffer, line: Rect, app: &App, tone: Tone, cells: &str) {
    let room = line.width.saturating_sub(GUTTER);
    if room > 0 {
        let style = app.theme.style(tone);
        buffer.set_stringn(line.x + GUTTER, line.y, cells, room.into(), style);
    }
}

/// A label and the edge of the chart.
fn scale(buffer: &mut Buffer, line: Rect, app: &App, label: &str) {
    let edge = if label.is_empty() { "│" } else { "┤" };
    let columns = [grid::right("", usize::from(GUTTER) - 2), grid::left("", 1)];
    let style = app.theme.style(Tone::Faint);
    let cells = [(label.to_owned(), style), (edge.to_owned(), style)];
    grid::row(buffer, line, &columns, cells);
}

fn time_axis(buffer: &mut Buffer, line: Rect, app: &App, time: &Timeline) {
    let label = format!("-{}", time.length);
    let gap = (time.windows.len() * time.wide).saturating_sub(text::width(&label) + 3);
    put(
        buffer,
        line,
        app,
        Tone::Faint,
        &format!("{label}{:gap$}now", ""),
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

/// The next round number: the end of a scale that does not tremble.
fn rounded_up(most: f64) -> f64 {
    if !most.is_finite() || most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let fits = |factor: &f64| factor * power >= most * 0.999;
    let round = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
    let factor = round.into_iter().find(fits).unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        let tops = [0.0, f64::NAN, 0.7, 1.0, 11.0, 290.0, 512.0].map(rounded_up);
        assert_eq!(tops, [1.0, 1.0, 0.8, 1.0, 12.0, 300.0, 600.0]);
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
