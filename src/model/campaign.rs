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
    /// What mail programs show behind the subject, a template.
    pub preheader: Option<String>,
    /// Who gets it.
    pub audience: Audience,
    /// Which of them: an expression over the list's columns. All of them where it is not set.
    pub segment: Option<String>,
    /// The letter's templates.
    pub body: Body,
    /// What travels with the letter.
    pub files: CampaignFiles,
    /// The one-click unsubscribe address, a template (RFC 8058).
    pub unsubscribe: Option<String>,
    /// Where a mail unsubscribes: a `mailto:` address (RFC 2369), a template.
    pub unsubscribe_mailto: Option<String>,
    /// The language of dates and numbers in templates (BCP 47), as in `ja` or `de-CH`.
    pub locale: Option<String>,
    /// The zone of times in templates, an IANA name that was found in the zone database.
    pub zone: Option<String>,
    /// When it may be sent.
    pub schedule: Schedule,
}

/// What a campaign or a list may be called, in words; see [`is_name`].
pub const NAMES: &str =
    "write up to 200 octets without /, \\ and control characters, not beginning with - or .";

/// Whether a campaign or a list can be called so. Its name becomes an argument of commands, part of
/// file names and of what terminals show.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let bad = |c: char| c.is_control() || matches!(c, '/' | '\\' | '\u{2028}' | '\u{2029}');
    !text.trim().is_empty()
        && text.trim() == text
        && !text.contains(bad)
        && !text.starts_with(['-', '.'])
        && text.len() <= 200
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

/// The letter. It has markup, a text, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// What the HTML is made from.
    pub markup: Option<(Markup, PathBuf)>,
    /// The text template's file; made from the HTML where there is none.
    pub text: Option<PathBuf>,
    /// The layout that Markdown is put into, by the name that templates would call it.
    pub layout: Option<String>,
    /// What becomes of style sheets.
    pub css: Css,
    /// How texts are encoded.
    pub charset: Charset,
}

/// What the HTML part is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// HTML.
    Html,
    /// MJML, which becomes HTML.
    Mjml,
    /// Markdown (CommonMark), which becomes HTML.
    Markdown,
}

/// What becomes of the style sheets in the HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Css {
    /// Written into `style` attributes, which is what mail programs read.
    #[default]
    Inline,
    /// Left as they are.
    Keep,
}

/// The character set of a message's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// For everybody.
    #[default]
    Utf8,
    /// For old Japanese readers (RFC 1468). A message that it cannot write goes out in UTF-8.
    Iso2022Jp,
}

/// Files that travel with the letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CampaignFiles {
    /// Attached to every message.
    pub attachments: Vec<PathBuf>,
    /// Attached to one recipient's message.
    pub personal: Option<PersonalFiles>,
    /// Shown in the HTML as `cid:` and the file's name.
    pub inline: Vec<PathBuf>,
    /// An invitation (RFC 5545), a template.
    pub calendar: Option<PathBuf>,
}

/// Attachments that differ by recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalFiles {
    /// The column that names a recipient's files, several separated by `;`.
    pub column: String,
    /// The folder they are in. None outside of it is ever sent.
    pub folder: PathBuf,
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
