//! HTML as a row of lexemes, which together are the text again. It knows where text, tags and
//! comments begin and end, as the HTML standard's tokenizer does, and nothing of the tree.

use super::tags::{CLOSE, OPEN};

/// A stretch of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme<'a> {
    /// Between tags.
    Text(&'a str),
    /// What an element holds that has text only: `style`, `script`, `title`, `textarea`, `xmp`.
    Raw(&'a str),
    /// A start tag and its name as written.
    Open(&'a str, &'a str),
    /// An end tag and its name as written.
    Close(&'a str, &'a str),
    /// `<!-- … -->`
    Comment(&'a str),
    /// `<!doctype …>`, `<![if …]>`, `<?…?>`
    Other(&'a str),
}

impl<'a> Lexeme<'a> {
    /// As it stands in the text.
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Text(text)
            | Self::Raw(text)
            | Self::Open(text, _)
            | Self::Close(text, _)
            | Self::Comment(text)
            | Self::Other(text) => text,
        }
    }
}

/// Elements without markup inside.
const RAW: [&str; 6] = ["style", "script", "title", "textarea", "xmp", "mj-style"];

/// The lexemes of a text.
pub(super) fn lexemes(html: &str) -> impl Iterator<Item = Lexeme<'_>> {
    let mut rest = html;
    let mut raw: Option<&str> = None;
    std::iter::from_fn(move || {
        if let Some(name) = raw.take() {
            let end = end_of_raw(rest, name);
            let (inside, after) = rest.split_at(end);
            rest = after;
            if !inside.is_empty() {
                return Some(Lexeme::Raw(inside));
            }
        }
        if rest.is_empty() {
            return None;
        }
        let lexeme = first(rest);
        if let Lexeme::Open(tag, name) = lexeme
            && !tag.ends_with("/>")
        {
            raw = RAW
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(name));
        }
        rest = &rest[lexeme.text().len()..];
        Some(lexeme)
    })
}

fn first(rest: &str) -> Lexeme<'_> {
    if !starts_markup(rest) {
        let mut end = rest.chars().next().map_or(1, char::len_utf8);
        while let Some(found) = rest.get(end..).and_then(|text| text.find('<')) {
            end += found;
            if starts_markup(&rest[end..]) {
                return Lexeme::Text(&rest[..end]);
            }
            end += 1;
        }
        return Lexeme::Text(rest);
    }
    let until = |mark: &str, from: usize| {
        let found = rest.get(from..).and_then(|text| text.find(mark));
        &rest[..found.map_or(rest.len(), |at| from + at + mark.len())]
    };
    if rest.starts_with("<!--") {
        // `<!-->` and `<!--->` are whole comments.
        let short = ["<!-->", "<!--->"]
            .into_iter()
            .find(|short| rest.starts_with(short));
        return Lexeme::Comment(short.map_or_else(|| until("-->", 4), |s| &rest[..s.len()]));
    }
    if rest.starts_with("<!") || rest.starts_with("<?") {
        return Lexeme::Other(until(">", 2));
    }
    let tag = &rest[..end_of_tag(rest)];
    let begin = if tag.starts_with("</") { 2 } else { 1 };
    let inside = &tag[begin..];
    let end = inside.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
    let name = &inside[..end.unwrap_or(inside.len())];
    match begin {
        1 => Lexeme::Open(tag, name),
        _ => Lexeme::Close(tag, name),
    }
}

/// Whether a `<` here begins a tag or a comment, and is not text.
fn starts_markup(text: &str) -> bool {
    let mut chars = text.chars();
    let after = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    match (chars.next(), chars.next()) {
        (Some('<'), Some('/')) => after(chars.next()),
        (Some('<'), Some('!' | '?')) => true,
        (Some('<'), c) => after(c),
        _ => false,
    }
}

/// Behind the `>` of a tag, which may stand in quotes before.
fn end_of_tag(tag: &str) -> usize {
    let (mut quote, mut after_equals) = (None, false);
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if after_equals => quote = Some(c),
            (None, '>') => return at + 1,
            (None, _) => {}
        }
        after_equals = c == '=' || (after_equals && (c.is_ascii_whitespace() || is_mark(c)));
    }
    tag.len()
}

/// Marks may stand between `=` and the quotes of a value.
fn is_mark(c: char) -> bool {
    c == OPEN || c == CLOSE
}

fn end_of_raw(text: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find("</")) {
        let begin = from + found;
        let after = text.get(begin + 2..).unwrap_or_default();
        if after
            .get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
        {
            return begin;
        }
        from = begin + 2;
    }
    text.len()
}

/// An attribute of a start tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// Where it stands in the tag, white space in front included.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The attributes of a start tag.
pub(super) fn attributes(tag: &str) -> Vec<Attribute<'_>> {
    let mut found = Vec::new();
    let space = |c: char| c.is_ascii_whitespace() || c == '/';
    let mut at = tag
        .find(|c: char| space(c) || c == '>')
        .unwrap_or(tag.len());
    loop {
        let start = at;
        let name_at = at + leading(&tag[at..], space);
        let inside = &tag[name_at..];
        let name = &inside[..leading(inside, |c| !space(c) && c != '=' && c != '>')];
        if name.is_empty() {
            // A stray `=` is skipped, `>` ends the tag.
            match inside.chars().next() {
                Some('=') => {
                    at = name_at + 1;
                    continue;
                }
                _ => return found,
            }
        }
        let after = name_at + name.len();
        let equals = after + leading(&tag[after..], |c| c.is_ascii_whitespace());
        let (value, end) = match tag[equals..].strip_prefix('=') {
            Some(_) => value(tag, equals + 1),
            None => ("", after),
        };
        found.push(Attribute {
            name,
            value,
            start,
            end,
        });
        at = end;
    }
}

fn value(tag: &str, from: usize) -> (&str, usize) {
    let begin = from + leading(&tag[from..], |c| c.is_ascii_whitespace());
    let rest = &tag[begin..];
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = &rest[1..];
            let length = inside.find(quote).unwrap_or(inside.len());
            (&inside[..length], (begin + length + 2).min(tag.len()))
        }
        _ => {
            let length = leading(rest, |c| !c.is_ascii_whitespace() && c != '>');
            (&rest[..length], begin + length)
        }
    }
}

/// How many octets in front are such characters.
fn leading(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lexemes_are_those_of_the_standard() {
        let html = "<!DOCTYPE html><p class=\"a>b\">1 < 2<br/></p><!--[if mso]><td><![endif]--><style>a>b{}</STYLE><![if !mso]>";
        let kinds: Vec<_> = lexemes(html).collect();
        assert_eq!(kinds[0], Lexeme::Other("<!DOCTYPE html>"));
        assert_eq!(kinds[1], Lexeme::Open("<p class=\"a>b\">", "p"));
        assert_eq!(kinds[2], Lexeme::Text("1 < 2"));
        assert_eq!(kinds[3], Lexeme::Open("<br/>", "br"));
        assert_eq!(kinds[5], Lexeme::Comment("<!--[if mso]><td><![endif]-->"));
        assert_eq!(kinds[7], Lexeme::Raw("a>b{}"));
        assert_eq!(kinds[9], Lexeme::Other("<![if !mso]>"));
    }

    #[test]
    fn attributes_are_found_however_they_are_written() {
        let tag = "<td a=\"1 2\" b='3' c=4 d E = \"5\"/>";
        let found: Vec<_> = attributes(tag).iter().map(|a| (a.name, a.value)).collect();
        let expected = [("a", "1 2"), ("b", "3"), ("c", "4"), ("d", ""), ("E", "5")];
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn lexemes_are_the_text_again(html in "(<|>|/|!|-|--|\"|'|=| |a|style|</style>|<!--|é|\\PC){0,40}") {
            let joined: String = lexemes(&html).map(Lexeme::text).collect();
            prop_assert_eq!(joined, html.clone());
            for lexeme in lexemes(&html) {
                if let Lexeme::Open(tag, _) = lexeme {
                    for attribute in attributes(tag) {
                        prop_assert!(tag.get(attribute.start..attribute.end).is_some());
                    }
                }
            }
        }
    }
}
