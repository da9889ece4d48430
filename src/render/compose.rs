//! What the templates made, put together as a message and signed.

use super::draft::Draft;
use super::error::{Fault, RenderError};
use super::letter::{Addressee, Letter};
use super::mime::{Content, Headers, Made, Message, can_name};
use super::sender::{Purpose, Token};
use super::template::Slot;
use crate::model::{Address, Charset, Timestamp};

/// The column whose text becomes the display name in To.
const NAME_COLUMN: &str = "name";
/// Personal headers and the frame of a multipart, about.
const OVERHEAD: usize = 1024;

/// Whom a message names in To.
#[derive(Clone, Copy)]
pub(super) enum To<'a> {
    /// This recipient, by name if there is one.
    One(Option<&'a str>, &'a Address),
    /// Nobody.
    All,
}

impl<'a> To<'a> {
    /// This recipient, by the name that the list has.
    pub(super) fn of(addressee: &Addressee<'a>) -> Self {
        Self::One(addressee.fields.get(NAME_COLUMN), addressee.address)
    }
}

impl Letter {
    /// About how many octets a message of this draft has.
    pub(super) fn octets_of(&self, draft: &Draft<'_>) -> usize {
        let own = draft.made.files.iter().map(|file| file.octets());
        let bodies = draft.made.octets() * 5 / 4;
        OVERHEAD + bodies + own.sum::<usize>() + self.structure.files_octets()
    }

    /// The message of one recipient.
    pub(super) fn compose(
        &self,
        draft: &Draft<'_>,
        addressee: &Addressee<'_>,
        date: Timestamp,
    ) -> Message {
        self.put_together(
            draft,
            To::of(addressee),
            &self.tokens.of(addressee.id),
            date,
        )
    }

    /// Puts a message together.
    pub(super) fn put_together(
        &self,
        draft: &Draft<'_>,
        to: To<'_>,
        token: &Token<'_>,
        date: Timestamp,
    ) -> Message {
        let unique = token.text(Purpose::Message);
        let message_id = format!("{unique}@{}", self.from_domain);
        let charset = self.charset_of(draft, to);
        let head = self.head.get(charset);
        let mut content = Content::begin(head, draft.made.octets() * 5 / 4 + OVERHEAD);
        let mut headers = Headers(content.open(), charset);
        headers.date(date);
        headers.message_id(&message_id);
        match to {
            To::One(name, address) => headers.mailbox("To", name, &address.to_string()),
            // A group without members (RFC 5322 section 3.4).
            To::All => headers.plain("To", "undisclosed-recipients:;"),
        }
        if let Slot::Template(_) = self.slots.subject {
            headers.text("Subject", &draft.subject);
        }
        let unsubscribe = &draft.unsubscribe;
        headers.unsubscribe(unsubscribe.urls(), unsubscribe.is_one_click());
        self.structure
            .write(&mut content, &draft.made, charset, &unique);
        content.end_line();
        let (content, size) = content.finish();
        Message {
            message_id,
            reverse_path: self.reverse_path.of(token),
            content,
            size,
            charset,
            smtputf8: self.smtputf8,
        }
    }

    /// The charset that everything of a message can be written in.
    pub(super) fn charset_of(&self, draft: &Draft<'_>, to: To<'_>) -> Charset {
        let charset = self.structure.charset(&draft.made, &draft.subject);
        let names = match to {
            To::One(name, _) => can_name(charset, name),
            To::All => true,
        };
        if names && self.head.has(charset) {
            charset
        } else {
            Charset::Utf8
        }
    }

    /// The message with its signatures in front.
    pub(super) fn signed(
        &self,
        mut message: Message,
        date: Timestamp,
    ) -> Result<Message, RenderError> {
        if let Some(signer) = &self.signer {
            let signatures = signer
                .sign(&message.content, date)
                .map_err(|error| RenderError::of("dkim", Fault::Signing(error)))?;
            message.size += signatures.len();
            message.content.insert(0, signatures.into());
        }
        Ok(message)
    }
}

impl Made<'_> {
    /// About how long it is.
    fn octets(&self) -> usize {
        let length = |text: Option<&str>| text.map_or(0, str::len);
        length(self.text.as_deref()) + length(self.html.as_deref())
    }
}
