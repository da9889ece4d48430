//! From what people write to the flat templates that are compiled: everything that does not depend
//! on the recipient is done here, once.

use super::css;
use super::flatten::{as_it_stands, flatten};
use super::library::Library;
use super::markdown;
use super::mjml;
use super::preheader;
use super::tags::{Part, Tags, parts};
use crate::model::{Css, Markup};
use crate::render::error::RenderError;
use crate::render::source::{LetterSource, TemplateFile};
use crate::render::template::scan::Kind;
use crate::render::template::{Authored, Place};
use std::sync::Arc;

/// The HTML template of a letter.
///
/// # Errors
/// Where a template that is called is not there, the structure of templates is broken, or MJML is.
pub(in crate::render) fn html(
    source: &LetterSource,
    markup: Markup,
    template: &TemplateFile,
) -> Result<Authored, RenderError> {
    let mut library = Library::new(&source.library);
    let mut notes = Vec::new();
    let flat = match markup {
        Markup::Markdown => markdown::html(
            template,
            source.layout.as_deref(),
            source.locale.as_deref(),
            &mut library,
        )?,
        Markup::Html | Markup::Mjml => match flatten(template, &mut library)? {
            Some(flat) => flat,
            None => as_it_stands(template, &mut library)?,
        },
    };
    let mut html = match markup == Markup::Mjml || mjml::is_mjml(&flat.text) {
        true => mjml::html(flat, source.preheader.is_some(), &mut library, &mut notes)?,
        false => flat.text,
    };
    if source.css == Css::Inline {
        html = css::inlined(&html, &mut library, &mut notes);
    }
    if let Some(text) = source
        .preheader
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    {
        html = preheader::put(&html, text, &mut library)?;
    }
    Ok(authored(&template.name, &html, &library.tags, notes))
}

/// The text template of a letter.
///
/// # Errors
/// Where a template that is called is not there, or the structure of templates is broken.
pub(in crate::render) fn text(
    source: &LetterSource,
    template: &TemplateFile,
) -> Result<Authored, RenderError> {
    let mut library = Library::new(&source.library);
    let flat = match flatten(template, &mut library)? {
        Some(flat) => flat,
        None => as_it_stands(template, &mut library)?,
    };
    Ok(authored(
        &template.name,
        &flat.text,
        &library.tags,
        Vec::new(),
    ))
}

/// A protected text with its tags back in their places.
fn authored(name: &str, protected: &str, tags: &Tags, notes: Vec<String>) -> Authored {
    let files: Vec<Arc<str>> = (0..tags.files())
        .map(|file| tags.name(file).into())
        .collect();
    let mut authored = Authored {
        name: name.to_owned(),
        text: String::with_capacity(protected.len() * 5 / 4),
        is_same: true,
        places: Vec::new(),
        notes,
    };
    let mut whole = String::new();
    for part in parts(protected) {
        match part {
            Part::Text(text) => {
                literal(text, &mut authored.text);
                whole.push_str(text);
            }
            Part::Mark(number) => {
                let Some(tag) = tags.get(number) else {
                    continue;
                };
                authored.is_same &= tag.kind == Kind::Raw;
                authored.places.push(Place {
                    start: authored.text.len(),
                    file: files
                        .get(tag.origin.file)
                        .cloned()
                        .unwrap_or_else(|| name.into()),
                    line: tag.origin.line,
                });
                authored.text.push_str(&tag.text);
                let raw = tag.text.strip_prefix("{% raw %}");
                whole.push_str(
                    raw.and_then(|t| t.strip_suffix("{% endraw %}"))
                        .unwrap_or(""),
                );
            }
        }
    }
    if authored.is_same {
        authored.text = whole;
    }
    authored
}

/// Writes text that is no tag, so that nothing in it is taken for one.
fn literal(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let next = after.as_bytes().get(1);
        match next {
            // At the end a tag may follow.
            None | Some(b'{' | b'%' | b'#') => out.push_str("{% raw %}{{% endraw %}"),
            Some(_) => out.push('{'),
        }
        rest = &after[1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::author::tags::Piece;
    use crate::render::author::tags::mark;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn through(text: &str) -> Result<Authored, RenderError> {
        let files = BTreeMap::new();
        let mut library = Library::new(&files);
        let template = TemplateFile::new("t", text);
        let protected: String = (library.pieces(&template)?.into_iter())
            .map(|piece| match piece {
                Piece::Text(_, text) => text,
                Piece::Tag(number) => mark(number),
            })
            .collect();
        Ok(authored("t", &protected, &library.tags, Vec::new()))
    }

    #[test]
    fn tags_come_back_and_white_space_is_settled() {
        let authored =
            through("a {%- if b %} {c} {{ d -}}  e{% endif %}{# f #}{% raw %}{{ g }}{% endraw %}")
                .unwrap();
        let expected = "a{% if b %} {c} {{ d }}e{% endif %}{% raw %}{{ g }}{% endraw %}";
        assert_eq!(authored.text, expected);
        assert!(!authored.is_same);
        let raw = through("{% raw %}{{ g }}{% endraw %}").unwrap();
        assert!(raw.is_same);
        assert_eq!(raw.text, "{{ g }}");
    }

    proptest! {
        #[test]
        fn what_was_taken_out_renders_as_before(
            pieces in prop::collection::vec(
                "(\\{\\{-? a \\+?\\}\\}|\\{%-? if b -?%\\}x \\{%-? endif %\\}|\\{# c -?#\\}|\\{% raw -?%\\} \\{\\{d \\{%-? endraw -?%\\}| |\n|é|<b>|\\{ |\\} )",
                0..12,
            ),
        ) {
            let text = pieces.concat();
            let environment = crate::render::template::plain_environment();
            let render = |text: &str| environment.render_str(text, minijinja::context! { a => 1, b => true });
            let authored = through(&text).unwrap();
            let direct = render(&text);
            let after = if authored.is_same { Ok(authored.text.clone()) } else { render(&authored.text) };
            match (direct, after) {
                (Ok(direct), Ok(after)) => prop_assert_eq!(direct, after),
                (direct, after) => prop_assert_eq!(direct.is_err(), after.is_err(), "{:?}", text),
            }
        }

        #[test]
        fn no_text_is_too_odd(text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}|raw|endraw|block x|endblock|extends 'a'|include \"b\"|\\PC| |\n){0,20}") {
            let files = BTreeMap::from([("a".to_owned(), TemplateFile::new("a", text.clone()))]);
            let mut library = Library::new(&files);
            let _ = flatten(&TemplateFile::new("t", text), &mut library);
        }
    }
}
