//! A simulated internet on loopback: DNS answers that lead to SMTP servers with the manners of
//! mailbox providers.
//!
//! The real engine runs against it over real sockets; nothing in here knows the engine. Which
//! provider serves a domain is decided by a word in the domain's labels ([`provider_of`]), the
//! manners of each stand in one table ([`MANNERS`]), and what was accepted stands in a
//! [`Ledger`], on request in a file as well, so that crash tests can compare.

mod dice;
mod dns;
mod ledger;
mod manners;
mod options;
mod policy;
mod provider;
mod replies;
mod servers;
mod session;
mod tls;
mod zone;

pub use ledger::{Accepted, Ledger, ProviderCounts};
pub use manners::{Drops, Host, MANNERS, Manners, Users};
pub use options::SandboxOptions;
pub use servers::Sandbox;
pub use zone::provider_of;
