//! Text in ISO-2022-JP (RFC 1468): JIS X 0208 and ASCII, switched by escape sequences.
//!
//! It writes what every reader of RFC 1468 has, and nothing else: rows 9 to 15 and 85 to 94, which
//! vendors filled each in their own way (circled digits, IBM's kanji), count as missing. Half-width
//! katakana, which have no place in it, become full-width, and the marks that Unicode has twice
//! (wave dash and full-width tilde, and their like) take the form the encoder knows.

use encoding_rs::ISO_2022_JP;
use std::borrow::Cow;

/// The full-width forms of U+FF61 to U+FF9F.
const FULL_WIDTH: [char; 63] = [
    '。', '「', '」', '、', '・', 'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', 'ー',
    'ア', 'イ', 'ウ', 'エ', 'オ', 'カ', 'キ', 'ク', 'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ',
    'チ', 'ツ', 'テ', 'ト', 'ナ', 'ニ', 'ヌ', 'ネ', 'ノ', 'ハ', 'ヒ', 'フ', 'ヘ', 'ホ', 'マ', 'ミ',
    'ム', 'メ', 'モ', 'ヤ', 'ユ', 'ヨ', 'ラ', 'リ', 'ル', 'レ', 'ロ', 'ワ', 'ン', '゛', '゜',
];
const VOICED: char = '\u{FF9E}';
const HALF_VOICED: char = '\u{FF9F}';
/// Begins every switch of the character set.
const ESCAPE: u8 = 0x1B;

/// The text in ISO-2022-JP. Every line, which ends in CRLF, and the text as a whole begins and ends
/// in ASCII. `None` where it has a character that cannot be written.
pub(in crate::render) fn encode(text: &str) -> Option<Vec<u8>> {
    let text = familiar(text);
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    for (number, line) in text.split("\r\n").enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\r\n");
        }
        let (octets, _, missing) = ISO_2022_JP.encode(line);
        if missing || !is_standard(&octets) {
            return None;
        }
        out.extend_from_slice(&octets);
    }
    Some(out)
}

/// Whether [`encode`] can write it.
pub(in crate::render) fn has_all_of(text: &str) -> bool {
    text.bytes().all(|octet| (b' '..0x7F).contains(&octet)) || encode(text).is_some()
}

/// The text with the characters that Japanese mail uses for what is written with others.
pub(in crate::render) fn familiar(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let plain = same_mark(c);
        match rest.peek().and_then(|mark| with_mark(plain, *mark)) {
            Some(both) if plain != c => {
                rest.next();
                out.push(both);
            }
            _ => out.push(plain),
        }
    }
    Cow::Owned(out)
}

/// The character of JIS X 0208, as the WHATWG's index names it, that `c` is another name of.
fn same_mark(c: char) -> char {
    match c {
        '\u{FF61}'..='\u{FF9F}' => {
            let number = u32::from(c) - 0xFF61;
            let known = usize::try_from(number).ok();
            known
                .and_then(|number| FULL_WIDTH.get(number))
                .copied()
                .unwrap_or(c)
        }
        '\u{301C}' => '\u{FF5E}',
        '\u{2212}' => '\u{FF0D}',
        '\u{2014}' => '\u{2015}',
        '\u{2016}' => '\u{2225}',
        '\u{00A2}' => '\u{FFE0}',
        '\u{00A3}' => '\u{FFE1}',
        '\u{00A5}' => '\u{FFE5}',
        '\u{00AC}' => '\u{FFE2}',
        '\u{203E}' => '\u{FFE3}',
        '\u{00A0}' => ' ',
        other => other,
    }
}

/// A full-width letter and the half-width mark behind it as one letter, where there is one.
fn with_mark(letter: char, mark: char) -> Option<char> {
    const VOICEABLE: &str = "カキクケコサシスセソタチツテトハヒフヘホ";
    let next = |by| char::from_u32(u32::from(letter) + by);
    match mark {
        VOICED if letter == 'ウ' => Some('ヴ'),
        VOICED if VOICEABLE.contains(letter) => next(1),
        HALF_VOICED if "ハヒフヘホ".contains(letter) => next(2),
        _ => None,
    }
}

/// Whether its two-octet characters are all in the rows that JIS X 0208 has filled.
fn is_standard(octets: &[u8]) -> bool {
    let mut rest = octets;
    let mut wide = false;
    while let [first, tail @ ..] = rest {
        rest = if *first == ESCAPE {
            wide = tail.first() == Some(&b'$');
            tail.get(2..).unwrap_or_default()
        } else if wide {
            if !matches!(first, 0x21..=0x28 | 0x30..=0x74) {
                return false;
            }
            tail.get(1..).unwrap_or_default()
        } else {
            tail
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> String {
        let octets = encode(text).unwrap();
        assert!(octets.is_ascii());
        let (read, _, errors) = ISO_2022_JP.decode(&octets);
        assert!(!errors);
        read.into_owned()
    }

    #[test]
    fn lines_end_in_ascii() {
        let octets = encode("日本\r\n語").unwrap();
        assert_eq!(octets, b"\x1b$BF|K\\\x1b(B\r\n\x1b$B8l\x1b(B");
    }

    #[test]
    fn half_width_katakana_become_full_width() {
        assert_eq!(read("ﾊﾝｶｸｶﾞﾊﾟｳﾞ｡ｱﾞ"), "ハンカクガパヴ。ア゛");
        assert_eq!(read("ガ"), "ガ");
    }

    #[test]
    fn marks_that_unicode_has_twice_can_all_be_written() {
        let vendors = read("～－―∥￠￡￢￥￣");
        assert_eq!(read("〜−—‖¢£¬¥‾"), vendors);
        assert_eq!(read("a\u{A0}b"), "a b");
    }

    #[test]
    fn what_the_standard_lacks_is_not_written() {
        for text in ["😀", "①", "㈱", "髙", "é", "–", "한", "a\u{1b}b", "\u{e}"] {
            assert_eq!(encode(text), None, "{text}");
            assert!(!has_all_of(text));
        }
        assert!(has_all_of("plain"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(text in "[ -~ぁ-んァ-ヶ一-龠。、！？\r\n]{0,80}") {
            if let Some(octets) = encode(&text) {
                prop_assert_eq!(octets.iter().filter(|octet| **octet == b'\n').count(), text.matches('\n').count());
                let (read, _, errors) = ISO_2022_JP.decode(&octets);
                prop_assert!(!errors);
                prop_assert_eq!(read.into_owned(), familiar(&text).into_owned());
            }
        }

        #[test]
        fn nothing_is_too_odd(text in any::<String>()) {
            if let Some(octets) = encode(&text) {
                prop_assert!(octets.is_ascii());
            }
        }
    }
}
