//! HTML as it is seen: what a reader of the text alternative should not hear of is gone, and what
//! the reader of HTML leaves out is written in words.

use super::markup::{Attribute, Lexeme, attributes, lexemes};
use std::collections::HashMap;

/// Elements whose content nobody sees.
const UNSEEN: [&str; 5] = ["head", "style", "script", "title", "template"];
/// Elements without content.
const VOID: [&str; 12] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
];

/// HTML without hidden elements, with images as their alternative texts and rules drawn.
pub(super) fn seen(html: &str) -> String {
    let all: Vec<Lexeme<'_>> = lexemes(html).collect();
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    let mut nesting = Nesting::default();
    while let Some(lexeme) = all.get(at) {
        at += 1;
        match *lexeme {
            Lexeme::Open(tag, name) => {
                let name = name.to_ascii_lowercase();
                let found = attributes(tag);
                if UNSEEN.contains(&name.as_str()) || is_hidden(&found) {
                    at = end_of_element(&all, at, &name, tag);
                } else if name == "img" {
                    out.push_str(&alternative(&found));
                } else if name == "hr" {
                    out.push_str("<p>----------</p>");
                } else if let Some((address, end)) = link_without_words(&all, at, &name, &found) {
                    out.push_str(address);
                    at = end;
                } else {
                    out.push_str(nesting.open(tag, &name));
                }
            }
            Lexeme::Close(tag, name) => {
                out.push_str(nesting.close(tag, &name.to_ascii_lowercase()));
            }
            Lexeme::Comment(_) | Lexeme::Other(_) => {}
            other => out.push_str(other.text()),
        }
    }
    out
}

/// Behind the element that begins in front of `at`; only its tag is left out where it has no end.
fn end_of_element(all: &[Lexeme<'_>], at: usize, name: &str, tag: &str) -> usize {
    if VOID.contains(&name) || tag.ends_with("/>") {
        return at;
    }
    let mut depth = 1_usize;
    for (place, lexeme) in all.iter().enumerate().skip(at) {
        match lexeme {
            Lexeme::Open(_, other) if other.eq_ignore_ascii_case(name) => depth += 1,
            Lexeme::Close(_, other) if other.eq_ignore_ascii_case(name) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    at
}

/// The address of a link that holds nothing but images without words, and where its element ends.
fn link_without_words<'a>(
    all: &[Lexeme<'_>],
    at: usize,
    name: &str,
    found: &[Attribute<'a>],
) -> Option<(&'a str, usize)> {
    let is_address = |a: &&Attribute<'_>| a.name.eq_ignore_ascii_case("href");
    let address = found.iter().find(is_address).filter(|_| name == "a")?;
    let mut has_image = false;
    for (place, lexeme) in all.iter().enumerate().skip(at) {
        match *lexeme {
            Lexeme::Close(_, "a" | "A") => {
                return (has_image && !address.value.is_empty())
                    .then_some((address.value, place + 1));
            }
            Lexeme::Open(tag, image) if image.eq_ignore_ascii_case("img") => {
                if !alternative(&attributes(tag)).is_empty() {
                    return None;
                }
                has_image = true;
            }
            Lexeme::Open(_, "a" | "A") => return None,
            Lexeme::Text(text) if !text.replace("&nbsp;", "").trim().is_empty() => return None,
            _ => {}
        }
    }
    None
}

/// Elements nested deeper than this are read as if they were not there: reading takes time that
/// grows with the square of the depth, and no letter needs a part of it.
const DEEPEST: usize = 200;
/// Elements whose ends may be left out, and links, which both end where the next one begins.
const UNNESTED: [&str; 12] = [
    "a", "dd", "dt", "html", "li", "option", "p", "tbody", "td", "th", "thead", "tr",
];

/// The elements around a place.
#[derive(Default)]
struct Nesting {
    open: Vec<String>,
    /// How many of each name are open beyond what is kept.
    flat: HashMap<String, usize>,
}

impl Nesting {
    /// What remains of a start tag.
    fn open<'a>(&mut self, tag: &'a str, name: &str) -> &'a str {
        if VOID.contains(&name) || UNNESTED.contains(&name) {
            return tag;
        }
        if self.open.len() < DEEPEST {
            self.open.push(name.to_owned());
            return tag;
        }
        *self.flat.entry(name.to_owned()).or_default() += 1;
        "<br>"
    }

    /// What remains of an end tag.
    fn close<'a>(&mut self, tag: &'a str, name: &str) -> &'a str {
        if let Some(open) = self.flat.get_mut(name).filter(|open| **open > 0) {
            *open -= 1;
            return "<br>";
        }
        if let Some(place) = self.open.iter().rposition(|open| open == name) {
            self.open.truncate(place);
            self.flat.clear();
        }
        tag
    }
}

/// Whether mail programs hide an element. `mso-hide` hides it from Outlook only.
fn is_hidden(found: &[Attribute<'_>]) -> bool {
    found.iter().any(|attribute| {
        let is = |name: &str| attribute.name.eq_ignore_ascii_case(name);
        let style = || {
            let kept = attribute.value.chars().filter(|c| !c.is_ascii_whitespace());
            kept.collect::<String>().to_ascii_lowercase()
        };
        is("hidden")
            || (is("style") && {
                let style = style();
                ["display:none", "visibility:hidden"]
                    .iter()
                    .any(|rule| style.contains(rule))
            })
    })
}

/// What an image says in words, which stand as they do in the attribute.
fn alternative(found: &[Attribute<'_>]) -> String {
    let alt = found
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case("alt"));
    let text = alt.map_or("", |attribute| attribute.value.trim());
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// A text without runs of blank lines and of characters that are not seen.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines() {
        let line = without_runs(line);
        let line = line.trim_end();
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        if blank > 0 && !out.is_empty() {
            out.push('\n');
        }
        blank = 0;
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// A line without runs of invisible characters. One between letters has a meaning in some scripts
/// and in emoji.
fn without_runs(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut run = String::new();
    for c in line.chars() {
        if is_invisible(c) || (c.is_whitespace() && !run.is_empty()) {
            run.push(c);
            continue;
        }
        settle(&mut run, &mut out);
        out.push(c);
    }
    let is_text = |c: char| !is_invisible(c) && !c.is_whitespace();
    if run.chars().any(is_text) {
        out.push_str(&run);
    }
    out
}

fn settle(run: &mut String, out: &mut String) {
    let invisible = run.chars().filter(|c| is_invisible(*c)).count();
    if invisible > 1 {
        if run.contains(char::is_whitespace) && !out.is_empty() {
            out.push(' ');
        }
    } else {
        out.push_str(run);
    }
    run.clear();
}

/// Joiners, soft hyphens and spaces without width.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::author::from_html;

    #[test]
    fn what_is_hidden_is_not_read() {
        let html = "<head><title>t</title></head><body><div style=\"Display: none;max-height:0\">pre<div>x</div></div>\
            <!--[if mso]><p>mso</p><![endif]--><p>seen <span hidden>no</span></p><img src=x style='display:none' alt=no>\
            <p style=\"display:none\">unclosed";
        assert_eq!(from_html(html).unwrap(), "seen\n\nunclosed\n");
    }

    #[test]
    fn what_outlook_alone_hides_is_read() {
        let html = "<a href=\"https://a.example\" style=\"mso-hide:all\">go</a>";
        let text = from_html(html).unwrap();
        assert!(
            text.contains("go") && text.contains("https://a.example"),
            "{text}"
        );
    }

    #[test]
    fn links_without_words_are_their_addresses() {
        let html = "<p>x <a href=\"https://a.example/?a=1&amp;b=2\"> <b><img src=l.png alt=''></b></a> y</p>";
        assert_eq!(from_html(html).unwrap(), "x https://a.example/?a=1&b=2 y\n");
    }

    #[test]
    fn deep_letters_are_read_flat() {
        let deep = |inside: &str| format!("{}{inside}", "<div>".repeat(3_000));
        let text = from_html(&deep("a<div>b</div><a href=\"https://a.example\">c</a>")).unwrap();
        for part in ["a\n", "b\n", "c", "https://a.example"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(seen(&deep("x")).matches("<div>").count() <= DEEPEST);
        let wide = format!("{}<ul><li>z</li></ul>", "<div><p>y</div>".repeat(500));
        assert_eq!(seen(&wide), wide);
    }

    #[test]
    fn images_are_their_words() {
        let html = "<p><a href=\"https://a.example\"><img src=l.png alt=\"A &amp; B\"></a> <img src=x.png alt=''></p>";
        let text = from_html(html).unwrap();
        assert!(
            text.contains("A & B") && text.contains("https://a.example"),
            "{text}"
        );
        assert!(!text.contains("png"), "{text}");
    }

    #[test]
    fn padding_goes_and_joiners_stay() {
        assert_eq!(tidy("a\u{34f} \u{200c} \u{200c} b"), "a b\n");
        assert_eq!(
            tidy("👩\u{200d}👧 می\u{200c}خواهم"),
            "👩\u{200d}👧 می\u{200c}خواهم\n"
        );
        assert_eq!(tidy("\n\na  \n\n\n \nb\u{200b}\u{200b}\n"), "a\n\nb\n");
    }
}
