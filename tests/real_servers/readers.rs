//! Messages of many scripts and shapes, read by programs other people wrote: what is found in them
//! equals what went in, and nobody finds a fault in how they are made.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hikyaku::model::{Address, Charset, Fields, Mailbox, Markup, Timestamp};
use hikyaku::render::{
    Addressee, File, FileSource, Letter, LetterSource, PersonalFiles, TemplateFile, Tokens,
};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// A greeting and a name in every script, and what it is written in.
const SCRIPTS: [(&str, &str, Charset); 14] = [
    ("Welcome aboard", "Ann Smith", Charset::Utf8),
    ("Grüße aus Köln", "Jürgen Weiß", Charset::Utf8),
    ("ようこそ、東京へ", "山田 雪", Charset::Utf8),
    ("ようこそ、東京へ〜", "山田 雪", Charset::Iso2022Jp),
    ("ようこそ①", "髙橋 😀", Charset::Iso2022Jp),
    ("欢迎加入我们", "王小明", Charset::Utf8),
    ("환영합니다", "김철수", Charset::Utf8),
    ("مرحبا بكم", "محمد علي", Charset::Utf8),
    ("ברוכים הבאים", "דוד כהן", Charset::Utf8),
    ("ยินดีต้อนรับ", "สมชาย", Charset::Utf8),
    ("स्वागत है", "राम शर्मा", Charset::Utf8),
    ("Добро пожаловать", "Иван Петров", Charset::Utf8),
    ("Καλώς ήρθατε", "Γιώργος", Charset::Utf8),
    ("🎉👩‍👩‍👧‍👦🇯🇵 é", "👍🏽 Bob \"B\" O'Neil, <x@y>", Charset::Utf8),
];

/// What a message has besides its text.
#[derive(Debug, Clone, Copy)]
struct Shape {
    html: bool,
    inline: bool,
    attachments: bool,
    calendar: bool,
    personal: bool,
}

/// What its text is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Short,
    /// Dots, a line too long for SMTP, what looks like a boundary or an mbox.
    Odd,
    Empty,
}

#[derive(Debug)]
struct Folder(String);

impl FileSource for Folder {
    fn get(&self, name: &str) -> Result<File, String> {
        Ok(File {
            name: format!("{} {name}", self.0),
            content: b"\0\xFFpersonal".repeat(40).into(),
        })
    }

    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

#[test]
#[ignore = "needs Python 3"]
fn python_reads_what_went_in() {
    read("python");
}

#[test]
#[ignore = "needs SpamAssassin; see install.sh"]
fn spamassassin_finds_no_fault_in_structure() {
    read("spamassassin");
}

fn read(reader: &str) {
    let folder = tempfile::tempdir().unwrap();
    let count = write_all(folder.path());
    assert!(count >= 500, "{count}");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_servers/readers.py");
    let ended = Command::new("python3")
        .arg(script)
        .args([reader.as_ref(), folder.path().as_os_str()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    let errors = String::from_utf8_lossy(&ended.stderr);
    println!("{said}");
    assert!(ended.status.success(), "{said}{errors}");
}

/// Writes every script in every shape, and what must be found.
fn write_all(folder: &Path) -> usize {
    let mut count = 0;
    for script in &SCRIPTS {
        for bits in 0..32_u8 {
            let has = |bit: u8| bits >> bit & 1 == 1;
            let shape = Shape {
                html: has(0),
                inline: has(1),
                attachments: has(2),
                calendar: has(3),
                personal: has(4),
            };
            if shape.inline && !shape.html {
                continue;
            }
            for body in [Body::Short, Body::Odd, Body::Empty] {
                write(&folder.join(format!("{count:04}")), script, shape, body);
                count += 1;
            }
        }
    }
    count
}

fn write(path: &Path, script: &(&str, &str, Charset), shape: Shape, body: Body) {
    let (greeting, name, charset) = *script;
    let (text, html) = bodies(greeting, body);
    let source = source(script, shape, &text, &html);
    let letter = Letter::compile(&source).unwrap();
    let to = Address::parse("ann@plain.example").unwrap();
    let fields: Fields = [
        ("name", name),
        ("email", "ann@plain.example"),
        ("files", "rechnung.pdf"),
    ]
    .into_iter()
    .collect();
    let message = letter
        .render(
            &Addressee::unknown(&to, &fields),
            Timestamp::from_millis(1_796_083_200_000),
        )
        .unwrap();
    let falls_back = greeting.contains('①');
    let written = if falls_back { Charset::Utf8 } else { charset };
    assert_eq!(message.charset, written);

    let carried = source.inline.iter().chain(&source.attachments).cloned();
    let own = shape
        .personal
        .then(|| Folder(greeting.to_owned()).get("rechnung.pdf").unwrap());
    let files: Vec<_> = carried
        .chain(own)
        .map(|file| (file.name, STANDARD.encode(&file.content)))
        .collect();
    let named = |text: &str| text.replace("{{ name }}", name).replace('\n', "\r\n");
    let expected = json!({
        "subject": format!("{greeting}, {name}"),
        "from": greeting,
        "to": name,
        "text": named(&text),
        "html": shape.html.then(|| named(&with_picture(&html, shape.inline, greeting))),
        "charset": if written == Charset::Utf8 { "utf-8" } else { "iso-2022-jp" },
        "calendar": shape.calendar.then(|| format!("\r\nSUMMARY:{greeting}\r\n")),
        "shape": nesting(shape),
        "files": files,
    });
    std::fs::write(path.with_extension("eml"), message.content.concat()).unwrap();
    std::fs::write(path.with_extension("json"), expected.to_string()).unwrap();
}

fn source(script: &(&str, &str, Charset), shape: Shape, text: &str, html: &str) -> LetterSource {
    let (greeting, _, charset) = *script;
    let from = Mailbox {
        name: Some(greeting.to_owned()),
        address: Address::parse("news@example.com").unwrap(),
    };
    let html = with_picture(html, shape.inline, greeting);
    let subject = format!("{greeting}, {{{{ name }}}}");
    let files: Arc<dyn FileSource> = Arc::new(Folder(greeting.to_owned()));
    LetterSource {
        charset,
        text: Some(TemplateFile::new("body.txt", text)),
        html: shape
            .html
            .then(|| (Markup::Html, TemplateFile::new("body.html", html))),
        inline: if shape.inline {
            vec![picture(greeting)]
        } else {
            Vec::new()
        },
        attachments: if shape.attachments {
            attachments(greeting)
        } else {
            Vec::new()
        },
        calendar: shape
            .calendar
            .then(|| TemplateFile::new("event.ics", calendar(greeting))),
        personal_files: shape.personal.then(|| PersonalFiles {
            column: "files".to_owned(),
            files,
        }),
        ..LetterSource::new("readers", "0198c0de", Tokens::sample(), from, &subject)
    }
}

/// The templates of text and HTML.
fn bodies(greeting: &str, body: Body) -> (String, String) {
    let charset = if body == Body::Odd {
        "<meta name=\"x\">"
    } else {
        ""
    };
    let page = |inside: &str| {
        format!("<html><head>{charset}<title>x</title></head><body>{inside}</body></html>\n")
    };
    match body {
        Body::Short => {
            let text = format!(
                "{greeting}, {{{{ name }}}}\n\n{}\n-- \n{greeting}",
                greeting.repeat(5)
            );
            (text, page(&format!("<p>{greeting}</p>\n<p>{greeting}</p>")))
        }
        Body::Odd => {
            let long = format!("{greeting} ").repeat(200);
            let odd = format!(".\n..\n.x\n--=_1_\nFrom {greeting}\n=20\n{long}\n\n \n\n.");
            let html = page(&format!("<p>{long}</p>\n.\n--=_\n<p>{greeting}</p>"));
            (odd, html)
        }
        Body::Empty => (String::new(), page("")),
    }
}

fn with_picture(html: &str, inline: bool, greeting: &str) -> String {
    let shown = format!(
        "<img src=\"cid:{}\" alt=\"\"></body>",
        picture(greeting).name
    );
    if inline {
        html.replace("</body>", &shown)
    } else {
        html.to_owned()
    }
}

fn picture(greeting: &str) -> File {
    File {
        name: format!("{greeting} 図.png"),
        content: b"\x89PNG\r\n\x1a\n\0\xFF".repeat(30).into(),
    }
}

fn attachments(greeting: &str) -> Vec<File> {
    let file = |name: String, content: &[u8]| File {
        name,
        content: content.to_vec().into(),
    };
    vec![
        file("menu.pdf".to_owned(), &b"%PDF-1.7\n\xE2\xE3\0".repeat(50)),
        file(format!("{greeting} {}.mp3", greeting.repeat(3)), b"ID3\0"),
        file(
            "the \"long\" name of a list, ".repeat(5) + "2026.csv",
            "a,b\r\nü,1\r\n".as_bytes(),
        ),
        file(
            format!("{greeting}.txt"),
            format!("{greeting}\n").as_bytes(),
        ),
        file("empty".to_owned(), b""),
        file(
            "letter.eml".to_owned(),
            b"Subject: inside\nFrom: a@b.example\n\nHello\n",
        ),
    ]
}

fn calendar(greeting: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1@example.com\n\
         DTSTAMP:20261201T000000Z\nDTSTART:20261224T180000Z\nSUMMARY:{greeting}\nDESCRIPTION:{}\n\
         ORGANIZER:mailto:news@example.com\nATTENDEE;CN=\"{{{{ name }}}}\":mailto:{{{{ email }}}}\nEND:VEVENT\nEND:VCALENDAR\n",
        greeting.repeat(20)
    )
}

/// How the parts of a shape nest.
fn nesting(shape: Shape) -> String {
    let html = match (shape.html, shape.inline) {
        (false, _) => None,
        (true, false) => Some("html"),
        (true, true) => Some("related[html png]"),
    };
    let calendar = shape.calendar.then_some("calendar");
    let bodies: Vec<_> = [Some("plain"), html, calendar]
        .into_iter()
        .flatten()
        .collect();
    let body = match bodies.as_slice() {
        [only] => (*only).to_owned(),
        several => format!("alternative[{}]", several.join(" ")),
    };
    let attached = shape
        .attachments
        .then_some("pdf mpeg csv plain octet-stream rfc822");
    let files = [
        attached,
        shape.personal.then_some("pdf"),
        shape.calendar.then_some("ics"),
    ];
    let files: Vec<_> = files.into_iter().flatten().collect();
    match files.is_empty() {
        true => body,
        false => format!("mixed[{body} {}]", files.join(" ")),
    }
}
