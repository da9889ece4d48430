//! The ledger through its public face: every operation, crashes, other processes, bad files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod again;
mod lists;
mod lookups;
mod model_check;
mod operations;
mod steering;
mod sts;
mod support;
mod suppressions;
mod trouble;
mod upgrade;
