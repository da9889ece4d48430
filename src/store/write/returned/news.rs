//! What a mail says of a recipient, and what became of that.

use crate::model::{CampaignId, EnhancedCode, Judgement, RecipientId, Timestamp};
use crate::store::write::Remembered;

/// What came back about a recipient of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedFor {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its recipient.
    pub recipient: RecipientId,
    /// Which of the messages to that recipient it is about.
    pub about: About,
    /// What it says.
    pub news: ReturnedNews,
    /// By which way it came, in words.
    pub source: String,
}

/// Which of several messages to the same recipient a mail is about, as far as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct About {
    /// Whether it is about one of these messages at all: a trace of it led here, and not only an
    /// address, to which others write as well.
    pub is_certain: bool,
    /// The run of the campaign, the first is 1: a signed return path says so.
    pub run: Option<u32>,
    /// When the message was made, by our own clock: the Date of the returned original.
    pub sent: Option<Timestamp>,
    /// When it was on its way, by the clock of whoever reports.
    pub reported: Option<Timestamp>,
}

/// What returned mail says of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnedNews {
    /// The message will not arrive.
    Bounced {
        /// Why, and what to do.
        judgement: Judgement,
        /// The far end's reply code, where the mail quotes one.
        code: Option<u16>,
        /// Its enhanced code.
        enhanced: Option<EnhancedCode>,
        /// Its own words.
        diagnostic: String,
        /// What it means for the address.
        remembered: Remembered,
    },
    /// A reader complained (RFC 5965).
    Complained {
        /// What the report says of it.
        detail: String,
    },
    /// A reader wants to be left alone.
    Unsubscribed,
    /// Something worth a note and nothing else.
    Noted {
        /// What, in a word: `delayed`, `auto_reply`.
        kind: &'static str,
        /// What it says.
        detail: String,
    },
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReturnedEffect {
    /// The recipient is `bounced` because of it: the delivery was taken back, or a doubt is settled.
    pub bounced: bool,
    /// The recipient was in doubt, and is `delivered` because of it: the message was taken.
    pub delivered: bool,
    /// It is a bounce of an earlier run, and the campaign was sent to the recipient again since: it
    /// was noted, and nothing else.
    pub outdated: bool,
    /// The address was suppressed, and was not before.
    pub suppressed: bool,
    /// A note was entered that was not there before.
    pub noted: bool,
    /// Nothing was done, because the outcome of the attempt itself is not known yet: the same mail
    /// has to be handed in again.
    pub too_early: bool,
    /// Nothing was done, because the recipient was never sent anything.
    pub never_sent: bool,
}
