//! What parts a message has and how they nest (RFC 2046 section 5.1).

use super::message::Content;
use super::part::{BOUNDARY, Kind, Part, encode};
use crate::render::template::Slot;
use std::borrow::Cow;

/// The parts of a campaign's messages. What is the same in all of them is encoded once.
#[derive(Debug)]
pub(in crate::render) struct Structure {
    text: Option<Part>,
    html: Option<Part>,
}

/// What the templates made for one recipient, of the parts that are there.
#[derive(Debug, Default)]
pub(in crate::render) struct Made<'a> {
    /// The text.
    pub(in crate::render) text: Option<Cow<'a, str>>,
    /// The HTML.
    pub(in crate::render) html: Option<Cow<'a, str>>,
}

impl Structure {
    /// The structure of messages with these bodies.
    pub(in crate::render) fn new(text: Option<&Slot>, html: Option<&Slot>) -> Self {
        Self {
            text: text.map(|slot| Part::new(slot, Kind::Plain)),
            html: html.map(|slot| Part::new(slot, Kind::Html)),
        }
    }

    /// Writes the MIME headers of the message and what follows them. `unique` tells this message's
    /// boundaries from others'.
    pub(in crate::render) fn write(&self, content: &mut Content, made: Made<'_>, unique: &str) {
        match (made.text, made.html) {
            (Some(text), Some(html)) => {
                let boundary = format!("{BOUNDARY}{unique}");
                content.push("Content-Type: multipart/alternative; boundary=\"");
                content.push(&boundary);
                content.push("\"\r\n");
                let next = |content: &mut Content, end: &str| {
                    content.push("\r\n--");
                    content.push(&boundary);
                    content.push(end);
                };
                next(content, "\r\n");
                write(self.text.as_ref(), Kind::Plain, content, text);
                next(content, "\r\n");
                write(self.html.as_ref(), Kind::Html, content, html);
                next(content, "--\r\n");
            }
            (None, Some(html)) => write(self.html.as_ref(), Kind::Html, content, html),
            (text, None) => {
                let text = text.unwrap_or_default();
                write(self.text.as_ref(), Kind::Plain, content, text);
            }
        }
    }
}

/// Writes a part, or a text that belongs to none: one that was made from the HTML.
fn write(part: Option<&Part>, kind: Kind, content: &mut Content, text: Cow<'_, str>) {
    match part {
        Some(part) => part.write(content, text),
        None => encode(content.open(), kind, text.into_owned()),
    }
}
