//! The service as strangers see it: raw octets on loopback, good ones and bad ones. What it hands in
//! is looked at in a desk of the tests' own; `program` runs the real program over a real ledger.

#![cfg(test)]

mod client;
mod desk;
mod floods;
mod http;
mod inside;
mod ledger;
mod mailboxes;
mod patience;
mod place;
mod program;
mod running;
mod smtp;
#[path = "../support/mod.rs"]
mod support;
