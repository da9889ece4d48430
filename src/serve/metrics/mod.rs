//! What Prometheus is told: counters of what came in, gauges of what the ledger says.
//!
//! No label holds anything that a stranger chooses, except the names of our own campaigns, of which
//! the newest are told: the number of series is bounded.

mod counters;
mod ledger;
mod text;

pub(super) use counters::Metrics;
pub(super) use ledger::Gauges;
pub(super) use text::{CLASSIC, OPEN, Wanted, classic, wanted};
