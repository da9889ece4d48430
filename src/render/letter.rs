//! A campaign's letter: compiled once, then made for one recipient after another.

use super::clean::{Role, header_text};
use super::context::Context;
use super::error::{Fault, RenderError};
use super::headers::Headers;
use super::identity::shared_headers;
use super::message::{Content, Message};
use super::part::{self, BOUNDARY, Kind, Part};
use super::plain::{Made, Texts};
use super::reverse_path::ReversePath;
use super::source::LetterSource;
use super::template::{Compiler, Slot, Templates};
use super::token::{Token, Tokens};
use super::{plain, unsubscribe};
use crate::model::{Address, Domain, Fields, Timestamp};
use bytes::Bytes;
use minijinja::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The column whose text becomes the display name in To.
const NAME_COLUMN: &str = "name";
/// A longer subject is a mistake; mail clients show the first sixty characters.
const LONGEST_SUBJECT: usize = 998;
/// Personal headers and the frame of a multipart, about.
const OVERHEAD: usize = 1024;

/// A compiled letter. Threads share it.
#[derive(Debug)]
pub struct Letter {
    templates: Templates,
    tokens: Tokens,
    campaign: Value,
    from: Address,
    from_domain: Domain,
    /// Whether From or Reply-To can only be written with SMTPUTF8.
    smtputf8: bool,
    reverse_path: ReversePath,
    subject: Slot,
    body: Body,
    unsubscribe: Option<Slot>,
    /// The texts made from HTML.
    texts: Texts,
    /// The headers that all messages share.
    head: Bytes,
}

/// A letter as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The subject.
    pub subject: String,
    /// The HTML, if the campaign has it.
    pub html: Option<String>,
    /// The text, made from the HTML if need be.
    pub text: Option<String>,
}

#[derive(Debug)]
enum Body {
    Text(Part),
    /// The text alternative is made from it.
    Html(Part),
    Both {
        text: Part,
        html: Part,
    },
}

/// Why templates are rendered.
#[derive(Clone, Copy)]
enum For {
    /// To see whether they can be.
    Trial,
    /// For a person, who gets a text with every HTML.
    Reading,
}

/// Whom a message names in To.
#[derive(Clone, Copy)]
enum Addressee<'a> {
    /// This recipient, by name if there is one.
    One(Option<&'a str>, &'a Address),
    /// Nobody.
    All,
}

/// What the templates made for one recipient.
struct Draft<'a> {
    subject: Cow<'a, str>,
    unsubscribe: Option<String>,
    text: Option<Cow<'a, str>>,
    html: Option<Cow<'a, str>>,
}

impl Letter {
    /// Compiles a letter.
    ///
    /// # Errors
    /// Where a template cannot be parsed, there is no body, or what is the same for all
    /// recipients is wrong.
    pub fn compile(source: &LetterSource) -> Result<Self, RenderError> {
        let mut compiler = Compiler::default();
        let mut part = |template: &Option<(String, String)>, kind| {
            let (name, text) = template.as_ref()?;
            Some(Part::new(
                compiler.add(name, text, kind == Kind::Html),
                kind,
            ))
        };
        let body = match (
            part(&source.text, Kind::Plain),
            part(&source.html, Kind::Html),
        ) {
            (Some(text), Some(html)) => Body::Both { text, html },
            (Some(text), None) => Body::Text(text),
            (None, Some(html)) => Body::with_text_of(html)?,
            (None, None) => return Err(RenderError::of("campaign", Fault::NoBody)),
        };
        let subject = compiler.add("subject", &source.subject, false);
        let unsubscribe = (source.unsubscribe.as_ref())
            .map(|template| compiler.add("unsubscribe", template, false));
        let shared_subject = match &subject {
            Slot::Same(text) => Some(checked_subject(text)?),
            Slot::Template(_) => None,
        };
        Ok(Self {
            templates: compiler.finish()?,
            tokens: Tokens::new(&source.uid),
            campaign: Value::from(source.campaign.as_str()),
            from: source.from.address.clone(),
            from_domain: source.from.address.domain().clone(),
            smtputf8: [Some(&source.from), source.reply_to.as_ref()]
                .into_iter()
                .flatten()
                .any(|mailbox| mailbox.address.needs_smtputf8()),
            reverse_path: ReversePath::new(&source.from.address, source.bounce_domain.as_deref())?,
            head: shared_headers(source, shared_subject.as_deref()),
            subject,
            body,
            unsubscribe,
            texts: Texts::default(),
        })
    }

    /// Renders every template for a recipient and keeps nothing: what is wrong with a campaign is
    /// found before the first message goes out.
    ///
    /// # Errors
    /// What [`Letter::render`] would fail with.
    pub fn try_out(&self, address: &Address, fields: &Fields) -> Result<(), RenderError> {
        self.draft(address, fields, For::Trial).map(drop)
    }

    /// The letter as a recipient would read it.
    ///
    /// # Errors
    /// What [`Letter::render`] would fail with.
    pub fn preview(&self, address: &Address, fields: &Fields) -> Result<Preview, RenderError> {
        let draft = self.draft(address, fields, For::Reading)?;
        Ok(Preview {
            subject: draft.subject.into_owned(),
            text: draft.text.map(Cow::into_owned),
            html: draft.html.map(Cow::into_owned),
        })
    }

    /// Makes the message of one recipient, dated `date`.
    ///
    /// # Errors
    /// Where a template names a variable that the recipient does not have, fails in another way
    /// or does not end, the subject is empty, or the unsubscribe address cannot be used.
    pub fn render(
        &self,
        address: &Address,
        fields: &Fields,
        date: Timestamp,
    ) -> Result<Message, RenderError> {
        let draft = self.draft(address, fields, For::Reading)?;
        let recipient = Addressee::One(fields.get(NAME_COLUMN), address);
        Ok(self.compose(draft, recipient, &self.tokens.of(address), date))
    }

    /// The message that every recipient can get, dated `date`; `None` where a part of it is
    /// personal (see [`Letter::is_personal`]): a template with tags, or a return path of their own.
    ///
    /// It names nobody in To, and all of its copies have one Message-ID.
    ///
    /// # Errors
    /// What [`Letter::render`] would fail with.
    pub fn render_for_all(&self, date: Timestamp) -> Result<Option<Message>, RenderError> {
        if self.is_personal() {
            return Ok(None);
        }
        // No template has tags, so it does not matter for whom they are read.
        let draft = self.draft(&self.from, &Fields::new(), For::Reading)?;
        let message = self.compose(draft, Addressee::All, &self.tokens.of_all(), date);
        Ok(Some(message))
    }

    /// Whether a part of it is personal, so that no two recipients can get the same message.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        let bodies = match &self.body {
            Body::Text(part) | Body::Html(part) => [Some(part), None],
            Body::Both { text, html } => [Some(text), Some(html)],
        };
        let bodies = bodies.into_iter().flatten().map(Part::slot);
        let mut slots = bodies.chain(&self.unsubscribe).chain([&self.subject]);
        slots.any(|slot| matches!(slot, Slot::Template(_)))
            || matches!(self.reverse_path, ReversePath::PerRecipient(_))
    }

    /// Puts a message together.
    fn compose(
        &self,
        draft: Draft<'_>,
        recipient: Addressee<'_>,
        token: &Token,
        date: Timestamp,
    ) -> Message {
        let message_id = format!("{}@{}", token.message(), self.from_domain);
        let length = |text: &Option<Cow<'_, str>>| text.as_ref().map_or(0, |text| text.len());
        let estimate = (length(&draft.text) + length(&draft.html)) * 5 / 4 + OVERHEAD;
        let mut content = Content::begin(&self.head, estimate);
        let mut headers = Headers(content.open());
        headers.date(date);
        headers.message_id(&message_id);
        match recipient {
            Addressee::One(name, address) => headers.mailbox("To", name, &address.to_string()),
            // A group without members (RFC 5322 section 3.4).
            Addressee::All => headers.plain("To", "undisclosed-recipients:;"),
        }
        if let Slot::Template(_) = self.subject {
            headers.text("Subject", &draft.subject);
        }
        if let Some(url) = &draft.unsubscribe {
            headers.unsubscribe(url, unsubscribe::is_one_click(url));
        }
        let boundary = format!("{BOUNDARY}{}", token.message());
        self.write_body(&mut content, draft, &boundary);
        let (content, size) = content.finish();
        Message {
            message_id,
            reverse_path: self.reverse_path.of(token),
            content,
            size,
            smtputf8: self.smtputf8,
        }
    }

    /// The Message-ID of a recipient's message, without angle brackets: the same in every run.
    #[must_use]
    pub fn message_id(&self, address: &Address) -> String {
        format!("{}@{}", self.tokens.of(address).message(), self.from_domain)
    }

    /// Renders the templates.
    fn draft(
        &self,
        address: &Address,
        fields: &Fields,
        purpose: For,
    ) -> Result<Draft<'_>, RenderError> {
        let words = self.templates.words();
        let context = Context::new(words, &self.campaign, address, fields, || {
            self.tokens.of(address).unsubscribe()
        });
        let render = |slot| self.templates.render(slot, &context, fields);
        let unsubscribe = match &self.unsubscribe {
            None => None,
            Some(slot) => Some(checked_url(&render(slot)?)?),
        };
        if let Some(url) = &unsubscribe {
            context.set_unsubscribe_url(url);
        }
        let subject = match render(&self.subject)? {
            Cow::Borrowed(text) => checked_subject(text)?,
            Cow::Owned(text) => Cow::Owned(checked_subject(&text)?.into_owned()),
        };
        let (text, html) = match (&self.body, purpose) {
            (Body::Text(text), _) => (Some(render(text.slot())?), None),
            (Body::Both { text, html }, _) => {
                (Some(render(text.slot())?), Some(render(html.slot())?))
            }
            (Body::Html(html), For::Trial) => (None, Some(render(html.slot())?)),
            (Body::Html(html), For::Reading) => {
                let made = self.with_text(html.slot(), &context, fields)?;
                (Some(Cow::Owned(made.text)), Some(Cow::Owned(made.html)))
            }
        };
        Ok(Draft {
            subject,
            unsubscribe,
            text,
            html,
        })
    }

    /// The HTML and the text made from it.
    fn with_text(
        &self,
        slot: &Slot,
        context: &Arc<Context>,
        fields: &Fields,
    ) -> Result<Made, RenderError> {
        let made = match self.templates.render_marked(slot, context, fields)? {
            Some(marked) => self.texts.make(&marked),
            None => {
                let html = self.templates.render(slot, context, fields)?.into_owned();
                plain::from_html(&html).map(|text| Made { html, text })
            }
        };
        made.map_err(|fault| RenderError::of(slot.name(), fault))
    }

    /// The MIME headers of the message and what follows them.
    fn write_body(&self, content: &mut Content, draft: Draft<'_>, boundary: &str) {
        let text = draft.text.unwrap_or_default();
        let html = draft.html.unwrap_or_default();
        let (text_part, html_part) = match &self.body {
            Body::Text(part) => return part.write(content, text),
            Body::Html(html) => (None, html),
            Body::Both { text, html } => (Some(text), html),
        };
        content.push("Content-Type: multipart/alternative; boundary=\"");
        content.push(boundary);
        content.push("\"\r\n");
        let next = |content: &mut Content, end: &str| {
            content.push("\r\n--");
            content.push(boundary);
            content.push(end);
        };
        next(content, "\r\n");
        match text_part {
            Some(part) => part.write(content, text),
            None => part::encode(content.open(), Kind::Plain, text.into_owned()),
        }
        next(content, "\r\n");
        html_part.write(content, html);
        next(content, "--\r\n");
    }
}

impl Body {
    /// HTML without a text template. What is the same for all is read here and now.
    fn with_text_of(html: Part) -> Result<Self, RenderError> {
        let text = match html.slot() {
            Slot::Template(_) => return Ok(Self::Html(html)),
            Slot::Same(text) => plain::from_html(text),
        };
        let text = text.map_err(|fault| RenderError::of("html", fault))?;
        let text = Part::new(Slot::Same(text), Kind::Plain);
        Ok(Self::Both { text, html })
    }
}

/// The unsubscribe address as one that can be opened.
fn checked_url(rendered: &str) -> Result<String, RenderError> {
    unsubscribe::check(rendered)
        .map(str::to_owned)
        .map_err(|fault| RenderError::of("unsubscribe", fault))
}

/// The subject as one line that can be seen.
fn checked_subject(rendered: &str) -> Result<Cow<'_, str>, RenderError> {
    let subject = header_text(rendered, Role::Subject);
    if subject.is_empty() {
        return Err(RenderError::of("subject", Fault::EmptySubject));
    }
    if subject.len() > LONGEST_SUBJECT {
        let limit = LONGEST_SUBJECT;
        return Err(RenderError::of("subject", Fault::TooLong { limit }));
    }
    Ok(subject)
}
