//! Texts that are no TOML, said in plain words.

use super::error::ConfigError;
use super::load::Source;
use toml::de::Error;

/// The parser's errors, at most one a line: a second one on a line follows from the first.
pub(super) fn errors(source: &Source<'_>, broken: &[Error]) -> Vec<ConfigError> {
    let mut errors: Vec<ConfigError> = Vec::new();
    for error in broken {
        let at = error.span().map_or(source.text.len(), |span| span.start);
        let line = Some(line(source.text, at));
        if errors.iter().any(|earlier| earlier.line == line) {
            continue;
        }
        let (what, hint) = plain(error.message());
        errors.push(ConfigError {
            source: source.name.to_owned(),
            line,
            key: String::new(),
            what,
            hint,
        });
    }
    errors
}

/// The line of an octet, counted from 1.
pub(super) fn line(text: &str, octet: usize) -> usize {
    let before = text.as_bytes().iter().take(octet);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// What the parser's message means, and what to do about it.
fn plain(message: &str) -> (String, Option<String>) {
    let known = PLAIN
        .iter()
        .find(|(start, _, _)| message.starts_with(start));
    match known {
        Some((_, what, hint)) => ((*what).to_owned(), Some((*hint).to_owned())),
        None => (format!("this is no TOML: {message}"), None),
    }
}

/// Beginnings of the parser's messages about the mistakes people make, with what is wrong and what
/// to do. Others are shown as they are.
const PLAIN: &[(&str, &str, &str)] = &[
    (
        "duplicate key",
        "the same key stands here a second time",
        "keep one of the two",
    ),
    (
        "string values must be quoted",
        "text without quotes",
        "put the value in quotes: key = \"value\"",
    ),
    (
        "invalid float",
        "this begins like a number and is none",
        "put text in quotes: key = \"value\"",
    ),
    (
        "invalid integer",
        "this begins like a number and is none",
        "put text in quotes: key = \"value\"",
    ),
    (
        "invalid datetime",
        "this begins like a date and is none",
        "put text in quotes; a date is written as 2026-12-01T09:00:00+09:00",
    ),
    (
        "key with no value",
        "a key without a value",
        "write key = value, one on a line",
    ),
    (
        "unclosed array",
        "a list that does not end",
        "close it with ]",
    ),
    (
        "unclosed inline table",
        "a table that does not end",
        "close it with }",
    ),
    (
        "unclosed table",
        "a section's name that does not end",
        "close it with ]",
    ),
    (
        "invalid basic string",
        "text that does not end, or holds what text cannot hold",
        "close it with \" on the same line; write a backslash as \\\\, a quote as \\\"",
    ),
];
