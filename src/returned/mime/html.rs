//! HTML to the words a person would read, a line for each block. Linear, and content with anything.

/// The words of a page.
pub(super) fn words_of(page: &str) -> String {
    let mut out = String::with_capacity(page.len() / 2);
    let mut rest = page;
    let mut kept = 0_usize;
    while let Some(open) = rest.find('<') {
        push_words(&mut out, &rest[..open], kept > 0);
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let close = rest.find('>').unwrap_or(rest.len());
        let inside = &rest[1..close.max(1)];
        if is_address(inside) {
            out.push_str(&rest[..close]);
            rest = &rest[close..];
            continue;
        }
        let name = name_of(inside);
        if HIDDEN.contains(&name.as_str()) && !inside.starts_with('/') {
            rest = behind_close(&rest[1..], &name);
            continue;
        }
        if name == "pre" {
            kept = if inside.starts_with('/') {
                kept.saturating_sub(1)
            } else {
                kept + 1
            };
        }
        if BLOCKS.contains(&name.as_str()) && !out.ends_with("\n\n") {
            out.push('\n');
        }
        rest = rest.get(close + 1..).unwrap_or_default();
    }
    push_words(&mut out, rest, kept > 0);
    out
}

/// Tags whose content nobody reads.
const HIDDEN: &[&str] = &["style", "script", "head", "title", "template"];

/// Tags that end a line.
const BLOCKS: &[&str] = &[
    "br",
    "p",
    "div",
    "tr",
    "table",
    "li",
    "ul",
    "ol",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "hr",
    "pre",
    "td",
    "blockquote",
    "dt",
    "dd",
    "center",
];

/// An address in brackets that nobody escaped is no tag.
fn is_address(inside: &str) -> bool {
    inside.len() < 255 && inside.contains('@') && !inside.contains([' ', '=', '<', '\n', '/'])
}

fn name_of(inside: &str) -> String {
    let name = inside.trim_start_matches('/');
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    name[..end.min(12)].to_ascii_lowercase()
}

fn behind_close<'a>(rest: &'a str, name: &str) -> &'a str {
    let octets = rest.as_bytes();
    for place in memchr::memmem::find_iter(octets, b"</") {
        let tag = &octets[place + 2..];
        if tag.len() >= name.len() && tag[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            let end = memchr::memchr(b'>', tag).map_or(octets.len(), |n| place + 2 + n + 1);
            return rest.get(end..).unwrap_or_default();
        }
    }
    ""
}

/// Text between tags: blanks become one space, entities what they stand for.
fn push_words(out: &mut String, text: &str, as_it_is: bool) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut step = c.len_utf8();
        match c {
            '&' => match entity(rest) {
                Some((meant, length)) => {
                    out.push(meant);
                    step = length;
                }
                None => out.push('&'),
            },
            c if c.is_whitespace() && !as_it_is => {
                if !out.is_empty() && !out.ends_with([' ', '\n']) {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
        rest = &rest[step..];
    }
}

/// The character an entity at the beginning stands for, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(10).position(|octet| octet == b';')?;
    let name = text.get(1..end)?;
    let meant = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    };
    Some((meant, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_lines_and_entities_are_characters() {
        let page = "<html><head><title>x</title><style>p{}</style></head><body><p>To:\n &lt;a@b.example&gt;<br>\
                    <a@c.example> &#233;&nbsp;&bogus; <!-- no --><b>un</b>known</p></body>";
        assert_eq!(
            words_of(page).trim(),
            "To: <a@b.example>\n<a@c.example> é &bogus; unknown"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_page_panics(page in "(?s)[<>/!&;#a-z@é \\-\n]{0,200}") {
            let _ = words_of(&page);
        }
    }
}
