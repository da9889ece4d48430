//! Hikyaku: bulk newsletter and campaign delivery.
//!
//! The modules below stand in layer order, and imports only point upwards on this page:
//! a module may name modules of the layers above its own, never of those below, and the
//! modules of the second layer never name one another. `tests/architecture.rs` holds the table.
//!
//! 1. Words: plain data, no I/O, no async, no clock.
//!    [`model`]
//! 2. Decisions: pure functions and protocol machines; the time and the dice are arguments.
//!    [`config`] (TOML to checked settings), [`dkim`] (keys and signatures), [`list`] (bytes to
//!    subscribers), [`render`] (subscriber to message), [`route`] (domain to destination), [`pace`]
//!    (rates, limits, retry times), [`proto`] (SMTP without sockets), [`secure`] (what receivers
//!    publish about TLS), [`classify`] (a reply to a reason), [`returned`] (a mail that came back to what it says),
//!    [`preflight`] (what receivers will say of a campaign), [`progress`] (events to what a person wants to see).
//! 3. Effects: the only modules that touch disk, sockets and clocks.
//!    [`store`] (SQLite), [`net`] (DNS, TCP, TLS, HTTPS, clock).
//! 4. Tasks.
//!    [`engine`] (a campaign's run), [`intake`] (what comes back), [`sandbox`] (a simulated internet on loopback).
//! 5. Faces: what people see of it.
//!    [`dash`] (the terminal dashboard), [`report`] (tables, CSV, JSON), [`serve`] (unsubscribes and
//!    returned mail from the internet, metrics).
//! 6. [`cli`]: where everything meets.

pub mod model;

pub mod classify;
pub mod config;
pub mod dkim;
pub mod list;
pub mod pace;
pub mod preflight;
pub mod progress;
pub mod proto;
pub mod render;
pub mod returned;
pub mod route;
pub mod secure;

pub mod net;
pub mod store;

pub mod engine;
pub mod intake;
pub mod sandbox;

pub mod dash;
pub mod report;
pub mod serve;

pub mod cli;
