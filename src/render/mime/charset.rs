//! Octets in each charset that a campaign's messages may be written in.
//!
//! A message is written in one charset as a whole: what ISO-2022-JP cannot write in any place of it
//! makes it a UTF-8 message in all places.

use super::japanese;
use crate::model::Charset;
use bytes::Bytes;

/// The same text in UTF-8 and, where that was asked for and can be done, in ISO-2022-JP.
#[derive(Debug, Clone)]
pub(in crate::render) struct Variants {
    utf8: Bytes,
    japanese: Option<Bytes>,
}

impl Variants {
    /// What `write` makes in each charset that messages in `charset` may need. In UTF-8 it makes
    /// something in any case; `None` says that ISO-2022-JP does not have a character of it.
    pub(in crate::render) fn of(
        charset: Charset,
        mut write: impl FnMut(Charset, &mut Vec<u8>) -> Option<()>,
    ) -> Self {
        let mut made = |charset| {
            let mut out = Vec::new();
            write(charset, &mut out).map(|()| Bytes::from(out))
        };
        Self {
            utf8: made(Charset::Utf8).unwrap_or_default(),
            japanese: match charset {
                Charset::Utf8 => None,
                Charset::Iso2022Jp => made(charset),
            },
        }
    }

    /// Whether there is a variant in that charset.
    pub(in crate::render) fn has(&self, charset: Charset) -> bool {
        charset == Charset::Utf8 || self.japanese.is_some()
    }

    /// The variant in that charset; UTF-8 where there is none.
    pub(in crate::render) fn get(&self, charset: Charset) -> &Bytes {
        match (charset, &self.japanese) {
            (Charset::Iso2022Jp, Some(octets)) => octets,
            _ => &self.utf8,
        }
    }
}

/// Whether `charset` has all characters of a line.
pub(in crate::render) fn can_write(charset: Charset, line: &str) -> bool {
    match charset {
        Charset::Utf8 => true,
        Charset::Iso2022Jp => japanese::has_all_of(line),
    }
}

/// The charset's name in MIME (RFC 2978).
pub(in crate::render) const fn mime_name(charset: Charset) -> &'static str {
    match charset {
        Charset::Utf8 => "utf-8",
        Charset::Iso2022Jp => "iso-2022-jp",
    }
}
