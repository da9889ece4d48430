//! The part before the `@`: its grammar (RFC 5321 section 4.1.2, RFC 6531 section 3.3) and quotes.

use super::carriers;
use std::fmt::{self, Write};

/// The longest local part in octets (RFC 5321 section 4.5.3.1.1).
pub(super) const LONGEST: usize = 64;

/// The ASCII octets that may stand in an atom (RFC 5322 section 3.2.3).
const ATEXT: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = (octet as u8).is_ascii_alphanumeric();
        octet += 1;
    }
    let others = b"!#$%&'*+-/=?^_`{|}~";
    let mut place = 0;
    while place < others.len() {
        table[others[place] as usize] = true;
        place += 1;
    }
    table
};

fn is_atext(b: u8) -> bool {
    ATEXT[usize::from(b)]
}

/// Whether it is a dot-string, which needs no quotes: atoms with single dots between.
pub(super) fn is_dot_string(local: &str) -> bool {
    let mut before = b'.';
    for b in local.bytes() {
        let fits = match b {
            b'.' => before != b'.',
            _ => is_atext(b) || !b.is_ascii(),
        };
        if !fits {
            return false;
        }
        before = b;
    }
    before != b'.'
}

fn dots_fit(local: &str) -> bool {
    !(local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains(".."))
}

/// Checks a local part that was written without quotes. Forbidden characters were sought before.
pub(super) fn check_unquoted(local: &str, domain: &str) -> Result<(), String> {
    if local.is_empty() {
        return Err("nothing stands before the @".into());
    }
    let odd = |c: char| c.is_whitespace() || (c.is_ascii() && c != '.' && !is_atext(c as u8));
    if let Some(c) = local.chars().find(|c| odd(*c)) {
        return Err(match c {
            '"' => "its quotes do not match".into(),
            ',' | ';' => format!("it holds {c:?} before the @; one address to a cell"),
            c if c.is_whitespace() => "it holds a space".into(),
            c => format!("it holds {c:?} before the @"),
        });
    }
    if !dots_fit(local) && !carriers::issued_odd_dots(domain) {
        let where_ = if local.starts_with('.') {
            "begins with a dot"
        } else if local.ends_with('.') {
            "ends with a dot"
        } else {
            "has two dots in a row"
        };
        return Err(format!(
            "the part before the @ {where_}, which only Japanese mobile carriers allow"
        ));
    }
    Ok(())
}

/// Takes a quoted string from the front of `text`: its content without quotes and backslashes,
/// and what follows.
pub(super) fn unquote(text: &str) -> Result<(String, &str), String> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return Ok((content, text.get(place + 1..).unwrap_or_default())),
            '\\' => match chars.next() {
                Some((_, escaped)) if (' '..='~').contains(&escaped) => content.push(escaped),
                _ => return Err("a backslash in its quotes has nothing to escape".into()),
            },
            ' ' => content.push(c),
            c if c.is_whitespace() => return Err("it holds a space that no address holds".into()),
            c => content.push(c),
        }
    }
    Err("its quotes do not match".into())
}

/// Writes a local part as the envelope wants it: in quotes where it is no dot-string.
pub(super) fn write(local: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_dot_string(local) {
        return f.write_str(local);
    }
    f.write_char('"')?;
    for c in local.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
