//! The templates of a letter: compiled once, then rendered for one recipient after another.
//!
//! No template reads a file: whoever compiles passes every source by name, and those that others
//! call.

use super::authored::Authored;
use super::blank;
use super::calendar_tags;
use super::calendar_text::CALENDAR;
use super::comparisons;
use super::context::Context;
use super::engine::{Bounded, CLOSE, OPEN, environment, marking_environment};
use super::explain::{Templates as Known, explain};
use super::filters;
use super::library;
use super::words::{self, Words};
use crate::model::Fields;
use crate::render::error::{Fault, RenderError};
use crate::render::source::{LetterSource, TemplateFile};
use minijinja::{AutoEscape, Environment};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
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
#[derive(Debug)]
pub(in crate::render) struct Compiler {
    sources: Vec<Source>,
    filters: filters::Settings,
    library: Arc<BTreeMap<String, TemplateFile>>,
    notes: Vec<String>,
    /// The names of those that are calendars.
    calendars: HashSet<String>,
}

#[derive(Debug)]
struct Source {
    name: String,
    text: String,
    html: bool,
    /// Where its tags come from, where that is not `text` itself.
    authored: Option<Authored>,
}

impl Compiler {
    /// For the templates of that letter.
    ///
    /// # Errors
    /// Where its locale or its zone is none.
    pub(in crate::render) fn new(source: &LetterSource) -> Result<Self, RenderError> {
        Ok(Self {
            calendars: HashSet::new(),
            sources: Vec::new(),
            filters: filters::Settings::new(source.locale.as_deref(), source.zone.as_deref())?,
            library: Arc::new(source.library.clone()),
            notes: Vec::new(),
        })
    }

    /// Adds a template. In `html` no variable can become markup.
    pub(in crate::render) fn add(&mut self, name: &str, text: &str, html: bool) -> Slot {
        let text = clean(text);
        if !["{{", "{%", "{#"].iter().any(|tag| text.contains(tag)) {
            return Slot::Same(text);
        }
        self.insert(name, text, html, None)
    }

    /// Adds a template that was put together from others.
    pub(in crate::render) fn add_authored(&mut self, mut authored: Authored, html: bool) -> Slot {
        self.notes.append(&mut authored.notes);
        if authored.is_same {
            return Slot::Same(authored.text);
        }
        let name = authored.name.clone();
        self.insert(&name, authored.text.clone(), html, Some(authored))
    }

    fn insert(&mut self, name: &str, text: String, html: bool, authored: Option<Authored>) -> Slot {
        let mut name = name.to_owned();
        while self.sources.iter().any(|source| source.name == name) {
            name.push('\'');
        }
        self.sources.push(Source {
            name: name.clone(),
            text,
            html,
            authored,
        });
        Slot::Template(name)
    }

    /// Adds the template of a calendar, whose values stay text of their line.
    pub(in crate::render) fn add_calendar(&mut self, name: &str, text: &str) -> Slot {
        let slot = self.add(name, text, false);
        if let Slot::Template(name) = &slot {
            self.calendars.insert(name.clone());
        }
        slot
    }

    /// Compiles all of them.
    ///
    /// # Errors
    /// At the first that cannot be parsed, with its line.
    pub(in crate::render) fn finish(mut self) -> Result<Templates, RenderError> {
        let mut words = Words::default();
        let mut shown = BTreeSet::new();
        for source in &self.sources {
            words::collect(&source.text, &mut words);
            blank::shown(&source.text, &mut shown);
        }
        if CALLING.iter().any(|word| words.contains(*word)) {
            for file in self.library.values() {
                words::collect(&file.text, &mut words);
            }
        }
        let known = Arc::new(Known {
            authored: (self.sources.iter_mut())
                .filter_map(|source| Some((source.name.clone(), source.authored.take()?)))
                .collect(),
            library: Arc::clone(&self.library),
        });
        let environment = self.compile(environment(), &known)?;
        self.check(&known)?;
        for (_, template) in environment.templates() {
            let variables = template.undeclared_variables(false);
            words.extend(variables.into_iter().map(Into::into));
        }
        let captures = CAPTURING.iter().any(|word| words.contains(*word));
        Ok(Templates {
            marking: match captures {
                true => None,
                false => Some(self.compile(marking_environment(), &known)?),
            },
            environment,
            words,
            shown,
            known,
            notes: self.notes,
        })
    }

    /// Refuses what compiles and would do something else than it says.
    fn check(&self, known: &Known) -> Result<(), RenderError> {
        for Source { name, text, .. } in &self.sources {
            let is_calendar = self.calendars.contains(name);
            let bare = calendar_tags::bare_parameter(text).filter(|_| is_calendar);
            if let Some(at) = bare {
                let fault = Fault::Syntax(calendar_tags::REMEDY.to_owned());
                return Err(known.error(name, text, at, fault));
            }
            if let Some(found) = comparisons::with_numbers(text) {
                let fault = Fault::Syntax(found.words());
                return Err(known.error(name, text, found.at, fault));
            }
        }
        Ok(())
    }

    fn compile(
        &self,
        mut environment: Environment<'static>,
        known: &Known,
    ) -> Result<Environment<'static>, RenderError> {
        let html = self.sources.iter().filter(|source| source.html);
        let html: HashSet<String> = html.map(|source| source.name.clone()).collect();
        let html = Arc::new(html);
        let calendars = Arc::new(self.calendars.clone());
        filters::install(&mut environment, &self.filters);
        library::install(&mut environment, &self.library, &html, &calendars);
        environment.set_auto_escape_callback(move |name| {
            match html.contains(name) || library::is_html(name) {
                true => AutoEscape::Html,
                false if calendars.contains(name) || library::is_calendar(name) => {
                    AutoEscape::Custom(CALENDAR.into())
                }
                false => AutoEscape::None,
            }
        });
        for Source { name, text, .. } in &self.sources {
            environment
                .add_template_owned(name.clone(), text.clone())
                .map_err(|error| explain(&error, (&environment, known), name, None))?;
        }
        Ok(environment)
    }
}

/// A text without the characters that have a meaning in here.
pub(super) fn clean(text: &str) -> String {
    text.replace(['\u{FEFF}', OPEN, CLOSE], "")
}

/// What calls templates by names that are only known while rendering.
const CALLING: [&str; 4] = ["include", "import", "from", "extends"];

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
    known: Arc<Known>,
    notes: Vec<String>,
}

impl Templates {
    /// What could not be done to the templates, for their author.
    pub(in crate::render) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The names that a template may look up.
    pub(in crate::render) fn words(&self) -> &Words {
        &self.words
    }

    /// The variables that some template shows as they are and that are blank in `fields`. Where
    /// they stand behind a condition, nobody sees the gap: see [`Templates::gaps`].
    pub(in crate::render) fn blank<'s>(&'s self, fields: &Fields) -> Vec<&'s str> {
        let is_blank = |name: &&str| fields.get(name).is_some_and(|text| text.trim().is_empty());
        let names = self.shown.iter().map(AsRef::as_ref);
        names.filter(is_blank).collect()
    }

    /// How many blank values the templates write; `None` where that cannot be told.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub(in crate::render) fn gaps<'s>(
        &self,
        slots: impl Iterator<Item = &'s Slot>,
        context: &Arc<Context>,
        fields: &Fields,
    ) -> Result<Option<usize>, RenderError> {
        let mut gaps = 0;
        for slot in slots.filter(|slot| matches!(slot, Slot::Template(_))) {
            match self.render_marked(slot, context, fields)? {
                Some(marked) => gaps += count_gaps(&marked),
                None => return Ok(None),
            }
        }
        Ok(Some(gaps))
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
                render((&self.environment, &self.known), name, context, fields).map(Cow::Owned)
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
                render((marking, &self.known), name, context, fields).map(Some)
            }
            (None, _) | (_, Slot::Same(_)) => Ok(None),
        }
    }
}

/// The marked values that are blank.
fn count_gaps(marked: &str) -> usize {
    let values = marked.split(OPEN).skip(1);
    values
        .filter_map(|value| value.split(CLOSE).next())
        .filter(|value| value.trim().is_empty())
        .count()
}

fn render(
    (environment, known): (&Environment<'static>, &Known),
    name: &str,
    context: &Arc<Context>,
    fields: &Fields,
) -> Result<String, RenderError> {
    context.forget_missed();
    let explain = |error| {
        let missed = context.missed();
        explain(
            &error,
            (environment, known),
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
