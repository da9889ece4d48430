//! Several addresses, one connection: attempts that overlap (RFC 8305, "Happy Eyeballs").
//!
//! An address that swallows packets costs a fraction of a second instead of the whole time-out: the
//! next one is tried beside it, and whoever answers first wins. Mail adds preference to that. A
//! server of worse preference is only begun when the better ones have failed or have had their
//! chance ([`CHANCE`]), so that a backup takes mail because it is needed and not because it is
//! nearer (RFC 5321 section 5.1). When a winner turns out to be of no use, the race goes on with
//! all that had not failed.

use super::{Clock, Dial};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

/// An address at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Where to connect.
    pub address: SocketAddr,
    /// Addresses of equal rank race with each other; a higher rank gives way to a lower one. Ranks
    /// do not fall along the list.
    pub rank: u32,
}

/// What happened in a race. Indexes are places in the list it was made of.
#[derive(Debug)]
pub enum Step<S> {
    /// Somebody was first. All others that were under way are given up, and are tried again should
    /// the race go on.
    Connected {
        /// Who.
        index: usize,
        /// The connection.
        stream: S,
        /// Those that had started earlier and had nothing to show for it.
        overtaken: Vec<usize>,
    },
    /// One has failed.
    Failed {
        /// Who.
        index: usize,
        /// Why.
        error: io::Error,
    },
}

/// A race under way.
pub struct Race<'a, D: Dial> {
    dialer: &'a D,
    clock: Clock,
    course: Vec<Start>,
    /// Who has not started, in order.
    waiting: VecDeque<usize>,
    running: Vec<Running<'a, D::Stream>>,
    /// When the next may start though others are running.
    next_start: Option<Instant>,
}

struct Running<'a, S> {
    index: usize,
    attempt: Pin<Box<dyn Future<Output = io::Result<S>> + Send + 'a>>,
}

impl<'a, D: Dial> Race<'a, D> {
    /// A race to the addresses of `course`, best first.
    #[must_use]
    pub fn new(dialer: &'a D, course: Vec<Start>, clock: Clock) -> Self {
        Self {
            dialer,
            clock,
            waiting: (0..course.len()).collect(),
            course,
            running: Vec::new(),
            next_start: None,
        }
    }

    /// The next that happens; `None` when nobody is left. Cancel-safe.
    pub async fn next(&mut self) -> Option<Step<D::Stream>> {
        loop {
            if self.running.is_empty() && !self.start_next() {
                return None;
            }
            let next_start = self.next_start;
            tokio::select! {
                biased;
                (place, result) = first_of(&mut self.running) => {
                    return Some(self.arrived(place, result));
                }
                () = sleep_until(next_start) => {
                    self.start_next();
                }
            }
        }
    }

    /// Starts whoever is next; `false` where nobody is.
    fn start_next(&mut self) -> bool {
        let Some(index) = self.waiting.pop_front() else {
            return false;
        };
        let address = self.course[index].address;
        let attempt = Box::pin(self.dialer.dial(address));
        self.running.push(Running { index, attempt });
        self.next_start = self.waiting.front().and_then(|next| {
            let pause = pause(self.course[index].rank, self.course[*next].rank);
            self.clock.instant().checked_add(pause)
        });
        true
    }

    fn arrived(&mut self, place: usize, result: io::Result<D::Stream>) -> Step<D::Stream> {
        let index = self.running.remove(place).index;
        match result {
            Ok(stream) => {
                let others: Vec<usize> = self.running.drain(..).map(|one| one.index).collect();
                for other in others.iter().rev() {
                    self.waiting.push_front(*other);
                }
                self.next_start = None;
                Step::Connected {
                    index,
                    stream,
                    overtaken: others.into_iter().filter(|one| *one < index).collect(),
                }
            }
            Err(error) => {
                let rank = self.course[index].rank;
                let next = self.waiting.front().map(|next| self.course[*next].rank);
                // Nobody waits out the pause behind a failure, except those of worse preference
                // while better ones are still running.
                if next == Some(rank) {
                    self.start_next();
                }
                Step::Failed { index, error }
            }
        }
    }
}

/// How long an address of rank `next` gives the one of rank `before` that started just before it.
fn pause(before: u32, next: u32) -> Duration {
    if before == next { STAGGER } else { CHANCE }
}

/// Waits for the first attempt to end; its place.
async fn first_of<S>(running: &mut [Running<'_, S>]) -> (usize, io::Result<S>) {
    poll_fn(|cx| {
        for (place, one) in running.iter_mut().enumerate() {
            if let Poll::Ready(result) = one.attempt.as_mut().poll(cx) {
                return Poll::Ready((place, result));
            }
        }
        Poll::Pending
    })
    .await
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Between two attempts at addresses of equal rank (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);
/// What servers of better preference have before worse ones are tried beside them: a lost SYN is
/// repeated after a second (RFC 6298 section 2.1), and gets most of another to be answered.
const CHANCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
