//! Every statement that changes nothing.

mod campaign;
mod erase;
mod export;
mod list;
mod outcome;
mod reader;
mod report;
mod secret;
mod sts;
mod trial;

pub use campaign::{CampaignRecord, DomainBacklog, Tally};
pub use export::Export;
pub use list::{ListRecord, Subscriber, SuppressionRecord};
pub use outcome::{Feedback, RunRecord, Standing};
pub use reader::Reader;
pub use sts::StsRecord;
pub use trial::Trial;

pub(super) use campaign::find_campaign;
pub(super) use list::find_list;
pub(super) use secret::secret;
