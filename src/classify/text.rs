//! A server's words in the one form that phrases are compared with.

use crate::model::EnhancedCode;

/// What is looked at of a reply's text, in octets. What matters stands at the beginning; the rest is
/// links and identifiers.
const LOOKED_AT: usize = 3000;

/// A text made comparable.
pub(super) struct Plain {
    /// Lower case, one space between words. Addresses are `<>`, so that nobody's name decides
    /// anything; links are gone; hyphens and underscores are spaces; `isn't` is `is not`.
    pub(super) words: String,
    /// The links, each behind a space.
    pub(super) links: String,
    /// An enhanced code that stands within the text: `(#5.7.1)`.
    pub(super) enhanced: Option<EnhancedCode>,
}

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let mut plain = Self {
            words: String::with_capacity(text.len().min(LOOKED_AT) + 16),
            links: String::new(),
            enhanced: None,
        };
        for token in beginning(text).split([' ', '\t', '\r', '\n']) {
            plain.token(token);
        }
        plain
    }

    fn token(&mut self, token: &str) {
        if token.is_empty() {
            return;
        }
        let link = memchr::memchr(b':', token.as_bytes()).and_then(|_| token.find("://"));
        if let Some(place) = link {
            let scheme = token[..place].rfind(|c: char| !c.is_ascii_alphabetic());
            let start = scheme.map_or(0, |before| before + char_len(token, before));
            self.push(&token[..start]);
            self.links.push(' ');
            push_lower(&mut self.links, &token[start..]);
        } else if let Some(place) = memchr::memchr(b'@', token.as_bytes()) {
            self.address(token, place);
        } else {
            if self.enhanced.is_none() && token.len() <= 16 {
                let inner = token.trim_matches(|c: char| !c.is_ascii_digit());
                self.enhanced = EnhancedCode::parse(inner);
            }
            self.push(token);
        }
    }

    /// An address becomes `<>`; what stands behind it stays.
    fn address(&mut self, token: &str, at: usize) {
        let inside = |c: char| c.is_alphanumeric() || "@.-_+=*#%!".contains(c);
        let rest = &token[at..];
        let end = at + rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let tail = token[at..end].trim_end_matches('.').len();
        self.space();
        self.words.push_str("<>");
        let tail = token[at + tail..].trim_start_matches('>');
        push_plain(&mut self.words, tail);
    }

    fn push(&mut self, token: &str) {
        if token.is_empty() {
            return;
        }
        self.space();
        push_plain(&mut self.words, token);
    }

    fn space(&mut self) {
        if !self.words.is_empty() && !self.words.ends_with(' ') {
            self.words.push(' ');
        }
    }
}

/// The part that is looked at, cut between characters.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

fn push_lower(to: &mut String, text: &str) {
    to.extend(text.chars().flat_map(char::to_lowercase));
}

/// One word in its comparable form.
fn push_plain(to: &mut String, word: &str) {
    let start = to.len();
    for c in word.chars() {
        match c {
            '-' | '_' => {
                if !to.ends_with(' ') {
                    to.push(' ');
                }
            }
            '\u{2018}' | '\u{2019}' | '`' => to.push('\''),
            '"' | '\u{201c}' | '\u{201d}' => {}
            c if c.is_ascii() => to.push(c.to_ascii_lowercase()),
            c => to.extend(c.to_lowercase()),
        }
    }
    negate(to, start);
}

/// Writes `isn't` and `cannot` behind `start` as `is not` and `can not`.
fn negate(words: &mut String, start: usize) {
    // Most words have neither sign, and need no search.
    let word = &words.as_bytes()[start..];
    if word.len() < 3 || memchr::memchr2(b'\'', b'c', word).is_none() {
        return;
    }
    if let Some(place) = words[start..].find("n't") {
        let place = start + place;
        let stem = if words[..place].ends_with("ca") {
            "n"
        } else {
            ""
        };
        words.replace_range(place..place + 3, &format!("{stem} not"));
    } else if let Some(place) = words[start..].find("cannot") {
        words.insert(start + place + 3, ' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        Plain::of(text).words
    }

    #[test]
    fn nobodys_name_or_link_decides_anything() {
        assert_eq!(
            words("<spam.list@quota.example>: User  unknown"),
            "<>: user unknown"
        );
        assert_eq!(
            words("relay@x.example... No such user"),
            "<>... no such user"
        );
        assert_eq!(words("(full@x.example) [-9]"), "<>) [ 9]");
        assert_eq!(words("see http://x.example/spam for more"), "see for more");
        assert_eq!(
            Plain::of("see (HTTP://X.example/Spam)").links,
            " http://x.example/spam)"
        );
    }

    #[test]
    fn spellings_become_one() {
        assert_eq!(
            words("Mailbox ISN\u{2019}T on the block-list"),
            "mailbox is not on the block list"
        );
        assert_eq!(
            words("We can't and cannot \"relay\""),
            "we can not and can not relay"
        );
        assert_eq!(words("BAD_RECIPIENT"), "bad recipient");
    }

    #[test]
    fn codes_within_the_text_are_found() {
        let code = |text| Plain::of(text).enhanced.map(|code| code.to_string());
        assert_eq!(code("blocked (#5.7.1)"), Some("5.7.1".into()));
        assert_eq!(code("replied: 5.1.1 unknown"), Some("5.1.1".into()));
        assert_eq!(code("from 192.0.2.5 at 10:05"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,300}") {
            let plain = Plain::of(&text);
            prop_assert!(plain.words.len() <= 3 * LOOKED_AT + 16);
        }

        #[test]
        fn no_text_like_a_reply_panics(text in "[a@.:/\\-'’n tü<>_\"]{0,60}") {
            let _ = Plain::of(&text);
        }
    }
}
