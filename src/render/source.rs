//! What a letter is made from.

use crate::model::Mailbox;

/// What a letter is made from. Nothing in it is a path to read: the caller has read the files.
#[derive(Debug, Clone)]
pub struct LetterSource {
    /// The campaign's name.
    pub campaign: String,
    /// Unique per run of a campaign: message ids and tokens depend on it.
    pub uid: String,
    /// The author.
    pub from: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// The subject's template.
    pub subject: String,
    /// The HTML template: its file's name, as errors show it, and its text.
    pub html: Option<(String, String)>,
    /// The text template, in the same way. Made from the HTML where there is none.
    pub text: Option<(String, String)>,
    /// The template of the unsubscribe address.
    pub unsubscribe: Option<String>,
    /// Where bounces go: the domain of return paths that tell the recipient (VERP).
    pub bounce_domain: Option<String>,
}
