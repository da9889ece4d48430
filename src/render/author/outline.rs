//! Whether HTML that a reader of HTML has written is what it was given.
//!
//! Such a reader writes tags in that may be left out, and moves what it thinks is out of place. The
//! former are taken out again, so that what a loop repeats is what its author put there; the latter
//! is found.

use super::markup::{Lexeme, attributes, lexemes};
use super::tags::{Part, marks, parts};

/// The written HTML without what was added to it.
///
/// # Errors
/// What happened to it besides, in words that follow on "it would".
pub(super) fn as_before(given: &str, written: &str) -> Result<String, String> {
    if places(given) != places(written) {
        return Err("move or lose a tag of the template".to_owned());
    }
    if is_text_moved(given, written) {
        return Err("move text past a tag of the template".to_owned());
    }
    let mut left = tags(given).peekable();
    let mut out = String::with_capacity(written.len());
    for lexeme in lexemes(written) {
        if let Some(tag) = Tag::of(lexeme) {
            if left.peek() == Some(&tag) {
                left.next();
            } else if tag.is_implied() {
                let is_bare = tag.is_close || attributes(lexeme.text()).is_empty();
                if is_bare {
                    continue;
                }
            } else {
                return Err(match left.peek() {
                    Some(expected) => format!("move {expected}"),
                    None => format!("add {tag}"),
                });
            }
        }
        out.push_str(lexeme.text());
    }
    match left.next() {
        Some(lost) => Err(format!("lose {lost}")),
        None => Ok(out),
    }
}

/// A tag without its attributes.
#[derive(PartialEq, Eq)]
struct Tag {
    name: String,
    is_close: bool,
}

impl Tag {
    /// The tag of a lexeme, if it is one that stays: style sheets may go.
    fn of(lexeme: Lexeme<'_>) -> Option<Self> {
        let (name, is_close) = match lexeme {
            Lexeme::Open(_, name) => (name, false),
            Lexeme::Close(_, name) => (name, true),
            _ => return None,
        };
        let name = name.to_ascii_lowercase();
        let stays = name != "style" && !(is_close && is_void(&name));
        stays.then_some(Self { name, is_close })
    }

    /// Whether HTML may leave it out.
    fn is_implied(&self) -> bool {
        const ENDS: [&str; 15] = [
            "p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option",
            "colgroup", "body", "head", "html",
        ];
        const STARTS: [&str; 5] = ["html", "head", "body", "tbody", "colgroup"];
        match self.is_close {
            true => ENDS.contains(&self.name.as_str()),
            false => STARTS.contains(&self.name.as_str()),
        }
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let slash = if self.is_close { "/" } else { "" };
        write!(f, "`<{slash}{}>`", self.name)
    }
}

fn tags(html: &str) -> impl Iterator<Item = Tag> {
    lexemes(html).filter_map(Tag::of)
}

/// The marks in their order, and whether they stand in text, a tag, a comment or raw text. A style
/// sheet may shrink to what is left of it.
fn places(html: &str) -> Vec<(u8, usize)> {
    let mut found = Vec::new();
    let mut in_style = false;
    for lexeme in lexemes(html) {
        let place = match lexeme {
            Lexeme::Text(_) => 0,
            Lexeme::Open(..) | Lexeme::Close(..) => 1,
            Lexeme::Comment(_) | Lexeme::Other(_) => 2,
            Lexeme::Raw(_) => 3,
        };
        if !(in_style && place == 3) {
            found.extend(marks(lexeme.text()).map(|number| (place, number)));
        }
        if let Lexeme::Open(_, name) | Lexeme::Close(_, name) = lexeme {
            in_style = name.eq_ignore_ascii_case("style") && matches!(lexeme, Lexeme::Open(..));
        }
    }
    found
}

/// Whether text stands between other marks than before.
fn is_text_moved(given: &str, written: &str) -> bool {
    let (before, after) = (texts(given), texts(written));
    let is_same = |(before, after): (&String, &String)| {
        // What a reference stands for may be written as such, so that only ASCII can be compared.
        let wide = !before.contains('&');
        words(before, wide) == words(after, wide)
    };
    before.len() != after.len() || !before.iter().zip(&after).all(is_same)
}

/// The text between each two marks.
fn texts(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut last = String::new();
    for lexeme in lexemes(html) {
        let is_text = matches!(lexeme, Lexeme::Text(_));
        // What stands for a tag is a comment here.
        if !is_text && !matches!(lexeme, Lexeme::Comment(_)) {
            continue;
        }
        for part in parts(lexeme.text()) {
            match part {
                Part::Text(text) if is_text => last.push_str(text),
                Part::Text(_) => {}
                Part::Mark(_) => found.push(std::mem::take(&mut last)),
            }
        }
    }
    found.push(last);
    found
}

/// The letters and digits of a text without its character references.
fn words(text: &str, wide: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '#'));
        rest = name
            .and_then(|end| after[end..].strip_prefix(';'))
            .unwrap_or(after);
    }
    out.push_str(rest);
    out.retain(|c| c.is_alphanumeric() && (wide || c.is_ascii()));
    out
}

fn is_void(name: &str) -> bool {
    const VOID: [&str; 12] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
    ];
    VOID.contains(&name)
}
