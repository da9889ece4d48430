//! What each part of a mail is for.

use super::bounds::{OCTETS, cut};
use super::divider;
use super::mime::{Head, Media, parts, text_of};
use super::words::{Lower, lists};
use std::borrow::Cow;
use std::cell::OnceCell;

/// Octets of a notice that tell what it is.
const BEGINNING: usize = 6000;

/// A mail by the purposes of its parts.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    pub(super) head: Head,
    /// Content-Type of the whole.
    pub(super) media: Media,
    /// The Subject, decoded.
    pub(super) subject: String,
    /// The words a person reads first.
    pub(super) notice: String,
    /// What stands below them in the same text: the original, mostly.
    pub(super) below: String,
    /// More words, without those of the first text.
    pub(super) further: String,
    /// `message/delivery-status`, whatever it is called.
    pub(super) status: Vec<String>,
    /// `message/feedback-report`.
    pub(super) feedback: Option<String>,
    /// `message/disposition-notification` (RFC 8098).
    pub(super) disposition: Option<String>,
    /// Headers of messages that came with it, the likeliest original first.
    pub(super) originals: Vec<Head>,
    /// Messages that came with it, whole.
    pub(super) messages: Vec<Cow<'a, [u8]>>,
    /// Names and types of other files.
    pub(super) files: Vec<String>,
    title: OnceCell<Lower>,
    beginning: OnceCell<Lower>,
}

impl<'a> Outline<'a> {
    /// Takes a mail apart.
    pub(super) fn of(octets: &'a [u8]) -> Self {
        let octets = &octets[..octets.len().min(OCTETS)];
        let (head, start) = Head::parse(octets);
        let mut outline = Self {
            media: Media::of(&head),
            subject: head.text("subject"),
            ..Self::default()
        };
        for part in parts(&head, &octets[start..]) {
            outline.place(&part.head, &part.media, part.octets, part.alternative);
        }
        outline.head = head;
        outline
    }

    fn place(&mut self, head: &Head, media: &Media, octets: Cow<'a, [u8]>, alternative: bool) {
        match media.name.as_str() {
            "message/rfc822" | "message/global" | "message/partial" => self.message(octets),
            "text/rfc822-headers"
            | "text/rfc822-header"
            | "message/rfc822-headers"
            | "message/global-headers" => {
                self.originals.push(Head::parse(&octets).0);
            }
            "message/feedback-report" => self.feedback = Some(text_of(media, &octets)),
            "message/disposition-notification" | "message/global-disposition-notification" => {
                self.disposition = Some(text_of(media, &octets));
            }
            "message/delivery-status" | "message/global-delivery-status" => {
                self.status.push(text_of(media, &octets));
            }
            name if name.starts_with("text/")
                || name.starts_with("multipart/")
                || !name.contains('/') =>
            {
                self.words(media, &octets, alternative);
            }
            "application/json" => self.words(media, &octets, alternative),
            // A report by another name shows itself.
            _ if starts_like_report(&octets) => self.status.push(text_of(media, &octets)),
            name => {
                let file = media.file.clone().unwrap_or_default();
                let meant = head.get("content-disposition").unwrap_or_default();
                self.files
                    .push(format!("{name} {file} {}", meant.to_lowercase()));
            }
        }
    }

    fn message(&mut self, octets: Cow<'a, [u8]>) {
        let (head, _) = Head::parse(&octets);
        if head.is_empty() {
            return;
        }
        self.originals.push(head);
        self.messages.push(octets);
    }

    fn words(&mut self, media: &Media, octets: &[u8], alternative: bool) {
        let text = text_of(media, octets);
        if text.trim().is_empty() || (alternative && !self.notice.is_empty()) {
            return;
        }
        let parted = divider::part(&text);
        self.originals.extend(parted.original);
        if starts_like_report(text.trim_start().as_bytes()) && media.name != "text/html" {
            self.status.push(text);
        } else if self.notice.trim().is_empty() {
            self.notice = parted.notice;
            self.below = text[parted.end..].to_owned();
        } else {
            self.further.push_str(&parted.notice);
            self.further.push('\n');
        }
    }

    /// A message that was passed on within the words, with or without `>` in front of its lines.
    pub(super) fn quoted_message(&self) -> Option<String> {
        let mut place = 0;
        for line in self.notice.split_inclusive('\n') {
            place += line.len();
            if line.len() >= 120 {
                continue;
            }
            let words = Lower::of(line.trim());
            if lists().forwards.is_in(&words) {
                return Some(unquoted(&format!(
                    "{}{}",
                    &self.notice[place..],
                    self.below
                )));
            }
        }
        let first = Lower::of(self.below.lines().next().unwrap_or_default());
        if lists().forwards.is_in(&first) {
            let rest = self.below.find('\n').map_or("", |end| &self.below[end..]);
            return Some(unquoted(rest));
        }
        None
    }

    /// The Subject, comparable.
    pub(super) fn title(&self) -> &Lower {
        self.title.get_or_init(|| Lower::of(&self.subject))
    }

    /// What the notice begins with, comparable.
    pub(super) fn beginning(&self) -> &Lower {
        self.beginning
            .get_or_init(|| Lower::spaced(cut(&self.notice, BEGINNING)))
    }

    /// The first value that an original has for a field.
    pub(super) fn original(&self, name: &str) -> Option<&str> {
        self.originals.iter().find_map(|head| head.get(name))
    }
}

fn unquoted(text: &str) -> String {
    let lines = text.lines().skip_while(|line| line.trim().is_empty());
    let mut plain = String::with_capacity(text.len());
    for line in lines {
        let line = line.strip_prefix('>').unwrap_or(line);
        plain.push_str(line.strip_prefix(' ').unwrap_or(line));
        plain.push('\n');
    }
    plain
}

/// Whether a part begins as delivery reports do (RFC 3464 section 2.2).
fn starts_like_report(octets: &[u8]) -> bool {
    let start = octets.get(..14).unwrap_or_default();
    start.eq_ignore_ascii_case(b"Reporting-MTA:")
        || octets
            .get(..16)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"Final-Recipient:"))
}
