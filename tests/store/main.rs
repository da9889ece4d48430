//! The ledger through its public face: every operation, crashes, other processes, bad files.

mod operations;
mod support;
