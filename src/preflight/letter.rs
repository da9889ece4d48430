//! One recipient's letter: what is looked at in every one, and what is read closely in some.

use super::findings::{Findings, Who};
use super::html::{self, Page, Target, scan};
use super::receivers::Receiver;
use super::rules::letter::{
    CHARSET_LEFT, EMPTY_VARIABLE, HTML_CLIPPED, MESSAGE_ID_SHARED, MESSAGE_LARGE,
    MESSAGE_TOO_LARGE, PREHEADER_LONG, PREHEADER_MISSING, STYLE_SHEET_KEPT, SUBJECT_EMPTY,
    TEMPLATE_ERROR, TEXT_MISSING, TEXT_THIN, UNSUBSCRIBE_UNUSABLE,
};
use super::sending::Sending;
use super::{law, message, placeholders, subject, unsubscribe};
use crate::model::Domain;

/// What the templates made for one recipient.
#[derive(Debug, Clone, Copy)]
pub struct Rendered<'a> {
    /// Whose it is.
    pub who: Who<'a>,
    /// The subject, decoded.
    pub subject: &'a str,
    /// What mail clients show beside the subject, where the campaign sets it.
    pub preheader: Option<&'a str>,
    /// The HTML, decoded.
    pub html: Option<&'a str>,
    /// The plain text, decoded.
    pub text: Option<&'a str>,
    /// Names of variables that the templates use and that came out empty.
    pub empty: &'a [String],
    /// Whether the message is in another charset than the campaign wants.
    pub other_charset: bool,
    /// Octets of the message with all its attachments, not signed.
    pub size: u64,
}

/// Why a letter could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmade {
    /// A template failed.
    Template,
    /// The subject came out empty.
    Subject,
    /// The unsubscribe address came out as none.
    Unsubscribe,
}

/// Notes that a recipient's letter could not be made. `what` names template, line and cause.
pub fn unmade(why: Unmade, what: String, who: Who<'_>, findings: &mut Findings) {
    let rule = match why {
        Unmade::Template => &TEMPLATE_ERROR,
        Unmade::Subject => &SUBJECT_EMPTY,
        Unmade::Unsubscribe => &UNSUBSCRIBE_UNUSABLE,
    };
    findings.row(rule, what, who);
}

/// Notes what could not be done to the letter's templates.
pub fn notes(notes: &[String], findings: &mut Findings) {
    for note in notes {
        findings.campaign(&STYLE_SHEET_KEPT, note);
    }
}

/// Looks at a letter. Cheap enough for every recipient of a large list.
pub fn glance(letter: &Rendered<'_>, findings: &mut Findings) {
    let who = letter.who;
    subject::judge(letter.subject, who, findings);
    let texts = [Some(letter.subject), letter.html, letter.text];
    for text in texts.into_iter().flatten() {
        placeholders::marks(text, who, findings);
    }
    for name in letter.empty {
        findings.row(&EMPTY_VARIABLE, name.as_str(), who);
    }
    if letter.other_charset {
        findings.row(&CHARSET_LEFT, "written in UTF-8", who);
    }
    size(letter, findings);
    if let Some(html) = letter.html
        && html.len() > CLIPPED
    {
        findings.row(&HTML_CLIPPED, "HTML beyond 102 KB", who);
    }
}

/// Reads a letter closely: its HTML, and its message as it goes on the wire.
pub fn read(letter: &Rendered<'_>, octets: &[u8], sending: &Sending, findings: &mut Findings) {
    let who = letter.who;
    let page = letter.html.map(scan);
    if let Some(page) = &page {
        html::judge(page, who, findings);
    }
    let seen = page.as_ref().map(|page| page.text.as_str()).or(letter.text);
    placeholders::notes(seen.unwrap_or_default(), who, findings);
    preheader(letter, page.as_ref(), findings);
    text(letter, page.as_ref(), findings);
    let headers = message::judge(octets, who, findings);
    unsubscribe::judge(letter, page.as_ref(), &headers, sending, findings);
    law::judge(letter, page.as_ref(), &headers, sending, findings);
}

/// Holds a message against what its own receiver takes: a letter that is too large for one of them
/// is none of the others' business.
fn size(letter: &Rendered<'_>, findings: &mut Findings) {
    if letter.size <= Receiver::least_limit() {
        return;
    }
    let domain = letter.who.recipient.rsplit_once('@');
    let domain = domain.and_then(|(_, domain)| Domain::parse(domain).ok());
    match domain.and_then(|domain| Receiver::of(&domain)) {
        Some(receiver) if letter.size > receiver.limit() => {
            let limit = receiver.limit() / 1_000_000;
            let detail = format!("{} takes {limit} MB", receiver.name());
            findings.row_for(&MESSAGE_TOO_LARGE, receiver, detail, letter.who);
        }
        None if letter.size > LARGE => {
            findings.row(&MESSAGE_LARGE, "more than 25 MB", letter.who);
        }
        Some(_) | None => {}
    }
}

/// Letters that have the same Message-ID: `ids` are those of the letters read closely.
pub fn shared_ids<'a>(ids: impl IntoIterator<Item = (Who<'a>, &'a str)>, findings: &mut Findings) {
    let mut seen = std::collections::HashSet::new();
    for (who, id) in ids {
        if !seen.insert(id) {
            findings.sample(&MESSAGE_ID_SHARED, id, who);
        }
    }
}

fn preheader(letter: &Rendered<'_>, page: Option<&Page>, findings: &mut Findings) {
    let Some(page) = page else { return };
    let hidden = page
        .preheader
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let text = letter.preheader.map_or(hidden.as_str(), str::trim);
    // Fillers that keep the body out of the message list are no words.
    let length = text.chars().filter(|c| {
        !matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{34f}' | '\u{feff}' | '\u{a0}'
        )
    });
    match length.count() {
        0 => findings.sample(
            &PREHEADER_MISSING,
            "neither `preheader` nor a hidden first line",
            letter.who,
        ),
        length if length > LONGEST_PREHEADER => {
            findings.sample(&PREHEADER_LONG, format!("{length} characters"), letter.who);
        }
        _ => {}
    }
}

fn text(letter: &Rendered<'_>, page: Option<&Page>, findings: &mut Findings) {
    let Some(page) = page else { return };
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    match letter.text {
        None => findings.sample(&TEXT_MISSING, "HTML only", letter.who),
        Some(text) => {
            let (plain, shown) = (letters(text), letters(&page.text));
            // Links are words in one and hidden in the other: only a great difference tells.
            if shown > FULL && plain * 4 < shown {
                let detail = format!("{plain} letters of text, {shown} of HTML");
                findings.sample(&TEXT_THIN, detail, letter.who);
            }
        }
    }
}

/// Whether a page holds a picture that only counts its readers.
pub(super) fn is_tracked(page: Option<&Page>) -> bool {
    page.is_some_and(|page| {
        let mut images = page.images.iter();
        images.any(|image| image.invisible && matches!(Target::of(&image.src), Target::Web { .. }))
    })
}

/// Octets of a message that no large receiver takes.
const LARGE: u64 = 25_000_000;
/// Octets of HTML that Gmail's reader shows.
const CLIPPED: usize = 102 * 1024;
/// Characters of a preheader that some mail client shows.
const LONGEST_PREHEADER: usize = 140;
/// Letters from which on two bodies can be compared.
const FULL: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::shares::Shares;

    fn letter<'a>(html: Option<&'a str>, text: Option<&'a str>) -> Rendered<'a> {
        Rendered {
            who: Who {
                row: 1,
                recipient: "ann@example.org",
            },
            subject: "Hello",
            preheader: None,
            html,
            text,
            empty: &[],
            other_charset: false,
            size: 0,
        }
    }

    fn glanced(letter: &Rendered<'_>) -> Vec<&'static str> {
        let mut findings = Findings::default();
        glance(letter, &mut findings);
        names(findings)
    }

    fn names(findings: Findings) -> Vec<&'static str> {
        let found = findings.finish(&Shares::default(), 1, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn long_html_is_clipped() {
        let html = "x".repeat(CLIPPED);
        assert_eq!(glanced(&letter(Some(&html), None)), [""; 0]);
        let html = "x".repeat(CLIPPED + 1);
        assert_eq!(glanced(&letter(Some(&html), None)), ["html-clipped"]);
    }

    #[test]
    fn each_message_is_held_against_its_own_receivers_limit() {
        for (recipient, size, rules) in [
            ("a@au.com", 3_000_000, &[][..]),
            ("a@au.com", 3_000_001, &["message-too-large"]),
            ("a@gmail.com", 25_000_000, &[]),
            ("a@gmail.com", 25_000_001, &["message-too-large"]),
            ("a@example.org", 25_000_000, &[]),
            ("a@example.org", 25_000_001, &["message-large"]),
        ] {
            let letter = Rendered {
                who: Who { row: 1, recipient },
                size,
                ..letter(None, Some("x"))
            };
            assert_eq!(glanced(&letter), rules, "{recipient} {size}");
        }
    }

    #[test]
    fn letters_that_cannot_be_made_are_told_by_their_cause() {
        for (why, rule) in [
            (Unmade::Template, "template-error"),
            (Unmade::Subject, "subject-empty"),
            (Unmade::Unsubscribe, "unsubscribe-unusable"),
        ] {
            let mut findings = Findings::default();
            unmade(
                why,
                "body.html:1".to_owned(),
                Who {
                    row: 1,
                    recipient: "",
                },
                &mut findings,
            );
            assert_eq!(names(findings), [rule]);
        }
    }

    #[test]
    fn empty_variables_are_named() {
        let empty = Rendered {
            empty: &["name".to_owned(), "city".to_owned()],
            ..letter(None, Some("x"))
        };
        assert_eq!(glanced(&empty), ["empty-variable"]);
    }

    #[test]
    fn preheaders() {
        let judged = |html: &str, set: Option<&str>| {
            let mut findings = Findings::default();
            let letter = Rendered {
                preheader: set,
                ..letter(Some(html), None)
            };
            preheader(&letter, Some(&scan(html)), &mut findings);
            names(findings)
        };
        assert_eq!(judged("<p>Hello</p>", None), ["preheader-missing"]);
        assert_eq!(judged("<p>Hello</p>", Some("Soon")), [""; 0]);
        assert_eq!(
            judged("<div style='display:none'>Soon</div>x", None),
            [""; 0]
        );
        assert_eq!(
            judged("<div hidden>&zwnj;&nbsp;</div>x", None),
            ["preheader-missing"]
        );
        assert_eq!(judged("x", Some(&"x".repeat(141))), ["preheader-long"]);
    }

    #[test]
    fn the_text_has_to_say_what_the_html_says() {
        let judged = |plain: Option<&str>| {
            let html = "word ".repeat(100);
            let mut findings = Findings::default();
            text(
                &letter(Some(&html), plain),
                Some(&scan(&html)),
                &mut findings,
            );
            names(findings)
        };
        assert_eq!(judged(None), ["text-missing"]);
        assert_eq!(judged(Some("see the HTML")), ["text-thin"]);
        assert_eq!(judged(Some(&"word ".repeat(80))), [""; 0]);
    }

    #[test]
    fn ids_are_compared() {
        let who = |row| Who {
            row,
            recipient: "x",
        };
        let mut findings = Findings::default();
        shared_ids([(who(1), "a@x"), (who(2), "b@x")], &mut findings);
        assert_eq!(names(findings.clone()), [""; 0]);
        shared_ids([(who(1), "a@x"), (who(2), "a@x")], &mut findings);
        assert_eq!(names(findings), ["message-id-shared"]);
    }
}
