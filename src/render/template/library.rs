//! Templates that are called by a name only rendering knows: found in memory, compiled when first
//! called.
//!
//! What a template may write unescaped depends on the letter it is part of and not on its own
//! name: called from HTML or from a calendar it escapes as they do, called from text it does not.

use super::calendar_tags;
use crate::render::source::TemplateFile;
use minijinja::{Environment, Error, ErrorKind};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// In front of the names of templates that were called from HTML.
const HTML: &str = "html:";
/// In front of the names of templates that were called from text.
const TEXT: &str = "text:";

/// In front of the names of templates that were called from a calendar.
const CALENDAR: &str = "calendar:";

/// Whether a template was called from HTML.
pub(super) fn is_html(name: &str) -> bool {
    name.starts_with(HTML)
}

/// Whether a template was called from a calendar.
pub(super) fn is_calendar(name: &str) -> bool {
    name.starts_with(CALENDAR)
}

/// The name as it was called.
pub(super) fn called(name: &str) -> &str {
    let kinds = [HTML, TEXT, CALENDAR];
    let called = kinds.iter().find_map(|kind| name.strip_prefix(kind));
    called.unwrap_or_default()
}

/// Lets templates find others; `html` has those of the letter that are HTML, `calendars` those that
/// are calendars.
pub(super) fn install(
    environment: &mut Environment<'static>,
    files: &Arc<BTreeMap<String, TemplateFile>>,
    html: &Arc<HashSet<String>>,
    calendars: &Arc<HashSet<String>>,
) {
    let (html, calendars) = (Arc::clone(html), Arc::clone(calendars));
    environment.set_path_join_callback(move |name, parent| {
        let prefix = if html.contains(parent) || is_html(parent) {
            HTML
        } else if calendars.contains(parent) || is_calendar(parent) {
            CALENDAR
        } else {
            TEXT
        };
        Cow::Owned(format!(
            "{prefix}{}",
            name.strip_prefix("./").unwrap_or(name)
        ))
    });
    let files = Arc::clone(files);
    environment.set_loader(move |name| {
        let Some(file) = files.get(called(name)) else {
            return Ok(None);
        };
        let text = super::compiled::clean(&file.text);
        match calendar_tags::bare_parameter(&text).filter(|_| is_calendar(name)) {
            None => Ok(Some(text)),
            Some(at) => {
                let line = 1 + text[..at].matches('\n').count();
                let words = format!("line {line} of {}: {}", file.name, calendar_tags::REMEDY);
                Err(Error::new(ErrorKind::InvalidOperation, words))
            }
        }
    });
}
