//! SASL (RFC 4422) from the client's side: octets in, octets out.
//!
//! [`choose`] picks a mechanism, [`Exchange`] speaks it. Nothing here knows of SMTP's base64 and
//! line bounds, which are the [client](super::smtp_client)'s, nor throws dice: nonces are
//! arguments. Secrets come as [`secrecy::SecretString`] and leave as octets that say nothing of
//! themselves with `Debug` and are wiped when they are dropped.

mod bearer;
mod choice;
mod cram;
mod credentials;
mod exchange;
mod plain;
mod scram;

pub use choice::{Channel, NoMechanism, choose};
pub use credentials::Credentials;
pub use exchange::{Exchange, Response, SaslError};
