//! Before a campaign goes out: what receivers, laws and readers will say of it.
//!
//! Facts come in, findings go out. It owns the table of rules ([`rules`]), each with its source and
//! its remedy, and the receivers that publish some of them ([`Receiver`]). It refuses to render, to
//! read lists and to ask DNS: letters, rows and answers are arguments. Where a fact is missing no
//! rule about it finds anything: a name server that is silent never makes an error of the sender's.
//!
//! Read `rules` first; `letter` is what is looked at in each recipient's letter, `domain` what the
//! sender publishes, `audience` the list.

mod audience;
mod domain;
mod findings;
mod html;
mod law;
mod letter;
mod message;
mod placeholders;
mod receivers;
mod rules;
mod sample;
mod sending;
mod shares;
mod subject;
mod unsubscribe;
mod words;

pub use audience::{Audience, Fate, Rows};
pub use domain::{
    Answer, Facts, KeyFacts, SourceFacts, SpfFacts, Wanted, judge as judge_domain, judge_settings,
    wanted,
};
pub use findings::{Findings, Who};
pub use html::organisation;
pub use law::consent;
pub use letter::{Rendered, Unmade, glance, notes, read, shared_ids, unmade};
pub use receivers::Receiver;
pub use rules::{AskedBy, Rule, rules};
pub use sample::{Chosen, Sample};
pub use sending::{Selector, Sending, Way};
pub use shares::Shares;
