//! Style sheets written into `style` attributes, which is what mail programs read. What cannot be
//! written there (`@media`, `:hover`, rules for what other programs insert) stays a style sheet.
//!
//! It works on protected texts, before anything is known of a recipient. The reader of HTML moves
//! what it thinks is out of place; when a tag of the template, or of the HTML, is not where it was,
//! the HTML is left as its author wrote it.

use super::library::Library;
use super::markup::{Attribute, Lexeme, attributes, lexemes};
use super::outline;
use super::sheets::{with_links, with_media};
use super::tags::{CLOSE, OPEN, Origin, Part, Tag, mark, marks, parts};
use crate::render::template::identifiers;
use crate::render::template::scan::Kind;
use css_inline::{CSSInliner, InlineOptions};
use std::ops::Range;

/// Writes style sheets into `style` attributes. Notes tell what could not be done.
pub(super) fn inlined(html: &str, library: &mut Library<'_>, notes: &mut Vec<String>) -> String {
    let linked = with_media(&with_links(html, library, notes));
    let has_styles = lexemes(&linked).any(
        |lexeme| matches!(lexeme, Lexeme::Open(_, name) if name.eq_ignore_ascii_case("style")),
    );
    if !has_styles {
        return linked;
    }
    let hidden = hide(&linked, library);
    let written = match write(&hidden.html, hidden.is_dynamic) {
        Ok(written) => written,
        Err(error) => {
            notes.push(format!("CSS was not inlined: {error}"));
            return linked;
        }
    };
    match outline::as_before(&hidden.html, &written) {
        Ok(written) => show(&written, hidden.first, library),
        Err(what) => {
            notes.push(format!("CSS was not inlined, because it would {what}"));
            linked
        }
    }
}

/// Hands the HTML to the inliner, which neither reads files nor asks the network.
fn write(html: &str, keeps_styles: bool) -> Result<String, css_inline::InlineError> {
    let options = InlineOptions {
        load_remote_stylesheets: false,
        keep_link_tags: true,
        keep_style_tags: keeps_styles,
        remove_inlined_selectors: !keeps_styles,
        ..InlineOptions::default()
    };
    let inliner = CSSInliner::new(options);
    match is_document(html) {
        true => inliner
            .inline(html)
            .map(|written| with_prologue(html, &written)),
        false => inliner.inline_fragment(html, ""),
    }
}

fn is_document(html: &str) -> bool {
    root(html).is_some()
}

/// Where `<html>` begins.
fn root(html: &str) -> Option<usize> {
    let mut at = 0;
    for lexeme in lexemes(html) {
        if matches!(lexeme, Lexeme::Open(_, name) if name.eq_ignore_ascii_case("html")) {
            return Some(at);
        }
        at += lexeme.text().len();
    }
    None
}

/// The inliner shortens the document type; what stood before `<html>` is put back.
fn with_prologue(html: &str, written: &str) -> String {
    match (root(html), root(written)) {
        (Some(before), Some(after)) => format!("{}{}", &html[..before], &written[after..]),
        _ => written.to_owned(),
    }
}

/// HTML with marks where a reader of HTML leaves them alone.
struct Hidden {
    html: String,
    /// Whether classes depend on the recipient, so that any rule may be needed.
    is_dynamic: bool,
    /// The number of the first tag that was made for this.
    first: usize,
}

fn hide(html: &str, library: &mut Library<'_>) -> Hidden {
    let first = library
        .tags
        .add(String::new(), Kind::Raw, Origin::default());
    let mut hidden = Hidden {
        html: String::with_capacity(html.len() + 1024),
        is_dynamic: marks(html)
            .filter_map(|number| library.tags.get(number))
            .any(writes_elements),
        first,
    };
    for lexeme in lexemes(html) {
        match lexeme {
            Lexeme::Text(text) => hidden.html.push_str(&as_comments(text)),
            Lexeme::Open(tag, _) if tag.contains(OPEN) => {
                hidden.is_dynamic |= names_classes(tag, library);
                hidden.html.push_str(&open_tag(tag, library));
            }
            // What only Outlook reads is not HTML to others.
            Lexeme::Other(text) if text.starts_with("<![") => {
                let number = library
                    .tags
                    .add(text.to_owned(), Kind::Raw, Origin::default());
                hidden.html.push_str(&as_comments(&mark(number)));
            }
            // An author's comment, which is not to be taken for one of this module's.
            Lexeme::Comment(text) if text.contains(OPEN) => {
                let number = library
                    .tags
                    .add(text.to_owned(), Kind::Raw, Origin::default());
                hidden.html.push_str(&as_comments(&mark(number)));
            }
            Lexeme::Raw(text) => {
                hidden.is_dynamic |= text.contains(OPEN);
                hidden.html.push_str(text);
            }
            other => hidden.html.push_str(other.text()),
        }
    }
    hidden
}

/// Marks in text as comments, which may stand anywhere, even between the rows of a table.
fn as_comments(text: &str) -> String {
    if !text.contains(OPEN) {
        return text.to_owned();
    }
    text.replace(OPEN, &format!("<!--{OPEN}"))
        .replace(CLOSE, &format!("{CLOSE}-->"))
}

/// Whether a tag may write elements that the text does not show: it calls something, takes in
/// another template, or writes a value as HTML.
fn writes_elements(tag: &Tag) -> bool {
    let code = tag.code.as_deref().unwrap_or_default();
    match tag.kind {
        Kind::Expression => code.contains('(') || identifiers(code).any(|word| word == "safe"),
        Kind::Statement => {
            let word = code
                .split(|c: char| !c.is_alphabetic())
                .next()
                .unwrap_or_default();
            ["include", "from", "import", "call"].contains(&word)
                || identifiers(code).any(|word| word == "safe")
        }
        Kind::Raw | Kind::Comment => false,
    }
}

/// Whether what a tag of the template writes here may be a class, an id or any attribute.
fn names_classes(tag: &str, library: &Library<'_>) -> bool {
    let found = attributes(tag);
    let is_key = |a: &Attribute<'_>| {
        ["class", "id"]
            .iter()
            .any(|key| a.name.eq_ignore_ascii_case(key))
    };
    let is_loose = |a: &Attribute<'_>| a.name.contains(OPEN);
    // What stands between conditions may be there or not.
    let first = found.iter().position(is_loose).unwrap_or(found.len());
    let last = found.iter().rposition(is_loose).unwrap_or(0);
    found.iter().enumerate().any(|(at, attribute)| {
        let writes = marks(attribute.name)
            .filter_map(|number| library.tags.get(number))
            .any(|tag| tag.kind == Kind::Expression);
        let is_conditional = (first..last).contains(&at);
        writes || (is_key(attribute) && (is_conditional || attribute.value.contains(OPEN)))
    })
}

/// A start tag whose attributes a reader of HTML can read: from the first mark that stands for
/// attributes to the last, all is one mark, and so is a `style` that has marks.
fn open_tag(tag: &str, library: &mut Library<'_>) -> String {
    let found = attributes(tag);
    let mut hidden: Vec<Range<usize>> = Vec::new();
    let loose = |a: &&Attribute<'_>| a.name.contains(OPEN);
    if let (Some(first), Some(last)) = (found.iter().find(loose), found.iter().rfind(loose)) {
        hidden.push(first.start..last.end);
    }
    for attribute in &found {
        let range = attribute.start..attribute.end;
        let is_style =
            attribute.name.eq_ignore_ascii_case("style") && attribute.value.contains(OPEN);
        if is_style && !hidden.iter().any(|other| other.contains(&range.start)) {
            hidden.push(range);
        }
    }
    hidden.sort_by_key(|range| range.start);
    let (mut out, mut done) = (String::with_capacity(tag.len()), 0);
    for range in hidden {
        let text = tag[range.clone()].to_owned();
        let number = library.tags.add(text, Kind::Raw, Origin::default());
        out.push_str(&tag[done..range.start]);
        out.push(' ');
        out.push_str(&mark(number));
        done = range.end;
    }
    out.push_str(&tag[done..]);
    out
}

/// Puts marks back from where they were hidden.
fn show(html: &str, first: usize, library: &Library<'_>) -> String {
    let mut out = String::with_capacity(html.len());
    for lexeme in lexemes(html) {
        match lexeme {
            Lexeme::Comment(text) if is_mark(text) => {
                out.push_str(&own(&text[4..text.len() - 3], first, library));
            }
            Lexeme::Open(tag, _) if tag.contains(OPEN) => {
                out.push_str(&shown_tag(tag, first, library));
            }
            other => out.push_str(other.text()),
        }
    }
    out
}

fn is_mark(comment: &str) -> bool {
    let inside = comment
        .strip_prefix("<!--")
        .and_then(|text| text.strip_suffix("-->"));
    inside.is_some_and(|text| {
        let mut found = parts(text);
        matches!(found.next(), Some(Part::Mark(_))) && found.next().is_none()
    })
}

/// A value of an attribute as it stands in double quotes; the template's own are left to it.
pub(super) fn in_quotes(value: &str) -> String {
    let part = |part| match part {
        Part::Text(text) => text.replace('"', "&quot;"),
        Part::Mark(number) => mark(number),
    };
    parts(value).map(part).collect()
}

/// A mark, or what a mark of this module stands for.
fn own(text: &str, first: usize, library: &Library<'_>) -> String {
    let hidden = marks(text).next().filter(|number| *number > first);
    match hidden.and_then(|number| library.tags.get(number)) {
        Some(tag) => tag.text.clone(),
        None => text.to_owned(),
    }
}

/// A start tag with its hidden attributes; a hidden `style` stands behind what was inlined, so
/// that it wins, as it does in HTML.
fn shown_tag(tag: &str, first: usize, library: &Library<'_>) -> String {
    let found = attributes(tag);
    let inlined = found.iter().find(|a| a.name == "style");
    let hidden = |a: &Attribute<'_>| {
        let text = a.name.contains(OPEN).then(|| own(a.name, first, library))?;
        (text != a.name).then_some(text)
    };
    let style_of = |text: &str| {
        let probe = format!("<a{text}>");
        let found = attributes(&probe);
        let alone = found
            .first()
            .filter(|a| found.len() == 1 && a.name.eq_ignore_ascii_case("style"));
        alone.map(|a| a.value.to_owned())
    };
    let own_style = found
        .iter()
        .filter_map(hidden)
        .find_map(|text| style_of(&text));
    let (mut out, mut done) = (String::with_capacity(tag.len()), 0);
    for attribute in &found {
        out.push_str(&tag[done..attribute.start]);
        let written = &tag[attribute.start..attribute.end];
        match (hidden(attribute), attribute.name, &own_style) {
            // It goes where the inlined one is.
            (Some(text), _, Some(_)) if inlined.is_some() && style_of(&text).is_some() => {}
            (Some(text), _, _) => out.push_str(&text),
            (None, "style", Some(own)) => {
                let value = attribute.value.trim_end().trim_end_matches(';');
                out.push_str(&format!(" style=\"{value};{}\"", in_quotes(own)));
            }
            _ if attribute.name.contains(OPEN) && attribute.value.is_empty() => {
                out.push(' ');
                out.push_str(attribute.name);
            }
            _ => out.push_str(written),
        }
        done = attribute.end;
    }
    out.push_str(&tag[done..]);
    out
}
