//! Style sheets brought into the form in which they can be inlined: those in files of the library
//! into the document, those for certain media into rules for these.

use super::css::in_quotes;
use super::library::{Library, missing_sheet};
use super::markup::{Lexeme, attributes, lexemes};
use super::tags::{OPEN, clean};

/// Puts the style sheets that a document links to in its library into the document.
pub(super) fn with_links(html: &str, library: &Library<'_>, notes: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(html.len());
    for lexeme in lexemes(html) {
        match lexeme {
            Lexeme::Open(tag, name) if name.eq_ignore_ascii_case("link") => {
                let media = value_of(tag, "media").map_or(String::new(), |media| {
                    format!(" media=\"{}\"", in_quotes(media))
                });
                match style_sheet(tag).map(|href| (href, library.find(href))) {
                    Some((_, Some(file))) => {
                        // Nothing in it can end the element early.
                        let css = clean(&file.text).replace("</", "<\\/");
                        out.push_str(&format!("<style{media}>{css}</style>"));
                    }
                    Some((href, None)) if is_local(href) => {
                        let missing = missing_sheet(href);
                        notes.push(missing);
                        out.push_str(tag);
                    }
                    _ => out.push_str(tag),
                }
            }
            other => out.push_str(other.text()),
        }
    }
    out
}

/// Style sheets for certain media as rules for those, which are not inlined. The attribute goes,
/// for it may not be said twice.
pub(super) fn with_media(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut media: Option<String> = None;
    for lexeme in lexemes(html) {
        match (lexeme, media.take()) {
            (Lexeme::Open(tag, name), _) if name.eq_ignore_ascii_case("style") => {
                let found = attributes(tag);
                let own = (found.iter()).find(|a| a.name.eq_ignore_ascii_case("media"));
                match own.filter(|a| is_limited(a.value)) {
                    Some(own) => {
                        out.push_str(&tag[..own.start]);
                        out.push_str(&tag[own.end..]);
                        media = Some(own.value.trim().to_owned());
                    }
                    None => out.push_str(tag),
                }
            }
            (Lexeme::Raw(css), Some(media)) => {
                out.push_str(&format!("@media {media} {{\n{css}\n}}"));
            }
            (other, _) => out.push_str(other.text()),
        }
    }
    out
}

/// Whether a style sheet for these media is not for every mail program's screen.
fn is_limited(media: &str) -> bool {
    let media = media.trim();
    !["", "all", "screen"]
        .iter()
        .any(|wide| wide.eq_ignore_ascii_case(media))
}

fn value_of<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut found = attributes(tag).into_iter();
    let own = found.find(|a| a.name.eq_ignore_ascii_case(name));
    own.map(|a| a.value)
}

fn style_sheet(tag: &str) -> Option<&str> {
    let found = attributes(tag);
    let value = |name: &str| found.iter().find(|a| a.name.eq_ignore_ascii_case(name));
    let is_sheet = value("rel").is_some_and(|rel| rel.value.eq_ignore_ascii_case("stylesheet"));
    value("href").filter(|_| is_sheet).map(|href| href.value)
}

fn is_local(href: &str) -> bool {
    !href.contains(':') && !href.starts_with("//") && !href.contains(OPEN)
}
