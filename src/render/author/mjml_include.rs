//! `mj-include`: parts of an MJML document from other files of the library.

use super::flat::Flat;
use super::flatten::flatten;
use super::library::Library;
use super::markup::{Lexeme, attributes, lexemes};
use super::mjml::{document, is_mjml};
use crate::render::error::{Fault, RenderError};
use std::ops::Range;

/// Includes in a document, with those of what it includes.
const MOST: usize = 200;

/// Puts what `mj-include` names where it stands; what belongs into the head goes there.
///
/// # Errors
/// Where a file is not there or includes itself.
pub(super) fn include(flat: &mut Flat, library: &mut Library<'_>) -> Result<(), RenderError> {
    let mut heads = Vec::new();
    let mut left = MOST;
    while let Some((range, path, kind)) = next_include(&flat.text) {
        let at = flat.origin(range.start);
        left -= 1;
        if left == 0 {
            let words = "`mj-include`s include one another without end here".to_owned();
            return Err(library.error(at, Fault::Include(words)));
        }
        let template = library.get(&path, at)?;
        let Some(inner) = flatten(template, library)? else {
            let words = format!("`{path}` cannot be included: what it extends is not known yet");
            return Err(library.error(at, Fault::Include(words)));
        };
        let in_body = flat.text[..range.start].contains("<mj-body");
        match kind.as_str() {
            "html" => flat.replace(range, inner.around("<mj-raw>", "</mj-raw>")),
            "css" | "css-inline" if in_body => {
                heads.push(inner.around("<mj-style>", "</mj-style>"));
                flat.replace(range, Flat::default());
            }
            "css" | "css-inline" => flat.replace(range, inner.around("<mj-style>", "</mj-style>")),
            _ if is_mjml(&inner.text) => {
                let body = element(&inner.text, "mj-body").map(|body| inner.slice(body));
                heads.extend(element(&inner.text, "mj-head").map(|head| inner.slice(head)));
                flat.replace(range, body.unwrap_or_default());
            }
            _ => flat.replace(range, inner),
        }
    }
    let extra = heads.into_iter().fold(Flat::default(), Flat::then);
    if extra.text.is_empty() {
        return Ok(());
    }
    match element(&flat.text, "mj-head") {
        Some(head) => flat.replace(head.end..head.end, extra),
        None => {
            let (start, _) = document(&flat.text);
            let tag = lexemes(&flat.text[start..])
                .next()
                .map_or(0, |lexeme| lexeme.text().len());
            let place = start + tag;
            flat.replace(place..place, extra.around("<mj-head>", "</mj-head>"));
        }
    }
    Ok(())
}

/// The next `mj-include`: where it stands, what it names, and of which type that is.
fn next_include(text: &str) -> Option<(Range<usize>, String, String)> {
    let mut at = 0;
    let mut found: Option<(Range<usize>, String, String)> = None;
    for lexeme in lexemes(text) {
        let range = at..at + lexeme.text().len();
        at = range.end;
        match (lexeme, &mut found) {
            (Lexeme::Open(tag, "mj-include"), None) => {
                let values = attributes(tag);
                let value = |name: &str| values.iter().find(|a| a.name == name);
                let path = value("path").map_or("", |a| a.value).to_owned();
                let kind = value("type").map_or("mjml", |a| a.value).to_owned();
                if tag.ends_with("/>") {
                    return Some((range, path, kind));
                }
                found = Some((range, path, kind));
            }
            (Lexeme::Close(_, "mj-include"), Some((open, ..))) => {
                open.end = range.end;
                return found;
            }
            _ => {}
        }
    }
    found
}

/// What the first element of that name holds.
fn element(text: &str, name: &str) -> Option<Range<usize>> {
    let (mut at, mut start) = (0, None);
    for lexeme in lexemes(text) {
        match (lexeme, start) {
            (Lexeme::Open(tag, found), None) if found == name && !tag.ends_with("/>") => {
                start = Some(at + tag.len());
            }
            (Lexeme::Close(_, found), Some(start)) if found == name => return Some(start..at),
            _ => {}
        }
        at += lexeme.text().len();
    }
    None
}
