//! What a letter is made from. Nothing in it is a path to read: the caller has read the files.

use super::sender::Tokens;
use crate::model::{Charset, Css, Mailbox, Markup, Signer};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a letter is made from.
#[derive(Debug, Clone)]
pub struct LetterSource {
    /// The campaign's name.
    pub campaign: String,
    /// Unique per run of a campaign; it stands in a header of every message.
    pub uid: String,
    /// Makes message ids, return paths and unsubscribe tokens.
    pub tokens: Tokens,
    /// The author.
    pub from: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// The subject's template.
    pub subject: String,
    /// The template of what mail programs show behind the subject.
    pub preheader: Option<String>,
    /// What the HTML is made from, and what it is written in.
    pub html: Option<(Markup, TemplateFile)>,
    /// The text template. Made from the HTML where there is none.
    pub text: Option<TemplateFile>,
    /// The name in `library` of the layout that Markdown is put into.
    pub layout: Option<String>,
    /// The templates that others may extend, include or import, by the name they call them.
    pub library: BTreeMap<String, TemplateFile>,
    /// What becomes of style sheets.
    pub css: Css,
    /// How texts are encoded.
    pub charset: Charset,
    /// Attached to every message.
    pub attachments: Vec<File>,
    /// Shown in the HTML as `cid:` and the file's name.
    pub inline: Vec<File>,
    /// Attached to one recipient's message.
    pub personal_files: Option<PersonalFiles>,
    /// The template of an invitation (RFC 5545).
    pub calendar: Option<TemplateFile>,
    /// The template of the unsubscribe address.
    pub unsubscribe: Option<String>,
    /// The template of the `mailto:` address to unsubscribe by.
    pub unsubscribe_mailto: Option<String>,
    /// Where bounces go: the domain of return paths that tell the recipient (VERP).
    pub bounce_domain: Option<String>,
    /// The language of dates and numbers (BCP 47); English where there is none.
    pub locale: Option<String>,
    /// The zone of times, an IANA name; UTC where there is none.
    pub zone: Option<String>,
    /// Signs every message.
    pub signer: Option<Arc<dyn Signer>>,
}

/// A template and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// Its file's name, as errors show it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// A file that travels with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder, in any script.
    pub name: String,
    /// What it holds.
    pub content: Bytes,
}

/// Files that differ by recipient.
#[derive(Debug, Clone)]
pub struct PersonalFiles {
    /// The column that names them, several separated by `;`.
    pub column: String,
    /// Where they come from.
    pub files: Arc<dyn FileSource>,
}

/// Where a recipient's files come from. Threads share it.
pub trait FileSource: fmt::Debug + Send + Sync {
    /// The file that a cell of the list names.
    ///
    /// # Errors
    /// In words, where there is none or it may not be sent.
    fn get(&self, name: &str) -> Result<File, String>;

    /// Sees that [`FileSource::get`] would give the file, without reading it.
    ///
    /// # Errors
    /// As [`FileSource::get`].
    fn check(&self, name: &str) -> Result<(), String>;
}

impl LetterSource {
    /// A letter that lacks its body.
    #[must_use]
    pub fn new(campaign: &str, uid: &str, tokens: Tokens, from: Mailbox, subject: &str) -> Self {
        Self {
            campaign: campaign.to_owned(),
            uid: uid.to_owned(),
            tokens,
            from,
            reply_to: None,
            subject: subject.to_owned(),
            preheader: None,
            html: None,
            text: None,
            layout: None,
            library: BTreeMap::new(),
            css: Css::default(),
            charset: Charset::default(),
            attachments: Vec::new(),
            inline: Vec::new(),
            personal_files: None,
            calendar: None,
            unsubscribe: None,
            unsubscribe_mailto: None,
            bounce_domain: None,
            locale: None,
            zone: None,
            signer: None,
        }
    }
}

impl TemplateFile {
    /// A template of that name.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}
