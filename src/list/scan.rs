//! Where a record ends (RFC 4180), stricter than parsers of CSV are.
//!
//! A lenient parser reads `"Ann,ann@example.org` as a cell that runs to the next quote of the
//! file, a thousand subscribers further on. Here a closing quote must be followed by a
//! delimiter or a line end, so that such a quote is found, and no row disappears in another.

use memchr::memchr3;

/// How far a record was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on behind the octets at hand.
    More,
    /// It ends: its text is so long, and the next begins there.
    End {
        /// Where its text ends.
        text: usize,
        /// Where the next record begins, behind the line end.
        next: usize,
    },
    /// A cell's quoting makes no sense, or is not closed before the file ends, and line ends were
    /// passed in it: what they belong to cannot be known.
    Broken,
}

/// Follows one record to its end, over as many pieces as it comes in.
#[derive(Debug)]
pub(super) struct Scan {
    delimiter: u8,
    at: usize,
    inside: bool,
    /// Lines that the record has, less one, as far as it was followed.
    pub(super) lines: u64,
    /// Which of them the latest quoted cell began in.
    pub(super) opened: u64,
    /// Whether a quote stands where none may.
    pub(super) stray: bool,
}

impl Scan {
    /// At the beginning of a record.
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            at: 0,
            inside: false,
            lines: 0,
            opened: 0,
            stray: false,
        }
    }

    /// Goes on over `bytes`, the record from its beginning (less what was [`Scan::cut`]) to as far
    /// as it is at hand; `ended` says that the file ends with them.
    pub(super) fn advance(&mut self, bytes: &[u8], ended: bool) -> Step {
        while let Some(found) = memchr3(b'"', b'\n', b'\r', &bytes[self.at..]) {
            let at = self.at + found;
            let next = bytes.get(at + 1).copied();
            self.at = at;
            if next.is_none() && !ended && bytes[at] != b'\n' {
                return Step::More;
            }
            let step = if self.inside {
                self.within(bytes[at], next)
            } else {
                self.outside(bytes, at, next)
            };
            if let Some(step) = step {
                return step;
            }
        }
        self.at = bytes.len();
        match (ended, self.inside) {
            (false, _) => Step::More,
            (true, true) => Step::Broken,
            (true, false) => Step::End {
                text: self.at,
                next: self.at,
            },
        }
    }

    /// Gives up the octets that were passed, but one, and says how many they are: for a record
    /// that is not kept.
    pub(super) fn cut(&mut self) -> usize {
        let cut = self.at.saturating_sub(1);
        self.at -= cut;
        cut
    }

    fn outside(&mut self, bytes: &[u8], at: usize, next: Option<u8>) -> Option<Step> {
        let crlf = bytes[at] == b'\r' && next == Some(b'\n');
        if bytes[at] != b'"' {
            return Some(Step::End {
                text: at,
                next: at + 1 + usize::from(crlf),
            });
        }
        // Elsewhere than at a cell's beginning a quote is text.
        let begins = at == 0 || bytes[at - 1] == self.delimiter;
        if begins && !self.stray {
            self.inside = true;
            self.opened = self.lines;
        }
        self.at = at + 1;
        None
    }

    fn within(&mut self, octet: u8, next: Option<u8>) -> Option<Step> {
        self.at += 1;
        match (octet, next) {
            (b'"', Some(b'"')) => self.at += 1,
            (b'"', None | Some(b'\r' | b'\n')) => self.inside = false,
            (b'"', Some(other)) if other == self.delimiter => self.inside = false,
            (b'"', Some(_)) => {
                if self.lines > self.opened {
                    return Some(Step::Broken);
                }
                // All on one line so far: the line is the row.
                self.inside = false;
                self.stray = true;
            }
            (b'\r', Some(b'\n')) => {}
            (_, _) => self.lines += 1,
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> (Step, bool, u64) {
        let mut scan = Scan::new(b',');
        let step = scan.advance(text.as_bytes(), true);
        (step, scan.stray, scan.lines)
    }

    fn end(text: usize, next: usize) -> Step {
        Step::End { text, next }
    }

    #[test]
    fn records_end_where_rows_do() {
        assert_eq!(scan("a,b\nc"), (end(3, 4), false, 0));
        assert_eq!(scan("a,b\r\nc"), (end(3, 5), false, 0));
        assert_eq!(scan("a,b\rc"), (end(3, 4), false, 0));
        assert_eq!(scan("a,b"), (end(3, 3), false, 0));
        assert_eq!(scan("a,\"b\nc\r\nd\re\"\nf"), (end(12, 13), false, 3));
        assert_eq!(scan("a \"b,c\nd"), (end(6, 7), false, 0));
        assert_eq!(scan("\"a\"\"b\",\"\"\n"), (end(9, 10), false, 0));
    }

    #[test]
    fn a_stray_quote_spoils_its_line_only() {
        assert_eq!(scan("\"a \"b\" c\",d\nx"), (end(11, 12), true, 0));
        assert_eq!(scan("\"Ann,a@x.org,\"Lee\"\nx"), (end(18, 19), true, 0));
    }

    #[test]
    fn a_quote_that_swallows_lines_is_found() {
        assert_eq!(scan("\"Ann,a@x.org\nBob,\"b\"\n").0, Step::Broken);
        assert_eq!(scan("\"Ann,a@x.org\nBob\n").0, Step::Broken);
    }

    #[test]
    fn pieces_do_not_matter() {
        let text = b"\"a\"\"\r\nb\",c\r\nd";
        let mut whole = Scan::new(b',');
        let expected = whole.advance(text, true);
        let mut scan = Scan::new(b',');
        let first = (0..text.len()).map(|end| scan.advance(&text[..end], false));
        let early = first.into_iter().find(|step| *step != Step::More);
        assert_eq!(early.unwrap_or(Step::More), expected);
    }
}
