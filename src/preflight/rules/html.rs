//! Rules about the HTML of a letter.

use super::rule::{AskedBy, Rule, rules};
use super::sources::{PHISHING, WCAG};
use crate::model::Severity;
use AskedBy::Nobody;

rules! {
    IMAGE_WITHOUT_ALT = "image-without-alt", Warning, Nobody,
        "images have no alt text: who does not load images, or cannot see them, reads nothing",
        WCAG,
        "give each <img> an alt text; alt=\"\" for mere decoration";
    IMAGE_NOT_HTTPS = "image-not-https", Warning, Nobody,
        "images are not fetched by https, so that clients leave them out or warn",
        "mail clients block mixed content (W3C Mixed Content section 4)",
        "use https:// addresses, or inline images with cid:";
    IMAGE_EMBEDDED_DATA = "image-embedded-data", Warning, Nobody,
        "images stand in the HTML as data: addresses, which Gmail and Outlook do not show",
        "observed of Gmail and Outlook (caniemail.com/features/image-base64)",
        "attach them as inline images with cid:, or link to https:// addresses";
    LINK_NOT_HTTPS = "link-not-https", Warning, Nobody,
        "links do not use https",
        "browsers warn of http pages; filters score such links",
        "use https:// addresses";
    LINK_BROKEN = "link-broken", Warning, Nobody,
        "links lead nowhere: empty, without a host, or of a kind that mail clients do not open",
        "RFC 3986 section 3; mail clients open http, https, mailto, tel and sms",
        "write the full address, beginning with https://";
    LINK_TO_APP = "link-to-app", Notice, Nobody,
        "links open a program by a scheme of its own, which many mail clients do not follow",
        "RFC 7595; mail clients open http, https, mailto, tel and sms",
        "link to an https:// page that opens the program";
    LINK_SHOWS_OTHER_DOMAIN = "link-shows-other-domain", Warning, Nobody,
        "the text of a link names another domain than the one it leads to, as phishing does",
        PHISHING,
        "show words instead of an address, or link to the domain that is shown";
    LINK_SHORTENED = "link-shortened", Warning, Nobody,
        "links go through a public link shortener, which block lists name",
        "Spamhaus DBL: abused redirectors and shorteners (spamhaus.org/dbl)",
        "link to your own domain";
    LINK_TO_IP_ADDRESS = "link-to-ip-address", Warning, Nobody,
        "links or images name a machine by its number",
        "SpamAssassin's NORMAL_HTTP_TO_IP",
        "use a host name";
    HTML_ACTIVE_CONTENT = "html-active-content", Warning, Nobody,
        "the HTML holds scripts, forms, frames or embedded objects, which mail clients remove",
        "mail clients remove them; filters take them for an attack",
        "link to a web page that does it";
    HTML_MOSTLY_IMAGES = "html-mostly-images", Warning, Nobody,
        "the HTML shows images and hardly any text",
        "SpamAssassin's HTML_IMAGE_ONLY and HTML_IMAGE_RATIO",
        "write what the letter says as text";
    HTML_WITHOUT_LANGUAGE = "html-without-language", Notice, Nobody,
        "the HTML does not say which language it is in",
        "WCAG 2.2, success criterion 3.1.1",
        "write <html lang=\"…\">";
    TRACKING_PIXEL = "tracking-pixel", Notice, Nobody,
        "an invisible image tells when the letter is opened",
        "CNIL, recommendation on tracking pixels in e-mail (2026); Apple Mail fetches them for everybody",
        "leave it out, or track only who agreed to that";
}
