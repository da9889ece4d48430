//! Template tags kept out of the way of those who read HTML, MJML and Markdown.
//!
//! A protected text has a mark where each tag was: one word that no reader of markup changes, and
//! that can stand wherever text can. What becomes of white space around tags is settled when they
//! are taken out, so that a mark's neighbours may change.

use crate::render::template::scan::{self, Kind};

/// Stand around a mark's number. Unicode keeps these two for internal use, and texts are cleaned
/// of them.
pub(super) const OPEN: char = '\u{FDD2}';
/// See [`OPEN`].
pub(super) const CLOSE: char = '\u{FDD3}';

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Origin {
    /// The file's number in [`Tags`].
    pub(super) file: usize,
    /// Counted from 1.
    pub(super) line: usize,
}

/// What was taken out of a text.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    /// As the engine gets it.
    pub(super) text: String,
    /// Its code, where it has one.
    pub(super) code: Option<String>,
    pub(super) kind: Kind,
    pub(super) origin: Origin,
    pub(super) is_closed: bool,
}

/// A piece of a text.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Text(Origin, String),
    /// The number of a tag.
    Tag(usize),
}

/// All tags of a letter's templates, and the files they are from.
#[derive(Debug, Default)]
pub(super) struct Tags {
    tags: Vec<Tag>,
    files: Vec<String>,
}

impl Tags {
    /// Makes a file known by the name that errors show.
    pub(super) fn file(&mut self, name: &str) -> usize {
        let known = self.files.iter().position(|file| file == name);
        known.unwrap_or_else(|| {
            self.files.push(name.to_owned());
            self.files.len() - 1
        })
    }

    /// The name of a file.
    pub(super) fn name(&self, file: usize) -> &str {
        self.files.get(file).map_or("template", String::as_str)
    }

    /// How many files there are.
    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    /// The tag of that number.
    pub(super) fn get(&self, number: usize) -> Option<&Tag> {
        self.tags.get(number)
    }

    /// Takes in what is to be kept out of sight and gives it a number.
    pub(super) fn add(&mut self, text: String, kind: Kind, origin: Origin) -> usize {
        self.tags.push(Tag {
            text,
            code: None,
            kind,
            origin,
            is_closed: true,
        });
        self.tags.len() - 1
    }

    /// Takes the tags out of a file. Comments vanish.
    pub(super) fn pieces(&mut self, file: usize, source: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut origin = Origin { file, line: 1 };
        let (mut done, mut trims) = (0, false);
        let text = |from: usize, to: usize, start: bool, end: bool, origin: &mut Origin| {
            let whole = &source[from..to];
            let kept = if start { whole.trim_start() } else { whole };
            let skipped = &whole[..whole.len() - kept.len()];
            let kept = if end { kept.trim_end() } else { kept };
            let here = Origin {
                line: origin.line + lines(skipped),
                ..*origin
            };
            origin.line += lines(whole);
            (!kept.is_empty()).then(|| Piece::Text(here, kept.to_owned()))
        };
        for tag in scan::tags(source) {
            pieces.extend(text(done, tag.start, trims, tag.trims_before, &mut origin));
            let whole = &source[tag.start..tag.end];
            if tag.kind != Kind::Comment || !tag.is_closed {
                self.tags.push(normal(&tag, whole, origin));
                pieces.push(Piece::Tag(self.tags.len() - 1));
            }
            origin.line += lines(whole);
            (done, trims) = (tag.end, tag.trims_after);
        }
        pieces.extend(text(done, source.len(), trims, false, &mut origin));
        pieces
    }
}

/// The tag without signs about white space, which have had their effect.
fn normal(tag: &scan::Tag<'_>, whole: &str, origin: Origin) -> Tag {
    let code = tag.code;
    let text = match tag.kind {
        _ if !tag.is_closed => whole.to_owned(),
        Kind::Expression => format!("{{{{{code}}}}}"),
        Kind::Statement => format!("{{%{code}%}}"),
        Kind::Raw => format!("{{% raw %}}{code}{{% endraw %}}"),
        Kind::Comment => String::new(),
    };
    let has_code = tag.is_closed && matches!(tag.kind, Kind::Expression | Kind::Statement);
    Tag {
        text,
        code: has_code.then(|| code.trim().to_owned()),
        kind: tag.kind,
        origin,
        is_closed: tag.is_closed,
    }
}

/// Lines that end in a text.
pub(super) fn lines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

/// The mark of a tag.
pub(super) fn mark(number: usize) -> String {
    format!("{OPEN}{number}{CLOSE}")
}

/// A part of a protected text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    /// The number of a tag.
    Mark(usize),
}

/// The parts of a protected text.
pub(super) fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inside) = rest.strip_prefix(OPEN)
            && let Some((number, after)) = inside.split_once(CLOSE)
            && let Ok(number) = number.parse()
        {
            rest = after;
            return Some(Part::Mark(number));
        }
        let skip = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[skip..].find(OPEN).map_or(rest.len(), |at| skip + at);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Part::Text(text))
    })
}

/// The numbers of the marks in a text, in their order.
pub(super) fn marks(text: &str) -> impl Iterator<Item = usize> {
    parts(text).filter_map(|part| match part {
        Part::Mark(number) => Some(number),
        Part::Text(_) => None,
    })
}

/// A text without the characters that marks are made of.
pub(super) fn clean(text: &str) -> String {
    use crate::render::template::{CLOSE as VALUE_CLOSE, OPEN as VALUE_OPEN};
    text.replace(['\u{FEFF}', OPEN, CLOSE, VALUE_OPEN, VALUE_CLOSE], "")
}
