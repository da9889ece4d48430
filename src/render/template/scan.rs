//! Where template tags stand in a text: what the template engine would take for a tag, found
//! without understanding what is inside.

/// What kind of tag it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Kind {
    /// `{{ … }}`
    Expression,
    /// `{% … %}`
    Statement,
    /// `{# … #}`
    Comment,
    /// `{% raw %} … {% endraw %}`, whole.
    Raw,
}

/// A tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) struct Tag<'a> {
    pub(in crate::render) kind: Kind,
    /// Where it begins.
    pub(in crate::render) start: usize,
    /// Where what follows it begins.
    pub(in crate::render) end: usize,
    /// What stands between its delimiters, without the signs that say what becomes of white space;
    /// of a raw block, what it holds.
    pub(in crate::render) code: &'a str,
    /// Whether white space in front of it is removed.
    pub(in crate::render) trims_before: bool,
    /// Whether white space behind it is removed.
    pub(in crate::render) trims_after: bool,
    /// Whether it ends before the text does.
    pub(in crate::render) is_closed: bool,
}

/// The tags of a text, in their order.
pub(in crate::render) fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let tag = next(text, from)?;
        from = tag.end;
        Some(tag)
    })
}

fn next(text: &str, from: usize) -> Option<Tag<'_>> {
    let octets = text.as_bytes();
    let mut at = from;
    loop {
        at += text.get(at..)?.find('{')?;
        match octets.get(at + 1) {
            Some(b'{') => return Some(tag(text, at, Kind::Expression)),
            Some(b'%') => {
                let found = tag(text, at, Kind::Statement);
                let is_raw = found.is_closed && found.code.trim() == "raw";
                return Some(if is_raw { raw(text, found) } else { found });
            }
            Some(b'#') => return Some(tag(text, at, Kind::Comment)),
            _ => at += 1,
        }
    }
}

fn tag(text: &str, start: usize, kind: Kind) -> Tag<'_> {
    let sign = |octet: Option<&u8>| match octet {
        Some(b'-') => Some(true),
        Some(b'+') => Some(false),
        _ => None,
    };
    let octets = text.as_bytes();
    let before = sign(octets.get(start + 2));
    let begin = start + 2 + usize::from(before.is_some());
    let inside = text.get(begin..).unwrap_or_default();
    let close = match kind {
        Kind::Comment => inside.find("#}"),
        _ => end_of_code(inside, if kind == Kind::Expression { b'}' } else { b'%' }),
    };
    let length = close.unwrap_or(inside.len());
    let after = match length.checked_sub(1) {
        Some(last) if close.is_some() => sign(inside.as_bytes().get(last)),
        _ => None,
    };
    Tag {
        kind,
        start,
        end: (begin + length + 2).min(text.len()),
        code: &inside[..length - usize::from(after.is_some())],
        trims_before: before == Some(true),
        trims_after: after == Some(true),
        is_closed: close.is_some(),
    }
}

/// Where the code of a tag ends: at its delimiter outside of quotes and brackets.
fn end_of_code(inside: &str, delimiter: u8) -> Option<usize> {
    let octets = inside.as_bytes();
    let (mut quote, mut depth, mut at) = (None, 0_usize, 0);
    while at < octets.len() {
        match (quote, octets[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), octet) if octet == open => quote = None,
            (Some(_), _) => {}
            (None, octet @ (b'"' | b'\'')) => quote = Some(octet),
            (None, octet)
                if depth == 0 && octet == delimiter && octets.get(at + 1) == Some(&b'}') =>
            {
                return Some(at);
            }
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        at += 1;
    }
    None
}

/// A raw block, from its first tag to behind its last.
fn raw<'a>(text: &'a str, open: Tag<'a>) -> Tag<'a> {
    let mut from = open.end;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find("{%")) {
        let close = tag(text, from + found, Kind::Statement);
        if close.is_closed && close.code.trim() == "endraw" {
            let mut code = &text[open.end..close.start];
            if open.trims_after {
                code = code.trim_start();
            }
            if close.trims_before {
                code = code.trim_end();
            }
            return Tag {
                kind: Kind::Raw,
                end: close.end,
                code,
                trims_after: close.trims_after,
                ..open
            };
        }
        from += found + 2;
    }
    Tag {
        end: text.len(),
        is_closed: false,
        ..open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_as_the_engine_finds_them() {
        let text = "a {{ b|c('}}') }} {%- if d -%} {# {{ e }} #}{% raw -%} {{ f }} {%- endraw -%}{{ {'g': {}} }}";
        let found: Vec<_> = tags(text).map(|tag| (tag.kind, tag.code)).collect();
        let expected = [
            (Kind::Expression, " b|c('}}') "),
            (Kind::Statement, " if d "),
            (Kind::Comment, " {{ e }} "),
            (Kind::Raw, "{{ f }}"),
            (Kind::Expression, " {'g': {}} "),
        ];
        assert_eq!(found, expected);
        let trims: Vec<_> = tags(text)
            .map(|t| (t.trims_before, t.trims_after))
            .collect();
        assert_eq!(trims[1], (true, true));
        assert_eq!(trims[3], (false, true));
    }

    #[test]
    fn what_is_not_closed_reaches_to_the_end() {
        for text in ["{{", "{{-", "{% raw %}x{% endra", "{{ '}}", "{#-#", "{%+"] {
            let found: Vec<_> = tags(text).collect();
            assert_eq!(found.len(), 1, "{text}");
            assert!(!found[0].is_closed && found[0].end == text.len(), "{text}");
        }
        assert_eq!(tags("{ {a} %} }}").count(), 0);
    }
}
