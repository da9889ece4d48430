//! From what people write to the two forms that mail clients show.
//!
//! `compose` is the way: layouts resolved (`flatten`), MJML and Markdown made HTML, style sheets
//! inlined, once per campaign and with the template's tags out of sight (`tags`). `plain` makes
//! the text of the HTML. Nothing here reads a file or knows a recipient.

mod compose;
mod css;
mod flat;
mod flatten;
mod library;
mod markdown;
mod markup;
mod mjml;
mod mjml_guard;
mod mjml_include;
mod mjml_made;
mod nodes;
mod outline;
mod plain;
mod preheader;
mod sheets;
mod tags;
#[cfg(test)]
mod tests;
mod visible;

pub(in crate::render) use compose::{html, text};
pub(in crate::render) use library::missing;
pub(in crate::render) use plain::{Texts, from_html};
