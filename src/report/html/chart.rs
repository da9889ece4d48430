//! The chart over time, as SVG that fits any width.
//!
//! Shapes are stretched to the width they get; text is not, because it stands outside of what is
//! stretched, at places in percent. Stretches stand side by side; a quiet time between two of them
//! is a narrow gap, however long it was.

use super::scale::{TimeTick, start_ticks, ticks, time_ticks, width};
use crate::progress::words;
use crate::report::digest::{Bucket, Parts};
use std::fmt::Write;

/// The height of the plot, in points.
const PLOT: f64 = 170.0;
/// Parts that a chart is drawn for at least, so that one second does not fill the page.
const FEWEST: usize = 12;
/// A gap for a quiet time takes this part of the parts beside it.
const GAP: usize = 40;

/// What was delivered and refused over time, with its axes. Empty where nothing was attempted.
pub(super) fn over_time(parts: &Parts) -> String {
    if parts.stretches.is_empty() {
        return String::new();
    }
    let plot = Plot::of(parts);
    let largest = plot.columns.iter().flatten().map(|one| one.all()).max();
    let largest = largest.unwrap_or(0);
    let scale = ticks(largest);
    let top = scale.last().copied().unwrap_or(1);
    let height = |count: u64| PLOT * (1.0 - count as f64 / top as f64);
    let mut chart = format!(
        "<svg class=\"time\" role=\"img\" aria-labelledby=\"time-title time-desc\" width=\"100%\" \
         height=\"{}\"><title id=\"time-title\">Outcomes per {}</title><desc id=\"time-desc\">\
         Delivered and refused recipients over time, at most {} per {}; the table below has the \
         numbers.</desc>",
        PLOT + 26.0,
        width(parts.width),
        words::count(largest),
        width(parts.width),
    );
    for tick in &scale {
        let y = height(*tick);
        let _ = write!(
            chart,
            "<line class=\"grid\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"y\" x=\"-8\" y=\"{:.1}\">{}</text>",
            y + 4.0,
            words::short_count(*tick)
        );
    }
    chart.push_str(&plot.areas(height));
    for tick in plot.ticks(parts) {
        let _ = write!(
            chart,
            "<line class=\"mark\" x1=\"{0:.2}%\" x2=\"{0:.2}%\" y1=\"{PLOT}\" y2=\"{1}\"/>\
             <text class=\"x{2}\" x=\"{3:.2}%\" y=\"{4}\">{5}</text>",
            tick.place,
            PLOT + 5.0,
            if tick.starts { " start" } else { "" },
            tick.text,
            PLOT + 19.0,
            tick.label
        );
    }
    chart + "</svg>"
}

/// The columns of a chart; `None` where it stands still.
struct Plot {
    columns: Vec<Option<Bucket>>,
    /// The column each stretch begins at.
    starts: Vec<usize>,
}

impl Plot {
    fn of(parts: &Parts) -> Self {
        let all: usize = parts.stretches.iter().map(|one| one.buckets.len()).sum();
        let gap = all.div_ceil(GAP);
        let (mut columns, mut starts) = (Vec::new(), Vec::new());
        for stretch in &parts.stretches {
            if !columns.is_empty() {
                columns.resize(columns.len() + gap, None);
            }
            starts.push(columns.len());
            columns.extend(stretch.buckets.iter().copied().map(Some));
        }
        if columns.len() < FEWEST {
            columns.resize(FEWEST, Some(Bucket::default()));
        }
        Self { columns, starts }
    }

    /// Both series as steps: all of them in the colour of what was refused, and what was delivered
    /// before it; and the quiet times.
    fn areas(&self, height: impl Fn(u64) -> f64) -> String {
        let series = |class: &str, value: fn(Bucket) -> u64| {
            let mut path = format!("<path class=\"{class}\" d=\"M0 {PLOT}");
            for (place, column) in self.columns.iter().enumerate() {
                let y = height(column.map_or(0, value));
                let _ = write!(path, "V{y:.1}H{}", place + 1);
            }
            path + &format!("V{PLOT}Z\"/>")
        };
        let mut quiet = String::new();
        for (place, _) in self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, one)| one.is_none())
        {
            let _ = write!(
                quiet,
                "<rect class=\"quiet\" x=\"{place}\" width=\"1\" height=\"{PLOT}\"/>"
            );
        }
        format!(
            "<svg width=\"100%\" height=\"{PLOT}\" viewBox=\"0 0 {} {PLOT}\" \
             preserveAspectRatio=\"none\">{quiet}{}{}</svg>",
            self.columns.len(),
            series("refused", Bucket::all),
            series("delivered", |one| one.delivered),
        )
    }

    /// Round times where there is one stretch, else when each of them began.
    fn ticks(&self, parts: &Parts) -> Vec<TimeTick> {
        if let [only] = &parts.stretches[..] {
            let columns = i64::try_from(self.columns.len()).unwrap_or(1);
            return time_ticks(only.start, parts.width * columns);
        }
        let place = |column: &usize| 100.0 * *column as f64 / self.columns.len() as f64;
        let starts = self.starts.iter().map(place);
        let times = parts.stretches.iter().map(|one| one.start);
        start_ticks(starts.zip(times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::report::digest::Timeline;

    #[test]
    fn a_chart_of_nothing_and_of_one() {
        let mut timeline = Timeline::default();
        assert_eq!(over_time(&timeline.parts()), "");
        timeline.add(Timestamp::from_millis(1_796_126_400_000), true);
        insta::assert_snapshot!(over_time(&timeline.parts()));
    }

    #[test]
    fn a_quiet_time_of_days_is_a_narrow_gap() {
        let mut timeline = Timeline::default();
        for second in 0..40_i64 {
            for day in [0, 5] {
                let at = 1_796_126_400_000 + (day * 86_400 + second) * 1_000;
                timeline.add(Timestamp::from_millis(at), true);
            }
        }
        let chart = over_time(&timeline.parts());
        assert_eq!(chart.matches("class=\"quiet\"").count(), 2);
        assert!(chart.contains("viewBox=\"0 0 82 170\""), "{chart}");
        assert!(
            chart.contains(">12-01 12:00<") && chart.contains(">12-06 12:00<"),
            "{chart}"
        );
    }

    #[test]
    fn a_million_stay_within_the_plot() {
        let mut timeline = Timeline::default();
        for second in 0..100_000_i64 {
            let at = Timestamp::from_millis(1_796_126_400_000 + second * 40);
            for copy in 0..10 {
                timeline.add(at, copy > 0);
            }
        }
        let chart = over_time(&timeline.parts());
        assert!(chart.len() < 8_000, "{}", chart.len());
        let heights = chart.split('V').skip(1).filter_map(|part| {
            let number: String = part
                .chars()
                .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
                .collect();
            number.parse::<f64>().ok()
        });
        assert!(heights.clone().count() > 100);
        assert!(heights.into_iter().all(|y| (0.0..=PLOT).contains(&y)));
    }
}
