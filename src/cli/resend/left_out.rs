//! Who of those that were asked for stays as they are, and why.

use super::choice::{Choice, Unasked};
use crate::progress::words;
use crate::store::{LeftOut, Standing};

/// Counts with their reasons, in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stay {
    counts: Vec<(u64, &'static str)>,
    /// How many of the chosen are among them.
    pub(super) chosen: u64,
}

impl Stay {
    /// Of what the ledger found closed and what the choice did not take in.
    pub(super) fn of(choice: &Choice, standings: &[Standing], left_out: LeftOut) -> Self {
        let unasked = |why| -> u64 {
            let those = standings
                .iter()
                .filter(|one| choice.leaves_out(one) == Some(why));
            those.map(|one| one.count).sum()
        };
        let counts = [
            (left_out.suppressed, "suppressed"),
            (left_out.erased, "erased"),
            (left_out.unlisted, "not in the list any more"),
            (
                unasked(Unasked::InDoubt),
                "in doubt (--perhaps-twice takes them in)",
            ),
            (
                unasked(Unasked::Lasting),
                "bounced for the address's own sake (--reason takes them in)",
            ),
        ];
        Self {
            counts: counts.into_iter().filter(|(count, _)| *count > 0).collect(),
            chosen: left_out.all(),
        }
    }

    /// One line of them; `None` where nobody is left out.
    pub(super) fn in_words(&self) -> Option<String> {
        let parts: Vec<String> = (self.counts.iter())
            .map(|(count, why)| format!("{} {why}", words::count(*count)))
            .collect();
        (!parts.is_empty()).then(|| format!("left out: {}", parts.join(", ")))
    }

    /// A line for each, below a table of those who are chosen.
    pub(super) fn rows(&self) -> String {
        self.counts
            .iter()
            .map(|(count, why)| format!("  {:>12} left out   {why}\n", words::count(*count)))
            .collect()
    }
}
