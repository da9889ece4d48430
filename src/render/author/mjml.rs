//! MJML made HTML.
//!
//! The reader of MJML is shown no more than it needs: what elements such as `mj-text` hold is kept
//! from it whole, so that any HTML may stand there, and tags between elements are comments to it.

use super::flat::Flat;
use super::library::Library;
use super::markup::{Lexeme, attributes, lexemes};
use super::mjml_guard::unreadable;
use super::mjml_include::include;
use super::mjml_made::expand;
use super::tags::{OPEN, Origin, Part, lines, mark, marks, parts};
use crate::render::error::{Fault, RenderError};
use crate::render::template::scan::Kind;
use mrml::prelude::parser::{Error as ParseError, ParserOptions};
use mrml::prelude::render::RenderOptions;
use std::collections::HashSet;
use std::ops::Range;

/// Elements whose content is HTML, style sheets or text.
const LEAVES: [&str; 11] = [
    "mj-text",
    "mj-button",
    "mj-table",
    "mj-raw",
    "mj-title",
    "mj-preview",
    "mj-style",
    "mj-accordion-title",
    "mj-accordion-text",
    "mj-navbar-link",
    "mj-social-element",
];

/// So deep may elements stand in one another; its reader and its renderer call themselves for each.
const DEEPEST: usize = 64;

/// Whether a text is MJML.
pub(super) fn is_mjml(text: &str) -> bool {
    lexemes(text).any(|lexeme| matches!(lexeme, Lexeme::Open(_, "mjml")))
}

/// The HTML of an MJML document. Where the campaign has a `preheader` of its own, that of the
/// document gives way.
///
/// # Errors
/// Where it is no MJML, an include is not there, or a tag of the template stands where MJML has no
/// place for it.
pub(super) fn html(
    mut flat: Flat,
    has_preheader: bool,
    library: &mut Library<'_>,
    notes: &mut Vec<String>,
) -> Result<String, RenderError> {
    include(&mut flat, library)?;
    while let Some(range) = html_attributes(&flat.text) {
        let line = flat.origin(range.start).line;
        notes.push(format!(
            "`mj-html-attributes` in line {line} was left out: no attributes are set by selector"
        ));
        flat.replace(range, Flat::default());
    }
    let (start, end) = document(&flat.text);
    let hidden = hide(&flat, start..end, has_preheader, library)?;
    let failed = |line: usize, words: String, library: &Library<'_>| {
        library.error(origin_of_line(&flat, start, line), Fault::Syntax(words))
    };
    if let Some(found) = unreadable(&hidden.text) {
        let line = 1 + hidden.text.get(..found.at).map_or(0, lines);
        return Err(failed(line, found.words.to_owned(), library));
    }
    let parsed = mrml::parse_with_options(&hidden.text, &ParserOptions::default())
        .map_err(|error| failed(line_of(&error, &hidden.text), words(&error), library))?;
    let made = parsed
        .element
        .render(&RenderOptions::default())
        .map_err(|error| failed(1, format!("the MJML cannot be rendered: {error}"), library))?;
    let shown = expand(&made, hidden.first, library);
    let there: HashSet<usize> = marks(&shown).collect();
    if let Some(lost) = hidden.needed.iter().find(|number| !there.contains(number)) {
        let tag = library.tags.get(*lost);
        let words = format!(
            "MJML has no place for `{}` here; write it into the content of an element or into an attribute's value",
            tag.map_or("", |tag| tag.text.as_str())
        );
        let at = tag.map_or(Origin::default(), |tag| tag.origin);
        return Err(library.error(at, Fault::Syntax(words)));
    }
    Ok(format!(
        "{}{shown}{}",
        &flat.text[..start],
        flat.text[end..].trim_end()
    ))
}

/// Where an `mj-html-attributes` stands, which the renderer does not know.
fn html_attributes(text: &str) -> Option<Range<usize>> {
    const NAME: &str = "mj-html-attributes";
    let (mut at, mut start) = (0, None);
    for lexeme in lexemes(text) {
        let begin = at;
        at += lexeme.text().len();
        match lexeme {
            Lexeme::Open(tag, NAME) if tag.ends_with("/>") && start.is_none() => {
                return Some(begin..at);
            }
            Lexeme::Open(_, NAME) => start = start.or(Some(begin)),
            Lexeme::Close(_, NAME) => {
                if let Some(start) = start {
                    return Some(start..at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Where the `mjml` element begins and ends; what stands around it is set, imported or defined.
pub(super) fn document(text: &str) -> (usize, usize) {
    let (mut at, mut start, mut end) = (0, None, text.len());
    for lexeme in lexemes(text) {
        match lexeme {
            Lexeme::Open(_, "mjml") => start = start.or(Some(at)),
            Lexeme::Close(tag, "mjml") => end = at + tag.len(),
            _ => {}
        }
        at += lexeme.text().len();
    }
    let start = start.unwrap_or(0);
    (start, end.max(start))
}

/// MJML with what its reader need not see out of sight.
struct Hidden {
    text: String,
    /// The number of the first tag that was made for this.
    first: usize,
    /// Tags that have to be there still.
    needed: Vec<usize>,
}

fn hide(
    flat: &Flat,
    range: Range<usize>,
    has_preheader: bool,
    library: &mut Library<'_>,
) -> Result<Hidden, RenderError> {
    let first = library
        .tags
        .add(String::new(), Kind::Raw, Origin::default());
    let mut hidden = Hidden {
        text: String::new(),
        first,
        needed: Vec::new(),
    };
    let mut leaf: Option<(&str, usize)> = None;
    let mut open: Vec<&str> = Vec::new();
    let mut at = range.start;
    let source = &flat.text[range];
    let base = at;
    for lexeme in lexemes(source) {
        let text = lexeme.text();
        let origin_at = at;
        at += text.len();
        if let Some((name, begin)) = leaf {
            if matches!(lexeme, Lexeme::Close(_, closed) if closed == name) {
                let content = &source[begin - base..origin_at - base];
                if !(has_preheader && name == "mj-preview") {
                    hidden.leaf(content, library);
                }
                hidden.text.push_str(text);
                leaf = None;
            }
            continue;
        }
        match lexeme {
            Lexeme::Open(tag, name) => {
                check_element(name, flat.origin(origin_at), library)?;
                check_attributes(tag, flat.origin(origin_at), library)?;
                hidden
                    .needed
                    .extend(marks(tag).filter(|_| !is_default(name)));
                hidden.text.push_str(tag);
                let known = LEAVES.into_iter().find(|known| *known == name);
                leaf = known
                    .filter(|_| !tag.ends_with("/>"))
                    .map(|name| (name, at));
                if leaf.is_none() && !tag.ends_with("/>") && name.starts_with("mj") {
                    open.push(name);
                    if open.len() > DEEPEST {
                        let words = format!(
                            "MJML elements stand in one another more than {DEEPEST} deep at this `<{name}>`; take some of them away"
                        );
                        return Err(library.error(flat.origin(origin_at), Fault::Syntax(words)));
                    }
                }
            }
            // One with marks would be taken for those that stand for tags.
            Lexeme::Comment(comment)
                if ["[if", "[endif]"].iter().any(|word| comment.contains(word))
                    || comment.contains(OPEN) =>
            {
                hidden.comment(comment.to_owned(), library);
            }
            Lexeme::Comment(comment) => hidden.text.push_str(comment),
            Lexeme::Text(text) | Lexeme::Raw(text) => hidden.between(text),
            Lexeme::Close(text, name) => {
                if name.starts_with("mj") && open.pop() != Some(name) {
                    let words = format!(
                        "this is no MJML: nothing is open here that `</{name}>` could close"
                    );
                    return Err(library.error(flat.origin(origin_at), Fault::Syntax(words)));
                }
                hidden.text.push_str(text);
            }
            Lexeme::Other(text) => hidden.text.push_str(text),
        }
    }
    Ok(hidden)
}

/// Elements that give attributes to others, which may not be there.
fn is_default(name: &str) -> bool {
    name == "mj-class" || name == "mj-all" || name == "mj-attributes"
}

impl Hidden {
    /// What a leaf holds, as one word with as many line ends.
    fn leaf(&mut self, content: &str, library: &mut Library<'_>) {
        if content.trim().is_empty() {
            return;
        }
        self.needed.extend(marks(content));
        let number = library
            .tags
            .add(content.to_owned(), Kind::Raw, Origin::default());
        self.text.push_str(&mark(number));
        self.text.push_str(&"\n".repeat(lines(content)));
    }

    /// A comment that means something to Outlook, or holds tags of the template.
    fn comment(&mut self, comment: String, library: &mut Library<'_>) {
        let ends = lines(&comment);
        let number = library.tags.add(comment, Kind::Raw, Origin::default());
        self.text.push_str(&format!("<!--{}-->", mark(number)));
        self.text.push_str(&"\n".repeat(ends));
    }

    /// What stands between elements.
    fn between(&mut self, text: &str) {
        for part in parts(text) {
            match part {
                Part::Text(text) => self.text.push_str(text),
                Part::Mark(number) => {
                    self.needed.push(number);
                    self.text.push_str(&format!("<!--{}-->", mark(number)));
                }
            }
        }
    }
}

/// Elements that are no leaves.
const ELEMENTS: [&str; 21] = [
    "mj-accordion",
    "mj-accordion-element",
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-carousel",
    "mj-carousel-image",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-section",
    "mj-social",
    "mj-spacer",
    "mj-wrapper",
];

/// Elements that are not known would be left in the HTML.
fn check_element(name: &str, at: Origin, library: &Library<'_>) -> Result<(), RenderError> {
    let is_known = || LEAVES.iter().chain(&ELEMENTS).any(|known| *known == name);
    if !name.starts_with("mj-") || is_known() {
        return Ok(());
    }
    let nearest = (LEAVES.iter().chain(&ELEMENTS))
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or("mj-text", |(_, known)| known);
    let words = format!("this is no MJML: there is no element `{name}`; did you mean `{nearest}`?");
    Err(library.error(at, Fault::Syntax(words)))
}

fn check_attributes(tag: &str, at: Origin, library: &Library<'_>) -> Result<(), RenderError> {
    let Some(loose) = attributes(tag).into_iter().find(|a| a.name.contains(OPEN)) else {
        return Ok(());
    };
    let tag = marks(loose.name)
        .next()
        .and_then(|number| library.tags.get(number));
    let words = format!(
        "MJML reads attributes before a recipient is known; write `{}` into an attribute's value, as in `width=\"{{{{ '50%' if narrow else '100%' }}}}\"`",
        tag.map_or("", |tag| tag.text.as_str())
    );
    Err(library.error(tag.map_or(at, |tag| tag.origin), Fault::Syntax(words)))
}

/// Where a line of the document, counted from 1, is from.
fn origin_of_line(flat: &Flat, start: usize, line: usize) -> Origin {
    let document = &flat.text[start..];
    let before: usize = document
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    // White space in front of it may be another file's.
    let indent =
        document[before..].len() - document[before..].trim_start_matches([' ', '\t']).len();
    flat.origin(start + before + indent)
}

fn line_of(error: &ParseError, text: &str) -> usize {
    let line = |offset: usize| 1 + text.get(..offset).map_or(0, lines);
    match error {
        ParseError::UnexpectedElement { position, .. }
        | ParseError::UnexpectedToken { position, .. }
        | ParseError::MissingAttribute { position, .. }
        | ParseError::InvalidAttribute { position, .. }
        | ParseError::InvalidFormat { position, .. }
        | ParseError::IncludeLoaderError { position, .. } => line(position.start),
        ParseError::ParserError { source, .. } => source.pos().row as usize,
        ParseError::EndOfStream { .. } => line(text.len()),
        ParseError::SizeLimit { .. } | ParseError::NoRootNode => 1,
    }
}

/// What the reader says, without its own positions.
fn words(error: &ParseError) -> String {
    let text = error.to_string();
    let said = text.split(" in root template").next().unwrap_or(&text);
    match error {
        ParseError::ParserError { source, .. } => format!("this is no MJML: {said}: {source}"),
        ParseError::NoRootNode => {
            "this is no MJML: there is no `<mjml>` element around it".to_owned()
        }
        _ => format!("this is no MJML: {said}"),
    }
}
