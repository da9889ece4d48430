//! DNS, TCP, TLS and the clock: the edge to the network.

mod answers;
mod certificate;
mod clock;
mod dane;
mod dial;
mod dns;
mod dnssec;
mod https;
pub mod mailbox;
mod race;
mod session;
mod stream;
mod tls;
mod wire;

pub use clock::Clock;
pub use dial::{Dial, TcpDial, can_send_from};
pub use dns::{AddressFailure, DnsError, Resolver, ResolverOptions, Unanswered};
pub use dnssec::{Probe, SecureResolver, TlsaAnswer};
pub use https::{FetchError, PolicyClient};
pub use race::{Race, Start, Step};
pub use session::{Session, SessionEvent, TlsSetup};
pub use stream::MailStream;
pub use tls::{Encrypted, TlsClient, TlsSetupError, Trust, Verify};
pub use wire::{Read, Turn, Wire};
