//! What campaigns are compared by.

use super::significance::differ;
use crate::model::{Reason, State};
use crate::report::CameBack;
use crate::report::digest::{Digest, Place};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Reasons and destinations that get a line of their own, those with most recipients.
const REASONS: usize = 8;
const DESTINATIONS: usize = 10;

/// One campaign of a comparison.
#[derive(Debug)]
pub struct Compared {
    /// Its name.
    pub campaign: String,
    /// What its rows come to.
    pub digest: Digest,
    /// What came back after messages had been taken.
    pub came_back: CameBack,
}

/// Campaigns side by side; the first is what the others are held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Their names.
    pub(in crate::report) campaigns: Vec<String>,
    /// What is compared.
    pub(in crate::report) lines: Vec<Line>,
}

/// One thing that is compared.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Line {
    /// What, as programs have it: `delivered`, `bounced.mailbox_full`, `destination.delivered`.
    pub(in crate::report) measure: String,
    /// The destination it is about; empty for the rest.
    pub(in crate::report) destination: String,
    /// A value for each campaign.
    pub(in crate::report) values: Vec<Value>,
}

/// A campaign's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) enum Value {
    /// So many.
    Count(u64),
    /// So many of so many.
    Share { count: u64, of: u64 },
    /// Seconds.
    Seconds(f64),
    /// Recipients a second.
    Rate(f64),
}

/// How a share differs from the first campaign's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Difference {
    /// In percentage points.
    pub(in crate::report) points: f64,
    /// Whether it is more than chance.
    pub(in crate::report) significant: bool,
}

impl Value {
    /// The share, 0 to 1; `None` for what is none, and of nothing.
    pub(in crate::report) fn share(self) -> Option<f64> {
        match self {
            Self::Share { count, of } if of > 0 => Some(count as f64 / of as f64),
            _ => None,
        }
    }

    /// How it differs from the first campaign's.
    pub(in crate::report) fn against(self, first: Self) -> Option<Difference> {
        let points = 100.0 * (self.share()? - first.share()?);
        let parts = |value| match value {
            Self::Share { count, of } => (count, of),
            _ => (0, 0),
        };
        Some(Difference {
            points,
            significant: differ(parts(self), parts(first)),
        })
    }
}

impl Comparison {
    /// Compares campaigns. Shares of outcomes are of the recipients that were to be mailed (neither
    /// suppressed nor invalid); those of complaints and unsubscribes are of the delivered. The
    /// duration is from the first attempt to the last; the rate is of the part of it in which
    /// recipients had their first or last attempt.
    #[must_use]
    pub fn of(campaigns: &[Compared]) -> Self {
        let mut lines = vec![
            line("recipients", campaigns, |one| {
                Value::Count(one.digest.counts.total())
            }),
            line("mailable", campaigns, |one| {
                Value::Count(one.digest.mailable())
            }),
        ];
        for state in [
            State::Delivered,
            State::Bounced,
            State::Expired,
            State::Deferred,
            State::InDoubt,
        ] {
            lines.push(line(state.as_str(), campaigns, |one| {
                of_mailable(one, one.digest.counts[state])
            }));
        }
        for reason in top_reasons(campaigns) {
            lines.push(line(&format!("failed.{reason}"), campaigns, |one| {
                of_mailable(one, one.digest.reasons.with(reason))
            }));
        }
        lines.push(line("complaints", campaigns, |one| {
            of_delivered(one, one.came_back.complaints)
        }));
        lines.push(line("unsubscribes", campaigns, |one| {
            of_delivered(one, one.came_back.unsubscribes)
        }));
        lines.push(line("duration", campaigns, |one| {
            Value::Seconds(one.digest.span().as_secs_f64())
        }));
        lines.push(line("active", campaigns, |one| {
            Value::Seconds(one.digest.active().as_secs_f64())
        }));
        lines.push(line("rate", campaigns, |one| {
            Value::Rate(one.digest.rate())
        }));
        for destination in top_destinations(campaigns) {
            let mut line = line("destination.delivered", campaigns, |one| {
                let place = one.digest.places.get(&destination);
                Value::Share {
                    count: place.map_or(0, |place| place.delivered),
                    of: place.map_or(0, Place::mailable),
                }
            });
            line.destination = destination;
            lines.push(line);
        }
        Self {
            campaigns: campaigns.iter().map(|one| one.campaign.clone()).collect(),
            lines,
        }
    }
}

fn line(measure: &str, campaigns: &[Compared], value: impl Fn(&Compared) -> Value) -> Line {
    Line {
        measure: measure.to_owned(),
        destination: String::new(),
        values: campaigns.iter().map(value).collect(),
    }
}

fn of_mailable(one: &Compared, count: u64) -> Value {
    Value::Share {
        count,
        of: one.digest.mailable(),
    }
}

fn of_delivered(one: &Compared, count: u64) -> Value {
    Value::Share {
        count,
        of: one.digest.counts.delivered,
    }
}

/// The reasons with most recipients over all campaigns.
fn top_reasons(campaigns: &[Compared]) -> Vec<Reason> {
    let all = |reason: &Reason| -> u64 {
        campaigns
            .iter()
            .map(|one| one.digest.reasons.with(*reason))
            .sum()
    };
    let mut ranked: Vec<_> = Reason::ALL.iter().map(|one| (*one, all(one))).collect();
    ranked.retain(|(_, count)| *count > 0);
    ranked.sort_by_key(|(reason, count)| (Reverse(*count), *reason));
    ranked.truncate(REASONS);
    ranked.into_iter().map(|(reason, _)| reason).collect()
}

/// The destinations with most recipients over all campaigns.
fn top_destinations(campaigns: &[Compared]) -> Vec<String> {
    let mut sums: HashMap<&str, u64> = HashMap::new();
    for one in campaigns {
        for (name, place) in one.digest.places.ranked() {
            *sums.entry(name).or_default() += place.total();
        }
    }
    let mut ranked: Vec<_> = sums.into_iter().collect();
    ranked.sort_by_key(|(name, count)| (Reverse(*count), *name));
    ranked.truncate(DESTINATIONS);
    ranked
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn the_time_to_completion_stands_beside_that_with_attempts() {
        let comparison = Comparison::of(&[Compared {
            campaign: "spring".to_owned(),
            digest: samples::greylisted(),
            came_back: CameBack::default(),
        }]);
        let of = |measure: &str| {
            let line = comparison.lines.iter().find(|one| one.measure == measure);
            line.unwrap().values[0]
        };
        assert_eq!(of("duration"), Value::Seconds(7_200.0));
        assert!(matches!(of("active"), Value::Seconds(s) if (600.0..=610.0).contains(&s)));
        assert!(matches!(of("rate"), Value::Rate(rate) if (1.0..1.1).contains(&rate)));
    }
}
