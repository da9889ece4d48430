//! The content of a message as DATA wants it: dots at line starts doubled, a lone dot at the end
//! (RFC 5321 section 4.5.2).
//!
//! Nothing is copied: the wire form is an iterator over slices of the content, in which a doubled
//! dot is the last octet of one slice and the first of the next. Content is not mended; but
//! behind a bare CR or LF a dot counts as the start of a line too, since there are servers that
//! end a message at `\n.\n` or `\r.\r`, and what follows would reach them as commands.

use bytes::Bytes;
use memchr::memchr_iter;
use std::vec::IntoIter;

/// The wire form of a message's content, final dot included.
#[derive(Debug)]
pub struct DotStuffed {
    segments: IntoIter<Bytes>,
    /// What is left of the segment at hand.
    rest: Bytes,
    /// Whether the octet before `rest` has been a dot at the start of a line that was given once.
    doubled: bool,
    /// The last two octets before `rest`; a message begins as if behind CRLF.
    before: [u8; 2],
    ended: bool,
}

impl DotStuffed {
    /// Reads `content` as one text, wherever its segments are cut.
    #[must_use]
    pub fn new(content: Vec<Bytes>) -> Self {
        Self {
            segments: content.into_iter(),
            rest: Bytes::new(),
            doubled: false,
            before: *b"\r\n",
            ended: false,
        }
    }

    /// Whether the final dot has been given out.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended
    }

    /// Whether the octet in front of position `at` ends a line.
    fn starts_line(&self, at: usize) -> bool {
        let before = match at.checked_sub(1) {
            Some(place) => self.rest[place],
            None => self.before[1],
        };
        matches!(before, b'\r' | b'\n')
    }

    /// Up to and including the next dot that is to be doubled, or all of the segment.
    fn piece(&mut self) -> Bytes {
        // The dot that begins `rest` has been sent once already: it stands in the slice before.
        let from = usize::from(self.doubled);
        let dot = memchr_iter(b'.', &self.rest[from..])
            .map(|at| at + from)
            .find(|&at| self.starts_line(at));
        match dot {
            Some(at) => {
                let piece = self.rest.slice(..=at);
                self.note(&piece[..at]);
                self.rest = self.rest.split_off(at);
                self.doubled = true;
                piece
            }
            None => {
                let piece = std::mem::take(&mut self.rest);
                self.note(&piece);
                self.doubled = false;
                piece
            }
        }
    }

    fn note(&mut self, passed: &[u8]) {
        match *passed {
            [.., a, b] => self.before = [a, b],
            [b] => self.before = [self.before[1], b],
            [] => {}
        }
    }
}

impl Iterator for DotStuffed {
    type Item = Bytes;

    /// The next slice of the wire form; none of them is empty.
    fn next(&mut self) -> Option<Bytes> {
        while self.rest.is_empty() {
            match self.segments.next() {
                Some(segment) => self.rest = segment,
                None if self.ended => return None,
                None => {
                    self.ended = true;
                    let end: &[u8] = match &self.before {
                        b"\r\n" => b".\r\n",
                        _ => b"\r\n.\r\n",
                    };
                    return Some(Bytes::from_static(end));
                }
            }
        }
        Some(self.piece())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(segments: &[&[u8]]) -> Vec<u8> {
        let segments = segments.iter().map(|s| Bytes::copy_from_slice(s)).collect();
        DotStuffed::new(segments).flatten().collect()
    }

    /// What a receiver makes of it: the content up to the lone dot, dots at line starts taken
    /// away, and what stands behind the end.
    fn unstuff(wire: &[u8]) -> (Vec<u8>, &[u8]) {
        let mut content = Vec::new();
        let mut line_start = true;
        let mut at = 0;
        while at < wire.len() {
            let after_crlf = content.is_empty() || content.ends_with(b"\r\n");
            if after_crlf && wire[at..].starts_with(b".\r\n") {
                return (content, &wire[at + 3..]);
            }
            if line_start && wire[at] == b'.' {
                at += 1;
            }
            line_start = matches!(wire[at], b'\r' | b'\n');
            content.push(wire[at]);
            at += 1;
        }
        panic!("no end: {wire:?}");
    }

    #[test]
    fn only_dots_at_line_starts_are_doubled() {
        assert_eq!(wire(&[b"a.b\r\nc.\r\n"]), b"a.b\r\nc.\r\n.\r\n");
        assert_eq!(
            wire(&[b".a\r\n.\r\n..b\r\n"]),
            b"..a\r\n..\r\n...b\r\n.\r\n"
        );
        assert_eq!(wire(&[b"a\n.\nb\r.\r\n"]), b"a\n..\nb\r..\r\n.\r\n");
    }

    #[test]
    fn the_end_is_right_whatever_comes_before() {
        assert_eq!(wire(&[]), b".\r\n");
        assert_eq!(wire(&[b""]), b".\r\n");
        assert_eq!(wire(&[b"a"]), b"a\r\n.\r\n");
        assert_eq!(wire(&[b"a\r"]), b"a\r\r\n.\r\n");
        assert_eq!(wire(&[b"a\n"]), b"a\n\r\n.\r\n");
        assert_eq!(wire(&[b"a\r", b"\n"]), b"a\r\n.\r\n");
        assert_eq!(wire(&[b"."]), b"..\r\n.\r\n");
    }

    #[test]
    fn state_crosses_segment_borders() {
        assert_eq!(wire(&[b"a\r\n", b".b"]), b"a\r\n..b\r\n.\r\n");
        assert_eq!(
            wire(&[b"a\r", b"\n", b"", b".", b".\r\n"]),
            b"a\r\n...\r\n.\r\n"
        );
    }

    proptest! {
        #[test]
        fn round_trips_for_any_segmenting(
            segments in prop::collection::vec("[.\r\na]{0,12}", 0..8),
        ) {
            let pieces: Vec<&[u8]> = segments.iter().map(String::as_bytes).collect();
            let mut content = pieces.concat();
            let wire = wire(&pieces);
            let (got, behind) = unstuff(&wire);
            if !content.is_empty() && !content.ends_with(b"\r\n") {
                content.extend_from_slice(b"\r\n");
            }
            prop_assert_eq!(got, content);
            prop_assert!(behind.is_empty());
        }

        #[test]
        fn no_line_but_the_last_is_a_lone_dot(
            segments in prop::collection::vec("[.\r\na]{0,12}", 0..8),
        ) {
            let pieces: Vec<&[u8]> = segments.iter().map(String::as_bytes).collect();
            let wire = wire(&pieces);
            // However a server ends lines: at CRLF, at a bare LF or at a bare CR.
            let lone = wire
                .split(|b| matches!(b, b'\r' | b'\n'))
                .filter(|line| *line == b".")
                .count();
            prop_assert_eq!(lone, 1);
        }
    }
}
