//! Folds events into what a person wants to see of a run.
//!
//! [`Progress`] is the one picture that the dashboard, the plain progress lines and a dashboard in
//! another process share. It owns counting, rates and the estimate of the time left; it reads no
//! clock, draws nothing and decides nothing. Its memory is bounded whatever a run does, and as JSON
//! it is the ledger's live picture for `watch`.
//!
//! [`text`] makes text from outside safe to show, [`words`] names states and reasons for people:
//! both faces need them, and faces may name no module of each other.

mod destinations;
mod estimate;
mod fold;
mod latest;
mod reasons;
mod series;
pub mod text;
pub mod words;

pub use destinations::{DestinationNow, Destinations};
pub use estimate::TimeLeft;
pub use fold::{Loading, Progress};
pub use latest::Latest;
pub use reasons::{ReasonCount, Reasons};
pub use series::{Bucket, Rates, Series};
