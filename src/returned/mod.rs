//! The octets of a mail that came back to what it says: which recipients, what became of the
//! message, why, and what leads to the message of ours.
//!
//! Owns the reading of delivery reports (RFC 3464) and of the many notices that are none, of feedback
//! reports (RFC 5965), of answers that no person wrote (RFC 3834) and of wishes to be left alone. It
//! is pure: octets and a [`Judge`](crate::model::Judge) in, a
//! [`ReturnedMail`](crate::model::ReturnedMail) out. It trusts nothing, is bounded on any input, and
//! knows no campaign, no store and no address book: whose message it was is decided elsewhere.
//!
//! The way of a mail: `mime` splits it into its parts, `outline` says what each part is for (the
//! notice a person reads, the report a machine reads, the original), `read` decides the kind, and
//! `status`, `notice`, `feedback` and `cloud` take the facts out of what is there.

mod answer;
mod bounds;
mod cloud;
mod cover;
mod divider;
mod failure;
mod feedback;
mod fields;
mod finding;
mod mime;
mod notice;
mod outline;
mod read;
mod reply;
mod robots;
mod status;
mod traces;
mod words;

pub use read::read;
