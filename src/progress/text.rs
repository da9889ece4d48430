//! Text from outside, made fit to be shown.
//!
//! Addresses, host names and above all the words of mail servers come from strangers. On a screen
//! they must not move the cursor, change colours, reverse the reading order or disturb columns
//! ([`clean`], [`cut`]); in a report they must stay readable without being able to do the same
//! ([`escape`]). Widths are columns of a terminal, where a CJK character takes two.

use std::borrow::Cow;
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands for a character that must not be shown.
const MARK: char = '\u{fffd}';
/// Marks that may stand on one letter; more would only serve to paint over other lines.
const MARKS_ON_A_LETTER: u32 = 4;

/// What becomes of a character on a screen.
enum Shown {
    AsItIs,
    Space,
    Mark,
    Nothing,
}

/// One line without anything that acts on a terminal: line breaks and tabs become one space,
/// controls, bidi and invisible characters become `�`. What only joins or varies its neighbours is
/// left out, because terminals do not agree on its width.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    let (mut gap, mut marks) = (false, MARKS_ON_A_LETTER);
    for c in text.chars() {
        let was_gap = std::mem::take(&mut gap);
        match shown(c) {
            Shown::AsItIs if c.width() == Some(0) => {
                if marks < MARKS_ON_A_LETTER {
                    line.push(c);
                    marks += 1;
                }
                continue;
            }
            Shown::AsItIs => line.push(c),
            Shown::Mark => line.push(MARK),
            Shown::Nothing => continue,
            Shown::Space => {
                gap = true;
                if !was_gap {
                    line.push(' ');
                }
            }
        }
        // A mark needs a letter to stand on.
        marks = if gap { MARKS_ON_A_LETTER } else { 0 };
    }
    Cow::Owned(line)
}

fn shown(c: char) -> Shown {
    match c {
        '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Shown::Space,
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
            Shown::Nothing
        }
        c if c.is_control() || is_bidi(c) => Shown::Mark,
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Shown::Mark,
        _ => Shown::AsItIs,
    }
}

/// Characters that change the direction of reading (UAX 9).
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The columns a text takes in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text within `columns`: what is too long ends in `…`. A wide character is never halved, so
/// the result may be one column shorter.
#[must_use]
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut taken = 0;
    let mut short: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(1);
            taken <= room
        })
        .collect();
    short.push('…');
    Cow::Owned(short)
}

/// [`clean`], then [`cut`]: what a cell of a table shows.
#[must_use]
pub fn cell(text: &str, columns: usize) -> String {
    cut(&clean(text), columns).into_owned()
}

/// The text in lines of at most `columns`, broken at spaces where there are any.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = vec![String::new()];
    for word in clean(text).split(' ') {
        let mut used = lines.last().map_or(0, |line| width(line));
        if used > 0 && used + 1 + width(word) > columns {
            lines.push(String::new());
            used = 0;
        }
        let Some(mut line) = lines.pop() else {
            break;
        };
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(1);
            if used + wide > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += wide;
        }
        lines.push(line);
    }
    lines
}

/// At most `octets` of a text, whole characters.
#[must_use]
pub fn clip(text: &str, octets: usize) -> &str {
    &text[..text.floor_char_boundary(octets)]
}

/// The text for a report: control characters and those that change the direction of reading are
/// written out as `\r`, `\n`, `\t`, `\x1b` or `\u{202e}`; everything else is exact, the backslash
/// as well.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() || is_bidi(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\r' => written.push_str("\\r"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            c if c.is_ascii_control() => {
                // Writing to a String cannot fail.
                let _ = write!(written, "\\x{:02x}", u32::from(c));
            }
            c if acts(c) => {
                let _ = write!(written, "\\u{{{:x}}}", u32::from(c));
            }
            c => written.push(c),
        }
    }
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_acts_on_the_terminal() {
        assert_eq!(
            clean("550 \x1b[31mno\r\nsuch\tuser\0"),
            "550 �[31mno such user�"
        );
        assert_eq!(clean("ann\u{202e}moc.elpmaxe@"), "ann�moc.elpmaxe@");
        assert_eq!(clean("\u{9b}2J and \u{200b}hidden"), "�2J and �hidden");
        assert_eq!(clean("e\u{301}".repeat(2).as_str()), "e\u{301}e\u{301}");
        assert_eq!(
            clean(&format!("a{}", "\u{301}".repeat(99))).chars().count(),
            5
        );
        assert_eq!(clean("\u{301}x"), "x");
        assert_eq!(clean("👩\u{200d}🚀❤\u{fe0f}"), "👩🚀❤");
        assert_eq!(clean("飛脚 ünïcode"), "飛脚 ünïcode");
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("飛脚急便", 8), "飛脚急便");
        assert_eq!(cut("飛脚急便", 7), "飛脚急…");
        assert_eq!(cut("飛脚急便", 6), "飛脚…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut("abc", 1), "…");
        assert_eq!(cell("a\nbc", 3), "a …");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_splits_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("飛脚急便", 5), ["飛脚", "急便"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn reports_write_controls_out() {
        assert_eq!(
            escape("550 a\r\n\tb\x1b[0m\x7f"),
            r"550 a\r\n\tb\x1b[0m\x7f"
        );
        assert_eq!(
            escape("\u{9b}x\u{202e}y\u{2028}"),
            r"\u{9b}x\u{202e}y\u{2028}"
        );
        assert_eq!(escape(r"DOMAIN\user 飛脚"), r"DOMAIN\user 飛脚");
    }

    proptest! {
        #[test]
        fn any_text_becomes_harmless(text in any::<String>(), columns in 0_usize..40) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_bidi(c)));
            prop_assert!(width(&cell(&text, columns)) <= columns);
            prop_assert!(!escape(&text).chars().any(|c| c.is_control() || is_bidi(c)));
            for line in wrap(&text, columns) {
                prop_assert!(width(&line) <= columns.max(2));
            }
            prop_assert!(clip(&text, columns).len() <= columns);
        }
    }
}
