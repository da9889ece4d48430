//! The content of a message: where it ends, and what its lines look like.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr2_iter, memmem};

/// Takes DATA's content apart: removes stuffed dots and finds the end. Only CRLF dot CRLF ends
/// it (RFC 5321 section 4.1.1.4); a dot behind a bare CR or LF is content, or mail could be
/// smuggled past servers that disagree.
#[derive(Debug)]
pub(super) struct DataDecoder {
    /// Whether what comes next is the first octet of a line.
    line_start: bool,
}

/// One step of the decoder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Some content, never empty.
    Piece(Bytes),
    /// The end was there; what stands in the input now is the next command.
    End,
    /// More input is needed. At most three octets are held back.
    More,
}

impl DataDecoder {
    pub(super) const fn new() -> Self {
        Self { line_start: true }
    }

    pub(super) fn step(&mut self, input: &mut BytesMut) -> Step {
        if self.line_start {
            match input.as_ref() {
                [b'.', b'\r', b'\n', ..] => {
                    input.advance(3);
                    return Step::End;
                }
                [] | [b'.'] | [b'.', b'\r'] => return Step::More,
                [b'.', ..] => input.advance(1),
                _ => {}
            }
            self.line_start = false;
        }
        let length = match memmem::find(input, b"\r\n.") {
            Some(at) => {
                self.line_start = true;
                at + 2
            }
            None if input.ends_with(b"\r\n") => {
                self.line_start = true;
                input.len()
            }
            // A final CR may be the first octet of the end.
            None if input.ends_with(b"\r") => input.len() - 1,
            None => input.len(),
        };
        if length == 0 {
            return Step::More;
        }
        Step::Piece(input.split_to(length).freeze())
    }
}

/// Watches the form of content that passes in pieces.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Octets of all pieces.
    pub(super) size: u64,
    /// Octets of the longest finished line, without its end.
    longest: u64,
    /// Octets of the line that is not finished yet.
    current: u64,
    /// Whether a CR or LF stood alone.
    bare: bool,
    /// Whether the last octet seen was a CR that waits for its LF.
    after_cr: bool,
}

impl Lines {
    pub(super) fn see(&mut self, piece: &[u8]) {
        let mut from = 0;
        for at in memchr2_iter(b'\r', b'\n', piece) {
            self.plain(at - from);
            if piece[at] == b'\r' {
                self.bare |= self.after_cr;
                self.after_cr = true;
            } else {
                self.bare |= !self.after_cr;
                self.after_cr = false;
                self.finish_line();
            }
            from = at + 1;
        }
        self.plain(piece.len() - from);
        self.size = self.size.saturating_add(piece.len() as u64);
    }

    /// Whether a CR or LF stood alone; to be asked at the end of the content.
    pub(super) const fn bare_line_ends(&self) -> bool {
        self.bare || self.after_cr
    }

    pub(super) fn longest_line(&self) -> u64 {
        self.longest.max(self.current)
    }

    fn plain(&mut self, octets: usize) {
        if octets > 0 {
            self.bare |= self.after_cr;
            self.after_cr = false;
            self.current = self.current.saturating_add(octets as u64);
        }
    }

    fn finish_line(&mut self) {
        self.longest = self.longest.max(self.current);
        self.current = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes `wire`, cut into pieces of `cut` octets: the content, and what is left.
    fn decode(wire: &[u8], cut: usize) -> (Vec<u8>, Option<Vec<u8>>) {
        let (mut decoder, mut input) = (DataDecoder::new(), BytesMut::new());
        let mut content = Vec::new();
        let mut pieces = wire.chunks(cut);
        loop {
            match decoder.step(&mut input) {
                Step::Piece(piece) => content.extend_from_slice(&piece),
                Step::End => {
                    let mut rest = input.to_vec();
                    rest.extend(pieces.flatten());
                    return (content, Some(rest));
                }
                Step::More => match pieces.next() {
                    Some(piece) => input.extend_from_slice(piece),
                    None => return (content, None),
                },
            }
        }
    }

    #[test]
    fn only_the_true_end_ends() {
        for (wire, content) in [
            ("a\r\n.\r\nQUIT", "a\r\n"),
            (".\r\nQUIT", ""),
            ("..\r\n.\r\nQUIT", ".\r\n"),
            ("a\n.\nMAIL\r\n.\r\nQUIT", "a\n.\nMAIL\r\n"),
            ("a\r\n.\nMAIL\r\n.\r\nQUIT", "a\r\n\nMAIL\r\n"),
            ("a\n.\r\nb\r\n.\r\nQUIT", "a\n.\r\nb\r\n"),
            ("a\r.\r\n.\r\nQUIT", "a\r.\r\n"),
            ("a\r\r\n.\r\nQUIT", "a\r\r\n"),
        ] {
            for cut in 1..=wire.len() {
                let found = decode(wire.as_bytes(), cut);
                let want = (content.as_bytes().to_vec(), Some(b"QUIT".to_vec()));
                assert_eq!(found, want, "{wire:?} in pieces of {cut}");
            }
        }
    }

    #[test]
    fn lines_are_measured_across_pieces() {
        let mut lines = Lines::default();
        for piece in ["abc\r", "\nabcd", "ef\r\ng"] {
            lines.see(piece.as_bytes());
        }
        assert_eq!((lines.size, lines.longest_line()), (14, 6));
        assert!(!lines.bare_line_ends());
        for bare in ["a\nb", "a\rb", "a\r\r\n", "a\r"] {
            let mut lines = Lines::default();
            lines.see(bare.as_bytes());
            assert!(lines.bare_line_ends(), "{bare:?}");
        }
    }

    proptest! {
        #[test]
        fn stuffed_content_comes_back(
            lines in prop::collection::vec("[.a\r\n]{0,6}", 0..8),
            cut in 1usize..9,
        ) {
            // A line of the generator may itself hold CRLF: content is what stuffing starts from.
            let content: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let stuffed: String = content
                .split_inclusive("\r\n")
                .map(|line| if line.starts_with('.') { format!(".{line}") } else { line.to_owned() })
                .collect();
            let wire = format!("{stuffed}.\r\nNOOP\r\n");
            let found = decode(wire.as_bytes(), cut);
            prop_assert_eq!(found, (content.into_bytes(), Some(b"NOOP\r\n".to_vec())));
        }
    }
}
