//! What a mail says of a recipient, and what became of that.

use crate::model::{CampaignId, EnhancedCode, Judgement, RecipientId};
use crate::store::write::Remembered;

/// What came back about a recipient of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedFor {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its recipient.
    pub recipient: RecipientId,
    /// What it says.
    pub news: ReturnedNews,
    /// By which way it came, in words.
    pub source: String,
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
    /// The delivery was taken back: the recipient is `bounced`.
    pub bounced: bool,
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
