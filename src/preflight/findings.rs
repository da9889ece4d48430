//! Findings while they come in: counted, with a few examples, however many there are.

use super::receivers::Receiver;
use super::rules::unsubscribe::UNSUBSCRIBE_MISSING;
use super::rules::{Rule, rules};
use super::shares::Shares;
use crate::model::{Detail, Example, Finding, Scope, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// What was found so far. Several of them, one for each thread, can be joined.
#[derive(Debug, Clone, Default)]
pub struct Findings(BTreeMap<&'static str, Found>);

/// Whose letter shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who<'a> {
    /// The data row, the first is 1.
    pub row: u64,
    /// The address, or the text that is none.
    pub recipient: &'a str,
}

/// Among how many things a rule looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Among {
    /// The campaign itself: its domain, its settings.
    #[default]
    Campaign,
    /// Every row of the list.
    Rows,
    /// The letters that were read closely.
    Samples,
}

#[derive(Debug, Clone, Default)]
struct Found {
    count: u64,
    among: Among,
    last_row: Option<u64>,
    details: BTreeMap<String, Known>,
    omitted: u64,
    /// An error counts as a warning.
    softened: bool,
    /// The receivers it concerns, where that is not all that the rule names.
    receivers: BTreeSet<Receiver>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    count: u64,
    /// A detail counts once for each row, however often it stands in the letter.
    last_row: Option<u64>,
    examples: BTreeSet<Example>,
}

impl Findings {
    /// Something about the campaign itself.
    pub fn campaign(&mut self, rule: &Rule, detail: impl Into<String>) {
        self.add(rule, Among::Campaign, detail.into(), None);
    }

    /// Something that was looked for in every row.
    pub fn row(&mut self, rule: &Rule, detail: impl Into<String>, who: Who<'_>) {
        self.add(rule, Among::Rows, detail.into(), Some(who));
    }

    /// Something in a letter that was read closely.
    pub(super) fn sample(&mut self, rule: &Rule, detail: impl Into<String>, who: Who<'_>) {
        self.add(rule, Among::Samples, detail.into(), Some(who));
    }

    /// Something in a row that concerns one receiver of those the rule names.
    pub(super) fn row_for(
        &mut self,
        rule: &Rule,
        receiver: Receiver,
        detail: String,
        who: Who<'_>,
    ) {
        self.row(rule, detail, who);
        if let Some(found) = self.0.get_mut(rule.name) {
            found.receivers.insert(receiver);
        }
    }

    fn add(&mut self, rule: &Rule, among: Among, detail: String, who: Option<Who<'_>>) {
        let found = self.0.entry(rule.name).or_default();
        found.among = among;
        let row = who.map(|who| who.row);
        if row.is_none() || found.last_row != row {
            found.count += 1;
            found.last_row = row;
        }
        let again = found.details.get(&detail);
        if row.is_some() && again.is_some_and(|known| known.last_row == row) {
            return;
        }
        let example = who.map(|who| Example {
            row: who.row,
            recipient: who.recipient.to_owned(),
        });
        if let Some(known) = found.detail(detail, 1, example) {
            known.last_row = row;
        }
    }

    /// Makes warnings of the errors found so far: whether they are any is not for us to see.
    pub(super) fn soften(&mut self) {
        for found in self.0.values_mut() {
            found.softened = true;
        }
    }

    /// Takes in what another thread found in other rows.
    pub fn join(&mut self, other: Self) {
        for (name, theirs) in other.0 {
            let ours = self.0.entry(name).or_default();
            ours.count += theirs.count;
            ours.among = theirs.among;
            ours.omitted += theirs.omitted;
            ours.softened |= theirs.softened;
            ours.receivers.extend(theirs.receivers);
            for (text, known) in theirs.details {
                let _ = ours.detail(text, known.count, known.examples);
            }
        }
    }

    /// The findings in the order of the rules, errors first, without the rules to `ignore`.
    ///
    /// An error of receivers with whom nobody in `shares` has an address is a warning: they never
    /// see the mail.
    #[must_use]
    pub fn finish(mut self, shares: &Shares, samples: u64, ignore: &[&str]) -> Vec<Finding> {
        let mut all: Vec<Finding> = rules()
            .filter(|rule| !ignore.contains(&rule.name))
            .filter_map(|rule| Some(self.0.remove(rule.name)?.finish(rule, shares, samples)))
            .collect();
        // A stable sort: within a severity the order of the rules stays.
        all.sort_by_key(|finding| finding.severity);
        all
    }
}

impl Found {
    /// Counts a detail; `None` where there is no room for another one.
    fn detail(
        &mut self,
        text: String,
        count: u64,
        examples: impl IntoIterator<Item = Example>,
    ) -> Option<&mut Known> {
        if self.details.len() >= KEPT && !self.details.contains_key(&text) {
            self.omitted += count;
            return None;
        }
        let known = self.details.entry(text).or_default();
        known.count += count;
        for example in examples {
            known.examples.insert(example);
            if known.examples.len() > EXAMPLES {
                known.examples.pop_last();
            }
        }
        Some(known)
    }

    fn finish(self, rule: &Rule, shares: &Shares, samples: u64) -> Finding {
        let receivers: Vec<Receiver> = match self.receivers.is_empty() {
            true => rule.receivers().to_vec(),
            false => self.receivers.into_iter().collect(),
        };
        let concerns = match rule.scope() {
            Scope::Receivers => Some(receivers.iter().map(|one| shares.at(*one)).sum()),
            Scope::Sender => Some(shares.recipients()),
            Scope::Letter | Scope::Law | Scope::Advice => {
                (self.among == Among::Rows).then_some(self.count)
            }
        };
        // A way out is owed to every reader, whoever hosts them.
        let owed = *rule == UNSUBSCRIBE_MISSING;
        let nobody = rule.scope() == Scope::Receivers && concerns == Some(0) && !owed;
        let mut details: Vec<Detail> = (self.details.into_iter())
            .map(|(text, known)| Detail {
                text,
                count: known.count,
                examples: known.examples.into_iter().collect(),
            })
            .collect();
        details.sort_by_key(|detail| std::cmp::Reverse(detail.count));
        let hidden: u64 = details.iter().skip(SHOWN).map(|detail| detail.count).sum();
        details.truncate(SHOWN);
        Finding {
            rule: rule.name,
            severity: match rule.severity {
                Severity::Error if nobody || self.softened => Severity::Warning,
                severity => severity,
            },
            summary: rule.summary,
            count: self.count,
            among: match self.among {
                Among::Campaign => None,
                Among::Rows => Some(shares.rows()),
                Among::Samples => Some(samples),
            },
            details,
            omitted: self.omitted + hidden,
            receivers: receivers.into_iter().map(Receiver::name).collect(),
            concerns,
            source: rule.source,
            remedy: rule.remedy,
            scope: rule.scope(),
        }
    }
}

/// Different details of a rule that are told apart. A template that fails in another way in each
/// row must not fill the memory.
const KEPT: usize = 64;
/// Details of a rule that are reported.
const SHOWN: usize = 6;
/// Recipients named for a detail.
const EXAMPLES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Domain;
    use crate::preflight::rules::{domain, letter};

    fn who(row: u64) -> Who<'static> {
        Who {
            row,
            recipient: "ann@example.com",
        }
    }

    fn shares(domain: &str) -> Shares {
        let mut shares = Shares::default();
        shares.add(&Domain::parse(domain).unwrap());
        shares
    }

    #[test]
    fn a_receivers_rule_is_an_error_only_where_somebody_has_an_address_there() {
        let mut findings = Findings::default();
        findings.campaign(&domain::DMARC_MISSING, "example.com");
        let finish = |at| findings.clone().finish(&shares(at), 0, &[]).remove(0);
        let gmail = finish("gmail.com");
        assert_eq!((gmail.severity, gmail.concerns), (Severity::Error, Some(1)));
        assert!(gmail.stops(false) && !gmail.stops(true));
        let other = finish("example.org");
        assert_eq!(
            (other.severity, other.concerns),
            (Severity::Warning, Some(0))
        );
        assert!(!other.stops(false));
    }

    #[test]
    fn what_no_receiver_could_take_stops_rehearsals_too() {
        let mut findings = Findings::default();
        findings.row(&letter::TEMPLATE_ERROR, "body.html:1: x", who(3));
        let found = findings.finish(&Shares::default(), 0, &[]).remove(0);
        assert!(found.stops(false) && found.stops(true));
    }

    #[test]
    fn any_number_of_findings_is_a_few_details_and_a_count() {
        let mut all = Findings::default();
        for part in 0..4_u64 {
            let mut one = Findings::default();
            for row in 0..1000 {
                one.row(
                    &letter::TEMPLATE_ERROR,
                    format!("error {}", row % 500),
                    who(part * 1000 + row),
                );
            }
            all.join(one);
        }
        let found = all.finish(&Shares::default(), 0, &[]).remove(0);
        assert_eq!(found.count, 4000);
        assert_eq!(found.details.len(), SHOWN);
        let shown: u64 = found.details.iter().map(|detail| detail.count).sum();
        assert_eq!(shown + found.omitted, 4000);
        assert!(
            found
                .details
                .iter()
                .all(|detail| detail.examples.len() <= EXAMPLES)
        );
    }

    #[test]
    fn a_detail_counts_once_for_each_row() {
        let mut findings = Findings::default();
        for row in [1, 1, 2] {
            findings.row(&letter::PLACEHOLDER_LEFT, "[[name]]", who(row));
        }
        findings.row(&letter::PLACEHOLDER_LEFT, "[[city]]", who(2));
        findings.row(&letter::PLACEHOLDER_LEFT, "[[name]]", who(2));
        let found = findings.finish(&Shares::default(), 0, &[]).remove(0);
        let details = found.details.iter();
        let counts: Vec<_> = details.map(|it| (it.text.as_str(), it.count)).collect();
        assert_eq!(
            (found.count, counts),
            (2, vec![("[[name]]", 2), ("[[city]]", 1)])
        );
    }

    #[test]
    fn ignored_rules_are_left_out_and_errors_come_first() {
        let mut findings = Findings::default();
        findings.row(&letter::SUBJECT_LONG, "80 columns", who(1));
        findings.campaign(&domain::FROM_DOMAIN_UNKNOWN, "example.com");
        findings.campaign(&domain::DMARC_ONLY_MONITORS, "example.com");
        let names = |ignore: &[&str]| -> Vec<_> {
            let all = findings.clone().finish(&Shares::default(), 0, ignore);
            all.iter().map(|finding| finding.rule).collect()
        };
        assert_eq!(
            names(&[]),
            ["from-domain-unknown", "subject-long", "dmarc-only-monitors"]
        );
        assert_eq!(
            names(&["subject-long"]),
            ["from-domain-unknown", "dmarc-only-monitors"]
        );
    }
}
