//! The one place that asks what time it is.

use crate::model::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time to everything that acts in time.
///
/// Deadlines and rates run on tokio's monotonic clock ([`Clock::instant`]), what people read and
/// the ledger keeps on the wall clock ([`Clock::now`]).
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Where set, the wall clock is this time plus what tokio's clock has advanced since.
    anchor: Option<(tokio::time::Instant, Timestamp)>,
}

impl Clock {
    /// The machine's own clocks.
    #[must_use]
    pub const fn system() -> Self {
        Self { anchor: None }
    }

    /// A wall clock that reads `start` now and follows tokio's clock, paused or not.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the home of the clock")]
    pub fn anchored(start: Timestamp) -> Self {
        Self {
            anchor: Some((tokio::time::Instant::now(), start)),
        }
    }

    /// The wall-clock time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the home of the clock")]
    pub fn now(&self) -> Timestamp {
        match self.anchor {
            Some((since, start)) => start.after(since.elapsed()),
            None => {
                let since_epoch = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or(Duration::ZERO);
                Timestamp::ZERO.after(since_epoch)
            }
        }
    }

    /// The monotonic time, as protocol machines and rate limits take it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the home of the clock")]
    pub fn instant(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_anchored_clock_follows_tokio() {
        let clock = Clock::anchored(Timestamp::from_millis(1_000));
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(clock.now(), Timestamp::from_millis(3_601_000));
    }
}
