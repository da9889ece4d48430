//! What parts a message has and how they nest (RFC 2046 section 5.1, RFC 2387): alternatives beside
//! attachments, the HTML with what it shows, and no level that holds one thing only.
//!
//! An invitation is the last alternative, where mail programs that know invitations look, and once
//! more an attachment, which is what the others can show.

use super::charset::{Variants, can_write};
use super::file::{EncodedFile, Place};
use super::inline::Inline;
use super::message::Content;
use super::part::{Kind, encode, encode_once};
use super::personal::PersonalParts;
use super::transfer::{BOUNDARY, write_text};
use super::{calendar::Invitation, japanese};
use crate::model::Charset;
use crate::render::error::RenderError;
use crate::render::source::{File, LetterSource};
use crate::render::template::Slot;
use bytes::Bytes;
use std::borrow::Cow;
use std::sync::Arc;

/// The parts of a campaign's messages. What is the same in all of them is encoded once.
#[derive(Debug)]
pub(in crate::render) struct Structure {
    charset: Charset,
    text: Option<Variants>,
    html: Option<Variants>,
    calendar: Option<EncodedInvitation>,
    inline: Inline,
    attachments: Vec<EncodedFile>,
    personal: Option<PersonalParts>,
}

/// The slots that become bodies.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) struct Bodies<'a> {
    /// The text.
    pub(in crate::render) text: Option<&'a Slot>,
    /// The HTML.
    pub(in crate::render) html: Option<&'a Slot>,
    /// The invitation.
    pub(in crate::render) calendar: Option<&'a Slot>,
}

/// What the templates made for one recipient, of the parts that are there.
#[derive(Debug, Default)]
pub(in crate::render) struct Made<'a> {
    /// The text.
    pub(in crate::render) text: Option<Cow<'a, str>>,
    /// The HTML.
    pub(in crate::render) html: Option<Cow<'a, str>>,
    /// The invitation, where it is not the same for all.
    pub(in crate::render) calendar: Option<Invitation>,
    /// The recipient's own files.
    pub(in crate::render) files: Vec<Arc<EncodedFile>>,
}

/// An invitation as an alternative and as an attachment.
#[derive(Debug)]
struct EncodedInvitation {
    part: Bytes,
    copy: EncodedFile,
}

impl Structure {
    /// The structure of a letter's messages.
    ///
    /// # Errors
    /// Where inline files and HTML do not fit together, or the invitation, if it is the same for
    /// all, is none.
    pub(in crate::render) fn new(
        source: &LetterSource,
        bodies: Bodies<'_>,
    ) -> Result<Self, RenderError> {
        let charset = source.charset;
        let inline = Inline::new(source)?;
        let once = |slot: Option<&Slot>, kind, shown: &dyn Fn(&str) -> Variants| match slot {
            Some(Slot::Same(text)) if kind == Kind::Html => Some(shown(text)),
            Some(Slot::Same(text)) => Some(encode_once(kind, charset, text)),
            Some(Slot::Template(_)) | None => None,
        };
        let resolved = |html: &str| encode_once(Kind::Html, charset, &inline.resolved(html));
        let attached = |file: &File| EncodedFile::new(file, Place::Attached, charset);
        let calendar = match (bodies.calendar, &source.calendar) {
            (Some(Slot::Same(text)), Some(template)) => Some(
                Invitation::read(text).map_err(|fault| RenderError::of(&template.name, fault))?,
            ),
            _ => None,
        };
        Ok(Self {
            charset,
            text: once(bodies.text, Kind::Plain, &resolved),
            html: once(bodies.html, Kind::Html, &resolved),
            calendar: calendar.map(|invitation| EncodedInvitation::new(&invitation)),
            attachments: source.attachments.iter().map(attached).collect(),
            personal: (source.personal_files.as_ref())
                .map(|files| PersonalParts::new(files, charset)),
            inline,
        })
    }

    /// The files that differ by recipient, if there are any.
    pub(in crate::render) fn personal(&self) -> Option<&PersonalParts> {
        self.personal.as_ref()
    }

    /// Sees that the HTML shows only what its message has. `template` is what errors call it.
    ///
    /// # Errors
    /// For the first that the message lacks.
    pub(in crate::render) fn check(&self, html: &str, template: &str) -> Result<(), RenderError> {
        self.inline
            .check(html)
            .map_err(|fault| RenderError::of(template, fault))
    }

    /// The octets of the files that all messages carry.
    pub(in crate::render) fn files_octets(&self) -> usize {
        let files = self.inline.parts().chain(&self.attachments);
        files.map(EncodedFile::octets).sum()
    }

    /// The HTML with its inline files in it.
    pub(in crate::render) fn self_contained<'a>(&self, html: &'a str) -> Cow<'a, str> {
        self.inline.self_contained(html)
    }

    /// The charset that the whole message can be written in; of its header only the
    /// subject is looked at.
    pub(in crate::render) fn charset(&self, made: &Made<'_>, subject: &str) -> Charset {
        let has = |shared: &Option<Variants>, text: &Option<Cow<'_, str>>| match (shared, text) {
            (Some(shared), _) => shared.has(self.charset),
            (None, text) => text.as_deref().is_none_or(in_lines),
        };
        let japanese = self.charset == Charset::Iso2022Jp
            && can_write(self.charset, subject)
            && has(&self.text, &made.text)
            && has(&self.html, &made.html);
        if japanese {
            self.charset
        } else {
            Charset::Utf8
        }
    }

    /// Writes the MIME headers of the message and what follows them. `unique` tells this message's
    /// boundaries from others'; `charset` can write it all.
    pub(in crate::render) fn write(
        &self,
        content: &mut Content,
        made: &Made<'_>,
        charset: Charset,
        unique: &str,
    ) {
        let own = made.calendar.as_ref().map(EncodedInvitation::new);
        let calendar = own.as_ref().or(self.calendar.as_ref());
        let message = Writing {
            structure: self,
            made,
            charset,
            unique,
            calendar,
        };
        message.mixed(content);
    }
}

/// Whether ISO-2022-JP can write a text of several lines.
fn in_lines(text: &str) -> bool {
    text.lines().all(japanese::has_all_of)
}

impl EncodedInvitation {
    fn new(invitation: &Invitation) -> Self {
        let Invitation { text, method } = invitation;
        let mut part = Vec::new();
        let media = format!("text/calendar; method={method}; charset=\"utf-8\"");
        write_text(&mut part, &media, text.clone());
        let copy = File {
            name: "invite.ics".to_owned(),
            content: text.clone().into(),
        };
        Self {
            part: part.into(),
            // Another type than the alternative's, so that nobody shows it twice.
            copy: EncodedFile::with_type(&copy, "application/ics", Place::Attached, Charset::Utf8),
        }
    }
}

/// A message while it is written.
struct Writing<'a> {
    structure: &'a Structure,
    made: &'a Made<'a>,
    charset: Charset,
    unique: &'a str,
    calendar: Option<&'a EncodedInvitation>,
}

impl Writing<'_> {
    fn mixed(&self, content: &mut Content) {
        let shared = self.structure.attachments.iter();
        let own = self.made.files.iter().map(|file| &**file);
        let copy = self.calendar.map(|calendar| &calendar.copy);
        let mut files = shared.chain(own).chain(copy).peekable();
        if files.peek().is_none() {
            return self.alternatives(content);
        }
        let level = Multipart::open(content, "mixed", 1, self.unique);
        level.next(content);
        self.alternatives(content);
        for file in files {
            level.next(content);
            file.write(content, self.charset);
        }
        level.close(content);
    }

    fn alternatives(&self, content: &mut Content) {
        let Made { text, html, .. } = self.made;
        let parts = [text.is_some(), html.is_some(), self.calendar.is_some()];
        if parts.into_iter().filter(|part| *part).count() > 1 {
            let level = Multipart::open(content, "alternative", 2, self.unique);
            if let Some(text) = text {
                level.next(content);
                self.text(content, text);
            }
            if let Some(html) = html {
                level.next(content);
                self.related(content, html);
            }
            if let Some(calendar) = self.calendar {
                level.next(content);
                content.share(&calendar.part);
            }
            level.close(content);
        } else if let Some(html) = html {
            self.related(content, html);
        } else {
            self.text(content, text.as_deref().unwrap_or_default());
        }
    }

    fn related(&self, content: &mut Content, html: &str) {
        let inline = &self.structure.inline;
        if inline.is_empty() {
            return self.html(content, html);
        }
        let level = Multipart::open(content, "related; type=\"text/html\"", 3, self.unique);
        level.next(content);
        self.html(content, html);
        for file in inline.parts() {
            level.next(content);
            file.write(content, self.charset);
        }
        level.close(content);
    }

    fn text(&self, content: &mut Content, text: &str) {
        match &self.structure.text {
            Some(shared) => content.share(shared.get(self.charset)),
            None => encode(content.open(), Kind::Plain, self.charset, text),
        }
    }

    fn html(&self, content: &mut Content, html: &str) {
        match &self.structure.html {
            Some(shared) => content.share(shared.get(self.charset)),
            None => {
                let html = self.structure.inline.resolved(html);
                encode(content.open(), Kind::Html, self.charset, &html);
            }
        }
    }
}

/// A level of parts.
struct Multipart {
    boundary: String,
}

impl Multipart {
    /// `level` tells its boundary from those around it: none begins another.
    fn open(content: &mut Content, kind: &str, level: u8, unique: &str) -> Self {
        let boundary = format!("{BOUNDARY}{level}_{unique}");
        content.push("Content-Type: multipart/");
        content.push(kind);
        content.push(";\r\n boundary=\"");
        content.push(&boundary);
        content.push("\"\r\n");
        Self { boundary }
    }

    /// Begins a part.
    fn next(&self, content: &mut Content) {
        self.delimit(content);
        content.push("\r\n");
    }

    fn close(&self, content: &mut Content) {
        self.delimit(content);
        content.push("--");
    }

    fn delimit(&self, content: &mut Content) {
        content.push("\r\n--");
        content.push(&self.boundary);
    }
}
