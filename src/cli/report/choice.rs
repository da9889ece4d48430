//! Which recipients a report is asked for.

use crate::cli::args::Report as Args;
use crate::cli::fail::Failure;
use crate::model::{Action, Blame, Reason, ReportRow, State};
use crate::report::RowFilter;
use std::fmt::Display;
use std::str::FromStr;

/// States and reasons; those that are not named let everybody through.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) states: Vec<State>,
    pub(super) filter: RowFilter,
}

impl Choice {
    /// Reads what was typed.
    pub(super) fn of(args: &Args) -> Result<Self, Failure> {
        Ok(Self {
            states: words("--only", &args.only, &State::ALL)?,
            filter: RowFilter {
                reasons: words("--reason", &args.reason, Reason::ALL)?,
                blames: words("--blame", &args.blame, Blame::ALL)?,
                actions: words("--action", &args.action, Action::ALL)?,
            },
        })
    }

    /// Whether it is everybody.
    pub(super) fn is_all(&self) -> bool {
        self.states.is_empty() && self.filter.is_empty()
    }

    /// Whether a recipient is among them.
    pub(super) fn has(&self, row: &ReportRow) -> bool {
        (self.states.is_empty() || self.states.contains(&row.state)) && self.filter.has(row)
    }
}

fn words<T: FromStr + Display>(
    option: &str,
    typed: &[String],
    all: &[T],
) -> Result<Vec<T>, Failure> {
    let read = |word: &String| {
        word.trim().parse().map_err(|_| {
            let all: Vec<_> = all.iter().map(ToString::to_string).collect();
            Failure::usage(format_args!("{option}: {word:?} is none"))
                .hint(format_args!("they are {}", all.join(", ")))
        })
    };
    typed.iter().map(read).collect()
}
