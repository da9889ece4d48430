//! The templates of a letter: compiled once, then rendered for one recipient after another.
//!
//! No template reads a file: whoever compiles passes every source by name, which is also where
//! included files will come in.

use super::blank;
use super::context::Context;
use super::engine::{Bounded, CLOSE, OPEN, environment, marking_environment};
use super::explain::explain;
use super::words::{self, Words};
use crate::model::Fields;
use crate::render::error::RenderError;
use minijinja::{AutoEscape, Environment};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// A template of the letter.
#[derive(Debug)]
pub(in crate::render) enum Slot {
    /// It has no tags: every recipient gets this text.
    Same(String),
    /// The name it was compiled under.
    Template(String),
}

impl Slot {
    /// What errors call it.
    pub(in crate::render) fn name(&self) -> &str {
        match self {
            Self::Same(_) => "template",
            Self::Template(name) => name,
        }
    }
}

/// Collects templates until all are there.
#[derive(Debug, Default)]
pub(in crate::render) struct Compiler {
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    name: String,
    text: String,
    html: bool,
}

impl Compiler {
    /// Adds a template. In `html` no variable can become markup.
    pub(in crate::render) fn add(&mut self, name: &str, text: &str, html: bool) -> Slot {
        let text = text.replace(['\u{FEFF}', OPEN, CLOSE], "");
        if !["{{", "{%", "{#"].iter().any(|tag| text.contains(tag)) {
            return Slot::Same(text);
        }
        let mut name = name.to_owned();
        while self.sources.iter().any(|source| source.name == name) {
            name.push('\'');
        }
        self.sources.push(Source {
            name: name.clone(),
            text,
            html,
        });
        Slot::Template(name)
    }

    /// Compiles all of them.
    ///
    /// # Errors
    /// At the first that cannot be parsed, with its line.
    pub(in crate::render) fn finish(self) -> Result<Templates, RenderError> {
        let mut words = Words::default();
        let mut shown = BTreeSet::new();
        for source in &self.sources {
            words::collect(&source.text, &mut words);
            blank::shown(&source.text, &mut shown);
        }
        let environment = self.compile(environment())?;
        for (_, template) in environment.templates() {
            let variables = template.undeclared_variables(false);
            words.extend(variables.into_iter().map(Into::into));
        }
        let captures = CAPTURING.iter().any(|word| words.contains(*word));
        Ok(Templates {
            marking: match captures {
                true => None,
                false => Some(self.compile(marking_environment())?),
            },
            environment,
            words,
            shown,
        })
    }

    fn compile(
        &self,
        mut environment: Environment<'static>,
    ) -> Result<Environment<'static>, RenderError> {
        let html = self.sources.iter().filter(|source| source.html);
        let html: HashSet<String> = html.map(|source| source.name.clone()).collect();
        environment.set_auto_escape_callback(move |name| match html.contains(name) {
            true => AutoEscape::Html,
            false => AutoEscape::None,
        });
        for Source { name, text, .. } in &self.sources {
            environment
                .add_template_owned(name.clone(), text.clone())
                .map_err(|error| explain(&error, &environment, name, None))?;
        }
        Ok(environment)
    }
}

/// What takes rendered text as a value again, which marks in it would change.
const CAPTURING: [&str; 9] = [
    "block",
    "call",
    "caller",
    "endset",
    "filter",
    "import",
    "macro",
    "recursive",
    "self",
];

/// Compiled templates.
#[derive(Debug)]
pub(in crate::render) struct Templates {
    environment: Environment<'static>,
    /// The same templates, which mark their values, where marks do no harm.
    marking: Option<Environment<'static>>,
    words: Words,
    /// The variables that some template shows as they are.
    shown: BTreeSet<Box<str>>,
}

impl Templates {
    /// The names that a template may look up.
    pub(in crate::render) fn words(&self) -> &Words {
        &self.words
    }

    /// The variables that the letter shows and that are blank in `fields`: a gap that a person would
    /// see. One that stands behind a condition counts only where something blank was written.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub(in crate::render) fn blanks<'s>(
        &self,
        slots: impl Iterator<Item = &'s Slot>,
        context: &Arc<Context>,
        fields: &Fields,
    ) -> Result<Vec<String>, RenderError> {
        let is_blank = |name: &str| fields.get(name).is_some_and(|text| text.trim().is_empty());
        let names = self.shown.iter().map(AsRef::as_ref);
        let names: Vec<String> = names
            .filter(|name| is_blank(name))
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return Ok(names);
        }
        for slot in slots {
            match self.render_marked(slot, context, fields)? {
                None if matches!(slot, Slot::Template(_)) => return Ok(names),
                Some(marked) if has_gap(&marked) => return Ok(names),
                None | Some(_) => {}
            }
        }
        Ok(Vec::new())
    }

    /// Renders one template. `fields` are only read to explain an error.
    ///
    /// # Errors
    /// Where it names what is not there, fails, or does not end.
    pub(in crate::render) fn render<'a>(
        &self,
        slot: &'a Slot,
        context: &Arc<Context>,
        fields: &Fields,
    ) -> Result<Cow<'a, str>, RenderError> {
        match slot {
            Slot::Same(text) => Ok(Cow::Borrowed(text)),
            Slot::Template(name) => {
                render(&self.environment, name, context, fields).map(Cow::Owned)
            }
        }
    }

    /// Renders a template with marks around its values, if its values can be marked.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub(in crate::render) fn render_marked(
        &self,
        slot: &Slot,
        context: &Arc<Context>,
        fields: &Fields,
    ) -> Result<Option<String>, RenderError> {
        match (&self.marking, slot) {
            (Some(marking), Slot::Template(name)) => {
                render(marking, name, context, fields).map(Some)
            }
            (None, _) | (_, Slot::Same(_)) => Ok(None),
        }
    }
}

/// Whether a marked value is blank.
fn has_gap(marked: &str) -> bool {
    let mut values = marked.split(OPEN).skip(1);
    values.any(|value| {
        value
            .split(CLOSE)
            .next()
            .is_some_and(|value| value.trim().is_empty())
    })
}

fn render(
    environment: &Environment<'static>,
    name: &str,
    context: &Arc<Context>,
    fields: &Fields,
) -> Result<String, RenderError> {
    context.forget_missed();
    let explain = |error| {
        let missed = context.missed();
        explain(
            &error,
            environment,
            name,
            missed.as_deref().map(|word| (word, fields)),
        )
    };
    let template = environment.get_template(name).map_err(explain)?;
    let mut output = Bounded(Vec::with_capacity(template.source().len() + 256));
    template
        .render_captured_to(context.value(), &mut output)
        .map_err(explain)?;
    // The engine writes whole strings and characters, so nothing is ever lossy here.
    let text = String::from_utf8(output.0)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(text)
}
