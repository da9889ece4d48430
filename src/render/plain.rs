//! The text alternative of a letter that is HTML only.

use super::error::Fault;

/// Wider than any sentence: lines are left to the reader's window, and transfer encoding copes
/// with their length.
const WIDTH: usize = 78;

/// The text of an HTML letter, links as footnotes.
pub(super) fn from_html(html: &str) -> Result<String, Fault> {
    html2text::config::plain()
        .raw_mode(true)
        .link_footnotes(true)
        .allow_width_overflow()
        .string_from_read(html.as_bytes(), WIDTH)
        .map_err(|error| Fault::NoText(error.to_string()))
}
