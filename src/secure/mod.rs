//! What the receiving side publishes about TLS, and what follows from it.
//!
//! Pure functions over texts and octets: the record and the policy of MTA-STS (RFC 8461), the
//! records of DANE (RFC 6698, RFC 7671, RFC 7672), and which of all rules a connection must obey.
//! Nothing here asks DNS, fetches a policy or looks at a clock; that is `net`'s and `engine`'s.

mod demand;
mod sts_policy;
mod sts_record;
mod tlsa;

pub use demand::{Demand, Host, Refusal, StsRule, demand};
pub use sts_policy::{LONGEST, MxPattern, PolicyFlaw, StsMode, StsPolicy};
pub use sts_record::policy_id;
pub use tlsa::{Matched, Tlsa, usable};
