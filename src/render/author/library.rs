//! The templates that others call, by name; nothing is ever read from a disk or the network.

use super::tags::{Origin, Piece, Tags, clean};
use crate::render::error::{Fault, RenderError};
use crate::render::source::TemplateFile;
use std::collections::BTreeMap;

/// Templates and what was taken out of them.
#[derive(Debug)]
pub(super) struct Library<'a> {
    files: &'a BTreeMap<String, TemplateFile>,
    pub(super) tags: Tags,
}

impl<'a> Library<'a> {
    /// A library of these files.
    pub(super) fn new(files: &'a BTreeMap<String, TemplateFile>) -> Self {
        Self {
            files,
            tags: Tags::default(),
        }
    }

    /// A template in pieces.
    ///
    /// # Errors
    /// Where a tag has no end.
    pub(super) fn pieces(&mut self, template: &TemplateFile) -> Result<Vec<Piece>, RenderError> {
        let file = self.tags.file(&template.name);
        let pieces = self.tags.pieces(file, &clean(&template.text));
        let open = pieces.iter().find_map(|piece| match piece {
            Piece::Tag(number) => self.tags.get(*number).filter(|tag| !tag.is_closed),
            Piece::Text(..) => None,
        });
        let Some(tag) = open else {
            return Ok(pieces);
        };
        let words = match tag.text.get(..2) {
            Some("{#") => {
                "`{#` begins a comment that does not end; in a style sheet write `{ #`".to_owned()
            }
            begin => {
                let begin = begin.unwrap_or_default();
                format!("`{begin}` begins a tag that does not end")
            }
        };
        Err(self.error(tag.origin, Fault::Syntax(words)))
    }

    /// The file of that name, as a template calls it.
    pub(super) fn find(&self, name: &str) -> Option<&'a TemplateFile> {
        let local = name.strip_prefix("file:///").unwrap_or(name);
        let name = local.strip_prefix("./").unwrap_or(local);
        self.files.get(name)
    }

    /// The file of that name.
    ///
    /// # Errors
    /// Where there is none; it names the nearest there is.
    pub(super) fn get(&self, name: &str, at: Origin) -> Result<&'a TemplateFile, RenderError> {
        self.find(name)
            .ok_or_else(|| self.error(at, Fault::Include(missing(name, self.files))))
    }

    /// An error at a place.
    pub(super) fn error(&self, at: Origin, fault: Fault) -> RenderError {
        RenderError {
            template: self.tags.name(at.file).to_owned(),
            line: Some(at.line),
            fault,
        }
    }
}

/// What to say of a template that is not there.
pub(in crate::render) fn missing(name: &str, files: &BTreeMap<String, TemplateFile>) -> String {
    let likeness = |known: &String| strsim::normalized_damerau_levenshtein(name, known);
    let nearest = files
        .keys()
        .map(|known| (likeness(known), known))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((likeness, known)) if likeness >= 0.5 => {
            format!("there is no template `{name}`; did you mean `{known}`?")
        }
        Some((_, known)) => {
            format!("there is no template `{name}` (one that there is: `{known}`)")
        }
        None => format!("there is no template `{name}`, nor any other that could be called"),
    }
}

/// What to say of a style sheet that is not there.
pub(super) fn missing_sheet(href: &str) -> String {
    format!(
        "the style sheet `{href}` is not in the campaign's folder and was left as a link, which few mail programs follow"
    )
}
