//! From the template engine's errors to ours: the same words for people whatever went wrong.

use super::authored::Authored;
use super::engine::{OCTETS, STEPS};
use super::library::called;
use super::words::{identifiers, tag_until};
use crate::model::Fields;
use crate::render::author::missing;
use crate::render::error::{Fault, RenderError};
use crate::render::source::TemplateFile;
use minijinja::{Environment, ErrorKind};
use std::collections::{BTreeMap, HashMap};
use std::error::Error as _;
use std::sync::Arc;

/// What is known of the templates besides their text.
#[derive(Debug)]
pub(in crate::render) struct Templates {
    /// Where the parts of those that were put together come from, by their names.
    pub(super) authored: HashMap<String, Authored>,
    /// Those that can be called.
    pub(super) library: Arc<BTreeMap<String, TemplateFile>>,
}

impl Templates {
    /// An error at that place of a template's text.
    pub(super) fn error(&self, name: &str, text: &str, at: usize, fault: Fault) -> RenderError {
        let before = text.get(..at).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before.as_bytes()).count();
        let authored = self.authored.get(name);
        let origin = authored.and_then(|authored| authored.origin(at));
        let (template, line) = match (origin, authored) {
            (Some((file, line)), _) => (file, Some(line)),
            (None, Some(_)) => (name, None),
            (None, None) => (name, Some(line)),
        };
        RenderError {
            template: template.to_owned(),
            line,
            fault,
        }
    }

    /// The file and the line that a place in a template is from.
    fn origin(&self, name: &str, inner: &minijinja::Error) -> (String, Option<usize>) {
        if let Some(authored) = self.authored.get(name) {
            let origin = match (inner.range(), inner.line()) {
                (Some(range), _) => authored.origin(range.start),
                (None, Some(line)) => authored.origin_of_line(line),
                (None, None) => None,
            };
            return match origin {
                Some((file, line)) => (file.to_owned(), Some(line)),
                None => (name.to_owned(), None),
            };
        }
        let file = self.library.get(called(name));
        (
            file.map_or(name, |file| &file.name).to_owned(),
            inner.line(),
        )
    }
}

/// Explains an error of the template `name`. While rendering, `missed` is the last name that was
/// looked up in vain, and the fields there are.
pub(in crate::render) fn explain(
    error: &minijinja::Error,
    (environment, known): (&Environment<'_>, &Templates),
    name: &str,
    missed: Option<(&str, &Fields)>,
) -> RenderError {
    let inner = innermost(error);
    let template = inner.name().unwrap_or(name);
    let code = environment
        .get_template(template)
        .ok()
        .zip(inner.range())
        .map(|(template, place)| tag_until(template.source(), place).to_owned())
        .unwrap_or_default();
    let fault = match (inner.kind(), missed) {
        (ErrorKind::SyntaxError, _) => Fault::Syntax(words(inner)),
        (ErrorKind::OutOfFuel, _) => Fault::TooManySteps { limit: STEPS },
        (ErrorKind::WriteFailure, _) => Fault::TooLong { limit: OCTETS },
        // An earlier name may have had a default; the one that matters stands in this tag.
        (ErrorKind::UndefinedError, Some((variable, fields)))
            if identifiers(&code).any(|word| word == variable) =>
        {
            Fault::UnknownVariable {
                variable: variable.to_owned(),
                columns: fields.iter().map(|(name, _)| name.to_owned()).collect(),
            }
        }
        (ErrorKind::TemplateNotFound, _) => Fault::Include(not_found(inner, known)),
        _ => Fault::Expression(words(inner)),
    };
    let (template, line) = known.origin(template, inner);
    RenderError {
        template,
        line,
        fault,
    }
}

/// What to say of a template that is not there, whose name the engine quotes.
fn not_found(error: &minijinja::Error, known: &Templates) -> String {
    let said = words(error);
    let quote = |c| c == '"' || c == '\'';
    let quoted = said
        .split_once(quote)
        .and_then(|(_, rest)| rest.rsplit_once(quote));
    let Some((name, _)) = quoted else {
        return said;
    };
    let name = if called(name).is_empty() {
        name
    } else {
        called(name)
    };
    missing(name, &known.library)
}

/// The engine wraps errors of included templates; the innermost one has the place.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut inner = error;
    while let Some(deeper) = inner.source().and_then(|source| source.downcast_ref()) {
        inner = deeper;
    }
    inner
}

fn words(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}
