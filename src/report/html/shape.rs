//! The drawings: bars and the chart over time, as SVG that fits any width.
//!
//! Shapes are stretched to the width they get; text is not, because it stands outside of what is
//! stretched, at places in percent.

use super::scale::{ticks, time_ticks, width, widths};
use crate::model::State;
use crate::progress::words;
use crate::report::digest::{Bucket, Timeline};
use std::fmt::Write;

/// The length of a bar in its own units.
const LENGTH: u32 = 1_000;
/// What is there is drawn at least so long.
const LEAST: u32 = 6;
/// The height of the chart's plot, in points.
const PLOT: f64 = 170.0;
/// Parts that a chart is drawn for at least, so that one second does not fill the page.
const FEWEST: usize = 12;

/// A bar of states, stacked. It says nothing that the words around it do not: readers of the page's
/// text pass it over.
pub(super) fn stacked(parts: &[(State, u64)], class: &str) -> String {
    let counts: Vec<u64> = parts.iter().map(|(_, count)| *count).collect();
    let mut bar = opened(class);
    let mut x = 0;
    for ((state, _), length) in parts.iter().zip(widths(&counts, LENGTH, LEAST)) {
        if length > 0 {
            let _ = write!(
                bar,
                "<rect class=\"{state}\" x=\"{x}\" width=\"{length}\" height=\"10\"/>"
            );
            x += length;
        }
    }
    bar + "</svg>"
}

/// A bar as long as a part of the largest.
pub(super) fn bar(count: u64, largest: u64) -> String {
    let rest = largest.saturating_sub(count);
    let length = widths(&[count, rest], LENGTH, LEAST);
    let length = length.first().copied().unwrap_or(0);
    opened("bar") + &format!("<rect class=\"plain\" width=\"{length}\" height=\"10\"/></svg>")
}

fn opened(class: &str) -> String {
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {LENGTH} 10\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\" focusable=\"false\">"
    )
}

/// What was delivered and refused over time, with its axes. Empty where nothing was attempted.
pub(super) fn over_time(timeline: &Timeline) -> String {
    let Some(start) = timeline.start() else {
        return String::new();
    };
    let mut buckets = timeline.buckets();
    if buckets.len() < FEWEST {
        buckets.resize(FEWEST, Bucket::default());
    }
    let largest = buckets.iter().map(|one| one.delivered + one.refused).max();
    let scale = ticks(largest.unwrap_or(0));
    let top = scale.last().copied().unwrap_or(1);
    let height = |count: u64| PLOT * (1.0 - count as f64 / top as f64);
    let mut chart = format!(
        "<svg class=\"time\" role=\"img\" aria-labelledby=\"time-title time-desc\" width=\"100%\" \
         height=\"{}\"><title id=\"time-title\">Outcomes per {}</title><desc id=\"time-desc\">\
         Delivered and refused recipients over time, at most {} per {}; the table below has the \
         numbers.</desc>",
        PLOT + 26.0,
        width(timeline.width()),
        words::count(largest.unwrap_or(0)),
        width(timeline.width()),
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
    chart.push_str(&areas(&buckets, height));
    let seconds = timeline.width() * i64::try_from(buckets.len()).unwrap_or(1);
    for tick in time_ticks(start, seconds) {
        let _ = write!(
            chart,
            "<line class=\"mark\" x1=\"{0:.2}%\" x2=\"{0:.2}%\" y1=\"{PLOT}\" y2=\"{1}\"/>\
             <text class=\"x\" x=\"{0:.2}%\" y=\"{2}\">{3}</text>",
            tick.place,
            PLOT + 5.0,
            PLOT + 19.0,
            tick.label
        );
    }
    chart + "</svg>"
}

/// Both series as steps: all of them in the colour of what was refused, and what was delivered
/// before it.
fn areas(buckets: &[Bucket], height: impl Fn(u64) -> f64) -> String {
    let series = |class: &str, value: fn(&Bucket) -> u64| {
        let mut path = format!("<path class=\"{class}\" d=\"M0 {PLOT}");
        for (place, bucket) in buckets.iter().enumerate() {
            let _ = write!(path, "V{:.1}H{}", height(value(bucket)), place + 1);
        }
        path + &format!("V{PLOT}Z\"/>")
    };
    format!(
        "<svg width=\"100%\" height=\"{PLOT}\" viewBox=\"0 0 {} {PLOT}\" \
         preserveAspectRatio=\"none\">{}{}</svg>",
        buckets.len(),
        series("refused", |one| one.delivered + one.refused),
        series("delivered", |one| one.delivered),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn bars_have_their_parts() {
        let parts = [
            (State::Delivered, 999_998),
            (State::Deferred, 0),
            (State::Bounced, 2),
        ];
        insta::assert_snapshot!(stacked(&parts, "bar"));
        assert!(stacked(&[(State::Delivered, 0)], "bar").ends_with("\"false\"></svg>"));
        assert!(bar(0, 0).contains("width=\"0\""));
        assert!(bar(7, 7).contains("width=\"1000\""));
    }

    #[test]
    fn a_chart_of_nothing_and_of_one() {
        let mut timeline = Timeline::default();
        assert_eq!(over_time(&timeline), "");
        timeline.add(Timestamp::from_millis(1_796_126_400_000), true);
        insta::assert_snapshot!(over_time(&timeline));
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
        let chart = over_time(&timeline);
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
