//! Which run of a campaign a mail is about.

use super::news::About;
use crate::model::Timestamp;
use std::time::Duration;

/// When a recipient was tried, as far as runs are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tries {
    /// The run of the last attempt; the first is 1.
    pub(super) run: u32,
    /// When that run was begun; `None` for the first.
    pub(super) begun: Option<Timestamp>,
    /// The first attempt of all runs.
    pub(super) first: Option<Timestamp>,
    /// Whether the return paths of that run's messages tell it. Those that do not say 1.
    pub(super) told: bool,
}

/// Dates of mail have whole seconds.
const GRAIN: Duration = Duration::from_secs(1);
/// How far other people's clocks may be off. A notice that is as close as that to the beginning of a
/// run is taken to be of that run.
const SKEW: Duration = Duration::from_secs(3600);

impl Tries {
    /// Whether a mail is about a message of an earlier run than the one of the last attempt. Where
    /// nothing tells, it is about the last one.
    pub(super) fn outdate(&self, about: &About) -> bool {
        if let Some(run) = about.run.filter(|run| self.told || *run > 1) {
            return run < self.run;
        }
        match (about.sent, about.reported) {
            (Some(sent), _) => self.outdate_time(sent, GRAIN),
            (None, Some(reported)) => self.outdate_time(reported, SKEW),
            (None, None) => false,
        }
    }

    /// Whether a time lies before the run began. One before anything was sent is of a clock that is
    /// wrong, and tells nothing.
    fn outdate_time(&self, time: Timestamp, doubt: Duration) -> bool {
        let (Some(begun), Some(first)) = (self.begun, self.first) else {
            return false;
        };
        let latest = time.after(doubt);
        latest < begun && latest >= first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// First sent at hour 10, and again from hour 100 on.
    fn twice() -> Tries {
        Tries {
            run: 2,
            begun: Some(at(100 * HOUR)),
            first: Some(at(10 * HOUR)),
            told: true,
        }
    }

    fn sent(time: i64) -> About {
        About {
            sent: Some(at(time)),
            ..About::default()
        }
    }

    fn reported(time: i64) -> About {
        About {
            reported: Some(at(time)),
            ..About::default()
        }
    }

    #[test]
    fn a_token_decides_alone() {
        let of = |run, sent: About| About {
            run: Some(run),
            ..sent
        };
        assert!(twice().outdate(&of(1, sent(200 * HOUR))));
        assert!(!twice().outdate(&of(2, sent(20 * HOUR))));
        assert!(!twice().outdate(&of(3, About::default())));
    }

    #[test]
    fn a_token_that_cannot_know_leaves_it_to_the_times() {
        let tries = Tries {
            told: false,
            ..twice()
        };
        let of = |run, sent: About| About {
            run: Some(run),
            ..sent
        };
        assert!(!tries.outdate(&of(1, About::default())));
        assert!(!tries.outdate(&of(1, sent(200 * HOUR))));
        assert!(tries.outdate(&of(1, sent(20 * HOUR))));
        assert!(!tries.outdate(&of(2, sent(20 * HOUR))));
    }

    #[test]
    fn our_own_clock_is_exact_to_a_second() {
        assert!(twice().outdate(&sent(100 * HOUR - 2)));
        assert!(!twice().outdate(&sent(100 * HOUR - 1)));
        assert!(!twice().outdate(&sent(100 * HOUR)));
        let both = About {
            reported: Some(at(20 * HOUR)),
            ..sent(100 * HOUR)
        };
        assert!(!twice().outdate(&both), "theirs is not asked then");
    }

    #[test]
    fn other_clocks_may_be_off() {
        assert!(twice().outdate(&reported(98 * HOUR)));
        assert!(!twice().outdate(&reported(99 * HOUR + 60)));
        assert!(!twice().outdate(&reported(150 * HOUR)));
    }

    #[test]
    fn where_nothing_is_known_it_is_of_the_last_run() {
        assert!(!twice().outdate(&About::default()));
        assert!(!twice().outdate(&reported(0)), "a clock that was never set");
        let once = Tries {
            run: 1,
            begun: None,
            first: Some(at(10 * HOUR)),
            told: true,
        };
        assert!(!once.outdate(&sent(0)) && !once.outdate(&reported(11 * HOUR)));
        let new = Tries {
            first: Some(at(101 * HOUR)),
            ..twice()
        };
        assert!(!new.outdate(&reported(50 * HOUR)), "not tried before");
    }
}
