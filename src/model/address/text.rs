//! What cells of real lists carry around an address: widths, white space and invisible marks.

use std::borrow::Cow;

/// Characters of a text that an error shows, at most.
const SHOWN: usize = 80;

/// Full-width ASCII (U+FF01 to U+FF5E, U+3000), as Japanese input methods type it, in plain ASCII.
///
/// This is the width mapping rule of RFC 8265 section 3.3.1; no other compatibility mapping is
/// made, because it could change which mailbox is meant.
pub(crate) fn fold_width(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_wide) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(narrow).collect())
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{FF01}'..='\u{FF5E}' | '\u{3000}')
}

fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(c) - 0xFF01 + 0x21).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        other => other,
    }
}

/// Without the white space (the ideographic space too), byte order marks and zero-width marks
/// that copying leaves around a cell's text.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}')
    })
}

/// The character that no address may hold, named for people: controls, marks that are not seen
/// or that turn the writing direction, and what a wrong decoding leaves behind.
pub(super) fn forbidden(text: &str) -> Option<String> {
    if text.bytes().all(|b| (b' '..0x7F).contains(&b)) {
        return None;
    }
    let (c, what) = text.chars().find_map(|c| Some((c, forbidden_kind(c)?)))?;
    Some(format!("it holds {what} (U+{:04X})", u32::from(c)))
}

fn forbidden_kind(c: char) -> Option<&'static str> {
    Some(match c {
        '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => "a line end",
        _ if c.is_control() => "a control character",
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            "a mark that turns the writing direction"
        }
        '\u{AD}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200D}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}' => "an invisible character",
        char::REPLACEMENT_CHARACTER => "the mark of a character that was lost in decoding",
        _ if u32::from(c) & 0xFFFE == 0xFFFE => "a code point that is no character",
        _ => return None,
    })
}

/// A text as an error shows it: one line, nothing unprintable, cut to a readable length.
pub(crate) fn readable(text: &str) -> String {
    let mut shown = String::new();
    for (place, c) in text.chars().enumerate() {
        if place == SHOWN {
            shown.push('…');
            break;
        }
        if matches!(c, '"' | '\'' | '\\') {
            shown.push(c);
        } else {
            shown.extend(c.escape_debug());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_folded_and_nothing_else() {
        assert_eq!(
            fold_width("Ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ"),
            "Ann@example.org"
        );
        assert_eq!(fold_width("山田　ｱ①"), "山田 ｱ①");
    }

    #[test]
    fn shown_text_is_one_printable_line() {
        assert_eq!(
            readable("a\r\n\u{1b}[2J\u{202e}\"b\\"),
            "a\\r\\n\\u{1b}[2J\\u{202e}\"b\\"
        );
        let long = readable(&"山".repeat(500));
        assert_eq!(long.chars().count(), SHOWN + 1);
    }
}
