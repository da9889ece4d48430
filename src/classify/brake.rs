//! The safety brake: so much is refused for reasons of the sender's that going on does harm.

use crate::model::{Blame, Reason, Safety, Verdict};
use std::collections::{BTreeMap, VecDeque};

/// Answers that are looked at together.
const WINDOW: usize = 200;
/// More than this many of them stop the campaign: 5 % of the window.
const TOO_MANY: usize = 10;

/// Watches the last 200 final answers of a campaign, and stops it when more than 5 % of so many
/// refused the sender or the content.
///
/// Permanent refusals whose blame is the sender's or the content's count: the next recipient would be
/// refused as well, and reputation suffers with each. Deferrals do not; they slow a destination
/// down instead.
#[derive(Debug)]
pub struct Brake {
    on: bool,
    pulled: bool,
    /// The reasons of the refusals that count, `None` for every other final answer.
    last: VecDeque<Option<Reason>>,
    refused: usize,
}

impl Brake {
    /// A brake that nothing has touched yet.
    #[must_use]
    pub fn new(safety: &Safety) -> Self {
        Self {
            on: safety.brake,
            pulled: false,
            last: VecDeque::with_capacity(WINDOW),
            refused: 0,
        }
    }

    /// Takes note of a verdict. Once, when it has become too much, it says in a sentence why the
    /// campaign is to stop.
    pub fn observe(&mut self, verdict: &Verdict) -> Option<String> {
        let answer = match verdict {
            Verdict::Delivered => None,
            Verdict::Bounce(judgement) => {
                let ours = matches!(judgement.blame, Blame::Sender | Blame::Content);
                ours.then_some(judgement.reason)
            }
            Verdict::Defer(_)
            | Verdict::Requeue
            | Verdict::ResendInDoubt
            | Verdict::HoldInDoubt => return None,
        };
        if self.last.len() == WINDOW && self.last.pop_front().flatten().is_some() {
            self.refused -= 1;
        }
        self.refused += usize::from(answer.is_some());
        self.last.push_back(answer);
        if !self.on || self.pulled || self.refused <= TOO_MANY {
            return None;
        }
        self.pulled = true;
        Some(self.sentence())
    }

    fn sentence(&self) -> String {
        let mut reasons = BTreeMap::<&str, usize>::new();
        for reason in self.last.iter().flatten() {
            *reasons.entry(reason.as_str()).or_default() += 1;
        }
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let reasons: Vec<_> = reasons
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        format!(
            "{} of the last {} answers refused the sender or the content ({}): mend that, then send again to go on",
            self.refused,
            self.last.len(),
            reasons.join(", "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, Judgement};
    use proptest::prelude::*;

    fn bounce(reason: Reason) -> Verdict {
        Verdict::Bounce(Judgement {
            reason,
            blame: reason.blame(),
            action: Action::Fix,
            retry_after: None,
        })
    }

    #[test]
    fn stops_at_the_eleventh_refusal_and_says_why() {
        let mut brake = Brake::new(&Safety { brake: true });
        for _ in 0..30 {
            assert_eq!(brake.observe(&Verdict::Delivered), None);
        }
        for place in 0..10 {
            let reason = if place < 3 {
                Reason::AuthFailed
            } else {
                Reason::SpamContent
            };
            assert_eq!(brake.observe(&bounce(reason)), None);
        }
        let why = brake.observe(&bounce(Reason::SpamContent)).unwrap();
        assert!(why.starts_with("11 of the last 41 answers"), "{why}");
        assert!(why.contains("8 spam_content, 3 auth_failed"), "{why}");
        assert_eq!(
            brake.observe(&bounce(Reason::SpamContent)),
            None,
            "said once"
        );
    }

    #[test]
    fn dead_addresses_pull_no_brake() {
        let mut brake = Brake::new(&Safety { brake: true });
        assert!((0..1000).all(|_| brake.observe(&bounce(Reason::MailboxUnknown)).is_none()));
    }

    #[test]
    fn a_brake_that_is_off_stays_off() {
        let mut brake = Brake::new(&Safety { brake: false });
        assert!((0..1000).all(|_| brake.observe(&bounce(Reason::Virus)).is_none()));
    }

    proptest! {
        #[test]
        fn five_percent_never_stops(gaps in proptest::collection::vec(20_usize..40, 1..60)) {
            let mut brake = Brake::new(&Safety { brake: true });
            for gap in gaps {
                for _ in 0..gap {
                    prop_assert_eq!(brake.observe(&Verdict::Delivered), None);
                }
                prop_assert_eq!(brake.observe(&bounce(Reason::SpamContent)), None);
            }
        }
    }
}
