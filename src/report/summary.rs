//! What came of a campaign, in words: for the end of a run, and for `report` without a filter.

mod gather;
mod page;

use super::{CameBack, FurtherRun, ReportError};
use crate::model::{Counts, ReportRow, RunState};
use crate::progress::Progress;
use gather::Gathered;
use page::Page;
use std::io::Write;
use std::time::Duration;

/// What is known of a campaign besides its rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFacts {
    /// The campaign's name.
    pub campaign: String,
    /// How its latest run stands, where that is known.
    pub state: Option<RunState>,
    /// How long the run took; known at its end only.
    pub took: Option<Duration>,
    /// Recipients delivered a second in that run.
    pub rate: Option<f64>,
    /// Rows of the list that named an address again and were left out.
    pub duplicates: u64,
    /// Messages that were sent again because it was in doubt whether they had arrived.
    pub resent_in_doubt: u64,
    /// What came back after messages had been taken.
    pub came_back: CameBack,
    /// The campaign's further runs.
    pub runs: Vec<FurtherRun>,
}

impl RunFacts {
    /// What a run tells of itself; duplicates and doubts of earlier runs are the ledger's to say.
    #[must_use]
    pub fn of(progress: &Progress) -> Self {
        Self {
            campaign: progress.campaign().to_owned(),
            state: Some(progress.state()),
            took: Some(progress.elapsed()),
            rate: Some(progress.rate_average()),
            ..Self::default()
        }
    }
}

/// Writes the summary of all rows of a campaign for a screen of `columns`, and gives the counts
/// that came of the rows. Memory is bounded: of many destinations the rare ones are put together.
///
/// # Errors
/// Where the rows cannot be read or the summary cannot be written.
pub fn summary<E>(
    rows: impl IntoIterator<Item = Result<ReportRow, E>>,
    facts: &RunFacts,
    out: &mut impl Write,
    columns: usize,
) -> Result<Counts, ReportError<E>> {
    let gathered = Gathered::from_rows(rows).map_err(ReportError::Rows)?;
    let mut page = Page {
        lines: Vec::new(),
        columns: columns.max(20),
    };
    page.headline(facts, &gathered);
    page.states(&gathered.counts, facts);
    page.reasons(&gathered);
    page.destinations(&gathered);
    page.doubts(&gathered, facts);
    page.runs(&facts.runs);
    page.next_steps(&gathered);
    for line in &page.lines {
        writeln!(out, "{line}").map_err(ReportError::Write)?;
    }
    Ok(gathered.counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Blame, Reason, State};
    use crate::progress::text;
    use crate::report::samples;
    use std::convert::Infallible;

    fn written(rows: Vec<ReportRow>, facts: &RunFacts, columns: usize) -> String {
        let mut out = Vec::new();
        let rows = rows.into_iter().map(Ok::<_, Infallible>);
        summary(rows, facts, &mut out, columns).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn many() -> Vec<ReportRow> {
        let mut rows: Vec<_> = (0..3000).map(|_| samples::delivered()).collect();
        for place in 0..40 {
            rows.push(ReportRow {
                destination: format!("mx{place}.example"),
                state: State::Bounced,
                reason: Some(Reason::MailboxFull),
                blame: Blame::Recipient,
                ..samples::delivered()
            });
        }
        rows.push(ReportRow {
            destination: "郵便\x1b[2J.example".to_owned(),
            ..samples::delivered()
        });
        rows.extend(samples::rows());
        rows
    }

    #[test]
    fn the_end_of_a_run() {
        let facts = RunFacts {
            campaign: "welcome".to_owned(),
            state: Some(RunState::Stopped),
            took: Some(Duration::from_secs(83)),
            rate: Some(36.2),
            duplicates: 12,
            resent_in_doubt: 3,
            came_back: CameBack {
                complaints: 4,
                unsubscribes: 21,
                returned: 2,
            },
            runs: vec![FurtherRun {
                number: 2,
                begun: crate::model::Timestamp::from_millis(1_796_083_200_000),
                states: vec![State::Expired, State::InDoubt],
                recipients: 1_204,
            }],
        };
        insta::assert_snapshot!(written(many(), &facts, 120));
    }

    #[test]
    fn a_report_afterwards_on_a_narrow_screen() {
        let facts = RunFacts {
            campaign: "welcome".to_owned(),
            ..RunFacts::default()
        };
        let text = written(samples::rows(), &facts, 60);
        assert!(text.lines().all(|line| text::width(line) <= 60));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn nothing_at_all_is_said_plainly() {
        let text = written(Vec::new(), &RunFacts::default(), 80);
        assert!(text.contains("recipients             0"), "{text}");
    }
}
