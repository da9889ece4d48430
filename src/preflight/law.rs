//! What laws want a letter to say. No legal advice: it looks for words, and only where a law was
//! named in the settings.

use super::findings::Findings;
use super::html::Page;
use super::letter::{Rendered, is_tracked};
use super::message::Headers;
use super::rules::law::{
    LAW_CONSENT_RECORD, LAW_CONTACT, LAW_OPT_OUT, LAW_OPT_OUT_UNCLEAR, LAW_POSTAL_ADDRESS,
    LAW_SENDER_NAME, LAW_TRACKING_CONSENT, LAW_TRUTHFUL_SUBJECT,
};
use super::sending::Sending;
use super::subject::looks_like_reply;
use super::unsubscribe::{addresses, links_to};
use super::words::{folded, names_the_way_out, offers_opt_out};
use crate::model::Law;

/// Judges what a letter says.
pub(super) fn judge(
    letter: &Rendered<'_>,
    page: Option<&Page>,
    headers: &Headers,
    sending: &Sending,
    findings: &mut Findings,
) {
    let Some(first) = sending.laws.first() else {
        return;
    };
    let who = letter.who;
    let seen = page
        .map(|page| page.text.as_str())
        .or(letter.text)
        .unwrap_or_default();
    let seen = folded(seen);
    let any = |laws: &[Law]| sending.laws.iter().find(|law| laws.contains(law)).copied();
    opt_out(letter, page, headers, &seen, *first, findings);
    if let Some(law) = any(&[Law::Japan, Law::Casl, Law::Gdpr])
        && let Some(why) = lacks(sending.sender.name.as_deref(), "sender.name", &seen)
    {
        findings.sample(&LAW_SENDER_NAME, format!("{}: {why}", name(law)), who);
    }
    let linked = page.is_some_and(tells_more);
    let by_law = |laws: &[Law]| any(laws).or_else(|| any(&[Law::Japan]).filter(|_| !linked));
    if let Some(law) = by_law(&[Law::CanSpam, Law::Casl])
        && let Some(why) = lacks(
            sending.sender.postal_address.as_deref(),
            "sender.postal_address",
            &seen,
        )
    {
        findings.sample(&LAW_POSTAL_ADDRESS, format!("{}: {why}", name(law)), who);
    }
    if let Some(law) = by_law(&[Law::Casl])
        && let Some(why) = contact(sending.sender.contact.as_deref(), page, &seen)
    {
        findings.sample(&LAW_CONTACT, format!("{}: {why}", name(law)), who);
    }
    if any(&[Law::CanSpam]).is_some() && looks_like_reply(letter.subject) {
        findings.sample(&LAW_TRUTHFUL_SUBJECT, letter.subject, who);
    }
    if any(&[Law::Gdpr]).is_some() && is_tracked(page) {
        findings.sample(&LAW_TRACKING_CONSENT, "an invisible image", who);
    }
}

/// Words and an address: who cannot know all words for it only warns where the address is there.
fn opt_out(
    letter: &Rendered<'_>,
    page: Option<&Page>,
    headers: &Headers,
    seen: &str,
    law: Law,
    findings: &mut Findings,
) {
    // A picture's text stands in the link and not among the words.
    let links = page.map_or(&[][..], |page| page.links.as_slice());
    let says = |way: fn(&str) -> bool| way(seen) || links.iter().any(|link| way(&link.text));
    if says(offers_opt_out) {
        return;
    }
    if !links_to(letter, page, &addresses(headers)) {
        findings.sample(&LAW_OPT_OUT, name(law), letter.who);
    } else if !says(names_the_way_out) {
        findings.sample(&LAW_OPT_OUT_UNCLEAR, name(law), letter.who);
    }
}

/// Judges whether a list keeps its consents, by the names of its columns.
pub fn consent(columns: &[String], sending: &Sending, findings: &mut Findings) {
    let asks = |law: &&Law| matches!(law, Law::Japan | Law::Casl | Law::Gdpr);
    let Some(law) = sending.laws.iter().find(asks) else {
        return;
    };
    let records = |column: &String| {
        let column = folded(column).replace(['_', '-'], "");
        CONSENT.iter().any(|word| column.contains(word))
    };
    if !columns.iter().any(records) {
        let shown = columns
            .iter()
            .take(12)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        findings.campaign(
            &LAW_CONSENT_RECORD,
            format!("{}: columns {shown}", name(*law)),
        );
    }
}

/// Why what is configured is not in the letter, where it is not.
fn lacks(wanted: Option<&str>, key: &str, seen: &str) -> Option<String> {
    match wanted {
        None => Some(format!("{key} is not set")),
        Some(text) if seen.contains(&folded(text)) => None,
        Some(text) => Some(format!("{text:?} is not in the letter")),
    }
}

/// A contact may also stand behind a link: `mailto:`, `tel:` or a page.
fn contact(wanted: Option<&str>, page: Option<&Page>, seen: &str) -> Option<String> {
    let why = lacks(wanted, "sender.contact", seen)?;
    let wanted = folded(wanted.unwrap_or_default());
    let bare = |href: &str| {
        folded(
            href.trim_start_matches("mailto:")
                .trim_start_matches("tel:"),
        )
    };
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let behind = |href: &str| {
        let is_call = href.starts_with("tel:") && digits(href) == digits(&wanted);
        is_call || bare(href).trim_end_matches('/') == wanted.trim_end_matches('/')
    };
    let linked = page.is_some_and(|page| page.links.iter().any(|link| behind(&link.href)));
    (wanted.is_empty() || !linked).then_some(why)
}

/// Whether a link promises the particulars that Japan's law lets stand behind one.
fn tells_more(page: &Page) -> bool {
    page.links.iter().any(|link| {
        let text = folded(&link.text);
        PARTICULARS.iter().any(|word| text.contains(word))
    })
}

const fn name(law: Law) -> &'static str {
    match law {
        Law::Japan => "japan",
        Law::CanSpam => "can-spam",
        Law::Casl => "casl",
        Law::Gdpr => "gdpr",
    }
}

/// Folded words of links to a sender's particulars.
const PARTICULARS: &[&str] = &[
    "特定電子メール",
    "会社概要",
    "会社情報",
    "企業情報",
    "運営会社",
    "運営者",
    "特定商取引",
    "お問い合わせ",
    "お問合せ",
    "問合せ先",
    "contact",
    "imprint",
    "companyinformation",
    "aboutus",
];
/// Parts of the names of columns that record a consent.
const CONSENT: &[&str] = &[
    "consent",
    "optin",
    "optedin",
    "subscribed",
    "signup",
    "signedup",
    "joined",
    "confirmed",
    "permission",
    "同意",
    "登録",
    "購読",
    "einwilligung",
    "consentement",
    "consentimiento",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sender;
    use crate::preflight::findings::Who;
    use crate::preflight::html::scan;
    use crate::preflight::sending::tests::sending;
    use crate::preflight::shares::Shares;

    const COMPLETE: &str = "<p>株式会社 見本<br>配信停止は<a href=https://a.example/u>こちら</a></p>\
        <p>東京都千代田区１－１－１ <a href='tel:+81-3-0000-0000'>電話</a></p>";

    fn lawful(laws: &[Law]) -> Sending {
        Sending {
            laws: laws.to_vec(),
            sender: Sender {
                name: Some("株式会社見本".into()),
                postal_address: Some("東京都 千代田区1-1-1".into()),
                contact: Some("+81 3 0000 0000".into()),
            },
            ..sending()
        }
    }

    fn found(html: &str, subject: &str, sending: &Sending) -> Vec<&'static str> {
        let mut findings = Findings::default();
        let who = Who {
            row: 1,
            recipient: "",
        };
        let letter = Rendered {
            who,
            subject,
            preheader: None,
            html: Some(html),
            text: None,
            empty: &[],
            other_charset: false,
            size: 0,
        };
        let headers = Headers::of(&[("List-Unsubscribe", "<https://a.example/u>")]);
        judge(&letter, Some(&scan(html)), &headers, sending, &mut findings);
        let found = findings.finish(&Shares::default(), 1, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    const ALL: [Law; 4] = [Law::Japan, Law::CanSpam, Law::Casl, Law::Gdpr];

    #[test]
    fn a_complete_letter_satisfies_every_law_and_an_empty_one_none() {
        assert_eq!(found(COMPLETE, "お知らせ", &lawful(&ALL)), [""; 0]);
        assert_eq!(found("<p>x</p>", "お知らせ", &lawful(&[])), [""; 0]);
        let all = [
            "law-opt-out",
            "law-sender-name",
            "law-postal-address",
            "law-contact",
        ];
        assert_eq!(found("<p>x</p>", "お知らせ", &lawful(&ALL)), all);
        assert_eq!(
            found(
                COMPLETE,
                "x",
                &Sending {
                    sender: Sender::default(),
                    ..lawful(&ALL)
                }
            ),
            all[1..]
        );
    }

    #[test]
    fn words_beside_the_link_are_many_and_a_bare_link_is_a_warning() {
        let judged = |words: &str| {
            let html = COMPLETE.replace("配信停止は", words);
            found(&html, "x", &lawful(&[Law::Japan]))
        };
        for words in [
            "配信を希望されない方は",
            "今後メールが不要な方は",
            "メルマガをやめる方は",
            "解\u{3000}除は",
            "To ｓｔｏｐ these letters",
            "Cancel here",
            "Manage your subscription",
        ] {
            assert_eq!(judged(words), [""; 0], "{words}");
        }
        assert_eq!(judged(""), ["law-opt-out-unclear"]);
        let elsewhere = COMPLETE
            .replace("配信停止は", "Cancel here")
            .replace("/u>", "/x>");
        let elsewhere = found(&elsewhere, "x", &lawful(&[Law::Japan]));
        assert_eq!(elsewhere, ["law-opt-out"]);
    }

    #[test]
    fn each_law_asks_for_its_own() {
        let can_spam = found("<p>x</p>", "Re: x", &lawful(&[Law::CanSpam]));
        assert_eq!(
            can_spam,
            ["law-opt-out", "law-postal-address", "law-truthful-subject"]
        );
        let pixel = format!("{COMPLETE}<img src=https://t.example/o width=1 height=1>");
        assert_eq!(
            found(&pixel, "x", &lawful(&[Law::Gdpr])),
            ["law-tracking-consent"]
        );
        assert_eq!(found(&pixel, "x", &lawful(&[Law::Japan])), [""; 0]);
    }

    #[test]
    fn japan_lets_particulars_stand_behind_a_link() {
        let html = "<p>株式会社見本 配信停止<a href=https://a.example/u>x</a> <a href=https://a.example/c>会社概要</a>";
        assert_eq!(found(html, "x", &lawful(&[Law::Japan])), [""; 0]);
        let strict = ["law-postal-address", "law-contact"];
        assert_eq!(found(html, "x", &lawful(&[Law::Japan, Law::Casl])), strict);
    }

    #[test]
    fn columns_record_consent() {
        let judged = |columns: &[&str]| {
            let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
            let mut findings = Findings::default();
            consent(&columns, &lawful(&[Law::Gdpr]), &mut findings);
            findings.finish(&Shares::default(), 0, &[]).len()
        };
        assert_eq!(judged(&["email", "Opt-In date"]), 0);
        assert_eq!(judged(&["email", "name"]), 1);
    }
}
