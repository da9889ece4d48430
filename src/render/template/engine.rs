//! How the template engine is set up: strict, escaping, bounded.

use super::calendar_text;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Rest;
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, escape_formatter,
};
use std::fmt;
use std::io;

/// The steps a template may take for one recipient. A long letter takes a few thousand.
pub(in crate::render) const STEPS: u64 = 250_000;

/// The octets a template may make for one recipient.
pub(in crate::render) const OCTETS: usize = 10 << 20;

/// Stand around every value that [`marking_environment`] writes. Unicode keeps these two for
/// internal use (they are noncharacters), and they are removed from whatever is written.
pub(in crate::render) const OPEN: char = '\u{FDD0}';
/// See [`OPEN`].
pub(in crate::render) const CLOSE: char = '\u{FDD1}';

/// An environment that marks values in HTML.
pub(in crate::render) fn marking_environment() -> Environment<'static> {
    let mut environment = environment();
    environment.set_formatter(format_marked);
    environment
}

/// An environment without templates.
pub(in crate::render) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    // The delimiters are the default ones, which never clash.
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_fuel(Some(STEPS));
    // It would quote neighbouring lines of the source into errors, which have their own form here.
    environment.set_debug(false);
    // Most templates were written for Jinja itself, where texts and lists have Python's methods.
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_formatter(format);
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment
}

/// Writes a value where it stands in a template. The engine's own escaping turns `/` into an
/// entity as well, which leaves every address in HTML unreadable; none of the five below is needed
/// less, and no more is needed, in text and in quoted attributes.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => write_escaped(out, text)?,
        (AutoEscape::Custom(_), _) if !value.is_safe() => {
            calendar_text::escape(out, &value.to_string())?;
        }
        (AutoEscape::Html | AutoEscape::None | AutoEscape::Custom(_), Some(text)) => {
            out.write_str(text)?;
        }
        _ => escape_formatter(out, state, value)?,
    }
    Ok(())
}

fn format_marked(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let (AutoEscape::Html | AutoEscape::None, Some(text)) = (state.auto_escape(), value.as_str())
    else {
        return format(out, state, value);
    };
    let clean = text.replace([OPEN, CLOSE], "");
    if value.is_safe() {
        out.write_str(&clean)?;
    } else {
        write!(out, "{OPEN}")?;
        write_escaped(out, &clean)?;
        write!(out, "{CLOSE}")?;
    }
    Ok(())
}

/// A text as it stands in HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    // Writing to a string does not fail.
    let _ = write_escaped(&mut out, text);
    out
}

fn write_escaped(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

/// The `default` filter. A list cannot leave a cell out, only leave it empty, so an empty or blank
/// text counts as missing too.
fn default(value: &Value, other: Rest<Value>) -> Value {
    let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
    if blank || value.is_undefined() || value.is_none() {
        let first = other.0.into_iter().next();
        first.unwrap_or_else(|| Value::from(""))
    } else {
        value.clone()
    }
}

/// Takes so many octets and then fails.
pub(in crate::render) struct Bounded(pub(in crate::render) Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.0.len() + octets.len() > OCTETS {
            return Err(io::Error::other("too much output"));
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
