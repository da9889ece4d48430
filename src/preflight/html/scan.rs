//! What a letter's HTML shows: links, images, words. One pass over html5ever's tokens, without a tree.

use super::pictures::{srcset_urls, style_urls};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// What stands in an HTML text, as far as the rules ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::preflight) struct Page {
    /// In the order of the text.
    pub(in crate::preflight) links: Vec<Link>,
    pub(in crate::preflight) images: Vec<Image>,
    /// Names of elements that mail clients remove.
    pub(in crate::preflight) active: Vec<String>,
    /// Whether the `html` element names its language.
    pub(in crate::preflight) language: bool,
    /// The words a reader sees, a space between elements.
    pub(in crate::preflight) text: String,
    /// The words of the first element that is hidden, where they stand before all that is seen.
    pub(in crate::preflight) preheader: String,
}

/// An `a` or `area` element with a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::preflight) struct Link {
    pub(in crate::preflight) href: String,
    pub(in crate::preflight) text: String,
}

/// An `img` element, or another place that a picture is fetched from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::preflight) struct Image {
    pub(in crate::preflight) src: String,
    pub(in crate::preflight) alt: Option<String>,
    /// It cannot be seen: hidden, or a pixel wide and high at most.
    pub(in crate::preflight) invisible: bool,
    /// It is no picture of its own: a background, or another size of one.
    pub(in crate::preflight) besides: bool,
}

/// Reads an HTML text. Anything can be read: where it is broken, as browsers would.
pub(in crate::preflight) fn scan(html: &str) -> Page {
    let sink = Sink(RefCell::new(Reading::default()));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // A script ends a step; what follows is still in the queue.
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    let mut reading = tokenizer.sink.0.into_inner();
    reading.close_link();
    reading.page
}

struct Sink(RefCell<Reading>);

#[derive(Default)]
struct Reading {
    page: Page,
    /// The link whose text is being read.
    link: Option<Link>,
    /// The hidden element we are in, and how many of its name are open.
    hidden: Option<(String, usize)>,
    /// Within style, script or title: no words of the letter.
    silent: Option<String>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reading = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return reading.tag(&tag),
            Token::CharacterTokens(text) => reading.words(&text),
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reading {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if tag.kind == TagKind::EndTag {
            self.end(name);
            return TokenSinkResult::Continue;
        }
        self.start(name, tag);
        match name {
            "title" | "textarea" => self.raw(name, RawKind::Rcdata),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => self.raw(name, RawKind::Rawtext),
            "script" => self.raw(name, RawKind::ScriptData),
            _ => TokenSinkResult::Continue,
        }
    }

    /// From here to the end tag nothing is a tag, and nothing is shown.
    fn raw(&mut self, name: &str, kind: RawKind) -> TokenSinkResult<()> {
        self.silent = Some(name.to_owned());
        TokenSinkResult::RawData(kind)
    }

    fn start(&mut self, name: &str, tag: &Tag) {
        let hides = |tag: &Tag| {
            attribute(tag, "hidden").is_some()
                || attribute(tag, "style").is_some_and(is_hidden_style)
        };
        // A paragraph ends where the next block begins.
        if self.hidden.as_ref().is_some_and(|(open, _)| open == "p") && !INLINE.contains(&name) {
            self.hidden = None;
        }
        match &mut self.hidden {
            Some((open, depth)) if open == name => *depth += 1,
            Some(_) => {}
            None if hides(tag) && !VOID.contains(&name) => self.hidden = Some((name.to_owned(), 1)),
            None => {}
        }
        match name {
            "html" => {
                self.page.language |=
                    attribute(tag, "lang").is_some_and(|lang| !lang.trim().is_empty());
            }
            "a" | "area" => {
                self.close_link();
                if let Some(href) = attribute(tag, "href") {
                    self.link = Some(Link {
                        href: href.trim().to_owned(),
                        text: String::new(),
                    });
                }
                if name == "area" {
                    self.close_link();
                }
            }
            "img" => self.image(tag, hides(tag)),
            "script" | "form" | "iframe" | "frame" | "object" | "embed" | "applet" | "input"
            | "button" | "video" | "audio"
                if !self.page.active.iter().any(|known| known == name) =>
            {
                self.page.active.push(name.to_owned());
            }
            _ => {}
        }
        self.pictures_besides(tag, hides(tag));
        if !INLINE.contains(&name) {
            self.gap();
        }
    }

    /// Pictures that attributes of any element name: backgrounds, and other sizes of a picture.
    fn pictures_besides(&mut self, tag: &Tag, hidden: bool) {
        let of = |name| attribute(tag, name).unwrap_or_default();
        let background = Some(of("background").trim()).filter(|src| !src.is_empty());
        let all = background.into_iter().chain(style_urls(of("style")));
        for src in all.chain(srcset_urls(of("srcset"))) {
            self.page.images.push(Image {
                src: src.to_owned(),
                alt: None,
                invisible: hidden || self.hidden.is_some(),
                besides: true,
            });
        }
    }

    fn image(&mut self, tag: &Tag, hidden: bool) {
        let tiny = |name| {
            attribute(tag, name).is_some_and(|size| {
                size.trim()
                    .trim_end_matches("px")
                    .parse::<u32>()
                    .is_ok_and(|size| size <= 1)
            })
        };
        let alt = attribute(tag, "alt").map(str::to_owned);
        if let (Some(link), Some(alt)) = (&mut self.link, &alt) {
            link.text.push_str(alt);
        }
        self.page.images.push(Image {
            src: attribute(tag, "src").unwrap_or_default().trim().to_owned(),
            alt,
            invisible: hidden || self.hidden.is_some() || (tiny("width") && tiny("height")),
            besides: false,
        });
    }

    fn end(&mut self, name: &str) {
        if self.silent.as_deref() == Some(name) {
            self.silent = None;
        }
        if let Some((open, depth)) = &mut self.hidden
            && open == name
        {
            *depth -= 1;
            if *depth == 0 {
                self.hidden = None;
            }
        }
        if name == "a" {
            self.close_link();
        }
        if !INLINE.contains(&name) {
            self.gap();
        }
    }

    fn words(&mut self, text: &str) {
        if self.silent.is_some() {
            return;
        }
        if self.hidden.is_some() {
            if self.page.text.trim().is_empty() {
                self.page.preheader.push_str(text);
            }
            return;
        }
        self.page.text.push_str(text);
        if let Some(link) = &mut self.link {
            link.text.push_str(text);
        }
    }

    /// A space between words of different blocks.
    fn gap(&mut self) {
        if self
            .page
            .text
            .chars()
            .next_back()
            .is_some_and(|last| !last.is_whitespace())
        {
            self.page.text.push(' ');
        }
    }

    fn close_link(&mut self) {
        self.page.links.extend(self.link.take());
    }
}

fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    let found = tag
        .attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name)?;
    Some(&found.value)
}

/// Whether a style attribute takes an element off the page.
fn is_hidden_style(style: &str) -> bool {
    style.split(';').any(|declaration| {
        let Some((property, value)) = declaration.split_once(':') else {
            return false;
        };
        let value = value.trim().trim_end_matches("!important").trim();
        let is = |word: &str| value.eq_ignore_ascii_case(word);
        match property.trim().to_ascii_lowercase().as_str() {
            "display" => is("none"),
            "visibility" => is("hidden"),
            "mso-hide" => is("all"),
            _ => false,
        }
    })
}

/// Elements without an end tag (HTML section 13.1.2).
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements that do not part words.
const INLINE: [&str; 14] = [
    "a", "abbr", "b", "bdi", "bdo", "em", "font", "i", "small", "span", "strong", "sub", "sup", "u",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_images_and_words() {
        let page = scan(
            "<!DOCTYPE html><html lang=en><head><title>no words</title><style>p { } </style></head>\
             <body><div style='display : none'><div>Soon</div></div><p>Hello, <b>A</b>nn</p><p>x</p>\
             <a href=' https://a.example/?a=1&amp;b=2 '>more <img src=x.png alt=here></a>\
             <img src='https://t.example/o.gif' width=1 height='1px'>",
        );
        assert!(page.language);
        assert_eq!(page.preheader, "Soon");
        assert_eq!(
            page.text.split_whitespace().collect::<Vec<_>>(),
            ["Hello,", "Ann", "x", "more"]
        );
        let link = Link {
            href: "https://a.example/?a=1&b=2".into(),
            text: "more here".into(),
        };
        assert_eq!(page.links, [link]);
        assert_eq!(page.images.len(), 2);
        assert_eq!(page.images[0].alt.as_deref(), Some("here"));
        assert!(!page.images[0].invisible && page.images[1].invisible);
    }

    #[test]
    fn what_follows_a_script_is_read() {
        let page = scan("<script>if (a < b) '<a href=x>'</script><form><a href=\"#\">y</a>");
        assert_eq!(page.active, ["script", "form"]);
        assert_eq!(page.links.len(), 1);
        assert_eq!(page.text.trim(), "y");
    }

    #[test]
    fn hidden_words_behind_the_letter_are_no_preheader() {
        assert_eq!(scan("<p>Seen</p><p hidden>not</p>").preheader, "");
    }

    proptest! {
        #[test]
        fn no_html_panics(html in "(<[a-z]{0,6}( [a-z]{1,5}=['\"]?[ -~]{0,9}['\"]?)*/?>?|</?[a-z]{0,6}>|.{0,8}){0,40}") {
            let _ = scan(&html);
        }

        #[test]
        fn no_text_panics(html in any::<String>()) {
            let _ = scan(&html);
        }
    }
}
