//! Where text from lists and templates loses what could break out of its place in a message.

use memchr::memchr3_iter;
use std::borrow::Cow;

/// What a header text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Role {
    /// A subject: isolates (U+2066 to U+2069) stay, they keep mixed directions readable.
    Subject,
    /// A display name: no marks that change the direction of what stands beside it.
    Name,
}

/// One line for a header value: control characters and line separators become spaces, runs of
/// white space one space, marks that turn the direction of text are dropped.
pub(in crate::render) fn header_text(text: &str, role: Role) -> Cow<'_, str> {
    let text = text.trim();
    let plain =
        |c: char| !c.is_control() && !is_dropped(c, role) && (c == ' ' || !c.is_whitespace());
    if text.chars().all(plain) && !text.contains("  ") {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || c.is_whitespace() {
            if !clean.is_empty() && !clean.ends_with(' ') {
                clean.push(' ');
            }
        } else if !is_dropped(c, role) {
            clean.push(c);
        }
    }
    clean.truncate(clean.trim_end().len());
    Cow::Owned(clean)
}

/// A file's name that stands for itself on every system: one line without folders and without marks
/// that show it in another order, such as `fdp.exe` for `exe.pdf`, of at most 180 octets.
pub(in crate::render) fn file_name(name: &str) -> Cow<'_, str> {
    const LONGEST: usize = 180;
    const LONGEST_ENDING: usize = 16;
    let unclean = |c: char| matches!(c, '/' | '\\' | '\u{200E}' | '\u{200F}' | '\u{61C}');
    let mut clean = header_text(name, Role::Name);
    if clean.contains(unclean) {
        let kept = clean.replace(['/', '\\'], "_").replace(unclean, "");
        clean = Cow::Owned(kept.trim().to_owned());
    }
    if clean.chars().all(|c| c == '.') {
        return Cow::Borrowed("file");
    }
    if clean.len() > LONGEST {
        let ending = clean.rfind('.').map_or("", |at| &clean[at..]);
        let ending = if ending.len() > LONGEST_ENDING {
            ""
        } else {
            ending
        };
        let stem = cut(&clean, LONGEST - ending.len()).trim_end();
        return Cow::Owned(format!("{stem}{ending}"));
    }
    clean
}

/// Cuts `text` to at most `limit` octets, between characters.
pub(in crate::render) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn is_dropped(c: char, role: Role) -> bool {
    match c {
        '\u{202A}'..='\u{202E}' => true,
        '\u{2066}'..='\u{2069}' => role == Role::Name,
        _ => false,
    }
}

/// Body text in wire form: lines end in CRLF, also where a lone CR or LF stood, and NUL is gone
/// (RFC 5322 section 2.3 allows none of these by themselves).
pub(in crate::render) fn body_text(text: String) -> String {
    let Some(start) = first_fault(text.as_bytes()) else {
        return text;
    };
    let mut clean = String::with_capacity(text.len() + text.len() / 16 + 16);
    // The fault is a single ASCII octet, so all places below lie between characters.
    clean.push_str(&text[..start]);
    let mut rest = start;
    for at in memchr3_iter(b'\r', b'\n', 0, text.as_bytes()).filter(|at| *at >= start) {
        if at < rest {
            continue;
        }
        clean.push_str(&text[rest..at]);
        rest = at + 1;
        match (text.as_bytes()[at], text.as_bytes().get(rest)) {
            (0, _) => continue,
            (b'\r', Some(b'\n')) => rest += 1,
            _ => {}
        }
        clean.push_str("\r\n");
    }
    clean.push_str(&text[rest..]);
    clean
}

/// The place of the first octet that is not allowed as it stands.
fn first_fault(text: &[u8]) -> Option<usize> {
    let mut paired = None;
    for at in memchr3_iter(b'\r', b'\n', 0, text) {
        match text[at] {
            b'\r' if text.get(at + 1) == Some(&b'\n') => paired = Some(at + 1),
            b'\n' if paired == Some(at) => {}
            _ => return Some(at),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_text_is_one_line_without_direction_marks() {
        let clean = |text| header_text(text, Role::Name).into_owned();
        assert_eq!(clean("Ann"), "Ann");
        assert_eq!(
            clean(" Ann \r\n Bcc: x\0y\u{85}\u{2028}z "),
            "Ann Bcc: x y z"
        );
        assert_eq!(clean("a\u{202E}b\u{2066}c"), "abc");
        assert_eq!(
            header_text("a\u{2068}b\u{2069}", Role::Subject),
            "a\u{2068}b\u{2069}"
        );
        assert_eq!(clean("\u{202E}\r\n"), "");
    }

    #[test]
    fn a_file_name_has_no_folders_and_keeps_its_ending() {
        for (name, clean) in [
            ("menu.pdf", "menu.pdf"),
            ("../..\\a\r\nb.pdf", ".._.._a b.pdf"),
            ("exe.\u{202E}fdp\u{200F}", "exe.fdp"),
            ("..", "file"),
            ("", "file"),
            ("/", "_"),
        ] {
            assert_eq!(file_name(name), clean);
        }
        let long = format!("{}.pdf", "名".repeat(100));
        let cut = file_name(&long);
        assert!(cut.len() <= 180 && cut.ends_with("名.pdf"));
    }

    #[test]
    fn body_lines_end_in_crlf() {
        let clean = |text: &str| body_text(text.to_owned());
        assert_eq!(clean("a\r\nb"), "a\r\nb");
        assert_eq!(
            clean("a\nb\rc\r\nd\n\r\0e\r"),
            "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n"
        );
    }

    proptest! {
        #[test]
        fn body_text_agrees_with_the_obvious_way(text in "[a\r\n\0é]{0,24}") {
            let obvious = text.replace('\0', "\u{1}").replace("\r\n", "\n").replace('\r', "\n")
                .replace('\u{1}', "").replace('\n', "\r\n");
            prop_assert_eq!(body_text(text), obvious);
        }
    }
}
