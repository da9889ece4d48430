//! What the end-to-end tests share: a mail server that keeps its own ledger, a workspace to send
//! from, a way to run the real program, and a reader for the letters that arrive.
//!
//! Nothing here uses Hikyaku's own code: a mistake in the program cannot hide in its judge.

#![allow(
    dead_code,
    reason = "every test program compiles this module and uses its own part of it"
)]

pub(crate) mod crowd_server;
pub(crate) mod dice;
pub(crate) mod ledger_server;
pub(crate) mod letter;
pub(crate) mod names;
pub(crate) mod program;
pub(crate) mod report;
pub(crate) mod service;
pub(crate) mod stream_server;
pub(crate) mod tls_front;
pub(crate) mod workspace;
