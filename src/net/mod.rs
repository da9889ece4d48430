//! DNS, TCP, TLS and the clock: the edge to the network.

mod clock;
mod dial;
mod dns;
mod race;
mod session;
mod stream;
mod tls;
mod wire;

pub use clock::Clock;
pub use dial::{Dial, TcpDial, can_send_from};
pub use dns::{AddressFailure, DnsError, Resolver, ResolverOptions};
pub use race::{Race, Start, Step};
pub use session::{Session, SessionEvent, TlsSetup};
pub use stream::MailStream;
pub use tls::{TlsClient, TlsSetupError, Verify, describe};
pub use wire::{Read, Turn, Wire};
