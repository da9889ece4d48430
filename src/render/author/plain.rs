//! The text alternative of a letter that is HTML only.
//!
//! Reading HTML costs many times what the rest of a message costs, and most recipients' letters
//! differ in nothing but the values of a few variables. So the HTML is rendered with marks around
//! its values; what remains when the values are taken out is the letter's shape, there are only
//! as many shapes as ways through the template's conditions, and each is read once.
//!
//! A value stays part of the shape where the reading could depend on it: blank ones, and those
//! inside a tag, except in `href`.

use super::visible::{seen, tidy};
use crate::render::error::Fault;
use crate::render::template::{CLOSE, OPEN};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Shapes = HashMap<Box<str>, Arc<[Piece]>, foldhash::fast::RandomState>;

/// Wider than a line of text ever is: paragraphs are one line, which the reader's window wraps.
const WIDTH: usize = 10_000;
/// Shapes to remember. A template whose values make up more of them is read each time.
const SHAPES: usize = 64;

/// The texts of the shapes seen so far.
#[derive(Debug, Default)]
pub(in crate::render) struct Texts {
    shapes: Mutex<Shapes>,
}

/// A letter's HTML, and the text made from it.
pub(in crate::render) struct Made {
    pub(in crate::render) html: String,
    pub(in crate::render) text: String,
}

#[derive(Debug)]
enum Piece {
    Text(Box<str>),
    /// A value, by its number.
    Value(usize),
}

impl Texts {
    /// The HTML without its marks, and the text made from it.
    pub(in crate::render) fn make(&self, marked: &str) -> Result<Made, Fault> {
        let taken = Taken::apart(marked);
        let known = self.lock().get(taken.shape.as_str()).cloned();
        let pieces = match known {
            Some(pieces) => pieces,
            None => self.learn(&taken.shape)?,
        };
        let mut text = String::with_capacity(marked.len());
        for piece in pieces.iter() {
            text.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Value(number) => taken.values.get(*number).map_or("", String::as_str),
            });
        }
        Ok(Made {
            html: taken.html,
            text,
        })
    }

    /// Reads a shape. Two threads may learn the same one; both are right.
    fn learn(&self, shape: &str) -> Result<Arc<[Piece]>, Fault> {
        let pieces: Arc<[Piece]> = pieces(&from_html(shape)?).into();
        let mut shapes = self.lock();
        if shapes.len() < SHAPES {
            shapes.insert(shape.into(), Arc::clone(&pieces));
        }
        Ok(pieces)
    }

    fn lock(&self) -> MutexGuard<'_, Shapes> {
        // Entries are whole or absent, whatever a thread died of.
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text of an HTML letter, links as footnotes.
pub(in crate::render) fn from_html(html: &str) -> Result<String, Fault> {
    let text = html2text::config::plain()
        // Tables lay letters out; their cells are read one after the other.
        .raw_mode(true)
        .link_footnotes(true)
        // It would put a sign behind every character of a struck text, and into its marks.
        .unicode_strikeout(false)
        .string_from_read(seen(html).as_bytes(), WIDTH)
        .map_err(|error| Fault::NoText(error.to_string()))?;
    Ok(tidy(&text))
}

/// A marked letter taken apart.
struct Taken {
    html: String,
    /// The HTML with numbered places where values were.
    shape: String,
    values: Vec<String>,
    /// Whether white space is kept here, that of values too.
    is_pre: bool,
}

impl Taken {
    fn apart(marked: &str) -> Self {
        let mut taken = Self {
            html: String::with_capacity(marked.len()),
            shape: String::with_capacity(marked.len()),
            values: Vec::new(),
            is_pre: false,
        };
        let mut rest = marked;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (value, after) = after.split_once(CLOSE).unwrap_or((after, ""));
            taken.look_for_pre(before);
            taken.html.push_str(before);
            taken.html.push_str(value);
            taken.shape.push_str(before);
            taken.take(value);
            rest = after;
        }
        taken.html.push_str(rest);
        taken.shape.push_str(rest);
        taken
    }

    fn look_for_pre(&mut self, html: &str) {
        let octets = html.as_bytes();
        for at in memchr::memchr_iter(b'<', octets) {
            let tag = &octets[at + 1..];
            let is = |name: &[u8]| {
                tag.get(..name.len())
                    .is_some_and(|t| t.eq_ignore_ascii_case(name))
            };
            if is(b"pre") || is(b"/pre") {
                self.is_pre = is(b"pre");
            }
        }
    }

    fn take(&mut self, value: &str) {
        // White space at the ends may vanish in what stands around it.
        let core = value.trim();
        let is_kept = self.is_pre && core.contains(char::is_whitespace);
        if core.is_empty() || is_kept || !self.is_free(core) {
            self.shape.push_str(value);
            return;
        }
        let text = read(core);
        // Equal values have one number, since equal links have one footnote.
        let known = self.values.iter().position(|known| *known == text);
        let number = known.unwrap_or_else(|| {
            self.values.push(text);
            self.values.len() - 1
        });
        let (before, after) = value.split_once(core).unwrap_or_default();
        self.shape.push_str(before);
        self.shape.push(OPEN);
        self.shape.push_str(&number.to_string());
        self.shape.push(CLOSE);
        self.shape.push_str(after);
    }

    /// Whether reading the letter gives the same around `value` whatever it is: where it is text,
    /// and in a link's address.
    fn is_free(&self, value: &str) -> bool {
        let Some(at) = self.shape.rfind(['<', '>']) else {
            return true;
        };
        if self.shape.as_bytes()[at] == b'>' {
            return true;
        }
        let tag = self.shape[at..].to_ascii_lowercase();
        let is_address = ['"', '\''].into_iter().any(|quote| {
            let address = tag.rsplit_once(&format!("href={quote}"));
            address.is_some_and(|(_, address)| !address.contains(quote))
        });
        is_address && !value.contains(char::is_whitespace)
    }
}

/// An escaped value as it is read: entities resolved, runs of white space one space.
fn read(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if !c.is_ascii_whitespace() {
            text.push(c);
        } else if !text.ends_with(' ') {
            text.push(' ');
        }
    }
    if !text.contains('&') {
        return text;
    }
    // Ampersands last, or an escaped entity would be resolved twice.
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (number, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        pieces.push(Piece::Text(before.into()));
        pieces.extend(number.parse().map(Piece::Value));
        rest = after;
    }
    pieces.push(Piece::Text(rest.into()));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(template: &str, values: &[&str]) -> (String, String) {
        let escape = |text: &str| {
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
        };
        let (mut with, mut without) = (String::new(), String::new());
        let mut values = values.iter();
        for (number, piece) in template.split('$').enumerate() {
            if number > 0 {
                let value = escape(values.next().unwrap());
                with += &format!("{OPEN}{value}{CLOSE}");
                without += &value;
            }
            with += piece;
            without += piece;
        }
        (with, without)
    }

    #[test]
    fn one_shape_serves_all_values() {
        let texts = Texts::default();
        for name in ["Ann", "山田", "a & <b>", "&lt;"] {
            let (with, without) = marked(
                "<p>Dear <b>$</b>,</p><a href=\"https://a.example/$\">go</a>",
                &[name, "x"],
            );
            let made = texts.make(&with).unwrap();
            assert_eq!(made.html, without);
            assert_eq!(made.text, from_html(&without).unwrap());
            assert!(made.text.contains(&format!("**{name}**")));
        }
        assert_eq!(texts.lock().len(), 1);
    }

    #[test]
    fn no_value_is_lost_in_struck_or_raised_text() {
        for tag in ["s", "del", "strike", "sup", "sub"] {
            let (with, without) = marked(&format!("<p>now <{tag}>$</{tag}> b</p>"), &["19.90"]);
            let made = Texts::default().make(&with).unwrap();
            assert!(made.text.contains("19.90"), "{tag}: {}", made.text);
            assert_eq!(made.text, from_html(&without).unwrap(), "{tag}");
        }
    }

    #[test]
    fn lines_of_values_are_kept_where_white_space_is() {
        let (with, without) = marked("<p>$</p><pre>$</pre><p>$</p>", &["a b", "1\n2  3", "c\nd"]);
        let made = Texts::default().make(&with).unwrap();
        assert_eq!(made.text, from_html(&without).unwrap());
        assert!(made.text.contains("1\n2  3"), "{}", made.text);
        assert!(made.text.contains("c d"), "{}", made.text);
    }

    #[test]
    fn addresses_in_either_quotes_share_a_shape() {
        for template in [
            "<a href=\"https://a.example/$\">l</a>",
            "<a href='https://a.example/$'>l</a>",
        ] {
            let texts = Texts::default();
            for value in ["1", "2"] {
                let (with, without) = marked(template, &[value]);
                let made = texts.make(&with).unwrap();
                assert_eq!(made.text, from_html(&without).unwrap());
            }
            assert_eq!(texts.lock().len(), 1, "{template}");
        }
    }

    #[test]
    fn rules_are_drawn() {
        for html in ["a<hr>b", "<p>a</p><HR style='x'/><p>b</p>"] {
            assert_eq!(
                from_html(html).unwrap(),
                "a

----------

b
"
            );
        }
        assert_eq!(
            from_html("<p>a<href>b</p>").unwrap(),
            "ab
"
        );
    }

    proptest! {
        #[test]
        fn the_text_is_what_reading_the_letter_gives(
            values in prop::collection::vec(" ?[a-z<>&\"\\[\\]é山*#]{0,4}( {0,2}[a-z]{1,3})? ?", 6),
        ) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let template = "<h1>x $</h1><table><tr><td>$<td>$</table><ol start=\"$\"><li>y$</ol><a href=\"https://a.example/?q=$\">l</a>";
            let (with, without) = marked(template, &values);
            let made = Texts::default().make(&with).unwrap();
            prop_assert_eq!(&made.html, &without);
            prop_assert_eq!(made.text, from_html(&without).unwrap());
        }
    }
}
