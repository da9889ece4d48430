//! Replies on the wire.

use crate::model::{EnhancedCode, Reply};
use bytes::{BufMut, BytesMut};

/// Octets of text in one reply line; with code, enhanced code and CRLF it stays within the 512
/// of RFC 5321 section 4.5.3.1.5.
const LINE: usize = 480;

/// A reply with an enhanced code of the reply's own class.
pub(super) fn reply(code: u16, subject: u16, detail: u16, text: impl Into<String>) -> Reply {
    let class = match code {
        200..=299 => 2,
        400..=499 => 4,
        _ => 5,
    };
    Reply {
        code,
        enhanced: Some(EnhancedCode {
            class,
            subject,
            detail,
        }),
        text: text.into(),
    }
}

/// Writes `reply`, in several lines where its text is long. Nothing in the text can end a line or
/// leave ASCII.
pub(super) fn write(out: &mut BytesMut, reply: &Reply) {
    let text: String = reply.text.chars().map(plain).collect();
    let enhanced = reply.enhanced.map(|code| format!("{code} "));
    let enhanced = enhanced.as_deref().unwrap_or("");
    let lines = wrap(&text);
    for (number, line) in lines.iter().enumerate() {
        let last = number + 1 == lines.len();
        write_line(out, reply.code, last, &format!("{enhanced}{line}"));
    }
}

/// Writes one line of a reply: `250-text` or, for the last, `250 text`.
pub(super) fn write_line(out: &mut BytesMut, code: u16, last: bool, text: &str) {
    let separator = if last { ' ' } else { '-' };
    out.put_slice(format!("{code:03}{separator}{text}\r\n").as_bytes());
}

fn plain(c: char) -> char {
    match c {
        ' '..='~' => c,
        c if c.is_ascii() => ' ',
        _ => '?',
    }
}

/// Cuts ASCII text into lines of at most [`LINE`] octets, at spaces where there are any.
fn wrap(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.len() > LINE {
        let cut = rest[..LINE].rfind(' ').filter(|at| *at > 0).unwrap_or(LINE);
        lines.push(&rest[..cut]);
        rest = rest[cut..].trim_start_matches(' ');
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_line() {
        let mut out = BytesMut::new();
        write(&mut out, &reply(550, 1, 1, "no\r\n250 yes\u{1b}[2J 日本"));
        assert_eq!(out, "550 5.1.1 no  250 yes [2J ??\r\n");
    }

    #[test]
    fn long_text_is_cut_into_lines() {
        let mut out = BytesMut::new();
        write(
            &mut out,
            &reply(450, 7, 1, "word ".repeat(300) + &"x".repeat(600)),
        );
        let text = String::from_utf8(out.to_vec()).unwrap();
        assert!(
            text.lines()
                .all(|line| line.len() <= 510 && line.starts_with("450"))
        );
        assert_eq!(
            text.lines().filter(|line| line.starts_with("450 ")).count(),
            1
        );
    }
}
