//! What a message costs with and without what travels with it, beside lettre's builder making the
//! same: `cargo bench --bench mime`.
//!
//! A letter of 3 KB in text and HTML, for one recipient after another; and the same with a file of
//! 2 MB, which has to cost no more for each of them. lettre fills in the same few values by
//! replacing them, which is less than templates do, and makes the whole message anew.

use divan::{Bencher, black_box};
use hikyaku::model::{Address, Charset, Fields, Mailbox, Markup, Timestamp};
use hikyaku::render::{Addressee, File, Letter, LetterSource, TemplateFile, Tokens};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};

const HTML: &str = include_str!("../campaigns/welcome/body.html");
const TEXT: &str = include_str!("../campaigns/welcome/body.txt");
const FILE: usize = 2 << 20;
const DATE: Timestamp = Timestamp::from_millis(1_796_083_200_000);
const FIELDS: [(&str, &str); 6] = [
    ("email", "yuki.yamada@plain-tokyo.example"),
    ("name", "山田 雪"),
    ("city", "東京"),
    ("plan", "plus"),
    ("language", "ja"),
    ("joined", "2026-03-14"),
];

fn main() {
    divan::main();
}

#[divan::bench]
fn letter_of_3_kb(bencher: Bencher<'_, '_>) {
    render(bencher, &source());
}

#[divan::bench]
fn with_a_file_of_2_mb(bencher: Bencher<'_, '_>) {
    let mut source = source();
    source.attachments = vec![file("film.mp4", FILE)];
    render(bencher, &source);
}

#[divan::bench]
fn with_two_pictures(bencher: Bencher<'_, '_>) {
    let mut source = source();
    let shown = "<img src=\"cid:a.png\"><img src=\"cid:b.png\"></body>";
    source.html = Some((
        Markup::Html,
        TemplateFile::new("body.html", HTML.replace("</body>", shown)),
    ));
    source.inline = vec![file("a.png", 20_000), file("b.png", 20_000)];
    render(bencher, &source);
}

#[divan::bench]
fn in_iso_2022_jp(bencher: Bencher<'_, '_>) {
    let line = "{{ name }}様、いつもご利用いただきありがとうございます。新しい号をお届けします。\n";
    let source = LetterSource {
        charset: Charset::Iso2022Jp,
        html: None,
        text: Some(TemplateFile::new("body.txt", line.repeat(25))),
        ..source()
    };
    render(bencher, &source);
}

#[divan::bench]
fn lettre_letter_of_3_kb(bencher: Bencher<'_, '_>) {
    bencher.bench(|| by_lettre(None));
}

#[divan::bench]
fn lettre_with_a_file_of_2_mb(bencher: Bencher<'_, '_>) {
    let content = vec![7; FILE];
    bencher.bench(|| by_lettre(Some(&content)));
}

fn render(bencher: Bencher<'_, '_>, source: &LetterSource) {
    let letter = Letter::compile(source).expect("a letter");
    let address = Address::parse(FIELDS[0].1).expect("an address");
    let fields: Fields = FIELDS.into_iter().collect();
    bencher.bench(|| letter.render(black_box(&Addressee::unknown(&address, &fields)), DATE));
}

/// The letter of the sample campaign.
fn source() -> LetterSource {
    let from = Mailbox {
        name: Some("Example News".into()),
        address: Address::parse("news@example.com").expect("an address"),
    };
    let uid = "0198c0de-0000-7000-8000-000000000000";
    let subject = "Hello {{ name | default('there') }}, welcome aboard";
    LetterSource {
        html: Some((Markup::Html, TemplateFile::new("body.html", HTML))),
        text: Some(TemplateFile::new("body.txt", TEXT)),
        unsubscribe: Some("https://example.com/u/{{ token }}".into()),
        ..LetterSource::new("welcome", uid, Tokens::sample(), from, subject)
    }
}

fn file(name: &str, octets: usize) -> File {
    File {
        name: name.to_owned(),
        content: vec![7; octets].into(),
    }
}

fn by_lettre(attached: Option<&Vec<u8>>) -> Vec<u8> {
    let filled = |template: &str| {
        let mut text = template.to_owned();
        for (name, value) in FIELDS {
            text = text.replace(&format!("{{{{ {name} }}}}"), value);
        }
        text
    };
    let bodies = MultiPart::alternative()
        .singlepart(SinglePart::plain(filled(TEXT)))
        .singlepart(SinglePart::html(filled(HTML)));
    let parts = match attached {
        None => bodies,
        Some(content) => {
            let kind = ContentType::parse("video/mp4").expect("a type");
            let file = Attachment::new("film.mp4".to_owned()).body(content.clone(), kind);
            MultiPart::mixed().multipart(bodies).singlepart(file)
        }
    };
    let to = format!("{} <{}>", FIELDS[1].1, FIELDS[0].1);
    let message = lettre::Message::builder()
        .from(
            "Example News <news@example.com>"
                .parse()
                .expect("a mailbox"),
        )
        .to(to.parse().expect("a mailbox"))
        .subject(format!("Hello {}, welcome aboard", FIELDS[1].1))
        .multipart(parts)
        .expect("a message");
    black_box(message.formatted())
}
