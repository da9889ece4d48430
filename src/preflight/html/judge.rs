//! What is wrong with a page.

use super::scan::{Image, Link, Page};
use super::shown::hosts_in;
use super::target::{Target, organisation};
use crate::preflight::findings::{Findings, Who};
use crate::preflight::rules::html::{
    HTML_ACTIVE_CONTENT, HTML_MOSTLY_IMAGES, HTML_WITHOUT_LANGUAGE, IMAGE_EMBEDDED_DATA,
    IMAGE_NOT_HTTPS, IMAGE_WITHOUT_ALT, LINK_BROKEN, LINK_NOT_HTTPS, LINK_SHORTENED,
    LINK_SHOWS_OTHER_DOMAIN, LINK_TO_APP, LINK_TO_IP_ADDRESS, TRACKING_PIXEL,
};
use crate::preflight::words::cut;

/// Judges what a page shows.
pub(in crate::preflight) fn judge(page: &Page, who: Who<'_>, findings: &mut Findings) {
    for image in &page.images {
        self::image(image, who, findings);
    }
    for link in &page.links {
        self::link(link, who, findings);
    }
    for name in &page.active {
        findings.sample(&HTML_ACTIVE_CONTENT, format!("<{name}>"), who);
    }
    if !page.language {
        findings.sample(&HTML_WITHOUT_LANGUAGE, "<html> without lang", who);
    }
    let pictures = page.images.iter().filter(|image| !image.besides);
    let seen = pictures.filter(|image| !image.invisible).count();
    let letters = page.text.chars().filter(|c| c.is_alphanumeric()).count();
    if seen > 0 && letters < FEW_LETTERS {
        findings.sample(
            &HTML_MOSTLY_IMAGES,
            format!("{seen} images and {letters} letters"),
            who,
        );
    }
}

fn image(image: &Image, who: Who<'_>, findings: &mut Findings) {
    let shown = || cut(&image.src);
    let target = Target::of(&image.src);
    let remote = matches!(target, Target::Web { .. });
    if image.invisible && remote {
        findings.sample(&TRACKING_PIXEL, shown(), who);
    } else if image.alt.is_none() && !image.besides {
        findings.sample(&IMAGE_WITHOUT_ALT, shown(), who);
    }
    match target {
        Target::Web { number: true, .. } => findings.sample(&LINK_TO_IP_ADDRESS, shown(), who),
        Target::Web { https: true, .. } | Target::Cid => {}
        Target::Data => findings.sample(&IMAGE_EMBEDDED_DATA, "data: address".to_owned(), who),
        Target::Web { .. } | Target::Person | Target::App | Target::Fragment | Target::Nowhere => {
            findings.sample(&IMAGE_NOT_HTTPS, shown(), who);
        }
    }
}

fn link(link: &Link, who: Who<'_>, findings: &mut Findings) {
    let shown = || cut(&link.href);
    let (https, host, number) = match Target::of(&link.href) {
        Target::Web {
            https,
            host,
            number,
        } => (https, host, number),
        Target::Person | Target::Fragment => return,
        Target::App => return findings.sample(&LINK_TO_APP, shown(), who),
        Target::Cid | Target::Data | Target::Nowhere => {
            let text = link.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let detail = format!("{:?} behind {:?}", shown(), cut(&text));
            return findings.sample(&LINK_BROKEN, detail, who);
        }
    };
    if number {
        findings.sample(&LINK_TO_IP_ADDRESS, shown(), who);
    }
    if !https {
        findings.sample(&LINK_NOT_HTTPS, shown(), who);
    }
    if SHORTENERS.contains(&organisation(&host)) {
        findings.sample(&LINK_SHORTENED, shown(), who);
    }
    let other = |named: &String| organisation(named) != organisation(&host);
    if let Some(named) = hosts_in(&link.text).into_iter().find(other) {
        let detail = format!("the text says {named}, the link leads to {host}");
        findings.sample(&LINK_SHOWS_OTHER_DOMAIN, detail, who);
    }
}

/// Letters and digits below which a page with images counts as a picture.
const FEW_LETTERS: usize = 80;

/// Redirectors open to everybody that appear on block lists.
const SHORTENERS: [&str; 14] = [
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "goo.gl",
    "is.gd",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "shorturl.at",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
    "v.gd",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::html::scan;
    use crate::preflight::shares::Shares;

    const WORDS: &str = "<p>Enough words that nobody takes this letter for a picture: it says what there is \
                         to say, and then it says a little more.</p>";

    fn found(html: &str) -> Vec<&'static str> {
        let mut findings = Findings::default();
        let html = format!("<html lang=en>{WORDS}{html}");
        judge(
            &scan(&html),
            Who {
                row: 1,
                recipient: "a@b.example",
            },
            &mut findings,
        );
        let found = findings.finish(&Shares::default(), 1, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_sound_page_has_no_finding() {
        assert_eq!(
            found(
                "<img src=https://a.example/x.png alt=''><img src=cid:logo alt=Logo>\
                 <a href=https://www.shop.example/sale>shop.example</a><a href=mailto:x@y.example>x@y.example</a>\
                 <td background=https://a.example/x.png style='background:url(cid:back)'>\
                 <a href=https://a.example>ASP.NET</a>\
                 <a href='#top'>Top</a><a name=top>Top</a><a href=https://a.example>Read more</a>"
            ),
            [""; 0]
        );
    }

    #[test]
    fn each_flaw_is_found() {
        for (html, rule) in [
            ("<img src=https://a.example/x.png>", "image-without-alt"),
            ("<img src=http://a.example/x.png alt=x>", "image-not-https"),
            ("<img src=x.png alt=x>", "image-not-https"),
            (
                "<img src=data:image/png;base64,AA alt=x>",
                "image-embedded-data",
            ),
            ("<a href=http://a.example>x</a>", "link-not-https"),
            ("<a href=''>x</a>", "link-broken"),
            ("<a href='#'>x</a>", "link-broken"),
            ("<a href=example.com>x</a>", "link-broken"),
            ("<a href='javascript:x()'>x</a>", "link-broken"),
            (
                "<a href=https://evil.example/>www.bank.com</a>",
                "link-shows-other-domain",
            ),
            (
                "<a href=https://evil.example/>Visit www.bank.com now</a>",
                "link-shows-other-domain",
            ),
            ("<a href=line://ti/p/x>x</a>", "link-to-app"),
            ("<a href=htps://a.example>x</a>", "link-broken"),
            (
                "<table background='http://a.example/x.png'>",
                "image-not-https",
            ),
            (
                "<p style=\"background:url('http://a.example/x.png')\">",
                "image-not-https",
            ),
            (
                "<img src=https://a.example/x.png srcset='http://a.example/y.png 2x' alt=x>",
                "image-not-https",
            ),
            ("<a href=https://bit.ly/x>x</a>", "link-shortened"),
            ("<a href=https://192.0.2.1/>x</a>", "link-to-ip-address"),
            ("<form><input></form>", "html-active-content"),
            (
                "<img src=https://t.example/o width=1 height=1>",
                "tracking-pixel",
            ),
        ] {
            assert_eq!(found(html), [rule], "{html}");
        }
    }

    #[test]
    fn a_picture_without_words_and_language() {
        let mut findings = Findings::default();
        let page = scan("<img src=https://a.example/x.png alt=Sale>");
        judge(
            &page,
            Who {
                row: 1,
                recipient: "",
            },
            &mut findings,
        );
        let found = findings.finish(&Shares::default(), 1, &[]);
        let rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["html-mostly-images", "html-without-language"]);
    }
}
