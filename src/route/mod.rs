//! From a domain's DNS answer to the destination its mail belongs to, and from several relays to
//! the one that is next.
//!
//! Pure functions: nothing here asks DNS, and nothing here keeps state. The answers come from
//! `net`; limits and queues of destinations are the engine's.

mod attempts;
mod destination;
mod host;
mod name;
mod relays;

pub use attempts::{Attempt, Located, attempts};
pub use destination::{Destination, DestinationKey, NoRoute, Skipped, destination, order};
pub use name::organisation;
pub use relays::{RelayState, Standing, choose, surplus};
