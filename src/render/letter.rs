//! A campaign's letter: compiled once, then made for one recipient after another.

use super::author::{self, Texts};
use super::compose::To;
use super::draft::{Draft, For, checked_subject};
use super::error::{Fault, RenderError};
use super::mime::{Bodies, Message, Structure, Variants};
use super::sender::{ReversePath, Tokens, shared_headers};
use super::source::LetterSource;
use super::template::{Compiler, Slot, Templates};
use crate::model::{Address, Charset, Domain, Fields, RecipientId, Signer, Timestamp};
use minijinja::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// A compiled letter. Threads share it.
#[derive(Debug)]
pub struct Letter {
    pub(super) templates: Templates,
    pub(super) tokens: Tokens,
    pub(super) campaign: Value,
    from: Address,
    pub(super) from_domain: Domain,
    charset: Charset,
    /// Whether From or Reply-To can only be written with SMTPUTF8.
    pub(super) smtputf8: bool,
    pub(super) reverse_path: ReversePath,
    pub(super) slots: Slots,
    pub(super) structure: Structure,
    /// The texts made from HTML.
    pub(super) texts: Texts,
    /// The headers that all messages share.
    pub(super) head: Variants,
    pub(super) signer: Option<Arc<dyn Signer>>,
}

/// The letter's templates.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) subject: Slot,
    pub(super) text: Option<Slot>,
    pub(super) html: Option<Slot>,
    pub(super) calendar: Option<Slot>,
    pub(super) unsubscribe: Option<Slot>,
    pub(super) unsubscribe_mailto: Option<Slot>,
}

/// Whom a message is for.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// The number in the ledger, which tokens carry; [`Addressee::NOBODY`] where there is none.
    pub id: RecipientId,
    /// Where it goes.
    pub address: &'a Address,
    /// What the list says of this person.
    pub fields: &'a Fields,
}

impl<'a> Addressee<'a> {
    /// The number of those who are in no ledger: their tokens lead to nobody.
    pub const NOBODY: RecipientId = RecipientId(0);

    /// Somebody who is in no ledger.
    #[must_use]
    pub const fn unknown(address: &'a Address, fields: &'a Fields) -> Self {
        Self {
            id: Self::NOBODY,
            address,
            fields,
        }
    }
}

/// A letter looked at before it is sent.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// What a person reads.
    pub preview: Preview,
    /// About how many octets the message has, within a few thousand and what encoding its texts
    /// adds.
    pub octets: usize,
    /// What the message is written in.
    pub charset: Charset,
    /// Variables that the letter shows and that are blank for this recipient.
    pub blank: Vec<String>,
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

impl From<Draft<'_>> for Preview {
    fn from(draft: Draft<'_>) -> Self {
        Self {
            subject: draft.subject.into_owned(),
            text: draft.made.text.map(Into::into),
            html: draft.made.html.map(Into::into),
        }
    }
}

impl Letter {
    /// Compiles a letter.
    ///
    /// # Errors
    /// Where a template cannot be parsed, there is no body, or what is the same for all
    /// recipients is wrong.
    pub fn compile(source: &LetterSource) -> Result<Self, RenderError> {
        let mut compiler = Compiler::new(source)?;
        let slots = Slots::add(source, &mut compiler)?;
        let shared_subject = match &slots.subject {
            Slot::Same(text) => Some(checked_subject(text)?),
            Slot::Template(_) => None,
        };
        Ok(Self {
            templates: compiler.finish()?,
            tokens: source.tokens.clone(),
            campaign: Value::from(source.campaign.as_str()),
            from: source.from.address.clone(),
            from_domain: source.from.address.domain().clone(),
            smtputf8: [Some(&source.from), source.reply_to.as_ref()]
                .into_iter()
                .flatten()
                .any(|mailbox| mailbox.address.needs_smtputf8()),
            reverse_path: ReversePath::new(&source.from.address, source.bounce_domain.as_deref())?,
            head: shared_headers(source, shared_subject.as_deref()),
            structure: Structure::new(source, slots.bodies())?,
            slots,
            texts: Texts::default(),
            signer: source.signer.clone(),
            charset: source.charset,
        })
    }

    /// Renders every template for a recipient and keeps nothing: what is wrong with a campaign is
    /// found before the first message goes out.
    ///
    /// # Errors
    /// What [`Letter::render`] would fail with.
    pub fn try_out(&self, addressee: &Addressee<'_>) -> Result<(), RenderError> {
        self.draft(addressee, For::Trial).map(drop)
    }

    /// The letter as a recipient would read it.
    ///
    /// # Errors
    /// What [`Letter::render`] would fail with.
    pub fn preview(&self, addressee: &Addressee<'_>) -> Result<Preview, RenderError> {
        self.draft(addressee, For::Reading).map(Preview::from)
    }

    /// The letter of one recipient with all that a preflight looks at in every one. No message is
    /// made of it, which would cost more than everything else.
    ///
    /// # Errors
    /// What [`Letter::render`] would fail with.
    pub fn inspect(&self, addressee: &Addressee<'_>) -> Result<Inspection, RenderError> {
        let draft = self.draft(addressee, For::Reading)?;
        Ok(Inspection {
            octets: self.octets_of(&draft),
            charset: self.charset_of(&draft, To::of(addressee)),
            blank: self.blanks(addressee, &draft.unsubscribe)?,
            preview: draft.into(),
        })
    }

    /// Makes the message of one recipient, dated `date`, and signs it where the letter is signed.
    ///
    /// # Errors
    /// Where a template names a variable that the recipient does not have, fails in another way
    /// or does not end, the subject is empty, the unsubscribe address cannot be used, or the key
    /// does not sign.
    pub fn render(
        &self,
        addressee: &Addressee<'_>,
        date: Timestamp,
    ) -> Result<Message, RenderError> {
        let draft = self.draft(addressee, For::Reading)?;
        self.signed(self.compose(&draft, addressee, date), date)
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
        let nobody = (&self.from, Fields::new());
        let draft = self.draft(&Addressee::unknown(nobody.0, &nobody.1), For::Reading)?;
        let token = self.tokens.of(Addressee::NOBODY);
        let message = self.put_together(&draft, To::All, &token, date);
        self.signed(message, date).map(Some)
    }

    /// What could not be done to its templates, for people: style sheets that were left as they
    /// are, and why.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.templates.notes()
    }

    /// Whether a part of it is personal, so that no two recipients can get the same message.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.slots
            .all()
            .any(|slot| matches!(slot, Slot::Template(_)))
            || matches!(self.reverse_path, ReversePath::PerRecipient(_))
            || self.structure.personal().is_some()
    }

    /// A letter's HTML with its inline files in it, so that a browser shows what a mail program
    /// would.
    #[must_use]
    pub fn self_contained<'a>(&self, html: &'a str) -> Cow<'a, str> {
        self.structure.self_contained(html)
    }

    /// The charset that its messages are written in, where they can be.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.charset
    }
}

impl Slots {
    fn add(source: &LetterSource, compiler: &mut Compiler) -> Result<Self, RenderError> {
        let text = (source.text.as_ref())
            .map(|template| author::text(source, template))
            .transpose()?
            .map(|authored| compiler.add_authored(authored, false));
        let html = (source.html.as_ref())
            .map(|(markup, template)| author::html(source, *markup, template))
            .transpose()?
            .map(|authored| compiler.add_authored(authored, true));
        let text = match (&text, &html) {
            (None, None) => return Err(RenderError::of("campaign", Fault::NoBody)),
            // What is the same for all is read here and now.
            (None, Some(Slot::Same(html))) => Some(Slot::Same(
                author::from_html(html).map_err(|fault| RenderError::of("html", fault))?,
            )),
            _ => text,
        };
        let mut line = |name: &str, template: &Option<String>| {
            (template.as_ref()).map(|template| compiler.add(name, template, false))
        };
        Ok(Self {
            unsubscribe: line("unsubscribe", &source.unsubscribe),
            unsubscribe_mailto: line("unsubscribe_mailto", &source.unsubscribe_mailto),
            subject: compiler.add("subject", &source.subject, false),
            calendar: (source.calendar.as_ref())
                .map(|template| compiler.add_calendar(&template.name, &template.text)),
            text,
            html,
        })
    }

    fn bodies(&self) -> Bodies<'_> {
        Bodies {
            text: self.text.as_ref(),
            html: self.html.as_ref(),
            calendar: self.calendar.as_ref(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Slot> {
        [
            &self.text,
            &self.html,
            &self.calendar,
            &self.unsubscribe,
            &self.unsubscribe_mailto,
        ]
        .into_iter()
        .flatten()
        .chain([&self.subject])
    }
}
