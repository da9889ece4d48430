//! What the tests of the SMTP client share: a witness who understands both sides of a
//! conversation without knowing the client's code, and a clock nobody has to wait for.

#![expect(
    clippy::unwrap_used,
    reason = "these are parts of tests, and a panic is their way to fail"
)]

mod player;
mod random;
mod script;
mod shifted;
mod witness;

pub(crate) use player::{Manner, Player};
pub(crate) use random::{Conversation, Setting};
pub(crate) use script::{Event, Script};
pub(crate) use shifted::{Fate, Shifted, Slip};
pub(crate) use witness::Witness;

use hikyaku::model::{Outcome, PipelineMode, RecipientId, Timeouts};
use hikyaku::proto::smtp_client::{ClientConfig, StartTls, Transaction};
use std::time::Instant;

/// Some moment; all times of a test are distances from it.
#[expect(
    clippy::disallowed_methods,
    reason = "an Instant cannot be made otherwise, and which one it is does not matter"
)]
pub(crate) fn some_moment() -> Instant {
    Instant::now()
}

/// A configuration with every default.
pub(crate) fn config() -> ClientConfig {
    ClientConfig {
        hostname: "mail.example.com".to_owned(),
        pipeline: PipelineMode::Auto,
        window: 64,
        opening: 1,
        window_octets: 256 << 10,
        chunk: 1 << 20,
        timeouts: Timeouts::default(),
        starttls: StartTls::IfOffered,
        login: None,
        messages: None,
    }
}

/// A recipient that was handed in, and everything that was said to have come of it.
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) transaction: u64,
    pub(crate) id: RecipientId,
    pub(crate) address: String,
    pub(crate) content: Vec<u8>,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Tracked {
    /// Whether a receiver got what was handed in; DATA may have to add the last line's end.
    fn content_survived(&self, received: &[u8], chunked: bool) -> bool {
        let end: &[u8] = if chunked || self.content.ends_with(b"\r\n") {
            b""
        } else {
            b"\r\n"
        };
        received == [&self.content, end].concat()
    }
}

/// Everybody a transaction is for.
pub(crate) fn track(transaction: &Transaction) -> impl Iterator<Item = Tracked> {
    transaction
        .recipients
        .iter()
        .map(|(id, address, _)| Tracked {
            transaction: transaction.id,
            id: *id,
            address: address.clone(),
            content: transaction.content.concat(),
            outcomes: Vec::new(),
        })
}

/// Notes an outcome with the recipient it is about.
pub(crate) fn note(
    tracked: &mut [Tracked],
    transaction: u64,
    recipient: RecipientId,
    outcome: Outcome,
) {
    tracked
        .iter_mut()
        .find(|one| one.transaction == transaction && one.id == recipient)
        .unwrap()
        .outcomes
        .push(outcome);
}
