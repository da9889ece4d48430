//! A body of the letter as a MIME part.

use super::charset::{Variants, mime_name};
use super::clean::body_text;
use super::transfer::{Fitness, fitness, write_base64, write_seven_bit, write_text};
use super::{japanese, meta};
use crate::model::Charset;
use std::borrow::Cow;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Kind {
    /// Plain text.
    Plain,
    /// HTML, which may name its charset.
    Html,
}

/// Appends Content-Type, Content-Transfer-Encoding, a blank line and the content, in UTF-8 where
/// `charset` cannot write it.
pub(in crate::render) fn encode(out: &mut Vec<u8>, kind: Kind, charset: Charset, text: &str) {
    if charset == Charset::Utf8 || encode_japanese(out, kind, text).is_none() {
        let text = body_text(kind.declaring(Charset::Utf8, text).into_owned());
        write_text(out, &kind.content_type(Charset::Utf8), text);
    }
}

/// As [`encode`], in the charsets that may be needed: for texts that are the same in all messages.
pub(in crate::render) fn encode_once(kind: Kind, charset: Charset, text: &str) -> Variants {
    Variants::of(charset, |charset, out| match charset {
        Charset::Utf8 => {
            encode(out, kind, charset, text);
            Some(())
        }
        Charset::Iso2022Jp => encode_japanese(out, kind, text),
    })
}

/// In ISO-2022-JP, if it can be.
fn encode_japanese(out: &mut Vec<u8>, kind: Kind, text: &str) -> Option<()> {
    let charset = Charset::Iso2022Jp;
    let text = body_text(kind.declaring(charset, text).into_owned());
    let octets = japanese::encode(&text)?;
    out.extend_from_slice(format!("Content-Type: {}\r\n", kind.content_type(charset)).as_bytes());
    match fitness(&octets) {
        Fitness::SevenBit => write_seven_bit(out, &octets),
        Fitness::Encode | Fitness::Hide => write_base64(out, &octets),
    }
    Some(())
}

impl Kind {
    fn content_type(self, charset: Charset) -> String {
        let media = match self {
            Self::Plain => "text/plain",
            Self::Html => "text/html",
        };
        format!("{media}; charset=\"{}\"", mime_name(charset))
    }

    /// The text, which says of itself what it is written in, if it says that at all.
    fn declaring(self, charset: Charset, text: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(text),
            Self::Html => meta::declaring(text, mime_name(charset)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, charset: Charset, text: &str) -> String {
        let mut out = Vec::new();
        encode(&mut out, kind, charset, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn iso_2022_jp_is_seven_bit_and_html_says_so() {
        let html = "<meta charset=utf-8><p>日本</p>\n";
        assert_eq!(
            written(Kind::Html, Charset::Iso2022Jp, html),
            "Content-Type: text/html; charset=\"iso-2022-jp\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
             <meta charset=iso-2022-jp><p>\x1b$BF|K\\\x1b(B</p>\r\n"
        );
        let emoji = written(Kind::Plain, Charset::Iso2022Jp, "😀");
        assert!(
            emoji.starts_with("Content-Type: text/plain; charset=\"utf-8\"\r\n"),
            "{emoji}"
        );
        let long = written(Kind::Plain, Charset::Iso2022Jp, &"日".repeat(999));
        assert!(long.contains("base64") && long.lines().all(|line| line.len() <= 76));
    }

    #[test]
    fn what_is_encoded_once_is_there_in_every_charset_it_can_be() {
        let has = |text| encode_once(Kind::Plain, Charset::Iso2022Jp, text).has(Charset::Iso2022Jp);
        assert!(has("日本") && !has("한국"));
        assert!(!encode_once(Kind::Plain, Charset::Utf8, "x").has(Charset::Iso2022Jp));
    }
}
