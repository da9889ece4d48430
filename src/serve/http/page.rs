//! The pages that readers see: a heading, a few words, one button at most. They load nothing, run
//! nothing and say nothing of the reader, so that whoever finds a link learns nothing by it.

use super::language::Texts;
use super::wish::PAGE_FIELD;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use std::sync::LazyLock;

/// The style of all pages.
const STYLE: &str = include_str!("page.css");

/// What is allowed to a page, by `Content-Security-Policy`: its own style and its own form. The icon
/// is an empty one, so that browsers ask for no other.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
});

/// Who sends, as the pages name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// `sender.name`
    pub name: Option<String>,
    /// `sender.contact`
    pub contact: Option<String>,
}

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// The button.
    Question,
    /// It was done.
    Done,
    /// The token is of a message that was only looked at.
    Test,
    /// There is no such token.
    Unknown,
    /// A POST that did not say what for.
    NotAsked,
    /// The ledger cannot be written.
    Busy,
    /// Too often.
    Often,
    /// What no browser sends.
    Bad,
}

/// A whole page.
pub(super) fn html(page: Page, texts: &Texts, sender: &Sender) -> String {
    let (title, body) = match page {
        Page::Question => (texts.title, question(texts, sender)),
        Page::Done => (texts.done_title, done(texts, sender)),
        Page::Test => (texts.test_title, paragraph(texts.test)),
        Page::Unknown => (texts.unknown_title, paragraph(texts.unknown)),
        Page::NotAsked => (
            texts.not_asked_title,
            paragraph(texts.not_asked) + &form(texts),
        ),
        Page::Busy => (texts.busy_title, paragraph(texts.busy) + &form(texts)),
        Page::Often => (texts.often_title, paragraph(texts.often)),
        Page::Bad => (texts.bad_title, paragraph(texts.bad)),
    };
    let tag = texts.tag;
    format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex, nofollow\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn question(texts: &Texts, sender: &Sender) -> String {
    let asked = match &sender.name {
        Some(name) => texts.question_of.replace("{name}", &escaped(name)),
        None => texts.question.to_owned(),
    };
    paragraph(&asked) + &form(texts) + &small(texts.nothing_yet)
}

fn done(texts: &Texts, sender: &Sender) -> String {
    let done = match &sender.name {
        Some(name) => texts.done_of.replace("{name}", &escaped(name)),
        None => texts.done.to_owned(),
    };
    let mut body = paragraph(&done) + &small(texts.on_its_way);
    if let Some(contact) = &sender.contact {
        body += &small(
            &texts
                .by_mistake
                .replace("{contact}", &contact_html(contact)),
        );
    }
    body
}

/// It goes to the address it came from, whatever that is behind a proxy.
fn form(texts: &Texts) -> String {
    let (name, value) = PAGE_FIELD;
    format!(
        "<form method=\"post\"><button type=\"submit\" name=\"{name}\" value=\"{value}\">{}</button></form>\n",
        texts.button
    )
}

fn paragraph(html: &str) -> String {
    format!("<p>{html}</p>\n")
}

fn small(html: &str) -> String {
    format!("<p><small>{html}</small></p>\n")
}

/// A contact as a link, where it is clear what it is.
fn contact_html(contact: &str) -> String {
    let text = escaped(contact);
    let link = if contact.starts_with("https://") || contact.starts_with("http://") {
        text.clone()
    } else if contact.contains('@') && !contact.contains(char::is_whitespace) {
        format!("mailto:{text}")
    } else {
        return text;
    };
    format!("<a href=\"{link}\" rel=\"noreferrer\">{text}</a>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::super::language::LANGUAGES;
    use super::*;

    const PAGES: [Page; 8] = [
        Page::Question,
        Page::Done,
        Page::Test,
        Page::Unknown,
        Page::NotAsked,
        Page::Busy,
        Page::Often,
        Page::Bad,
    ];

    #[test]
    fn pages_load_and_run_nothing() {
        let sender = Sender {
            name: Some("A & <B>".to_owned()),
            contact: Some("https://example.com/?a=\"b\"".to_owned()),
        };
        for texts in &LANGUAGES {
            for page in PAGES {
                let html = html(page, texts, &sender);
                for bad in [
                    "<script",
                    " src=",
                    "url(",
                    "<B>",
                    "=\"b\"",
                    "{name}",
                    "{contact}",
                ] {
                    assert!(!html.contains(bad), "{bad} in {html}");
                }
                assert!(html.len() < 4096, "{page:?} is no small page");
            }
        }
    }

    #[test]
    fn only_a_page_that_asks_has_a_button() {
        for page in PAGES {
            let html = html(page, &LANGUAGES[0], &Sender::default());
            let asks = matches!(page, Page::Question | Page::NotAsked | Page::Busy);
            assert_eq!(html.contains("<form method=\"post\">"), asks, "{page:?}");
        }
    }

    #[test]
    fn the_sender_is_named_where_it_is_known() {
        let sender = Sender {
            name: Some("Example News".to_owned()),
            contact: Some("hello@example.com".to_owned()),
        };
        let done = html(Page::Done, &LANGUAGES[0], &sender);
        assert!(done.contains("Example News will not send"));
        assert!(done.contains("href=\"mailto:hello@example.com\""));
        let done = html(Page::Done, &LANGUAGES[1], &Sender::default());
        assert!(done.contains("lang=\"ja\"") && done.contains("今後、このメールは届きません。"));
    }
}
