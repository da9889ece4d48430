//! Every statement that changes nothing.

mod campaign;
mod erase;
mod export;
mod list;
mod mailbox;
mod note;
mod outcome;
mod reader;
mod report;
mod returned;
mod secret;
mod sts;
mod trial;
mod unsent;

pub use campaign::{CampaignRecord, DomainBacklog, Tally};
pub use export::Export;
pub use list::{ListRecord, Subscriber, SuppressionRecord};
pub use mailbox::MailboxMark;
pub use note::Note;
pub use outcome::{Feedback, RunRecord, Standing};
pub use reader::Reader;
pub use returned::{InCampaign, Mailed};
pub use sts::StsRecord;
pub use trial::Trial;
pub use unsent::Unsent;

pub(super) use campaign::find_campaign;
pub(super) use list::find_list;
pub(super) use secret::secret;
