//! A campaign as its folder describes it, after checking.

use super::Timestamp;
use std::path::PathBuf;

/// What `campaign.toml` says, checked: addresses are addresses, times are times, files are paths.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Its name: of the store, of reports, of commands.
    pub name: String,
    /// The folder it was read from; every relative path below was resolved against it.
    pub folder: PathBuf,
    /// The author (RFC 5322 section 3.6.2).
    pub from: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// The subject line, a template.
    pub subject: String,
    /// Who gets it.
    pub audience: Audience,
    /// The letter's templates.
    pub body: Body,
    /// The one-click unsubscribe address, a template (RFC 8058).
    pub unsubscribe: Option<String>,
    /// When it may be sent.
    pub schedule: Schedule,
}

/// A name and an address, as in a From header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, in any script.
    pub name: Option<String>,
    /// The address.
    pub address: super::Address,
}

/// Where a campaign's recipients come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// A CSV file of the campaign.
    File(PathBuf),
    /// A list that was imported before.
    List(String),
}

/// The letter. At least one of the two is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The HTML template's file.
    pub html: Option<PathBuf>,
    /// The text template's file; made from the HTML where there is none.
    pub text: Option<PathBuf>,
}

/// When a campaign may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// Not before.
    pub start: Option<Timestamp>,
    /// Only within these hours of a day.
    pub window: Option<DailyWindow>,
    /// What has not been sent by then is not sent any more.
    pub not_after: Option<Timestamp>,
}

/// The hours of a day in which mail may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyWindow {
    /// First minute of the day, counted from midnight.
    pub from_minute: u16,
    /// First minute that is no longer in it. Earlier than `from_minute` when it spans midnight.
    pub to_minute: u16,
    /// An IANA zone name that was found in the zone database.
    pub zone: String,
}
