//! The relaxed canonical forms (RFC 6376 section 3.4): what is hashed instead of what is sent.

use memchr::memchr3;

/// The relaxed form of a body (RFC 6376 section 3.4.4), taken in pieces that may be cut anywhere.
///
/// White space at the end of a line and empty lines at the end of the body are dropped, other white
/// space becomes one space. Nothing is copied: the form is told as slices of the pieces, long ones
/// where the body already has it, as Base64 does.
#[derive(Debug, Default)]
pub(super) struct RelaxedBody {
    /// Anything was told.
    begun: bool,
    /// Line ends that were seen since, and are only told if something follows.
    lines: usize,
    /// White space behind them that was seen, and is only told if something on its line follows.
    space: bool,
    /// A CR was seen, and it is not known whether an LF follows.
    cr: bool,
}

impl RelaxedBody {
    /// Takes the next piece and tells `hash` as much of the form as is certain.
    pub(super) fn add(&mut self, piece: &[u8], hash: &mut impl FnMut(&[u8])) {
        let mut rest = piece;
        while let Some((&first, behind)) = rest.split_first() {
            if self.cr {
                self.cr = false;
                if first == b'\n' {
                    self.space = false;
                    self.lines += 1;
                    rest = behind;
                } else {
                    // Alone, it is a character like any other.
                    self.tell(b"\r", hash);
                }
                continue;
            }
            match first {
                b' ' | b'\t' => self.space = true,
                b'\r' => self.cr = true,
                _ => {
                    let (plain, other) = rest.split_at(plain(rest));
                    self.tell(plain, hash);
                    rest = other;
                    continue;
                }
            }
            rest = behind;
        }
    }

    /// The end of the body: its last line ends with CRLF, whether or not it came with one.
    pub(super) fn finish(mut self, hash: &mut impl FnMut(&[u8])) {
        if self.cr {
            self.tell(b"\r", hash);
        }
        if self.begun {
            hash(b"\r\n");
        }
    }

    /// What was held back, and then this.
    fn tell(&mut self, octets: &[u8], hash: &mut impl FnMut(&[u8])) {
        for _ in 0..std::mem::take(&mut self.lines) {
            hash(b"\r\n");
        }
        if std::mem::take(&mut self.space) {
            hash(b" ");
        }
        hash(octets);
        self.begun = true;
    }
}

/// How much of a text, which begins with neither white space nor CR, is in the relaxed form as it
/// stands, whatever follows.
fn plain(text: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = memchr3(b' ', b'\t', b'\r', &text[from..]) {
        let at = from + found;
        from = match text[at..] {
            [b' ', next, ..] if !is_special(next) => at + 2,
            [b'\r', b'\n', next, ..] if !is_special(next) => at + 3,
            _ => return at,
        };
    }
    text.len()
}

fn is_special(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r')
}

/// Appends the relaxed form of a header field (RFC 6376 section 3.4.2): the name in lower case,
/// unfolded, white space between words made one space, none around the value. It ends without CRLF.
pub(super) fn relaxed_field(name: &[u8], value: &[u8], form: &mut Vec<u8>) {
    form.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    form.push(b':');
    let begin = form.len();
    let mut rest = value;
    while let Some((&first, behind)) = rest.split_first() {
        match (first, behind.first()) {
            // Header lines are folded only where white space follows, so this is what unfolding is.
            (b'\r', Some(b'\n')) => rest = &behind[1..],
            (b' ' | b'\t', _) => {
                if form.len() > begin && form.last() != Some(&b' ') {
                    form.push(b' ');
                }
                rest = behind;
            }
            _ => {
                form.push(first);
                rest = behind;
            }
        }
    }
    if form.len() > begin && form.last() == Some(&b' ') {
        form.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The relaxed form of a body as the RFC says it, line by line.
    fn slowly(body: &[u8]) -> Vec<u8> {
        let body = String::from_utf8(body.to_vec()).unwrap();
        let mut lines: Vec<String> = body
            .split("\r\n")
            .map(|line| {
                let words: Vec<_> = line.split([' ', '\t']).collect();
                let mut text = String::new();
                for (place, word) in words.iter().enumerate() {
                    if place > 0 && !text.ends_with(' ') {
                        text.push(' ');
                    }
                    text.push_str(word);
                }
                text.trim_end_matches(' ').to_owned()
            })
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
            .iter()
            .flat_map(|line| [line.as_bytes(), b"\r\n"].concat())
            .collect()
    }

    fn quickly<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut form = Vec::new();
        let mut body = RelaxedBody::default();
        let mut hash = |octets: &[u8]| form.extend_from_slice(octets);
        for piece in pieces {
            body.add(piece, &mut hash);
        }
        body.finish(&mut hash);
        form
    }

    #[test]
    fn bodies_are_relaxed_as_the_rfc_says() {
        for (body, form) in [
            ("", ""),
            ("\r\n", ""),
            ("\r\n\r\n \t\r\n  ", ""),
            // RFC 6376 section 3.4.5.
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
            ("no line end", "no line end\r\n"),
            ("a\r\n \r\n", "a\r\n"),
            ("a\r\n \r\n\t\r\n\r\n", "a\r\n"),
            ("a\r\n  ", "a\r\n"),
            ("a\r\n \r\nb\r\n", "a\r\n\r\nb\r\n"),
            ("\r\n\r\na\r\n", "\r\n\r\na\r\n"),
            ("a\rb\nc\r\r\n", "a\rb\nc\r\r\n"),
            ("a\r", "a\r\r\n"),
            ("a \r", "a \r\r\n"),
        ] {
            let found = quickly([body.as_bytes()]);
            assert_eq!(found, form.as_bytes(), "{body:?}");
            assert_eq!(slowly(body.as_bytes()), form.as_bytes(), "{body:?}");
        }
    }

    #[test]
    fn what_has_the_form_is_told_at_one_go() {
        let body = format!("{}\r\nand more\r\n", "x".repeat(76)).repeat(1000);
        let mut told = 0;
        let mut relaxed = RelaxedBody::default();
        relaxed.add(body.as_bytes(), &mut |_| told += 1);
        assert_eq!(told, 1);
    }

    #[test]
    fn fields_are_relaxed_as_the_rfc_says() {
        for (name, value, form) in [
            // RFC 6376 section 3.4.5.
            ("A", " X\r\n", "a:X"),
            ("B ", " Y\t\r\n\tZ  \r\n", "b:Y Z"),
            ("Subject", "\r\n\r\n", "subject:"),
            ("Subject", " \t\r\n \r\n\t\r\n", "subject:"),
            ("To", "a b", "to:a b"),
            ("X", " a\rb\n c", "x:a\rb\n c"),
        ] {
            let mut found = Vec::new();
            relaxed_field(name.as_bytes(), value.as_bytes(), &mut found);
            assert_eq!(found, form.as_bytes(), "{name}:{value:?}");
        }
    }

    proptest! {
        #[test]
        fn a_body_has_one_form_however_it_is_cut(
            parts in proptest::collection::vec("( |\t|\r\n|\r|\n|a|é|long words between|\r\n\r\n){0,5}", 0..8)
        ) {
            let whole = parts.concat();
            let slow = slowly(whole.as_bytes());
            prop_assert_eq!(&quickly([whole.as_bytes()]), &slow);
            prop_assert_eq!(&quickly(parts.iter().map(String::as_bytes)), &slow);
            prop_assert_eq!(&quickly(whole.as_bytes().chunks(1)), &slow);
        }
    }
}
