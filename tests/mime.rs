//! What travels with a letter, as a mail reader sees it: files, pictures, invitations, charsets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use hikyaku::model::{Address, Charset, Fields, Mailbox, Markup, Timestamp};
use hikyaku::render::{
    Addressee, Fault, File, FileSource, Letter, LetterSource, Message, PersonalFiles, RenderError,
    TemplateFile, Tokens,
};
use mail_parser::{MessageParser, MimeHeaders as _};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const DATE: Timestamp = Timestamp::from_millis(1_796_083_200_120);
const HTML: &str = "<html><body><img src=\"cid:logo.png\" alt=\"\"></body></html>";
const CALENDAR: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\n\
    UID:1@example.com\nDTSTAMP:20261201T000000Z\nDTSTART:20261224T180000Z\nSUMMARY:For {{ name }}\n\
    ORGANIZER:mailto:news@example.com\nATTENDEE;CN=\"{{ name }}\":mailto:{{ email }}\nEND:VEVENT\nEND:VCALENDAR\n";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn source() -> LetterSource {
    let from = Mailbox {
        name: Some("Example News".into()),
        address: address("news@example.com"),
    };
    LetterSource {
        text: Some(TemplateFile::new("body.txt", "Hello")),
        ..LetterSource::new("welcome", "0198c0de", Tokens::sample(), from, "News")
    }
}

fn file(name: &str, content: impl Into<Bytes>) -> File {
    File {
        name: name.to_owned(),
        content: content.into(),
    }
}

fn html(text: &str) -> Option<(Markup, TemplateFile)> {
    Some((Markup::Html, TemplateFile::new("body.html", text)))
}

fn row(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().copied().collect()
}

fn render(source: &LetterSource, fields: &Fields) -> Result<Message, RenderError> {
    let letter = Letter::compile(source)?;
    let to = address("ann@plain.example");
    let addressee = Addressee::unknown(&to, fields);
    letter.try_out(&addressee)?;
    letter.render(&addressee, DATE)
}

fn wire(source: &LetterSource, fields: &Fields) -> Vec<u8> {
    let message = render(source, fields).unwrap();
    let octets = message.content.concat();
    assert_eq!(octets.len(), message.size);
    check_wire(&octets);
    octets
}

/// What holds for every message: 7-bit, lines of at most 998 octets that end in CRLF, and every
/// level of parts is opened and closed by lines of its own.
fn check_wire(octets: &[u8]) {
    let text = std::str::from_utf8(octets).unwrap();
    assert!(text.is_ascii() && !text.contains('\0') && text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        assert!(
            line.len() <= 998 && !line.contains(['\r', '\n']),
            "{line:?}"
        );
    }
    for (_, behind) in text
        .match_indices("boundary=\"")
        .map(|(at, found)| text.split_at(at + found.len()))
    {
        let boundary = behind.split('"').next().unwrap();
        let lines = text
            .split("\r\n")
            .filter(|line| line.starts_with(&format!("--{boundary}")));
        let lines: Vec<&str> = lines.collect();
        assert!(lines.len() >= 3, "one thing needs no multipart");
        let (last, others) = lines.split_last().unwrap();
        assert_eq!(*last, format!("--{boundary}--"));
        assert!(others.iter().all(|line| *line == format!("--{boundary}")));
    }
}

/// The nesting of a message: `mixed[plain, pdf]`.
fn shape(octets: &[u8]) -> String {
    let message = MessageParser::new().parse(octets).unwrap();
    fn of(message: &mail_parser::Message<'_>, number: u32) -> String {
        let part = message.part(number).unwrap();
        let kind = part.content_type().unwrap().subtype().unwrap().to_owned();
        match part.sub_parts() {
            Some(inner) => {
                let inner: Vec<_> = inner.iter().map(|number| of(message, *number)).collect();
                format!("{kind}[{}]", inner.join(" "))
            }
            None => kind,
        }
    }
    of(&message, 0)
}

#[test]
fn parts_nest_as_far_as_they_must() {
    let picture = || vec![file("logo.png", &b"\x89PNG"[..])];
    let menu = || vec![file("menu.pdf", &b"%PDF"[..])];
    let calendar = || Some(TemplateFile::new("event.ics", CALENDAR));
    let fields = row(&[("name", "Ann")]);
    let of = |change: &dyn Fn(&mut LetterSource)| {
        let mut source = source();
        change(&mut source);
        shape(&wire(&source, &fields))
    };
    assert_eq!(of(&|_| {}), "plain");
    assert_eq!(of(&|s| s.attachments = menu()), "mixed[plain pdf]");
    assert_eq!(of(&|s| s.html = html("<p>x")), "alternative[plain html]");
    let shown = |s: &mut LetterSource| (s.html, s.inline) = (html(HTML), picture());
    assert_eq!(of(&shown), "alternative[plain related[html png]]");
    let all = |s: &mut LetterSource| {
        shown(s);
        (s.attachments, s.calendar) = (menu(), calendar());
    };
    assert_eq!(
        of(&all),
        "mixed[alternative[plain related[html png] calendar] pdf ics]"
    );
    assert_eq!(
        of(&|s| s.calendar = calendar()),
        "mixed[alternative[plain calendar] ics]"
    );
}

#[test]
fn a_picture_is_found_by_the_id_that_the_html_names() {
    let name = "山の 図.png";
    let mut source = source();
    source.html = html("<img src=\"cid:山の 図.png\"><p>{{ name }}");
    source.inline = vec![file(name, &b"\x89PNG\r\n"[..])];
    let octets = wire(&source, &row(&[("name", "Ann")]));
    let message = MessageParser::new().parse(&octets).unwrap();
    let picture = message
        .parts
        .iter()
        .find(|part| part.content_id().is_some())
        .unwrap();
    let shown = format!("<img src=\"cid:{}\">", picture.content_id().unwrap());
    assert!(message.body_html(0).unwrap().starts_with(&shown), "{shown}");
    assert_eq!(picture.contents(), b"\x89PNG\r\n");
    assert_eq!(picture.attachment_name(), Some(name));
    assert!(picture.content_disposition().unwrap().is_inline());
    let related = message.parts.iter().find_map(|part| {
        let kind = part
            .content_type()
            .filter(|kind| kind.subtype() == Some("related"));
        kind.and_then(|kind| kind.attribute("type").map(str::to_owned))
    });
    assert_eq!(related.as_deref(), Some("text/html"));
}

#[test]
fn a_picture_nobody_provides_is_found_on_trial() {
    let mut source = source();
    source.html = html("<img src=\"{{ picture }}\">");
    source.inline = vec![file("a.png", &b"x"[..])];
    assert!(render(&source, &row(&[("picture", "cid:a.png")])).is_ok());
    let error = render(&source, &row(&[("picture", "cid:b.png")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "body.html: the HTML shows `cid:b.png`, and `inline` has no file of that name"
    );
    assert!(error.hint().is_some());
}

/// Files by name; counts how often they are read.
#[derive(Debug, Default)]
struct Folder(AtomicUsize);

impl FileSource for Folder {
    fn get(&self, name: &str) -> Result<File, String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.check(name)?;
        Ok(file(name, format!("content of {name}")))
    }

    fn check(&self, name: &str) -> Result<(), String> {
        match name.contains('/') {
            true => Err("it lies outside of the folder".to_owned()),
            false => Ok(()),
        }
    }
}

#[test]
fn everybody_gets_their_own_files() {
    let folder = Arc::new(Folder::default());
    let mut source = source();
    source.personal_files = Some(PersonalFiles {
        column: "files".into(),
        files: Arc::clone(&folder) as Arc<dyn FileSource>,
    });
    let letter = Letter::compile(&source).unwrap();
    assert!(letter.is_personal() && letter.render_for_all(DATE).unwrap().is_none());
    let to = address("ann@plain.example");
    let names = |cell: &str| {
        let fields = row(&[("files", cell)]);
        let addressee = Addressee::unknown(&to, &fields);
        letter.try_out(&addressee)?;
        let octets = letter.render(&addressee, DATE)?.content.concat();
        check_wire(&octets);
        let message = MessageParser::new().parse(&octets).unwrap();
        let read = message.attachments().map(|part| {
            let name = part.attachment_name().unwrap().to_owned();
            assert_eq!(part.contents(), format!("content of {name}").as_bytes());
            name
        });
        Ok::<_, RenderError>(read.collect::<Vec<_>>())
    };
    assert_eq!(names("").unwrap(), Vec::<String>::new());
    assert_eq!(names("a.pdf; b.txt;;a.pdf ").unwrap(), ["a.pdf", "b.txt"]);
    assert_eq!(names("b.txt").unwrap(), ["b.txt"]);
    assert_eq!(folder.0.load(Ordering::Relaxed), 2, "read once for all");
    let error = names("a.pdf;../x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "personal_files: column \"files\" names the file \"../x\": it lies outside of the folder"
    );
    let error = letter
        .try_out(&Addressee::unknown(&to, &row(&[])))
        .unwrap_err();
    assert!(matches!(error.fault, Fault::NoFileColumn { .. }));
}

#[test]
fn values_stay_in_their_line_of_a_calendar() {
    let mut source = source();
    source.calendar = Some(TemplateFile::new("event.ics", CALENDAR));
    let hostile = "a\"\r\nATTENDEE:mailto:x@y\n;,\\ é";
    let octets = wire(
        &source,
        &row(&[("name", hostile), ("email", "ann@plain.example")]),
    );
    let message = MessageParser::new().parse(&octets).unwrap();
    let part = message
        .parts
        .iter()
        .find(|part| part.is_content_type("text", "calendar"))
        .unwrap();
    assert_eq!(
        part.content_type().unwrap().attribute("method"),
        Some("REQUEST")
    );
    let text = part.text_contents().unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
    let text = text.replace("\r\n ", "");
    let said = "a'\\nATTENDEE:mailto:x@y\\n\\;\\,\\\\ é";
    assert!(
        text.contains(&format!("\r\nSUMMARY:For {said}\r\n")),
        "{text}"
    );
    assert_eq!(text.matches("\r\nATTENDEE").count(), 1);
    let copy = message
        .attachments()
        .find(|part| part.attachment_name() == Some("invite.ics"));
    assert_eq!(
        copy.unwrap().contents(),
        part.text_contents().unwrap().as_bytes()
    );

    source.calendar = Some(TemplateFile::new(
        "event.ics",
        "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
    ));
    let error = Letter::compile(&source).unwrap_err();
    assert_eq!(
        error.to_string(),
        "event.ics: no invitation: VCALENDAR lacks VERSION"
    );
}

/// The unfolded calendar of a letter whose event has these lines.
fn event(lines: &str, library: &[(&str, &str)], name: &str) -> Result<String, RenderError> {
    let mut source = source();
    let event = CALENDAR.replace("END:VEVENT", &format!("{lines}\nEND:VEVENT"));
    source.calendar = Some(TemplateFile::new("event.ics", &event));
    for (name, text) in library {
        let file = TemplateFile::new(*name, *text);
        source.library.insert((*name).to_owned(), file);
    }
    let fields = row(&[
        ("name", name),
        ("email", "ann@plain.example"),
        ("part", "part.ics"),
    ]);
    Letter::compile(&source)?;
    let octets = render(&source, &fields)?.content.concat();
    let message = MessageParser::new().parse(&octets).unwrap();
    let mut parts = message.parts.iter();
    let part = parts.find(|part| part.is_content_type("text", "calendar"));
    Ok(part.unwrap().text_contents().unwrap().replace("\r\n ", ""))
}

#[test]
fn parts_of_a_calendar_escape_as_it_does() {
    let library = [("part.ics", "COMMENT:{{ name }}")];
    let text = event("{% include part %}", &library, "a\nATTENDEE:mailto:x@y").unwrap();
    assert!(
        text.contains("\r\nCOMMENT:a\\nATTENDEE:mailto:x@y\r\n"),
        "{text}"
    );

    let library = [("part.ics", "\nCONTACT;X={{ name }}:a")];
    let error = event("{% include part %}", &library, "a").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("line 2 of part.ics: a value in a parameter"),
        "{error}"
    );
}

#[test]
fn values_add_no_parameters_to_a_calendar() {
    let error = event("ATTENDEE;CN={{ name }}:mailto:a@b.example", &[], "a").unwrap_err();
    assert_eq!(error.template, "event.ics");
    assert!(error.line.is_some());
    assert!(error.to_string().contains("needs double quotes"), "{error}");

    let lines = "CONTACT;X-A=\"{{ name }}\":{{ name }}\nURL:https://a.example/{{ name }}";
    let text = event(lines, &[], "b;X=c,\"d\ne\\").unwrap();
    assert!(
        text.contains("\r\nCONTACT;X-A=\"b;X=c,'d e\\\":b\\;X=c\\,'d\\ne\\\\\r\n"),
        "{text}"
    );
    assert!(
        text.contains("\r\nURL:https://a.example/b;X=c,'de\\\r\n"),
        "{text}"
    );
}

#[test]
fn a_cell_beside_a_number_is_refused_where_it_stands() {
    let mut source = source();
    let text = "Hello\n{% if points > 100 %}\ngold{% endif %}";
    source.text = Some(TemplateFile::new("body.txt", text));
    let error = Letter::compile(&source).unwrap_err();
    assert_eq!((&*error.template, error.line), ("body.txt", Some(2)));
    assert!(error.to_string().contains("`points|int`"), "{error}");
    source.text = Some(TemplateFile::new(
        "body.txt",
        text.replace("points", "points|int"),
    ));
    let octets = wire(&source, &row(&[("points", "50")]));
    assert!(!String::from_utf8_lossy(&octets).contains("gold"));
}

fn japanese() -> LetterSource {
    LetterSource {
        charset: Charset::Iso2022Jp,
        text: Some(TemplateFile::new("body.txt", "{{ name }}様\nこんにちは〜")),
        html: html("<meta charset=\"utf-8\"><p>{{ name }}様"),
        subject: "{{ name }}様へのお知らせ".repeat(4),
        ..source()
    }
}

#[test]
fn iso_2022_jp_is_all_or_nothing() {
    let source = japanese();
    let message = render(&source, &row(&[("name", "山田")])).unwrap();
    assert_eq!(message.charset, Charset::Iso2022Jp);
    let octets = message.content.concat();
    check_wire(&octets);
    let text = String::from_utf8(octets).unwrap();
    assert!(!text.contains("utf-8") && text.contains("<meta charset=\"iso-2022-jp\">"));
    assert_eq!(
        text.matches("charset=\"iso-2022-jp\"\r\nContent-Transfer-Encoding: 7bit\r\n")
            .count(),
        2
    );
    assert!(text.contains("Subject: =?iso-2022-jp?B?"));
    for name in ["山田😀", "髙橋", "René"] {
        let message = render(&source, &row(&[("name", name)])).unwrap();
        assert_eq!(message.charset, Charset::Utf8, "{name}");
        let octets = message.content.concat();
        check_wire(&octets);
        assert!(!String::from_utf8(octets.clone()).unwrap().contains("2022"));
        let parsed = MessageParser::new().parse(&octets).unwrap();
        assert!(
            parsed
                .subject()
                .unwrap()
                .starts_with(&format!("{name}様へのお知らせ"))
        );
        assert_eq!(
            parsed.body_text(0).unwrap().trim_end(),
            format!("{name}様\r\nこんにちは〜")
        );
    }
}

#[test]
fn one_name_is_enough_to_make_it_utf_8() {
    let mut source = japanese();
    source.from.name = Some("Café".into());
    let message = render(&source, &row(&[("name", "山田")])).unwrap();
    assert_eq!(message.charset, Charset::Utf8);
}

#[test]
fn a_large_file_is_shared_and_not_copied() {
    let mut source = source();
    source.text = Some(TemplateFile::new("t", "{{ name }}"));
    source.attachments = vec![file("film.mp4", vec![7; 2 << 20])];
    let letter = Letter::compile(&source).unwrap();
    let to = address("ann@plain.example");
    let of = |name| {
        let fields = row(&[("name", name)]);
        letter
            .render(&Addressee::unknown(&to, &fields), DATE)
            .unwrap()
            .content
    };
    let (ann, bob) = (of("Ann"), of("Bob"));
    let own = ann
        .iter()
        .filter(|a| bob.iter().all(|b| a.as_ptr() != b.as_ptr()));
    let own: usize = own.map(Bytes::len).sum();
    assert!(own < 2000, "{own} octets of a message are its own");
}

fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("--=_1_x".to_owned()),
        Just("\r\n--=_2_\r\n".to_owned()),
        Just(" ".to_owned()),
        Just("\r\n.\r\n".to_owned()),
        Just("x".repeat(1100)),
        "[ -~]{0,90}",
        "[ぁ-ん]{0,40}",
        "\\PC{0,12}",
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

fn odd_file() -> impl Strategy<Value = File> {
    let name = (
        "\\PC{0,30}",
        prop::sample::select(&[".txt", ".pdf", ".eml", ".html", ".ics", "", ".csv"][..]),
    );
    let content = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        odd_text().prop_map(String::into_bytes),
    ];
    (name, content).prop_map(|((stem, ending), content)| file(&(stem + ending), content))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_goes_in_comes_out(
        text in odd_text(),
        html_text in prop::option::of(odd_text()),
        files in prop::collection::vec(odd_file(), 0..4),
        picture in prop::collection::vec(any::<u8>(), 0..200),
        name in "\\PC{0,40}",
        personal in any::<bool>(),
    ) {
        let mut source = source();
        source.from.name = Some(name.clone());
        let fields = row(&[("text", &text), ("html", html_text.as_deref().unwrap_or_default()), ("name", &name)]);
        source.text = Some(TemplateFile::new("t", if personal { "[{{ text }}]" } else { "[same]" }));
        if html_text.is_some() {
            source.html = html(&format!("{HTML}{{{{ html }}}}"));
            source.inline = vec![file("logo.png", picture.clone())];
        }
        source.attachments = files.clone();
        let octets = wire(&source, &fields);
        let parsed = MessageParser::new().parse(&octets).unwrap();
        let wanted = if personal { format!("[{text}]") } else { "[same]".to_owned() };
        let read = parsed.body_text(0).unwrap();
        let read = read.trim_end_matches("\r\n");
        let wanted = on_the_wire(&wanted);
        prop_assert_eq!(read, wanted.trim_end_matches("\r\n"));
        let carried: Vec<_> = parsed.parts.iter()
            .filter(|part| part.content_disposition().is_some_and(mail_parser::ContentType::is_attachment))
            .collect();
        prop_assert_eq!(carried.len(), files.len());
        for (part, file) in carried.iter().zip(&files) {
            if !file.name.ends_with(".eml") {
                prop_assert_eq!(raw_contents(&octets, part), file.content.to_vec());
            }
        }
        if html_text.is_some() {
            let shown = parsed.parts.iter().find(|part| part.content_id().is_some()).unwrap();
            prop_assert_eq!(shown.contents(), picture.as_slice());
        }
    }
}

/// Body text as it may arrive.
fn on_the_wire(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.replace('\0', "").replace('\n', "\r\n")
}

/// The octets of a part without its transfer encoding: mail-parser itself reads texts as texts.
fn raw_contents(octets: &[u8], part: &mail_parser::MessagePart<'_>) -> Vec<u8> {
    let start = usize::try_from(part.raw_body_offset()).unwrap();
    let end = usize::try_from(part.raw_end_offset()).unwrap();
    let body = &octets[start..end];
    match part.encoding {
        mail_parser::Encoding::Base64 => {
            mail_parser::decoders::base64::base64_decode(body).unwrap()
        }
        mail_parser::Encoding::QuotedPrintable => {
            mail_parser::decoders::quoted_printable::quoted_printable_decode(body).unwrap()
        }
        mail_parser::Encoding::None => body.to_vec(),
    }
}
