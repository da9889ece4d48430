//! An expression's text to words, signs and literals, each with its place.

use super::error::Fault;
use crate::model::{Day, Moment, fold_width};
use std::ops::Range;

/// A word of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, or a word of the language.
    Word(String),
    /// A name in backquotes.
    Name(String),
    Text(String),
    Number(f64),
    Day(Day),
    Moment(Moment),
    /// A number with a unit of time: `30d`.
    Span(i64, char),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// The longest expression, in octets.
pub(super) const LONGEST: usize = 256 << 10;

/// Signs, longer ones first.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", "+", "-",
];

/// What people write for a sign or a word of ours.
const FOREIGN: &[(&str, &str)] = &[
    ("&&", "and"),
    ("||", "or"),
    ("<>", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("!", "not"),
    ("=", "=="),
    ("“", "\""),
    ("”", "\""),
    ("„", "\""),
    ("‘", "'"),
    ("’", "'"),
    ("「", "\""),
    ("」", "\""),
    ("『", "\""),
    ("』", "\""),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "!="),
];

/// A token and which octets of the expression it is.
pub(super) type Placed = (Token, Range<usize>);

/// Cuts an expression into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Fault> {
    if text.len() > LONGEST {
        let what = format!("the expression is longer than {} KiB", LONGEST >> 10);
        return Err(
            Fault::new(0..0, what).hint("put a column into the list that says who is meant")
        );
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (token, length) = token(text, at, c)?;
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

/// The token that begins at `at`, and its length.
fn token(text: &str, at: usize, first: char) -> Result<(Token, usize), Fault> {
    let rest = &text[at..];
    match first {
        '"' | '\'' => {
            let (text, length) = quoted(rest, first, at)?;
            return Ok((Token::Text(text), length));
        }
        '`' => {
            let (name, length) = quoted(rest, first, at)?;
            return Ok((Token::Name(name), length));
        }
        _ => {}
    }
    let folded = fold_width(&rest[..first.len_utf8()]);
    if folded.starts_with(|c: char| c.is_ascii_digit()) {
        return literal(rest, at).map_err(|fault| ungrouped(fault, &text[..at]));
    }
    let two_foreign =
        |(foreign, _): &&(&str, &str)| foreign.len() == 2 && rest.starts_with(*foreign);
    if FOREIGN.iter().any(|entry| two_foreign(&entry)) {
        return Err(unknown(rest, first, at));
    }
    sign(rest)
        .or_else(|| word(rest))
        .ok_or_else(|| unknown(rest, first, at))
}

/// A text or a name in quotes, and its length with them. A backslash takes the meaning from a quote
/// or a backslash behind it.
fn quoted(rest: &str, quote: char, at: usize) -> Result<(String, usize), Fault> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((place, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if c == quote {
            return Ok((text, place + c.len_utf8()));
        }
        match next.filter(|next| c == '\\' && (*next == quote || *next == '\\')) {
            Some(meant) => {
                text.push(meant);
                chars.next();
            }
            None => text.push(c),
        }
    }
    let fault = Fault::new(at..at + quote.len_utf8(), "this quote is not closed");
    Err(fault.hint(format!("write {quote} behind the text")))
}

/// A number, a date, or a span of time, and its length.
fn literal(rest: &str, at: usize) -> Result<(Token, usize), Fault> {
    let is_part = |c: char| {
        let narrow = matches!(c, '\u{FF01}'..='\u{FF5E}');
        c.is_alphanumeric() || ".:-/+_".contains(c) || (narrow && !"（），＜＞＝！［］".contains(c))
    };
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let written = &rest[..length];
    let text = fold_width(written);
    let token = if let Some(number) = crate::model::number(&text) {
        Token::Number(number)
    } else if let Some((count, unit)) = span(&text) {
        Token::Span(count, unit)
    } else if let Some(day) = Day::parse(&text) {
        Token::Day(day)
    } else if let Some(moment) = Moment::parse(&text) {
        Token::Moment(moment)
    } else {
        let what = format!("{written:?} is neither a number nor a date");
        let hint = if text.bytes().all(|b| b.is_ascii_digit()) {
            format!(
                "a number with leading zeros, or of more than 15 digits, is a text: write \"{text}\""
            )
        } else {
            "text stands in quotes, a date is written 2026-12-31, and a column whose name begins \
             with a digit stands in backquotes"
                .to_owned()
        };
        return Err(Fault::new(at..at + length, what).hint(hint));
    };
    Ok((token, length))
}

/// Digits behind a comma behind a digit are a part of a number more often than one of their own.
fn ungrouped(fault: Fault, before: &str) -> Fault {
    let number = fold_width(before).strip_suffix(',').map(str::to_owned);
    let groups = number.is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit()));
    match groups {
        true => fault.hint("a number is written without a separator: 1500"),
        false => fault,
    }
}

/// `30d`
fn span(text: &str) -> Option<(i64, char)> {
    let unit = text.chars().last().filter(|unit| "dwmy".contains(*unit))?;
    let digits = &text[..text.len() - 1];
    let all = digits.bytes().all(|b| b.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| all)?, unit))
}

/// A sign, and its length; full-width ones are the same.
fn sign(rest: &str) -> Option<(Token, usize)> {
    let chars: Vec<char> = rest.chars().take(2).collect();
    (1..=chars.len()).rev().find_map(|count| {
        let written: String = chars[..count].iter().collect();
        let narrow = fold_width(&written);
        let sign = SIGNS.iter().find(|sign| **sign == narrow)?;
        Some((Token::Sign(sign), written.len()))
    })
}

/// A word, and its length.
fn word(rest: &str) -> Option<(Token, usize)> {
    let is_part = |c: char| {
        let mut octets = [0; 4];
        let narrow = fold_width(c.encode_utf8(&mut octets));
        narrow
            .chars()
            .all(|c| c == '_' || unicode_ident::is_xid_continue(c))
    };
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    (length > 0).then(|| {
        (
            Token::Word(fold_width(&rest[..length]).into_owned()),
            length,
        )
    })
}

fn unknown(rest: &str, first: char, at: usize) -> Fault {
    if let Some((foreign, ours)) = FOREIGN
        .iter()
        .find(|(foreign, _)| rest.starts_with(foreign))
    {
        let what = format!("`{foreign}` means nothing here");
        return Fault::new(at..at + foreign.len(), what).hint(format!("write `{ours}`"));
    }
    let what = format!("{first:?} means nothing here");
    Fault::new(at..at + first.len_utf8(), what)
        .hint("a column whose name has other signs than letters and digits stands in backquotes")
}
