//! Replies of a server, out of bytes cut anywhere (RFC 5321 section 4.2).
//!
//! The parser owns at most one unfinished reply and holds it in bounded memory. It forgives what
//! real servers do (bare LF, a code without text) and refuses what leaves the meaning in doubt.
//! Which question a reply answers is not its business.

use crate::model::{EnhancedCode, Reply};
use memchr::memchr;

/// An incremental parser of replies.
///
/// After an error it stays unusable: there is no telling where the next reply begins.
#[derive(Debug, Default)]
pub struct ReplyParser {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The lines of a reply whose last line has not come.
    open: Option<RawReply>,
    /// Octets of the unfinished reply.
    size: usize,
    broken: Option<ReplyError>,
}

/// A complete reply, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawReply {
    code: u16,
    /// The texts behind the codes; `\n` stands between lines and nowhere else.
    text: String,
}

/// Why bytes are not a reply. The connection they came from is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A line does not begin with a code and a space, a hyphen or nothing.
    #[error("the server sent {0:?}, which is not an SMTP reply")]
    NotAReply(String),
    /// The lines of one reply carry different codes.
    #[error("the server began a reply with {first} and went on with {then}")]
    CodesDisagree {
        /// The code of the first line.
        first: u16,
        /// The code that differs.
        then: u16,
    },
    /// A line exceeds [`ReplyParser::MAX_LINE`].
    #[error(
        "the server sent a reply line longer than {} octets",
        ReplyParser::MAX_LINE
    )]
    LineTooLong,
    /// A reply exceeds [`ReplyParser::MAX_REPLY`].
    #[error(
        "the server sent a reply longer than {} octets",
        ReplyParser::MAX_REPLY
    )]
    ReplyTooLong,
}

impl ReplyParser {
    /// Octets of a line, its end included. RFC 5321 section 4.5.3.1.5 allows 512; servers with
    /// links to their help pages exceed that.
    pub const MAX_LINE: usize = 4 * 1024;
    /// Octets of a whole reply.
    pub const MAX_REPLY: usize = 64 * 1024;

    /// A parser that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads from the front of `input` up to the end of one reply. `None` means that all of
    /// `input` was read and the reply goes on.
    ///
    /// # Errors
    /// Where the bytes are no reply; every further call then gives the same error.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<RawReply>, ReplyError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.read_lines(input).inspect_err(|error| {
            self.broken = Some(error.clone());
            self.line = Vec::new();
            self.open = None;
        })
    }

    /// Whether a reply has begun and not ended.
    #[must_use]
    pub fn is_amid_reply(&self) -> bool {
        !self.line.is_empty() || self.open.is_some()
    }

    fn read_lines(&mut self, input: &mut &[u8]) -> Result<Option<RawReply>, ReplyError> {
        while let Some(end) = memchr(b'\n', input) {
            let (line, rest) = input.split_at(end + 1);
            self.count(line.len())?;
            *input = rest;
            let done = if self.line.is_empty() {
                Self::take_line(&mut self.open, line)?
            } else {
                self.line.extend_from_slice(line);
                let done = Self::take_line(&mut self.open, &self.line)?;
                self.line.clear();
                done
            };
            if done {
                self.size = 0;
                return Ok(self.open.take());
            }
        }
        self.count(input.len())?;
        self.line.extend_from_slice(input);
        *input = &[];
        Ok(None)
    }

    /// Checks the bounds before anything is kept.
    fn count(&mut self, more: usize) -> Result<(), ReplyError> {
        if self.line.len() + more > Self::MAX_LINE {
            return Err(ReplyError::LineTooLong);
        }
        self.size += more;
        if self.size > Self::MAX_REPLY {
            return Err(ReplyError::ReplyTooLong);
        }
        Ok(())
    }

    /// Adds a whole line to the open reply and tells whether it was the last one.
    fn take_line(open: &mut Option<RawReply>, line: &[u8]) -> Result<bool, ReplyError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (code, last, text) = parts(line).ok_or_else(|| ReplyError::NotAReply(excerpt(line)))?;
        let text = String::from_utf8_lossy(text);
        match open {
            None => {
                *open = Some(RawReply {
                    code,
                    text: text.into_owned(),
                });
            }
            Some(reply) if reply.code == code => {
                reply.text.push('\n');
                reply.text.push_str(&text);
            }
            Some(reply) => {
                return Err(ReplyError::CodesDisagree {
                    first: reply.code,
                    then: code,
                });
            }
        }
        Ok(last)
    }
}

impl RawReply {
    /// The code, 200 to 599.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// The text of each line, without its code.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n')
    }

    /// The reply as reports keep it: the enhanced code of the first line apart, the lines joined
    /// with a space (RFC 2034 section 4 repeats the enhanced code on every line).
    #[must_use]
    pub fn into_reply(self) -> Reply {
        let Some((enhanced, rest)) = enhanced(self.code, &self.text) else {
            let text = if self.text.contains('\n') {
                self.text.replace('\n', " ")
            } else {
                self.text
            };
            return Reply {
                code: self.code,
                enhanced: None,
                text,
            };
        };
        let mut text = String::with_capacity(rest.len());
        for (at, line) in rest.split('\n').enumerate() {
            let line = match self::enhanced(self.code, line) {
                Some((same, rest)) if same == enhanced && at > 0 => rest,
                _ => line,
            };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(line);
        }
        Reply {
            code: self.code,
            enhanced: Some(enhanced),
            text,
        }
    }
}

impl From<RawReply> for Reply {
    fn from(raw: RawReply) -> Self {
        raw.into_reply()
    }
}

/// Code, whether it is the last line, and text of one line without its end.
fn parts(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (&[a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'], rest) = line.split_first_chunk()?
    else {
        return None;
    };
    let digit = |d: u8| u16::from(d - b'0');
    let code = digit(a) * 100 + digit(b) * 10 + digit(c);
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

/// The enhanced code a text begins with, and the rest behind it. An intermediate reply (3yz) has
/// none (RFC 2034 section 3).
fn enhanced(code: u16, text: &str) -> Option<(EnhancedCode, &str)> {
    if code / 100 == 3 {
        return None;
    }
    let end = text.find([' ', '\n']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    Some((EnhancedCode::parse(word)?, rest))
}

/// As much of a line as an error message bears.
fn excerpt(line: &[u8]) -> String {
    const ENOUGH: usize = 60;
    String::from_utf8_lossy(line.get(..ENOUGH).unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(mut input: &[u8]) -> Result<Vec<Reply>, ReplyError> {
        let mut parser = ReplyParser::new();
        let mut replies = Vec::new();
        while let Some(reply) = parser.read(&mut input)? {
            replies.push(reply.into_reply());
        }
        Ok(replies)
    }

    fn one(input: &str) -> Reply {
        let mut replies = all(input.as_bytes()).unwrap();
        assert_eq!(replies.len(), 1, "{input:?}");
        replies.remove(0)
    }

    #[test]
    fn reads_code_enhanced_code_and_text() {
        assert_eq!(
            one("550 5.1.1 No such user\r\n").to_string(),
            "550 5.1.1 No such user"
        );
        assert_eq!(
            one("250-2.1.5 one\r\n250-2.1.5 two\r\n250 2.1.5 three\r\n").text,
            "one two three"
        );
        assert_eq!(
            one("250-2.0.0 one\r\n250 2.0.1 other\r\n").text,
            "one 2.0.1 other"
        );
        assert_eq!(one("250-mx\r\n250 SIZE 10\r\n").text, "mx SIZE 10");
        assert_eq!(one("354 2.0.0 go\r\n").enhanced, None);
    }

    #[test]
    fn forgives_bare_lf_and_missing_text() {
        assert_eq!(one("250\r\n").text, "");
        assert_eq!(one("250 \n").text, "");
        assert_eq!(one("250-\n250\n").code, 250);
        assert_eq!(one("550 5.1.1\r\n").to_string(), "550 5.1.1 ");
        assert_eq!(one("250-5.1.1\n250 5.1.1 x\n").text, "x");
    }

    #[test]
    fn replaces_what_is_not_utf_8() {
        assert_eq!(one_bytes(b"550 caf\xe9\r\n").text, "caf\u{fffd}");
    }

    fn one_bytes(input: &[u8]) -> Reply {
        all(input).unwrap().remove(0)
    }

    #[test]
    fn refuses_garbage() {
        for wrong in [
            "\r\n",
            "x\n",
            "25\n",
            "250x\n",
            "150 no\n",
            "650 no\n",
            "2 50\n",
            " 250 ok\n",
            "250\tok\n",
        ] {
            assert!(
                matches!(all(wrong.as_bytes()), Err(ReplyError::NotAReply(_))),
                "{wrong:?}"
            );
        }
        assert_eq!(
            all(b"250-a\r\n550 b\r\n"),
            Err(ReplyError::CodesDisagree {
                first: 250,
                then: 550
            })
        );
    }

    #[test]
    fn memory_is_bounded_and_errors_last() {
        let mut parser = ReplyParser::new();
        let mut outcome = Ok(None);
        for _ in 0..=ReplyParser::MAX_LINE {
            outcome = parser.read(&mut &b"2"[..]);
        }
        assert_eq!(outcome, Err(ReplyError::LineTooLong));
        assert_eq!(
            parser.read(&mut &b"250 ok\r\n"[..]),
            Err(ReplyError::LineTooLong)
        );

        let line = format!("250-{}\r\n", "x".repeat(1000));
        assert_eq!(
            all(line.repeat(70).as_bytes()),
            Err(ReplyError::ReplyTooLong)
        );
        assert_eq!(all(line.repeat(60).as_bytes()), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(
            replies in prop::collection::vec((200u16..600, prop::collection::vec("[ -~é]{0,40}", 1..4)), 1..5),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut wire = Vec::new();
            for (code, lines) in &replies {
                for (at, line) in lines.iter().enumerate() {
                    let mark = if at + 1 == lines.len() { ' ' } else { '-' };
                    wire.extend_from_slice(format!("{code}{mark}{line}\r\n").as_bytes());
                }
            }
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len())).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let mut parser = ReplyParser::new();
            let mut got = Vec::new();
            for pair in cuts.windows(2) {
                let mut piece = &wire[pair[0]..pair[1]];
                while let Some(reply) = parser.read(&mut piece).unwrap() {
                    got.push((reply.code(), reply.lines().map(str::to_owned).collect::<Vec<_>>()));
                }
            }
            prop_assert!(!parser.is_amid_reply());
            prop_assert_eq!(got, replies);
        }

        #[test]
        fn arbitrary_bytes_never_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut parser = ReplyParser::new();
            for piece in &pieces {
                let mut rest = &piece[..];
                while let Ok(Some(reply)) = parser.read(&mut rest) {
                    let _ = reply.into_reply();
                }
            }
        }
    }
}
