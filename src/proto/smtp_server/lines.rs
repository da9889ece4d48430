//! Command lines, cut from the input.

use bytes::BytesMut;

/// The longest command line in octets, its end included. RFC 5321 section 4.5.3.1.4 asks for 512,
/// extensions add some 100, and other scripts take more octets.
const LONGEST: usize = 2048;

/// Finds lines without looking at any octet twice.
#[derive(Debug, Default)]
pub(super) struct CommandLines {
    /// Octets of the input known to hold no line end.
    searched: usize,
    /// Whether the rest of a line that was too long is being thrown away.
    skipping: bool,
}

impl CommandLines {
    /// The next line without its end, or why it cannot be one; `None` where it is not complete.
    ///
    /// A line that does not end in CRLF is no command, so that what two servers would cut in
    /// different places is never carried out (SMTP smuggling).
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Option<Result<String, &'static str>> {
        let Some(found) = memchr::memchr(b'\n', &input[self.searched..]) else {
            self.searched = input.len();
            if self.searched >= LONGEST {
                self.skipping = true;
                self.searched = 0;
                input.clear();
            }
            return None;
        };
        let line = input.split_to(self.searched + found + 1);
        self.searched = 0;
        if std::mem::take(&mut self.skipping) || line.len() > LONGEST {
            return Some(Err("Line too long"));
        }
        Some(text(&line))
    }
}

fn text(line: &[u8]) -> Result<String, &'static str> {
    let text = line.strip_suffix(b"\r\n").ok_or("Lines end in CR LF")?;
    if memchr::memchr2(b'\r', 0, text).is_some() {
        return Err("The line holds CR or NUL");
    }
    let text = std::str::from_utf8(text).map_err(|_| "The line is not UTF-8")?;
    Ok(text.to_owned())
}
