//! Whether people can leave the list, as their mailbox provider and they themselves see it.

use super::findings::Findings;
use super::html::{Page, Target};
use super::letter::Rendered;
use super::message::Headers;
use super::rules::unsubscribe::{
    UNSUBSCRIBE_MISSING, UNSUBSCRIBE_NOT_IN_BODY, UNSUBSCRIBE_NOT_ONE_CLICK, UNSUBSCRIBE_NOT_SIGNED,
};
use super::sending::{Sending, Way};
use super::words::{cut, offers_opt_out};

/// Judges a letter's ways out.
pub(super) fn judge(
    letter: &Rendered<'_>,
    page: Option<&Page>,
    headers: &Headers,
    sending: &Sending,
    findings: &mut Findings,
) {
    let who = letter.who;
    let addresses = addresses(headers);
    if addresses.is_empty() {
        findings.sample(&UNSUBSCRIBE_MISSING, "no List-Unsubscribe", who);
    } else {
        let https = |address: &&str| matches!(Target::of(address), Target::Web { https: true, .. });
        let post = headers.first("List-Unsubscribe-Post").map(str::trim);
        if !addresses.iter().any(https) {
            findings.sample(
                &UNSUBSCRIBE_NOT_ONE_CLICK,
                format!("no https address: {}", cut(addresses[0])),
                who,
            );
        } else if post != Some("List-Unsubscribe=One-Click") {
            findings.sample(
                &UNSUBSCRIBE_NOT_ONE_CLICK,
                "no List-Unsubscribe-Post: List-Unsubscribe=One-Click",
                who,
            );
        }
        signed(letter, headers, sending, findings);
    }
    if !in_body(letter, page, &addresses) {
        findings.sample(&UNSUBSCRIBE_NOT_IN_BODY, "no link or words for it", who);
    }
}

/// Whether each signature covers both fields. Without any signature that is another rule's matter.
fn signed(letter: &Rendered<'_>, headers: &Headers, sending: &Sending, findings: &mut Findings) {
    if sending.way == Way::Relay && sending.keys.is_empty() {
        return;
    }
    for signature in headers.all("DKIM-Signature") {
        let covered = tag(signature, "h").unwrap_or_default();
        let covers = |name: &str| {
            covered
                .split(':')
                .any(|field| field.trim().eq_ignore_ascii_case(name))
        };
        let missing: Vec<&str> = ["List-Unsubscribe", "List-Unsubscribe-Post"]
            .into_iter()
            .filter(|name| headers.first(name).is_some() && !covers(name))
            .collect();
        if !missing.is_empty() {
            let domain = tag(signature, "d").unwrap_or_default();
            let detail = format!("d={}: {} not in h=", cut(domain), missing.join(" and "));
            findings.sample(&UNSUBSCRIBE_NOT_SIGNED, detail, letter.who);
        }
    }
}

/// Whether a reader finds a way out in the letter: the address behind a link or in the text, or
/// words for it.
fn in_body(letter: &Rendered<'_>, page: Option<&Page>, addresses: &[&str]) -> bool {
    let said = |page: &Page| {
        let mut links = page.links.iter();
        links.any(|link| offers_opt_out(&link.text) || offers_opt_out(&link.href))
            || offers_opt_out(&page.text)
    };
    let said = match page {
        Some(page) => said(page),
        None => letter.text.is_some_and(offers_opt_out),
    };
    said || links_to(letter, page, addresses)
}

/// Whether one of the message's List-Unsubscribe addresses is a link of the letter, or in its text.
pub(super) fn links_to(letter: &Rendered<'_>, page: Option<&Page>, addresses: &[&str]) -> bool {
    match page {
        Some(page) => {
            let mut links = page.links.iter();
            links.any(|link| addresses.contains(&link.href.as_str()))
        }
        None => letter
            .text
            .is_some_and(|text| addresses.iter().any(|address| text.contains(address))),
    }
}

/// What stands between angle brackets in List-Unsubscribe (RFC 2369 section 2).
pub(super) fn addresses(headers: &Headers) -> Vec<&str> {
    let fields = headers.all("List-Unsubscribe");
    let parts = fields.flat_map(|value| value.split('<').skip(1));
    parts
        .filter_map(|part| Some(part.split_once('>')?.0.trim()))
        .filter(|address| !address.is_empty())
        .collect()
}

/// The value of a tag in a tag list (RFC 6376 section 3.2).
pub(super) fn tag<'t>(list: &'t str, name: &str) -> Option<&'t str> {
    let mut tags = list.split(';').filter_map(|tag| tag.split_once('='));
    tags.find_map(|(key, value)| (key.trim() == name).then(|| value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::findings::Who;
    use crate::preflight::html::scan;
    use crate::preflight::sending::tests::sending;
    use crate::preflight::shares::Shares;

    const BODY: &str = "<a href='https://a.example/u/1'>Unsubscribe</a>";
    const LIST: (&str, &str) = (
        "List-Unsubscribe",
        "<mailto:u@a.example>, <https://a.example/u/1>",
    );
    const POST: (&str, &str) = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");

    fn found(html: &str, fields: &[(&str, &str)]) -> Vec<&'static str> {
        let mut findings = Findings::default();
        let who = Who {
            row: 1,
            recipient: "",
        };
        let letter = Rendered {
            who,
            subject: "",
            preheader: None,
            html: Some(html),
            text: None,
            empty: &[],
            other_charset: false,
            size: 0,
        };
        judge(
            &letter,
            Some(&scan(html)),
            &Headers::of(fields),
            &sending(),
            &mut findings,
        );
        let found = findings.finish(&Shares::default(), 1, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn everything_in_its_place() {
        let signature = (
            "DKIM-Signature",
            "v=1; d=a.example; h=From : list-unsubscribe:List-Unsubscribe-Post; b=x",
        );
        assert_eq!(found(BODY, &[signature, LIST, POST]), [""; 0]);
    }

    #[test]
    fn each_lack_is_found() {
        assert_eq!(found(BODY, &[]), ["unsubscribe-missing"]);
        assert_eq!(
            found(BODY, &[("List-Unsubscribe", "https://a.example")]),
            ["unsubscribe-missing"]
        );
        assert_eq!(found(BODY, &[LIST]), ["unsubscribe-not-one-click"]);
        let plain = ("List-Unsubscribe", "<http://a.example/u/1>");
        assert_eq!(found(BODY, &[plain, POST]), ["unsubscribe-not-one-click"]);
        let signature = (
            "DKIM-Signature",
            "v=1; d=a.example; h=From:List-Unsubscribe; b=x",
        );
        assert_eq!(
            found(BODY, &[signature, LIST, POST]),
            ["unsubscribe-not-signed"]
        );
        assert_eq!(
            found("<p>Hello</p>", &[LIST, POST]),
            ["unsubscribe-not-in-body"]
        );
        assert_eq!(
            found("<a href=https://a.example/u/1>here</a>", &[LIST, POST]),
            [""; 0]
        );
    }
}
