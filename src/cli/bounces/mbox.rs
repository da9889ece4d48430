//! Mail folders in one file (RFC 4155), message by message, in the memory of one.

use super::sources::MOST_OCTETS;
use std::io::{self, BufRead};

/// Reads one message after the other out of an mbox.
#[derive(Debug)]
pub(super) struct Mbox<R> {
    reader: R,
    /// The line that was read ahead, and whether it begins a message.
    ahead: Vec<u8>,
    begun: bool,
}

/// Whether a file begins as an mbox does: `From somebody Thu Jan  1 00:00:00 1970`.
pub(super) fn is_separator(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let has_time = rest.windows(6).any(|six| {
        six[0].is_ascii_digit()
            && six[1].is_ascii_digit()
            && six[2] == b':'
            && six[3].is_ascii_digit()
            && six[4].is_ascii_digit()
    });
    let has_year = rest
        .split(|octet| *octet == b' ')
        .any(|word| word.len() == 4 && word.iter().all(u8::is_ascii_digit));
    rest.len() < 300 && has_time && has_year
}

impl<R: BufRead> Mbox<R> {
    /// A reader at the beginning of a file.
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            ahead: Vec::new(),
            begun: false,
        }
    }

    /// The next message without its `From ` line, cut to what is read of a mail; `None` at the end.
    ///
    /// # Errors
    /// Where the file cannot be read any further.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut message = Vec::new();
        let mut blank = true;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = if self.ahead.is_empty() {
                read_line(&mut self.reader, &mut line)?
            } else {
                std::mem::swap(&mut line, &mut self.ahead);
                line.len()
            };
            if read == 0 {
                let done = std::mem::take(&mut self.begun);
                return Ok(done.then_some(message));
            }
            if blank && is_separator(&line) {
                if self.begun {
                    self.begun = false;
                    self.ahead = line;
                    return Ok(Some(message));
                }
                self.begun = true;
                blank = false;
                continue;
            }
            self.begun = true;
            blank = line.iter().all(u8::is_ascii_whitespace);
            if message.len() < MOST_OCTETS {
                message.extend_from_slice(unquoted(&line));
            }
        }
    }
}

/// `>From ` and `>>From ` lose one sign (mboxrd).
fn unquoted(line: &[u8]) -> &[u8] {
    let signs = line.iter().take_while(|octet| **octet == b'>').count();
    if signs > 0 && line[signs..].starts_with(b"From ") {
        &line[1..]
    } else {
        line
    }
}

/// A line, or a megabyte of one that does not end.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    io::Read::take(reader, 1 << 20).read_until(b'\n', line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_parted_and_unquoted() {
        let text = "From a@b.example Thu Jan  1 00:00:00 1970\nSubject: one\n\n>From here\nFrom there\n\n\
                    From MAILER-DAEMON Thu Jan  1 00:00:01 1970\nSubject: two\n\nFrom Monday on\n";
        let mut mbox = Mbox::new(text.as_bytes());
        let next = |mbox: &mut Mbox<&[u8]>| {
            mbox.next()
                .unwrap()
                .map(|mail| String::from_utf8(mail).unwrap())
        };
        assert_eq!(
            next(&mut mbox).unwrap(),
            "Subject: one\n\nFrom here\nFrom there\n\n"
        );
        assert_eq!(next(&mut mbox).unwrap(), "Subject: two\n\nFrom Monday on\n");
        assert_eq!(next(&mut mbox), None);
        assert_eq!(next(&mut mbox), None);
    }
}
