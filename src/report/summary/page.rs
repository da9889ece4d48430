//! The parts of a summary, as lines for a screen.

use super::RunFacts;
use super::gather::{Gathered, NAMED_IN_DOUBT, Outcomes};
use crate::model::{Counts, State};
use crate::progress::{text, words};
use crate::report::FurtherRun;

/// Destinations that get a line of their own.
const DESTINATIONS: usize = 15;
/// Reasons that get a line of their own.
const REASONS: usize = 12;

/// The lines so far.
pub(super) struct Page {
    pub(super) lines: Vec<String>,
    pub(super) columns: usize,
}

impl Page {
    /// Adds a line of a table; what stands in it from outside was made clean before.
    fn line(&mut self, line: &str) {
        let line = text::cut(line.trim_end(), self.columns).into_owned();
        self.lines.push(line);
    }

    /// Adds a sentence, in as many lines as it takes.
    fn prose(&mut self, sentence: &str) {
        self.lines.extend(text::wrap(sentence, self.columns));
    }

    /// Adds the title of a part, behind an empty line.
    fn part(&mut self, title: &str) {
        self.lines.push(String::new());
        self.prose(title);
    }

    pub(super) fn headline(&mut self, facts: &RunFacts, gathered: &Gathered) {
        let mut line = text::clean(&facts.campaign).into_owned();
        if let Some(state) = facts.state {
            line.push_str(": ");
            line.push_str(words::run(state));
        }
        if let Some(took) = facts.took {
            line.push_str(&format!(" after {}", words::duration(took)));
        }
        if let Some(rate) = facts.rate.filter(|rate| *rate > 0.0) {
            line.push_str(&format!(", {} on average", words::rate(rate)));
        }
        self.prose(&line);
        if let (None, Some(first), Some(last)) = (facts.took, gathered.first, gathered.last) {
            self.prose(&format!(
                "attempts from {} to {}",
                words::time(first),
                words::time(last)
            ));
        }
    }

    pub(super) fn states(&mut self, counts: &Counts, facts: &RunFacts) {
        let total = counts.total();
        self.lines.push(String::new());
        for state in State::ALL {
            let count = counts[state];
            if count > 0 {
                let share = share(count, total);
                let (sign, word) = (words::state_sign(state), words::state(state));
                let count = words::count(count);
                self.line(&format!("  {sign} {word:<12}{count:>12}  {share:>5} %"));
            }
        }
        self.line(&format!(
            "    {:<12}{:>12}",
            "recipients",
            words::count(total)
        ));
        let back = facts.came_back;
        for (count, word, told) in [
            (facts.duplicates, "duplicates", "left out"),
            (back.complaints, "complaints", "of readers"),
            (back.unsubscribes, "unsubscribes", "of readers"),
            (
                back.returned,
                "came back",
                "in bounce mails, among the bounced",
            ),
        ] {
            if count > 0 {
                let count = words::count(count);
                self.line(&format!("    {word:<12}{count:>12}  {told}"));
            }
        }
    }

    pub(super) fn reasons(&mut self, gathered: &Gathered) {
        let ranked = gathered.ranked_reasons();
        if ranked.is_empty() {
            return;
        }
        self.part("Why not delivered: reason, whose matter it is, what to do");
        for (reason, count) in ranked.iter().take(REASONS) {
            let word = reason.reason.map_or("no reason given", words::reason);
            let remedy = reason.remedy();
            let state = words::state(reason.state);
            let (count, blame) = (words::count(*count), reason.blame);
            let line = format!("  {count:>9} {state:<10} {word:<22} {blame:<10}");
            if text::width(&line) + 1 + text::width(remedy) <= self.columns {
                self.line(&format!("{line} {remedy}"));
            } else {
                self.line(&line);
                self.line(&format!("            {remedy}"));
            }
        }
        self.rest(ranked.len(), REASONS);
    }

    pub(super) fn destinations(&mut self, gathered: &Gathered) {
        let ranked = gathered.ranked_destinations();
        if ranked.is_empty() {
            return;
        }
        let room = self.columns.saturating_sub(42).clamp(12, 40);
        self.part(&format!(
            "{}  delivered     failed       open",
            padded("Destinations", room + 2)
        ));
        for (name, outcomes) in ranked.iter().take(DESTINATIONS) {
            let name = padded(&text::cell(name, room), room);
            let Outcomes {
                delivered,
                failed,
                open,
            } = outcomes;
            let [delivered, failed, open] = [delivered, failed, open].map(|n| words::count(*n));
            self.line(&format!("  {name} {delivered:>10} {failed:>10} {open:>10}"));
        }
        self.rest(ranked.len(), DESTINATIONS);
        if gathered.crowded {
            self.line("  rare destinations were put together as \"others\"");
        }
    }

    pub(super) fn doubts(&mut self, gathered: &Gathered, facts: &RunFacts) {
        let held = gathered.counts.in_doubt;
        if held > 0 {
            self.part("In doubt: the content was sent and no answer came, so it may have arrived");
            for email in &gathered.in_doubt {
                self.line(&format!("  {}", text::clean(email)));
            }
            self.rest(usize::try_from(held).unwrap_or(usize::MAX), NAMED_IN_DOUBT);
        }
        if facts.resent_in_doubt > 0 {
            let count = words::count(facts.resent_in_doubt);
            self.part(&format!(
                "Sent again after a doubt, so perhaps twice: {count}"
            ));
        }
    }

    pub(super) fn runs(&mut self, runs: &[FurtherRun]) {
        if runs.is_empty() {
            return;
        }
        self.part("Sent again to");
        for run in runs {
            let states: Vec<_> = run.states.iter().map(|one| words::state(*one)).collect();
            let (at, count) = (words::time(run.begun), words::count(run.recipients));
            let states = states.join(", ");
            self.line(&format!(
                "  {count:>12}  run {}, {at}: {states}",
                run.number
            ));
        }
    }

    pub(super) fn next_steps(&mut self, gathered: &Gathered) {
        let open = gathered.counts.open();
        if open == 0 {
            return;
        }
        let next = gathered.next.map_or_else(String::new, |next| {
            format!("; the next attempt is due at {}", words::time(next))
        });
        self.part(&format!("{} still open{next}", words::count(open)));
    }

    fn rest(&mut self, all: usize, shown: usize) {
        if all > shown {
            let more = words::count((all - shown) as u64);
            self.line(&format!("  and {more} more"));
        }
    }
}

/// A share in percent; what is there is never shown as nothing.
fn share(count: u64, total: u64) -> String {
    let share = 100.0 * count as f64 / total.max(1) as f64;
    if share < 0.1 {
        "<0.1".to_owned()
    } else {
        format!("{share:.1}")
    }
}

/// The text with spaces behind it up to `columns`; wide characters count as two.
fn padded(text: &str, columns: usize) -> String {
    let gap = columns.saturating_sub(text::width(text));
    format!("{text}{:gap$}", "")
}
