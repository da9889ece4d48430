//! Where HTML refers to a part of its message: `cid:` and a name (RFC 2392).

use std::borrow::Cow;

/// What such an address begins with.
pub(super) const SCHEME: &str = "cid:";
/// A name longer than this, in the HTML, is none.
const LONGEST: usize = 1024;

/// A place in HTML that may refer to a part.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) struct Reference<'a> {
    /// Where the name begins.
    pub(in crate::render) start: usize,
    /// Whether it stands where only an address can stand. Other places may be words of a text.
    pub(in crate::render) is_certain: bool,
    /// The name, and what may or may not belong to it.
    raw: &'a str,
}

/// The places in the order of the HTML.
pub(in crate::render) fn references(html: &str) -> impl Iterator<Item = Reference<'_>> {
    memchr::memchr_iter(b':', html.as_bytes()).filter_map(|colon| {
        let start = colon + 1;
        let at = start.checked_sub(SCHEME.len())?;
        let scheme = html.get(at..start)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        let (before, behind) = (&html[..at], &html[start..]);
        let behind = &behind[..behind.floor_char_boundary(LONGEST)];
        let last = before.chars().next_back()?;
        let until = |ends: &[char]| behind.find(ends).map(|end| &behind[..end]);
        let (raw, is_certain) = match last {
            '"' | '\'' => (until(&[last])?, true),
            '(' => (until(&[')'])?, ends_with(before, "url(")),
            '=' => (until(&[' ', '\t', '\r', '\n', '>'])?, true),
            '<' => (until(&['>'])?, false),
            ';' if before.ends_with("&quot;") || before.ends_with("&#39;") => {
                (until(&['&'])?, false)
            }
            ' ' | ',' | '\n' | '\t' => (behind, false),
            _ => return None,
        };
        Some(Reference {
            start,
            is_certain,
            raw,
        })
    })
}

/// Whether a text ends so, in small letters or capitals.
fn ends_with(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    let last = start.and_then(|start| text.get(start..));
    last.is_some_and(|last| last.eq_ignore_ascii_case(end))
}

impl<'a> Reference<'a> {
    /// What it may mean, the likeliest first: names without the escapes of HTML and addresses, and
    /// how long each is in the HTML.
    pub(in crate::render) fn names(&self) -> impl Iterator<Item = (Cow<'a, str>, usize)> {
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')');
        let word = self.raw.split(ends).next().unwrap_or_default();
        let word = word.trim_end_matches(',');
        [self.raw, word].into_iter().flat_map(|raw| {
            let plain = without_entities(raw);
            let decoded = without_percents(&plain);
            [(plain, raw.len()), (Cow::Owned(decoded), raw.len())]
        })
    }

    /// Whether its name, in a template, is made of variables.
    pub(in crate::render) fn is_computed(&self) -> bool {
        self.raw.contains("{{") || self.raw.contains("{%")
    }
}

fn without_entities(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut text = raw.to_owned();
    for (entity, character) in [
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    Cow::Owned(text)
}

fn without_percents(raw: &str) -> String {
    let mut octets = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let octet = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, octet) {
            (b'%', Some(octet)) => {
                octets.push(octet);
                rest = &tail[2..];
            }
            _ => {
                octets.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}
