//! How fast a letter of 3 KB and an MJML newsletter of 60 KB become messages:
//! `cargo bench --bench render`.

use divan::{Bencher, black_box};
use hikyaku::model::{Address, Fields, Mailbox, Markup, Timestamp};
use hikyaku::render::{Addressee, Letter, LetterSource, TemplateFile, Tokens};

fn main() {
    divan::main();
}

#[divan::bench]
fn try_out(bencher: Bencher<'_, '_>) {
    let (letter, address, fields) = letter_of(Kind::Both);
    bencher.bench(|| letter.try_out(black_box(&Addressee::unknown(&address, &fields))));
}

#[divan::bench]
fn render(bencher: Bencher<'_, '_>) {
    let (letter, address, fields) = letter_of(Kind::Both);
    let date = Timestamp::from_millis(1_796_083_200_000);
    bencher.bench(|| letter.render(black_box(&Addressee::unknown(&address, &fields)), date));
}

#[divan::bench]
fn render_text_made_from_html(bencher: Bencher<'_, '_>) {
    let (letter, address, fields) = letter_of(Kind::HtmlOnly);
    let date = Timestamp::from_millis(1_796_083_200_000);
    bencher.bench(|| letter.render(black_box(&Addressee::unknown(&address, &fields)), date));
}

/// What is done once for a campaign: MJML, style sheets, templates.
#[divan::bench]
fn compile_newsletter(bencher: Bencher<'_, '_>) {
    let source = newsletter();
    bencher.bench(|| Letter::compile(black_box(&source)));
}

/// What is done for each recipient: the flat template only.
#[divan::bench]
fn render_newsletter(bencher: Bencher<'_, '_>) {
    let letter = Letter::compile(&newsletter()).expect("a letter");
    let (_, address, fields) = letter_of(Kind::Both);
    let date = Timestamp::from_millis(1_796_083_200_000);
    let addressee = Addressee::unknown(&address, &fields);
    let size = letter.render(&addressee, date).expect("a message").size;
    assert!(size > 60_000, "the newsletter has {size} octets only");
    bencher.bench(|| letter.render(black_box(&addressee), date));
}

/// A newsletter in MJML with a layout, loops and conditions.
fn newsletter() -> LetterSource {
    let section = "<mj-section><mj-column width=\"33%\"><mj-image src=\"https://example.com/{{ n }}.png\" alt=\"Picture {{ n }}\" /></mj-column><mj-column width=\"67%\"><mj-text css-class=\"item\"><h2>Story {{ n }}</h2><p>Dear {{ name }}, this is what happened in {{ city }} since {{ joined | date('long') }}.</p>{% if plan == 'plus' %}<p>For readers with plus: <b>more</b>.</p>{% endif %}</mj-text><mj-button href=\"https://example.com/{{ n }}?who={{ email | urlencode }}\">Read on</mj-button></mj-column></mj-section>";
    let layout = "<mjml><mj-head><mj-style>.item p { color: #333333 } @media (prefers-color-scheme: dark) { .item p { color: #dddddd !important } }</mj-style></mj-head><mj-body>{% block content %}{% endblock %}<mj-section><mj-column><mj-text><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>";
    let body = format!(
        "{{% extends '_layouts/news.mjml' %}}{{% block content %}}{{% for n in range(16) %}}{section}{{% endfor %}}{{% endblock %}}"
    );
    let layout = TemplateFile::new("news.mjml", layout);
    LetterSource {
        html: Some((Markup::Mjml, TemplateFile::new("body.mjml", body))),
        text: Some(TemplateFile::new("body.txt", "Dear {{ name }}\n")),
        library: [("_layouts/news.mjml".to_owned(), layout)].into(),
        ..source(Kind::Both)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Both,
    HtmlOnly,
}

/// The letter of the sample campaign.
fn source(kind: Kind) -> LetterSource {
    let html = include_str!("../campaigns/welcome/body.html");
    let text = include_str!("../campaigns/welcome/body.txt");
    let parse = |text| Address::parse(text).expect("an address");
    let from = Mailbox {
        name: Some("Example News".into()),
        address: parse("news@example.com"),
    };
    let uid = "0198c0de-0000-7000-8000-000000000000";
    let subject = "Hello {{ name | default('there') }}, welcome aboard";
    LetterSource {
        html: Some((Markup::Html, TemplateFile::new("body.html", html))),
        text: (kind == Kind::Both).then(|| TemplateFile::new("body.txt", text)),
        unsubscribe: Some("https://example.com/u/{{ token }}".into()),
        bounce_domain: Some("bounces.example.com".into()),
        ..LetterSource::new("welcome", uid, Tokens::sample(), from, subject)
    }
}

/// The letter of the sample campaign and a recipient of it.
fn letter_of(kind: Kind) -> (Letter, Address, Fields) {
    let fields = [
        ("email", "yuki.yamada@plain-tokyo.example"),
        ("name", "山田 雪"),
        ("city", "東京"),
        ("plan", "plus"),
        ("language", "ja"),
        ("joined", "2026-03-14"),
    ];
    let letter = Letter::compile(&source(kind)).expect("a letter");
    let address = Address::parse(fields[0].1).expect("an address");
    (letter, address, fields.into_iter().collect())
}
