//! Templates that are called by a name only rendering knows: found in memory, compiled when first
//! called.
//!
//! What a template may write unescaped depends on the letter it is part of and not on its own
//! name: called from HTML it escapes, called from text it does not.

use crate::render::source::TemplateFile;
use minijinja::Environment;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// In front of the names of templates that were called from HTML.
const HTML: &str = "html:";
/// In front of the names of templates that were called from text.
const TEXT: &str = "text:";

/// Whether a template was called from HTML.
pub(super) fn is_html(name: &str) -> bool {
    name.starts_with(HTML)
}

/// The name as it was called.
pub(super) fn called(name: &str) -> &str {
    let name = name.strip_prefix(HTML).or_else(|| name.strip_prefix(TEXT));
    name.unwrap_or_default()
}

/// Lets templates find others; `html` has those of the letter that are HTML.
pub(super) fn install(
    environment: &mut Environment<'static>,
    files: &Arc<BTreeMap<String, TemplateFile>>,
    html: &Arc<HashSet<String>>,
) {
    let html = Arc::clone(html);
    environment.set_path_join_callback(move |name, parent| {
        let prefix = if html.contains(parent) || is_html(parent) {
            HTML
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
        let file = files.get(called(name));
        Ok(file.map(|file| super::compiled::clean(&file.text)))
    });
}
