//! What MJML's renderer made, with everything that was hidden from it in its place.

use super::library::Library;
use super::tags::{CLOSE, OPEN, Part, mark, parts};

/// The renderer writes attributes as Rust writes strings; this undoes it. Its own words have no
/// backslash, and what people wrote in other places is hidden from it.
fn unescaped(made: &str) -> String {
    let mut out = String::with_capacity(made.len());
    let mut rest = made;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        rest = after.get(1..).unwrap_or_default();
        match after.chars().next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('"') => out.push_str("&quot;"),
            Some('\\') => out.push('\\'),
            Some('u') if let Some((c, behind)) = code_point(rest) => {
                out.push(c);
                rest = behind;
            }
            _ => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out + rest
}

/// The character of `{fdd2}`, and what stands behind it.
fn code_point(text: &str) -> Option<(char, &str)> {
    let (digits, behind) = text.strip_prefix('{')?.split_once('}')?;
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    Some((c, behind))
}

/// HTML with everything that was hidden in its place.
pub(super) fn expand(made: &str, first: usize, library: &Library<'_>) -> String {
    let bare = unescaped(made)
        .replace(&format!("<!--{OPEN}"), &OPEN.to_string())
        .replace(&format!("{CLOSE}-->"), &CLOSE.to_string());
    let mut out = String::with_capacity(bare.len() * 2);
    for part in parts(&bare) {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Mark(number) if number > first => {
                out.push_str(library.tags.get(number).map_or("", |tag| tag.text.as_str()));
            }
            Part::Mark(number) => out.push_str(&mark(number)),
        }
    }
    out
}
