//! What the sender's domains publish in DNS, judged. The answers come in as [`Facts`]; nothing here
//! asks.

mod dkim;
mod dmarc;
mod facts;
mod from;
mod sources;
mod spf;

pub use facts::{Answer, Facts, KeyFacts, SourceFacts, SpfFacts};
pub use spf::{Wanted, wanted};

use super::findings::Findings;
use super::rules::domain::DNS_UNANSWERED;
use super::sending::Sending;

/// Judges what can be told without asking DNS.
pub fn judge_settings(sending: &Sending, findings: &mut Findings) {
    from::settings(sending, findings);
}

/// Judges what DNS answered.
pub fn judge(facts: &Facts, sending: &Sending, findings: &mut Findings) {
    from::published(facts, sending, findings);
    dkim::judge(&facts.keys, findings);
    spf::judge(facts, sending, findings);
    dmarc::judge(facts, sending, findings);
    sources::judge(&facts.sources, findings);
}

/// Says that a question has no answer: never an error of the sender's.
fn unanswered(name: &str, why: &str, findings: &mut Findings) {
    findings.campaign(&DNS_UNANSWERED, format!("{name}: {why}"));
}
