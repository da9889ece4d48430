//! Flat templates render as the engine renders the templates they were made from.

use super::compose::{html, text};
use crate::model::{Address, CampaignId, Mailbox, Markup};
use crate::render::template::plain_environment;
use crate::render::{LetterSource, Secret, TemplateFile};
use minijinja::{AutoEscape, context};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn source(library: BTreeMap<String, TemplateFile>) -> LetterSource {
    let from = Mailbox {
        name: None,
        address: Address::parse("news@example.com").unwrap(),
    };
    let tokens = Secret::new(&[7; 32]).tokens(CampaignId(1));
    LetterSource {
        library,
        ..LetterSource::new("t", "uid", tokens, from, "s")
    }
}

fn library(files: &[(&str, &str)]) -> BTreeMap<String, TemplateFile> {
    let file = |(name, text): &(&str, &str)| ((*name).to_owned(), TemplateFile::new(*name, *text));
    files.iter().map(file).collect()
}

/// What the engine makes of the templates by itself.
fn directly(files: &BTreeMap<String, TemplateFile>, entry: &str) -> Result<String, String> {
    let mut environment = plain_environment();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let known = files.clone();
    environment.set_loader(move |name| Ok(known.get(name).map(|file| file.text.clone())));
    let template = environment
        .get_template(entry)
        .map_err(|error| error.to_string())?;
    template
        .render(context! { a => "A<", list => [1, 2], yes => true, no => false })
        .map_err(|error| error.to_string())
}

/// What it makes of the flat one.
fn flat(files: &BTreeMap<String, TemplateFile>, entry: &str) -> Result<String, String> {
    let source = source(files.clone());
    let authored = text(&source, &files[entry]).map_err(|error| error.to_string())?;
    if authored.is_same {
        return Ok(authored.text);
    }
    let mut alone = files.clone();
    alone.insert("flat".to_owned(), TemplateFile::new("flat", authored.text));
    directly(&alone, "flat")
}

#[test]
fn layouts_partials_and_what_they_set() {
    let files = library(&[
        (
            "base",
            "{% set from_base = 'b' %}<title>{% block title %}base {{ a }}{% endblock %}</title>\n{% include 'head' %}{% for n in list %}[{% block item %}{{ n }}{% endblock %}]{% endfor %}{% block foot required %}{% endblock %}{{ set_by_child }}{{ hello('x') }}{% include 'none' ignore missing %}",
        ),
        (
            "middle",
            "before{% extends 'base' %} lost {% block title %}middle: {{ super() }}{% endblock %}",
        ),
        (
            "entry",
            "{% extends 'middle' %}{% set set_by_child = 'c' %}{% set long %}l{{ a }}{% include 'head' %}{% endset %}{% macro hello(x) %}hello {{ x }}{{ long }}{% endmacro %}{% from 'macros' import shout as loud %}\n{% block title %}{% set inner = 1 %}entry {{ super() }} {{ inner }}{% endblock %}{% block item %}{{ loud(n) }} {{ super() -}} {% endblock %} lost {% block foot %}foot {% block deeper %}d{% endblock %}{% endblock foot %}",
        ),
        ("head", "{% set local = 'h' %}({{ local }}{{ a }})"),
        ("macros", "{% macro shout(x) %}{{ x }}!{% endmacro %}"),
    ]);
    let direct = directly(&files, "entry").unwrap();
    assert_eq!(flat(&files, "entry").unwrap(), direct);
    assert!(
        direct.contains("middle: base A<") && direct.contains("[2! 2]"),
        "{direct}"
    );
    let made = text(&source(files.clone()), &files["entry"]).unwrap();
    for word in ["block", "extends", "include", "super"] {
        assert!(!made.text.contains(word), "{word}: {}", made.text);
    }
}

#[test]
fn what_calls_itself_ends_in_an_error() {
    let files = library(&[
        ("a", "{% extends 'b' %}"),
        ("b", "{% extends 'a' %}"),
        ("c", "x\n{% include 'c' %}"),
        ("d", "{% block x %}{% include 'e' %}{% endblock %}"),
        ("e", "{% include 'd' %}{% include 'd' %}"),
    ]);
    for (entry, place) in [("a", "a:1"), ("c", "c:2"), ("d", "d:1")] {
        let error = flat(&files, entry).unwrap_err();
        assert!(error.contains("without end"), "{error}");
        assert!(error.starts_with(place) || entry != "c", "{error}");
    }
}

fn body() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("{{ a }}".to_owned()),
        Just(" {%- if yes -%} y {% else %} n {% endif -%} ".to_owned()),
        Just("{% set v = 'set' %}".to_owned()),
        Just("{{ v | default('none') }}".to_owned()),
        Just("{% include 'part' %}".to_owned()),
        Just("{%- include \"other\" ignore missing -%} ".to_owned()),
        Just("{# c -#}  ".to_owned()),
        Just("{% raw %}{{ r }}{% endraw %}".to_owned()),
        Just("{ text }\n".to_owned()),
        Just("{{ super() }}".to_owned()),
    ];
    prop::collection::vec(leaf, 0..5).prop_map(|parts| parts.concat())
}

#[test]
fn what_the_reader_of_mjml_cannot_take_has_a_file_and_a_line() {
    for (text, line, word) in [
        ("<mjml>\u{1772}><mj-section>", 1, "&gt;"),
        ("<mjml>\n<mj-body>\n<div>日本 > é</div>", 3, "&gt;"),
        ("<!-- é -->\n<mjml>\n<![if mso>\n", 3, "conditional"),
        ("<mjml>\n\n<!--<![endif-->", 3, "conditional"),
    ] {
        let file = TemplateFile::new("odd.mjml", text);
        let error = html(&source(library(&[])), Markup::Mjml, &file).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(word), "{said}");
        assert!(
            said.contains("odd.mjml") && said.contains(&line.to_string()),
            "{said}"
        );
    }
}

proptest! {
    #[test]
    fn flat_templates_render_the_same(
        base in prop::collection::vec(body(), 3),
        middle in prop::collection::vec(body(), 3),
        entry in prop::collection::vec(body(), 3),
        part in body(),
    ) {
        let without_super = |text: &str| text.replace("{{ super() }}", "");
        let base = without_super(&format!(
            "{}{{% block x %}}{}{{% for n in list %}}{{% block y %}}{}{{% endblock %}}{{% endfor %}}{{% endblock %}}{{{{ v | default('-') }}}}",
            base[0], base[1], base[2]
        ));
        let child = |parent: &str, parts: &[String]| {
            format!(
                "{{% extends '{parent}' %}}{}{{%- block x %}}{}{{% endblock -%}} {{% block y -%}} {}{{%- endblock %}}",
                without_super(&parts[0]), parts[1], parts[2]
            )
        };
        let part = without_super(&part).replace("'part'", "'last'");
        let files = library(&[
            ("base", &base),
            ("middle", &child("base", &middle)),
            ("entry", &child("middle", &entry)),
            ("part", &part),
            ("last", "{% set v = 'last' %}{{ v }}"),
        ]);
        match (directly(&files, "entry"), flat(&files, "entry")) {
            (Ok(direct), flat) => prop_assert_eq!(Ok(direct), flat),
            (Err(_), flat) => prop_assert!(flat.is_err()),
        }
    }

    #[test]
    fn no_markup_is_too_odd(
        text in "(<mjml>|</mjml>|<mj-body>|</mj-body>|<mj-section>|<mj-column a='\\{\\{ a \\}\\}'>|<mj-text>|</mj-text>|<mj-include path='x'/>|<style>|</style>|<table>|<tr|>|\\{% if a %\\}|\\{% endif %\\}|\\{\\{ a \\}\\}|<!--|-->|<a href=\"|\"|a \\{color:red\\}|# |\\* |\\[x\\]\\(|\\)|\\PC|\n){0,25}",
    ) {
        let mut source = source(library(&[("x", &text)]));
        source.preheader = Some(text.clone());
        for markup in [Markup::Html, Markup::Mjml, Markup::Markdown] {
            let _ = html(&source, markup, &TemplateFile::new("t", text.clone()));
        }
    }
}
