//! `fallback`, `nl2br` and `truncate`.

use super::settings::words_of;
use crate::render::template::engine::escape;
use minijinja::value::{Kwargs, Rest, Value};
use minijinja::{AutoEscape, Environment, Error, State};
use unicode_segmentation::UnicodeSegmentation as _;

/// Makes the filters known.
pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_filter("fallback", fallback);
    environment.add_filter("nl2br", nl2br);
    environment.add_filter("truncate", truncate);
}

/// The first of the values that is there and not blank: `{{ nickname | fallback(name, "you") }}`.
fn fallback(value: &Value, others: Rest<Value>) -> Value {
    let is_blank = |value: &Value| {
        value.is_undefined()
            || value.is_none()
            || value.as_str().is_some_and(|text| text.trim().is_empty())
    };
    let mut values = std::iter::once(value.clone()).chain(others.0);
    values
        .find(|value| !is_blank(value))
        .unwrap_or_else(|| Value::from(""))
}

/// Lines as lines, in HTML: everything else in the text is escaped.
fn nl2br(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return words_of(value).map(Value::from);
    }
    let text = value.to_string();
    if !matches!(state.auto_escape(), AutoEscape::Html) {
        return Ok(Value::from(text));
    }
    let escaped = match value.is_safe() {
        true => text,
        false => escape(&text),
    };
    let lines = escaped.replace("\r\n", "\n").replace('\r', "\n");
    Ok(Value::from_safe_string(lines.replace('\n', "<br>\n")))
}

/// At most `length` characters as people count them, with a sign that something is missing, which
/// counts too.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands it over")]
fn truncate(value: &Value, length: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let named: Option<usize> = options.get("length")?;
    let end: Option<String> = options.get("end")?;
    options.assert_all_used()?;
    let text = words_of(value)?;
    let length = length.or(named).unwrap_or(255);
    let end = end.unwrap_or_else(|| "…".to_owned());
    if text.graphemes(true).nth(length).is_none() {
        return Ok(text);
    }
    let kept = length.saturating_sub(end.graphemes(true).count());
    let kept: String = text.graphemes(true).take(kept).collect();
    Ok(format!("{}{end}", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{render, render_html};

    #[test]
    fn names_fall_back_and_texts_are_cut_between_characters() {
        for (template, expected) in [
            ("{{ ' ' | fallback(missing, none, '山', 'x') }}", "山"),
            ("{{ missing | fallback('') }}", ""),
            ("{{ 'abcdef' | truncate(4) }}", "abc…"),
            ("{{ 'abcd' | truncate(4) }}", "abcd"),
            ("{{ '👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧' | truncate(2) }}", "👩‍👩‍👧…"),
            ("{{ 'abcdef' | truncate(length=3, end='...') }}", "..."),
        ] {
            assert_eq!(render(template).unwrap(), expected, "{template}");
        }
        let lines = "{{ 'a\\nb<' | nl2br }}";
        assert_eq!(render_html(lines).unwrap(), "a<br>\nb&lt;");
        assert_eq!(render(lines).unwrap(), "a\nb<");
    }
}
