//! What authors write, as readers get it: layouts, MJML, Markdown, style sheets, preheaders and the
//! text made of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hikyaku::model::{Address, CampaignId, Css, Fields, Mailbox, Markup};
use hikyaku::render::{Addressee, File, Letter, LetterSource, Preview, Secret, TemplateFile};

fn source(markup: Markup, body: &str, library: &[(&str, &str)]) -> LetterSource {
    let address = Address::parse("news@example.com").unwrap();
    let from = Mailbox {
        name: None,
        address,
    };
    let tokens = Secret::new(&[7; 32]).tokens(CampaignId(1));
    let file = |(name, text): &(&str, &str)| {
        (
            (*name).to_owned(),
            TemplateFile::new(format!("c/{name}"), *text),
        )
    };
    LetterSource {
        html: Some((markup, TemplateFile::new("c/body", body))),
        library: library.iter().map(file).collect(),
        ..LetterSource::new("c", "uid", tokens, from, "Hello")
    }
}

fn preview(source: &LetterSource, row: &[(&str, &str)]) -> Result<Preview, String> {
    let address = Address::parse("ann@example.com").unwrap();
    let fields: Fields = row.iter().copied().collect();
    let letter = Letter::compile(source).map_err(|error| error.to_string())?;
    let addressee = Addressee::unknown(&address, &fields);
    letter
        .preview(&addressee)
        .map_err(|error| error.to_string())
}

fn made(source: &LetterSource, row: &[(&str, &str)]) -> String {
    preview(source, row).unwrap().html.unwrap()
}

fn notes(source: &LetterSource) -> Vec<String> {
    Letter::compile(source).unwrap().notes().to_vec()
}

#[test]
fn errors_name_the_file_that_was_written() {
    let base = "<html>\n<body>\n<p>{{ company }}</p>\n{% block content %}{% endblock %}\n{% include 'foot.html' %}</body></html>";
    let foot = "<p>\n\n{{ 1 | nosuchfilter }}</p>";
    let body =
        "{% extends '_layouts/base.html' %}\n{% block content %}\n{{ nmae }}\n{% endblock %}";
    let all = |foot: &str| {
        source(
            Markup::Html,
            body,
            &[("_layouts/base.html", base), ("foot.html", foot)],
        )
    };
    let row = [("name", "Ann"), ("company", "C"), ("nmae", "x")];
    for (source, row, expected) in [
        (
            all(""),
            &row[..1],
            "c/_layouts/base.html:3: undefined variable `company`",
        ),
        (all(""), &row[..2], "c/body:3: undefined variable `nmae`"),
        (all(foot), &row[..], "c/foot.html:3: "),
        (all("\n{% if name %}"), &row[..], "c/foot.html:2: "),
        (
            source(
                Markup::Html,
                "\n{% include '_layout/base.html' %}",
                &[("_layouts/base.html", base)],
            ),
            &row[..],
            "c/body:2: there is no template `_layout/base.html`; did you mean `_layouts/base.html`?",
        ),
        (
            source(
                Markup::Html,
                "\n{% include name ~ '.html' %}",
                &[("Anne.html", "")],
            ),
            &row[..],
            "c/body:2: there is no template `Ann.html`; did you mean `Anne.html`?",
        ),
        (
            source(
                Markup::Html,
                "{% include name ~ '.txt' %}",
                &[("Ann.txt", "\n{{ nmea }}")],
            ),
            &row[..],
            "c/Ann.txt:2: undefined variable `nmea`",
        ),
        (
            source(Markup::Html, "\n<style>@media print{#a{}}</style>", &[]),
            &row[..],
            "c/body:2: `{#` begins a comment that does not end",
        ),
        (
            source(Markup::Html, "{% extends 'x' %}{% block a %}", &[("x", "")]),
            &row[..],
            "c/body:1: the block `a` is not ended",
        ),
    ] {
        let error = preview(&source, row).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn templates_named_by_a_column_escape_as_the_letter_does() {
    let library = [
        ("greet/ja.txt", "こんにちは {{ name }}"),
        ("m.html", "{% macro b(x) %}<b>{{ x }}</b>{% endmacro %}"),
    ];
    let body = "<p>{% include 'greet/' ~ language ~ '.txt' %}{% from 'm.html' import b %}{{ b(name) }}</p>";
    let row = [("name", "<i>"), ("language", "ja")];
    let mut source = source(Markup::Html, body, &library);
    assert_eq!(
        made(&source, &row),
        "<p>こんにちは &lt;i&gt;<b>&lt;i&gt;</b></p>"
    );
    source.text = Some(TemplateFile::new(
        "c/t",
        "{% include 'greet/' ~ language ~ '.txt' %}",
    ));
    assert_eq!(
        preview(&source, &row).unwrap().text.unwrap(),
        "こんにちは <i>"
    );
}

const TABLE: &str = r#"<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8">
<style>
td { padding: 4px } .a { color: red } a:hover { color: blue }
@media (max-width: 600px) { td { padding: 0 !important } }
</style>
</head>
<body>
<!--[if mso]><table><tr><td width="600"><![endif]-->
<table>
{% for n in [1, 2] %}
<tr class="a"><td>{{ n }} {{ name }}</td></tr>
{% endfor %}
{% if name == 'Ann' %}<tr><td style="color: {{ color }}">Ann only</td></tr>{% endif %}
</table>
<![if !mso]><p>{{ name }}</p><![endif]>
<a href="https://a.example/?q={{ name | urlencode }}&amp;x=1" {% if name %}title="{{ name }}"{% endif %}>x</a>
<!--[if mso]></td></tr></table><![endif]-->
</body>
</html>
"#;

#[test]
fn style_sheets_become_attributes_and_tags_stay_where_they_are() {
    let source = source(Markup::Html, TABLE, &[]);
    assert_eq!(notes(&source), Vec::<String>::new());
    let html = made(&source, &[("name", "Ann & co"), ("color", "green")]);
    for part in [
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"",
        "<meta charset=\"utf-8\">",
        "a:hover { color: blue; }",
        "@media (max-width: 600px)",
        "<!--[if mso]><table><tr><td width=\"600\"><![endif]-->",
        "<![if !mso]><p>Ann &amp; co</p><![endif]>",
        "<tr class=\"a\" style=\"color: red;\"><td style=\"padding: 4px;\">1 Ann &amp; co</td></tr>",
        "href=\"https://a.example/?q=Ann%20%26%20co&amp;x=1\" title=\"Ann &amp; co\">x</a>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(
        !html.contains("Ann only") && !html.contains(".a {"),
        "{html}"
    );
    let html = made(&source, &[("name", "Ann"), ("color", "green")]);
    assert!(
        html.contains("<td style=\"padding: 4px;color: green\">Ann only</td>"),
        "{html}"
    );
}

#[test]
fn html_that_inlining_would_change_is_left_alone() {
    let styled = |body: &str| format!("<style>p {{ color: red }}</style>{body}");
    // Without a style sheet nothing is touched, however odd.
    let odd = "<tr><P class=x>a<p>b</TR>\r\n&nbsp;<br/>";
    assert_eq!(made(&source(Markup::Html, odd, &[]), &[]), odd);
    let mut kept = source(Markup::Html, TABLE, &[]);
    kept.css = Css::Keep;
    let html = made(&kept, &[("name", "Bo"), ("color", "x")]);
    assert!(html.contains("td { padding: 4px } .a"), "{html}");
    // A fragment stays one.
    let html = made(
        &source(Markup::Html, &styled("<p>{{ name }}</p>"), &[]),
        &[("name", "Bo")],
    );
    assert_eq!(html, "<p style=\"color: red;\">Bo</p>");
    // What is out of place is not put elsewhere, and the author is told.
    for body in [
        "<table>{{ x }}<b>y</b><tr><td>z</td></tr></table>",
        "{% if x %}<div>{% else %}<div class=b>{% endif %}</div>",
    ] {
        let source = source(Markup::Html, &styled(body), &[]);
        assert!(notes(&source)[0].starts_with("CSS was not inlined, because it would"));
        assert!(made(&source, &[("x", "1")]).starts_with("<style>"));
    }
}

#[test]
fn classes_that_depend_on_the_recipient_keep_their_rules() {
    let body = "<style>.a { color: red } .b { color: blue }</style><p class=\"{{ c }}\">x</p><p class=\"a\">y</p>";
    let html = made(&source(Markup::Html, body, &[]), &[("c", "b")]);
    assert!(
        html.contains(".a { color: red } .b { color: blue }") && html.contains("<p class=\"b\">"),
        "{html}"
    );
    assert!(
        html.contains("<p class=\"a\" style=\"color: red;\">"),
        "{html}"
    );
}

#[test]
fn style_sheets_come_from_the_library_and_never_from_the_network() {
    let body = "<html><head><link rel=\"stylesheet\" href=\"a.css\"><link rel='stylesheet' href='https://a.example/b.css'><link rel='stylesheet' href='gone.css'></head><body><p>x</p></body></html>";
    let source = source(
        Markup::Html,
        body,
        &[("a.css", "p{color:red}@media print{#x{color:red}}")],
    );
    let html = made(&source, &[]);
    assert!(
        html.contains("<p style=\"color: red;\">") || html.contains("<p style=\"color:red\">"),
        "{html}"
    );
    assert!(
        html.contains("https://a.example/b.css") && html.contains("{#x{"),
        "{html}"
    );
    assert!(notes(&source)[0].contains("`gone.css`"));
}

const MJML: &str = r##"{% set greeting = "Hi" %}
<mjml>
  <mj-head>
    <mj-title>{{ greeting }}</mj-title>
    <mj-preview>Preview {{ name }}</mj-preview>
    <mj-attributes><mj-text font-size="{{ size }}px" /><mj-class name="unused" color="{{ size }}" /></mj-attributes>
    <mj-style>@media (max-width:300px){ #x{color:red}} .b { color: blue }</mj-style>
  </mj-head>
  <mj-body>
    <mj-include path="_layouts/head.mjml" />
    {% for n in [1, 2] %}
    <mj-section background-color="{% if name == 'Ann' %}#ff0000{% else %}#00ff00{% endif %}">
      {% if n == 1 %}
      <mj-column>
        {% for item in items | split(',') %}
        <mj-text css-class="b">
          <p>{{ greeting }} {{ name }}</p>
          <i>item</i> <b>{{ item }}</b><br>{% if n %}yes{% endif %}
        </mj-text>
        {% endfor %}
        <mj-button href="https://a.example/{{ name | urlencode }}">go {{ n }}</mj-button>
        <mj-table><tr>{% for x in [1] %}<td>{{ x }}</td>{% endfor %}</tr></mj-table>
      </mj-column>
      {% endif %}
    </mj-section>
    {% endfor %}
    <mj-raw><!--[if mso]><p>{{ name }}</p><![endif]--></mj-raw>
  </mj-body>
</mjml>
"##;

fn mjml(body: &str) -> LetterSource {
    let head = "<mj-section><mj-column><mj-image src=\"{{ logo }}\" alt='Logo of \"{{ name }}\" 👩\u{200d}👧' /></mj-column></mj-section>";
    source(Markup::Mjml, body, &[("_layouts/head.mjml", head)])
}

#[test]
fn mjml_is_html_with_its_tags() {
    let mut source = mjml(MJML);
    source.inline.push(File {
        name: "l.png".into(),
        content: b"\x89PNG".as_slice().into(),
    });
    assert_eq!(notes(&source), Vec::<String>::new());
    let row = [
        ("name", "Ann & co"),
        ("size", "17"),
        ("items", "x,y"),
        ("logo", "cid:l.png"),
    ];
    let preview = preview(&source, &row).unwrap();
    let html = preview.html.unwrap();
    for part in [
        "<title>Hi</title>",
        "Preview Ann &amp; co",
        "cid:l.png",
        "Logo of &quot;Ann &amp; co&quot; 👩\u{200d}👧",
        "<b>x</b><br>yes",
        "<b>y</b>",
        "https://a.example/Ann%20%26%20co",
        "go 1",
        "#00ff00",
        "font-size:17px",
        "{ #x{color:red}}",
        "<!--[if mso]><p>Ann &amp; co</p><![endif]-->",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(!html.contains("go 2") && !html.contains("<mj-"), "{html}");
    let text = preview.text.unwrap();
    assert!(
        text.contains("Logo of \"Ann & co\"") && text.contains("Hi Ann & co"),
        "{text}"
    );
    assert!(
        !text.contains("Preview") && !text.contains("\n\n\n"),
        "{text}"
    );
}

#[test]
fn mjml_says_where_it_is_wrong() {
    for (body, expected) in [
        (
            "<mjml>\n<mj-body>\n<mj-section>\n<mj-colum></mj-column>\n</mj-section></mj-body></mjml>",
            "c/body:4: this is no MJML: ",
        ),
        (
            "<mjml><mj-body><mj-include path=\"_layouts/haed.mjml\" /></mj-body></mjml>",
            "c/body:1: there is no template `_layouts/haed.mjml`; did you mean `_layouts/head.mjml`?",
        ),
        (
            "<mjml><mj-body>\n<mj-section {% if a %}padding=\"1px\"{% endif %}></mj-section></mj-body></mjml>",
            "c/body:2: MJML reads attributes before",
        ),
        ("<p>x</p>", "c/body:1: this is no MJML: "),
    ] {
        let error = preview(&mjml(body), &[]).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn markdown_stands_in_a_layout() {
    let body = "# Hello {{ name }}\n\n{% if paid %}\nThanks, *{{ name }}*. [Your page](https://a.example/{{ name | urlencode }}?a=1)\n{% endif %}\n\n| a | b |\n|---|---|\n{% for n in [1, 2] %}\n| {{ n }} | x |\n{% endfor %}\n\n<p class=\"raw\">{{ name }}</p>\n\n~~old~~\n";
    let mut source = source(
        Markup::Markdown,
        body,
        &[
            (
                "_layouts/l.html",
                "<html><body><h6>{{ name }}</h6>{% block content %}{% endblock %}</body></html>",
            ),
            (
                "l.mjml",
                "<mjml><mj-body><mj-section><mj-column><mj-text>{% block content %}{% endblock %}</mj-text></mj-column></mj-section></mj-body></mjml>",
            ),
        ],
    );
    source.locale = Some("de-CH".into());
    let row = [("name", "A & <b>"), ("paid", "yes")];
    for layout in [None, Some("_layouts/l.html"), Some("l.mjml")] {
        source.layout = layout.map(str::to_owned);
        let html = made(&source, &row);
        for part in [
            "Hello A &amp; &lt;b&gt;</h1>",
            "href=\"https://a.example/A%20%26%20%3Cb%3E?a=1\"",
            "<del>old</del>",
        ] {
            assert!(html.contains(part), "{part}\n{html}");
        }
        assert_eq!(html.contains("<h6>"), layout == Some("_layouts/l.html"));
        assert_eq!(html.contains("lang=\"de-CH\""), layout.is_none(), "{html}");
        assert_eq!(html.contains("prefers-color-scheme"), layout.is_none());
        assert!(!made(&source, &[("name", "x"), ("paid", "")]).contains("Thanks"));
    }
    source.layout = Some("_layouts/k.html".into());
    let error = preview(&source, &row).unwrap_err();
    assert!(error.contains("did you mean `_layouts/l.html`?"), "{error}");
}

#[test]
fn the_preheader_is_in_front_and_not_in_the_text() {
    let mut source = source(
        Markup::Html,
        "<html><head><title>t</title></head><body class=\"x\"><p>Letter</p></body></html>",
        &[],
    );
    source.preheader = Some("Sale & more for {{ name }}".into());
    let preview_ = preview(&source, &[("name", "<Ann>")]).unwrap();
    let html = preview_.html.unwrap();
    assert!(
        html.contains("<body class=\"x\"><div style=\"display:none"),
        "{html}"
    );
    assert!(html.contains("Sale &amp; more for &lt;Ann&gt;"), "{html}");
    assert_eq!(preview_.text.unwrap(), "Letter\n");
    let mut source =
        mjml("<mjml><mj-head><mj-preview>old</mj-preview></mj-head><mj-body></mj-body></mjml>");
    source.preheader = Some("new".into());
    let html = made(&source, &[]);
    assert!(html.contains("new") && !html.contains("old"), "{html}");
}

#[test]
fn a_preheader_stands_behind_the_document_type() {
    for (body, front) in [
        ("<!doctype html><p>x", "<!doctype html>"),
        ("<!doctype html><html lang=en><p>x", "<html lang=en>"),
        ("<!doctype html><title>t</title></head><p>x", "</head>"),
        ("<p>x", ""),
    ] {
        let mut source = source(Markup::Html, body, &[]);
        source.preheader = Some("pre".into());
        let html = made(&source, &[]);
        assert!(
            html.contains(&format!("{front}<div style=\"display:none")),
            "{html}"
        );
        assert!(html.starts_with("<!doctype") || front.is_empty(), "{html}");
    }
}

#[test]
fn text_between_rows_stays_in_its_condition() {
    let body =
        "<style>td{color:red}</style><table>{% if x %}秘密 S{% endif %}<tr><td>a</td></tr></table>";
    let source = source(Markup::Html, body, &[]);
    let html = made(&source, &[("x", "")]);
    assert!(!html.contains("秘密"), "{html}");
    assert!(
        notes(&source).concat().contains("move text"),
        "{:?}",
        notes(&source)
    );
    let fine = "<style>p{color:red}</style><p>caf&eacute; A&B &amp; {{ x }} &copy; 2&nbsp;€ é</p>";
    let source = self::source(Markup::Html, fine, &[]);
    assert!(notes(&source).is_empty(), "{:?}", notes(&source));
}

#[test]
fn deep_mjml_is_refused_and_html_attributes_are_left_out() {
    let deep = format!("<mjml>\n<mj-body>{}", "<mj-wrapper>\n".repeat(500));
    let error = preview(&mjml(&deep), &[]).unwrap_err();
    assert!(
        error.contains(":64: ") && error.contains("64 deep"),
        "{error}"
    );
    let source = mjml(
        "<mjml><mj-head><mj-html-attributes><mj-selector path=\".a\"><mj-html-attribute name=\"id\">x</mj-html-attribute></mj-selector></mj-html-attributes></mj-head><mj-body></mj-body></mjml>",
    );
    let html = made(&source, &[]);
    assert!(
        !html.contains("mj-html") && !html.contains("mj-selector"),
        "{html}"
    );
    assert!(notes(&source).concat().contains("mj-html-attributes"));
}

#[test]
fn style_sheets_for_print_stay_for_print() {
    let print = "<style media='Print'>.a{display:none}</style><p class=a>x</p>";
    let link = "<link rel=stylesheet media=print href=p.css><p class=a>x</p>";
    for body in [print, link] {
        let html = made(
            &source(Markup::Html, body, &[("p.css", ".a{display:none}")]),
            &[],
        );
        assert!(
            html.contains("@media Print") || html.contains("@media print"),
            "{html}"
        );
        assert!(!html.contains("style=\""), "{html}");
    }
    let screen = "<style media=Screen>.a{color:red}</style><p class=a>x</p>";
    let html = made(&source(Markup::Html, screen, &[]), &[]);
    assert!(html.contains("style=\"color: red"), "{html}");
}

#[test]
fn comments_of_the_author_stay_comments() {
    let html = "<style>p{color:red}</style><p>a<!--{{ x }}--></p>";
    let mjml_ = "<mjml><mj-body><!--{{ x }}--></mj-body></mjml>";
    let markdown = "a\n\n<!--{{ x }} foo-->\n\n{% if x %}\nb\n{% endif %}\n";
    for source in [
        source(Markup::Html, html, &[]),
        source(Markup::Markdown, markdown, &[]),
        mjml(mjml_),
    ] {
        let html = made(&source, &[("x", "SECRET")]);
        assert!(html.contains("<!--SECRET"), "{html}");
        assert_eq!(html.matches("SECRET").count(), 1, "{html}");
    }
}

#[test]
fn quotes_in_a_style_do_not_end_it() {
    let body = "<style>p{color:red}</style><p style='font-family:\"A B\";color:{{ x }}'>a</p>";
    let html = made(&source(Markup::Html, body, &[]), &[("x", "blue")]);
    assert!(
        html.contains("font-family:&quot;A B&quot;;color:blue\""),
        "{html}"
    );
}

#[test]
fn rules_stay_for_what_only_the_recipient_brings() {
    let macro_ = "{% macro b() %}<b class=k>x</b>{% endmacro %}";
    for call in [
        "{% from 'm' import b %}{{ b() }}",
        "{% include 'g' ~ x %}",
        "{{ x|safe }}",
    ] {
        let body = format!("<style>.k{{color:red}}</style><p>{call}</p>");
        let library = [("m", macro_), ("g1", "<b class=k>x</b>")];
        let html = made(&source(Markup::Html, &body, &library), &[("x", "1")]);
        assert!(html.contains(".k{color:red}"), "{html}");
    }
}
