//! TLS as servers, web servers and name servers really offer it, on loopback: certificates of
//! every kind, sessions, MTA-STS policies, signed zones, and the program among all of them.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "the servers of a test end with its runtime"
)]

#[path = "../support/mod.rs"]
mod support;

mod campaign;
mod certs;
mod fetch;
mod handshake;
mod mail;
mod town;
mod validation;
mod web;
mod zone;
