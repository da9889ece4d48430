//! The progress bar: every state has its share, its colour and its pattern.

use crate::model::{Counts, State};

/// The states from the left of the bar to its right.
const ORDER: [State; 10] = [
    State::Delivered,
    State::Bounced,
    State::Expired,
    State::InDoubt,
    State::Suppressed,
    State::Invalid,
    State::Cancelled,
    State::Deferred,
    State::Sending,
    State::Pending,
];

/// The pattern of a state, to be told apart without colour.
pub(super) fn pattern(state: State) -> &'static str {
    match state {
        State::Delivered => "█",
        State::Bounced | State::Expired => "▚",
        State::InDoubt => "?",
        State::Suppressed | State::Invalid | State::Cancelled => "╱",
        State::Deferred => "▒",
        State::Sending => "▓",
        State::Pending => "░",
    }
}

/// How many of `width` columns each state gets, in the order of the bar. Shares are rounded so
/// that the sum is exact, and a state that is there gets a column where there is one for each.
pub(super) fn segments(counts: &Counts, width: usize) -> Vec<(State, usize)> {
    let present: Vec<State> = ORDER
        .into_iter()
        .filter(|state| counts[*state] > 0)
        .collect();
    let total = counts.total();
    if present.is_empty() || width < present.len() {
        return Vec::new();
    }
    let spare = width - present.len();
    let mut sizes: Vec<(State, usize)> = Vec::with_capacity(present.len());
    let (mut sum, mut given) = (0, 0);
    for state in present {
        // The edge of each segment is rounded, not its size: no error adds up.
        sum += counts[state];
        let edge = (spare as f64 * (sum as f64 / total as f64)).round() as usize;
        sizes.push((state, 1 + edge.saturating_sub(given)));
        given = edge.max(given);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_bar_is_exactly_full(
            numbers in prop::collection::vec(prop_oneof![Just(0_u64), 0_u64..5_000_000], 10),
            width in 10_usize..300,
        ) {
            let mut counts = Counts::default();
            for (state, number) in State::ALL.into_iter().zip(numbers) {
                counts[state] = number;
            }
            let segments = segments(&counts, width);
            if counts.total() > 0 {
                prop_assert_eq!(segments.iter().map(|(_, size)| size).sum::<usize>(), width);
                prop_assert!(segments.iter().all(|(state, size)| *size > 0 && counts[*state] > 0));
            }
        }
    }
}
