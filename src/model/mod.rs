//! The words of the trade, as types: plain data without I/O, async or a clock.
//!
//! Everything here is parsed once at the edge and cannot be wrong afterwards: an [`Address`] is
//! never just a `String`. The only behaviour is what a word means by itself, such as which
//! [`State`] may follow which.

mod address;
mod campaign;
mod cell;
mod check;
mod event;
mod fields;
mod id;
mod login;
mod mailbox;
mod mx;
mod outcome;
mod recipient;
mod reply;
mod report_row;
mod returned;
mod serve;
mod settings;
mod sign;
mod time;

pub use address::{Address, AddressError, Domain, DomainError};
pub(crate) use address::{fold_width, readable, trim};
pub use campaign::{
    Audience, Body, Campaign, CampaignFiles, Charset, Css, DailyWindow, Mailbox, Markup, NAMES,
    PersonalFiles, Schedule, is_name,
};
pub use cell::{ColumnType, ColumnTypes, Day, FieldType, Moment, boolean, grouped_number, number};
pub use check::{CHECK_RULES, Check, Detail, Example, Finding, Law, Scope, Sender, Severity};
pub use event::{Command, Counts, DestinationView, Event, Notice, RunState, Settled, Waiting};
pub use fields::Fields;
pub use id::{CampaignId, DomainId, ListId, RecipientId};
pub use login::{Auth, SaslMechanism, Secret, SecretKind};
pub use mailbox::{Handled, MailboxProtocol, MailboxSettings};
pub use mx::{MxAnswer, MxHost};
pub use outcome::{Action, Blame, Judgement, Outcome, Peer, Reason, Stage, Verdict};
pub use recipient::{Recipient, State};
pub use reply::{EnhancedCode, Reply};
pub use report_row::ReportRow;
pub use returned::{Cover, Judge, ReportedAction, Returned, ReturnedKind, ReturnedMail, Traces};
pub use serve::{LogFormat, Network, Serve};
pub use settings::{
    Delivery, DestinationRule, DkimKey, Dns, Identity, InDoubtPolicy, Limits, Matcher,
    PipelineMode, Rate, Relay, RelayTls, Route, RouteMode, Safety, Settings, SoftBounces, Source,
    StoreSettings, SuppressionPolicy, Timeouts, Tls, TlsPolicy,
};
pub use sign::{SignError, Signer};
pub use time::Timestamp;
