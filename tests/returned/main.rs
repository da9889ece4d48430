//! Mails that came back, from octets to facts.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its files has failed"
)]

mod corpus;
mod robust;
mod samples;
mod score;
