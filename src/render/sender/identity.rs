//! The headers by which providers and people tell one campaign, and one sender, from another.
//! They are the same in every message and written once.
//!
//! No `Auto-Submitted`: a campaign is written and released by a person, and RFC 3834 section 5
//! keeps `auto-generated` for what no person submits. Responders stay silent by `Precedence` and
//! the List- fields (RFC 3834 section 2).

use crate::model::Address;
use crate::render::mime::{Headers, Role, Variants, can_name, can_write, cut, header_text};
use crate::render::source::LetterSource;

/// The header that names the campaign's run, for returned mail that lost everything else.
const CAMPAIGN_HEADER: &str = "X-Hikyaku-Campaign";

/// The headers that do not depend on the recipient. `subject` where no recipient has another one.
pub(in crate::render) fn shared_headers(source: &LetterSource, subject: Option<&str>) -> Variants {
    Variants::of(source.charset, |charset, out| {
        let people = [Some(&source.from), source.reply_to.as_ref()];
        let names = people
            .into_iter()
            .flatten()
            .map(|person| person.name.as_deref());
        let mut written = names.map(|name| can_name(charset, name));
        let written = written.all(|can| can) && can_write(charset, subject.unwrap_or_default());
        written.then(|| write_shared(&mut Headers(out, charset), source, subject))
    })
}

fn write_shared(headers: &mut Headers<'_>, source: &LetterSource, subject: Option<&str>) {
    headers.person("From", &source.from);
    if let Some(mailbox) = &source.reply_to {
        headers.person("Reply-To", mailbox);
    }
    if let Some(subject) = subject {
        headers.text("Subject", subject);
    }
    let list = list_id(&source.from.address);
    headers.mailbox("List-ID", source.from.name.as_deref(), &list);
    headers.plain("Feedback-ID", &feedback_id(source));
    headers.plain("Precedence", "bulk");
    headers.plain(CAMPAIGN_HEADER, cut(&word(&source.uid), 200));
    headers.plain("MIME-Version", "1.0");
    if let Some(locale) = source.locale.as_deref().filter(|tag| is_language(tag)) {
        headers.plain("Content-Language", locale);
    }
}

/// Whether a text is a tag as Content-Language takes it (RFC 3282, RFC 5646 section 2.1).
fn is_language(tag: &str) -> bool {
    let subtag = |text: &str| {
        (1..=8).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_alphanumeric())
    };
    tag.len() <= 60 && tag.split('-').all(subtag)
}

/// RFC 2919: named after the sender and not the campaign, so that a reader's filter goes on to
/// work with the next campaign.
fn list_id(from: &Address) -> String {
    let label = word(from.local());
    let label = label.trim_matches(['.', '-']);
    let label = if label.is_empty() {
        "news"
    } else {
        cut(label, 63)
    };
    format!("{label}.{}", from.domain())
}

/// `campaign:domain:bulk:sender`, by which Gmail groups complaints. The last field has to be the
/// same in all mail of a sender and 5 to 15 characters long.
fn feedback_id(source: &LetterSource) -> String {
    let campaign = word(&source.campaign);
    let domain = source.from.address.domain().as_str();
    let sender: String = domain.chars().filter(char::is_ascii_alphanumeric).collect();
    let sender = format!("{:-<5}", cut(&sender, 15));
    format!("{}:{domain}:bulk:{sender}", cut(&campaign, 64))
}

/// A text as letters, digits, dots and hyphens, whatever it was before.
fn word(text: &str) -> String {
    let clean = header_text(text, Role::Name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    clean
        .to_ascii_lowercase()
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_made_of_harmless_characters() {
        let list = |text| list_id(&Address::parse(text).unwrap());
        assert_eq!(list("News@example.com"), "news.example.com");
        assert_eq!(list("お知らせ@example.com"), "news.example.com");
        assert_eq!(word("Spring\r\nSale: 2026 ü"), "spring-sale--2026--");
    }
}
