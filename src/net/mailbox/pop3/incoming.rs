//! What a POP3 server sends: lines, and texts that end in a lone dot (RFC 1939 section 3).
//!
//! Octets go in as they come, cut anywhere; lines and texts come out. Nothing is kept without a bound.

use std::collections::VecDeque;

/// Octets of a line that is kept; RFC 1939 allows 512, and some say more.
const LINE: usize = 4_096;

/// Why a server's words cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// Servers do not talk that long.
    #[error("a line of more than {LINE} octets")]
    LongLine,
    /// It is neither `+OK` nor `-ERR`.
    #[error("an answer that is neither +OK nor -ERR")]
    NoStatus,
}

/// The first line of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// `+OK` and what is behind it.
    Ok(String),
    /// `-ERR` and what is behind it.
    Err(String),
    /// `+ ` and a challenge (RFC 5034 section 4).
    Challenge(String),
}

/// Octets that came and were not read yet.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    octets: VecDeque<u8>,
}

impl Incoming {
    /// Takes what came.
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.octets.extend(octets);
    }

    /// Whether something came that was not read.
    pub(super) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The next status line, once it is whole.
    pub(super) fn status(&mut self) -> Result<Option<Status>, Broken> {
        let Some(line) = self.line()? else {
            return Ok(None);
        };
        let line = String::from_utf8_lossy(&line).into_owned();
        let behind = |word: &str| {
            let start = line.get(..word.len())?;
            let rest = &line[word.len()..];
            let ends = rest.is_empty() || rest.starts_with([' ', '\t']);
            (start.eq_ignore_ascii_case(word) && ends).then(|| rest.trim().to_owned())
        };
        if let Some(said) = behind("+OK") {
            Ok(Some(Status::Ok(said)))
        } else if let Some(said) = behind("-ERR") {
            Ok(Some(Status::Err(said)))
        } else if let Some(said) = behind("+") {
            Ok(Some(Status::Challenge(said)))
        } else {
            Err(Broken::NoStatus)
        }
    }

    /// The next line without its end, once it is whole.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let Some(end) = self.octets.iter().position(|octet| *octet == b'\n') else {
            if self.octets.len() > LINE {
                return Err(Broken::LongLine);
            }
            return Ok(None);
        };
        if end > LINE {
            return Err(Broken::LongLine);
        }
        let mut line: Vec<u8> = self.octets.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }

    /// Reads on in a text. Returns whether it has ended.
    pub(super) fn text(&mut self, text: &mut Text) -> bool {
        while let Some(octet) = self.octets.pop_front() {
            if text.pass(octet) {
                return true;
            }
        }
        false
    }
}

/// A text while it comes: dots at line starts are taken away, and what is beyond the bound is
/// passed over.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) octets: Vec<u8>,
    /// Octets that are kept.
    most: usize,
    /// Octets that were passed over.
    pub(super) skipped: u64,
    at: At,
}

/// Where in a line the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    /// Behind a dot at the start.
    Dot,
    /// Behind a dot at the start and CR.
    DotCr,
    Within,
}

impl Text {
    /// Of which at most so many octets are kept.
    pub(super) fn new(most: usize) -> Self {
        Self {
            octets: Vec::new(),
            most,
            skipped: 0,
            at: At::Start,
        }
    }

    /// Takes one octet. Returns whether it ends the text.
    fn pass(&mut self, octet: u8) -> bool {
        self.at = match (self.at, octet) {
            (At::Start, b'.') => At::Dot,
            (At::Dot, b'\r') => At::DotCr,
            // Some servers end lines in a bare LF.
            (At::Dot | At::DotCr, b'\n') => return true,
            (At::DotCr, _) => {
                self.keep(b'\r');
                self.keep(octet);
                At::Within
            }
            (_, b'\n') => {
                self.keep(octet);
                At::Start
            }
            (_, octet) => {
                self.keep(octet);
                At::Within
            }
        };
        false
    }

    fn keep(&mut self, octet: u8) {
        if self.octets.len() < self.most {
            self.octets.push(octet);
        } else {
            self.skipped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn status_lines_are_known() {
        let mut incoming = Incoming::default();
        incoming.push(b"+OK 2 320\r\n-err no such\n+OK\r\n+ YWJj\r\n+\r\n");
        let mut all = Vec::new();
        while let Some(status) = incoming.status().unwrap() {
            all.push(status);
        }
        let (ok, challenge) = (Status::Ok, Status::Challenge);
        let expected = [
            ok("2 320".into()),
            Status::Err("no such".into()),
            ok(String::new()),
            challenge("YWJj".into()),
            challenge(String::new()),
        ];
        assert_eq!(all, expected);
        incoming.push(b"+OKAY\r\n");
        assert_eq!(incoming.status(), Err(Broken::NoStatus));
        incoming.push(&[b'x'; LINE + 1]);
        assert_eq!(incoming.status(), Err(Broken::LongLine));
    }

    fn read(pieces: &[&[u8]], most: usize) -> (Option<Vec<u8>>, u64, bool) {
        let (mut incoming, mut text) = (Incoming::default(), Text::new(most));
        let mut ended = false;
        for piece in pieces {
            incoming.push(piece);
            ended = ended || incoming.text(&mut text);
        }
        let skipped = text.skipped;
        (ended.then_some(text.octets), skipped, incoming.is_empty())
    }

    #[test]
    fn texts_are_unstuffed_and_bounded() {
        let wire = b"a\r\n..b\r\n.\rx\r\n.c\n\r\n.\r\n+OK";
        let (text, _, all) = read(&[wire], 100);
        assert_eq!(text.unwrap(), b"a\r\n.b\r\n\rx\r\nc\n\r\n");
        assert!(!all, "what is behind the end stays");
        let (text, skipped, _) = read(&[wire], 4);
        assert_eq!((text.unwrap().as_slice(), skipped), (&b"a\r\n."[..], 11));
        assert_eq!(read(&[b".\r\n"], 9).0.unwrap(), b"");
        assert_eq!(read(&[b"no end\r\n."], 9).0, None);
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_wherever_it_is_cut(
            text in "[.a\r\n]{0,40}",
            cuts in proptest::collection::vec(0..60_usize, 0..4),
        ) {
            let wire = format!("{text}\r\n.\r\n").into_bytes();
            let whole = read(&[&wire], 1_000);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(wire.len())).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &wire[pair[0]..pair[1]]).collect();
            let cut = read(&pieces, 1_000);
            prop_assert_eq!(whole.0, cut.0);
        }
    }
}
