//! Bars, as SVG that is stretched to any width.

use super::scale::widths;
use crate::model::State;
use std::fmt::Write;

/// The length of a bar in its own units.
const LENGTH: u32 = 1_000;
/// What is there is drawn at least so long.
const LEAST: u32 = 6;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
