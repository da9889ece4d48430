//! From the template engine's errors to ours: the same words for people whatever went wrong.

use super::engine::{OCTETS, STEPS};
use super::words::{identifiers, tag_until};
use crate::model::Fields;
use crate::render::error::{Fault, RenderError};
use minijinja::{Environment, ErrorKind};
use std::error::Error as _;

/// Explains an error of the template `name`. While rendering, `missed` is the last name that was
/// looked up in vain, and the fields there are.
pub(in crate::render) fn explain(
    error: &minijinja::Error,
    environment: &Environment<'_>,
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
        (ErrorKind::TemplateNotFound, _) => Fault::Include(words(inner)),
        _ => Fault::Expression(words(inner)),
    };
    RenderError {
        template: template.to_owned(),
        line: inner.line(),
        fault,
    }
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
