//! How fast, how many at once, and when again: policies over a time that is passed in.
//!
//! It owns the limits of destinations ([`limits_for`] and the profiles of large providers behind
//! it), the rate on the wire ([`RateLimit`]), how limits answer to what servers say
//! ([`Throttle`], [`Backoff`]), and the times of retries and of sending hours
//! ([`next_attempt`], [`window_opens`]). It never waits, reads no clock and throws no dice: the
//! engine asks it and sleeps.

mod backoff;
mod forecast;
mod limits;
mod profiles;
mod rate;
mod schedule;
mod throttle;
mod window;

pub use backoff::Backoff;
pub use forecast::{Bound, HORIZON, PER_MESSAGE, at_rate, finish, on_connections, time_needed};
pub use limits::{DestinationLimits, limits_for, limits_for_configured};
pub use rate::RateLimit;
pub use schedule::{Next, next_attempt};
pub use throttle::Throttle;
pub use window::window_opens;
