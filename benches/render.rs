//! How fast a letter of 3 KB becomes a message: `cargo bench --bench render`.

use divan::{Bencher, black_box};
use hikyaku::model::{Address, Fields, Mailbox, Markup, Timestamp};
use hikyaku::render::{Addressee, Letter, LetterSource, TemplateFile, Tokens};

fn main() {
    divan::main();
}

#[divan::bench]
fn try_out(bencher: Bencher<'_, '_>) {
    let (letter, address, fields) = letter(Kind::Both);
    bencher.bench(|| letter.try_out(black_box(&Addressee::unknown(&address, &fields))));
}

#[divan::bench]
fn render(bencher: Bencher<'_, '_>) {
    let (letter, address, fields) = letter(Kind::Both);
    let date = Timestamp::from_millis(1_796_083_200_000);
    bencher.bench(|| letter.render(black_box(&Addressee::unknown(&address, &fields)), date));
}

#[divan::bench]
fn render_text_made_from_html(bencher: Bencher<'_, '_>) {
    let (letter, address, fields) = letter(Kind::HtmlOnly);
    let date = Timestamp::from_millis(1_796_083_200_000);
    bencher.bench(|| letter.render(black_box(&Addressee::unknown(&address, &fields)), date));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Both,
    HtmlOnly,
}

/// The letter of the sample campaign and a recipient of it.
fn letter(kind: Kind) -> (Letter, Address, Fields) {
    let html = include_str!("../campaigns/welcome/body.html");
    let text = include_str!("../campaigns/welcome/body.txt");
    let parse = |text| Address::parse(text).expect("an address");
    let from = Mailbox {
        name: Some("Example News".into()),
        address: parse("news@example.com"),
    };
    let uid = "0198c0de-0000-7000-8000-000000000000";
    let subject = "Hello {{ name | default('there') }}, welcome aboard";
    let source = LetterSource {
        html: Some((Markup::Html, TemplateFile::new("body.html", html))),
        text: (kind == Kind::Both).then(|| TemplateFile::new("body.txt", text)),
        unsubscribe: Some("https://example.com/u/{{ token }}".into()),
        bounce_domain: Some("bounces.example.com".into()),
        ..LetterSource::new("welcome", uid, Tokens::sample(), from, subject)
    };
    let fields = [
        ("email", "yuki.yamada@plain-tokyo.example"),
        ("name", "山田 雪"),
        ("city", "東京"),
        ("plan", "plus"),
        ("language", "ja"),
        ("joined", "2026-03-14"),
    ];
    let letter = Letter::compile(&source).expect("a letter");
    (letter, parse(fields[0].1), fields.into_iter().collect())
}
