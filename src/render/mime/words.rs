//! Encoded words (RFC 2047), of the "B" kind: text in any script within ASCII lines.

use super::charset::mime_name;
use super::japanese;
use crate::model::Charset;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// A word has at most 75 characters (RFC 2047 section 2).
const LONGEST: usize = 75;

/// The text as encoded words, the first of at most `first` characters, for lines of their own.
/// Each holds whole characters, and stands for itself: in ISO-2022-JP it begins and ends in ASCII.
///
/// A text that ISO-2022-JP cannot write is written in UTF-8.
pub(in crate::render) fn encoded_words(text: &str, charset: Charset, first: usize) -> Vec<String> {
    let charset = match charset {
        Charset::Iso2022Jp if japanese::has_all_of(text) => charset,
        _ => Charset::Utf8,
    };
    let text = match charset {
        Charset::Utf8 => Cow::Borrowed(text),
        // Before it is cut: a letter and its mark may become one.
        Charset::Iso2022Jp => japanese::familiar(text),
    };
    let octets = |text: &str| match charset {
        Charset::Utf8 => text.as_bytes().to_vec(),
        Charset::Iso2022Jp => japanese::encode(text).unwrap_or_default(),
    };
    let frame = "=?".len() + mime_name(charset).len() + "?B?".len() + "?=".len();
    let mut words = Vec::new();
    let mut rest = &*text;
    while !rest.is_empty() {
        let longest = if words.is_empty() {
            first.min(LONGEST)
        } else {
            LONGEST
        };
        let room = longest.saturating_sub(frame) / 4 * 3;
        let (word, next) = rest.split_at(whole_characters(rest, |text| octets(text).len() <= room));
        let name = mime_name(charset);
        words.push(format!("=?{name}?B?{}?=", STANDARD.encode(octets(word))));
        rest = next;
    }
    words
}

/// Where to cut so that the characters before it fit, at least one.
fn whole_characters(text: &str, fits: impl Fn(&str) -> bool) -> usize {
    let mut ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let first = ends.next().unwrap_or(text.len());
    ends.take_while(|end| fits(&text[..*end]))
        .last()
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;

    #[test]
    fn words_hold_whole_characters_and_read_the_same() {
        for (text, charset) in [
            ("日本語の長い件名".repeat(20), Charset::Utf8),
            ("日本語の長い件名、abc ".repeat(20), Charset::Iso2022Jp),
            ("👩‍👩‍👧‍👦🇯🇵é".repeat(12), Charset::Utf8),
            ("😀と日本".to_owned(), Charset::Iso2022Jp),
        ] {
            let words = encoded_words(text.trim(), charset, 60);
            assert!(
                words
                    .iter()
                    .all(|word| word.len() <= LONGEST && word.is_ascii())
            );
            let header = format!("Subject: {}\r\n\r\n", words.join("\r\n "));
            let message = MessageParser::new()
                .parse_headers(header.as_bytes())
                .unwrap();
            if charset == Charset::Utf8 {
                assert_eq!(message.subject(), Some(text.trim()));
            }
            let whole: String = words
                .iter()
                .map(|word| {
                    let content = word.rsplit('?').nth(1).unwrap();
                    let octets = STANDARD.decode(content).unwrap();
                    match word.starts_with("=?utf-8") {
                        true => String::from_utf8(octets).unwrap(),
                        false => {
                            let (text, _, errors) = encoding_rs::ISO_2022_JP.decode(&octets);
                            assert!(!errors && !octets.ends_with(b"$B"));
                            text.into_owned()
                        }
                    }
                })
                .collect();
            assert_eq!(whole, text.trim());
        }
    }
}
