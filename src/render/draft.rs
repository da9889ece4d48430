//! What a letter's templates make for one recipient, checked.

use super::author;
use super::error::{Fault, RenderError};
use super::letter::{Addressee, Letter, Slots};
use super::mime::{Invitation, Made, Role, header_text};
use super::sender::{Purpose, Unsubscribe};
use super::template::{Context, Slot};
use crate::model::Fields;
use std::borrow::Cow;
use std::sync::Arc;

/// A longer subject is a mistake; mail clients show the first sixty characters.
const LONGEST_SUBJECT: usize = 998;

/// What is put in the place of a blank value to see what becomes of the letter: text and number.
const SOMETHING: &str = "0";

/// Why templates are rendered.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// To see whether they can be.
    Trial,
    /// For a person, who gets a text with every HTML.
    Reading,
}

/// What the templates made for one recipient.
pub(super) struct Draft<'a> {
    pub(super) subject: Cow<'a, str>,
    pub(super) unsubscribe: Unsubscribe,
    pub(super) made: Made<'a>,
}

impl Letter {
    /// Renders the templates.
    pub(super) fn draft(
        &self,
        addressee: &Addressee<'_>,
        purpose: For,
    ) -> Result<Draft<'_>, RenderError> {
        let context = self.context(addressee);
        let fields = addressee.fields;
        let render = |slot| self.templates.render(slot, &context, fields);
        let Slots {
            subject,
            unsubscribe,
            unsubscribe_mailto,
            ..
        } = &self.slots;
        let web = unsubscribe.as_ref().map(render).transpose()?;
        let mail = unsubscribe_mailto.as_ref().map(render).transpose()?;
        let unsubscribe = Unsubscribe::checked(web.as_deref(), mail.as_deref())?;
        if let Some(url) = unsubscribe.urls().next() {
            context.set_unsubscribe_url(url);
        }
        let subject = match render(subject)? {
            Cow::Borrowed(text) => checked_subject(text)?,
            Cow::Owned(text) => Cow::Owned(checked_subject(&text)?.into_owned()),
        };
        Ok(Draft {
            subject,
            unsubscribe,
            made: self.bodies(&context, fields, purpose)?,
        })
    }

    /// The variables that the letter shows and that are blank for this recipient: those without
    /// which it would have fewer gaps.
    ///
    /// # Errors
    /// Where a template fails.
    pub(super) fn blanks(
        &self,
        addressee: &Addressee<'_>,
        unsubscribe: &Unsubscribe,
    ) -> Result<Vec<String>, RenderError> {
        let blank = self.templates.blank(addressee.fields);
        let gaps = match blank.is_empty() {
            true => Some(0),
            false => self.gaps(addressee, unsubscribe)?,
        };
        let seen = |name: &&str| {
            let mut fields = addressee.fields.clone();
            fields.set(*name, SOMETHING);
            let fields = &fields;
            let filled = self.gaps(
                &Addressee {
                    fields,
                    ..*addressee
                },
                unsubscribe,
            );
            // Where something else goes wrong then, better one name too many.
            filled.map_or(true, |filled| filled < gaps)
        };
        let names = match gaps {
            Some(0) => Vec::new(),
            Some(_) => blank.into_iter().filter(seen).collect(),
            None => blank,
        };
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn gaps(
        &self,
        addressee: &Addressee<'_>,
        unsubscribe: &Unsubscribe,
    ) -> Result<Option<usize>, RenderError> {
        let context = self.context(addressee);
        if let Some(url) = unsubscribe.urls().next() {
            context.set_unsubscribe_url(url);
        }
        let slots = self.slots.all();
        self.templates.gaps(slots, &context, addressee.fields)
    }

    fn context(&self, addressee: &Addressee<'_>) -> Arc<Context> {
        let words = self.templates.words();
        let (address, fields) = (addressee.address, addressee.fields);
        Context::new(words, &self.campaign, address, fields, || {
            self.tokens.of(addressee.id).text(Purpose::Unsubscribe)
        })
    }

    fn bodies(
        &self,
        context: &Arc<Context>,
        fields: &Fields,
        purpose: For,
    ) -> Result<Made<'_>, RenderError> {
        let render = |slot| self.templates.render(slot, context, fields);
        let (text, html) = match (&self.slots.text, &self.slots.html, purpose) {
            (None, Some(html), For::Reading) => {
                let (html, text) = self.with_text(html, context, fields)?;
                (Some(Cow::Owned(text)), Some(Cow::Owned(html)))
            }
            (text, html, _) => (
                text.as_ref().map(render).transpose()?,
                html.as_ref().map(render).transpose()?,
            ),
        };
        if let Some((slot, html)) = self.slots.html.as_ref().zip(html.as_deref()) {
            self.structure.check(html, slot.name())?;
        }
        let calendar = match &self.slots.calendar {
            Some(slot @ Slot::Template(name)) => Some(
                Invitation::read(&render(slot)?).map_err(|fault| RenderError::of(name, fault))?,
            ),
            _ => None,
        };
        let files = match (self.structure.personal(), purpose) {
            (None, _) => Vec::new(),
            (Some(personal), For::Trial) => personal.check(fields).map(|()| Vec::new())?,
            (Some(personal), For::Reading) => personal.of(fields)?,
        };
        Ok(Made {
            text,
            html,
            calendar,
            files,
        })
    }

    /// The HTML and the text made from it.
    fn with_text(
        &self,
        slot: &Slot,
        context: &Arc<Context>,
        fields: &Fields,
    ) -> Result<(String, String), RenderError> {
        let made = match self.templates.render_marked(slot, context, fields)? {
            Some(marked) => self.texts.make(&marked).map(|made| (made.html, made.text)),
            None => {
                let html = self.templates.render(slot, context, fields)?.into_owned();
                author::from_html(&html).map(|text| (html, text))
            }
        };
        made.map_err(|fault| RenderError::of(slot.name(), fault))
    }
}

/// The subject as one line that can be seen.
pub(super) fn checked_subject(rendered: &str) -> Result<Cow<'_, str>, RenderError> {
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
