//! Letters as a mail reader sees them: what is rendered is parsed again by another library.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hikyaku::model::{Address, CampaignId, Fields, Mailbox, Markup, RecipientId, Timestamp};
use hikyaku::render::{
    Addressee, Fault, Letter, LetterSource, Message, Purpose, Secret, TemplateFile,
};
use mail_parser::{MessageParser, MimeHeaders as _};
use proptest::prelude::*;

const DATE: Timestamp = Timestamp::from_millis(1_796_083_200_120);

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn secret() -> Secret {
    Secret::new(&[7; 32])
}

fn source() -> LetterSource {
    let from = Mailbox {
        name: Some("Example News".into()),
        address: address("news@example.com"),
    };
    let tokens = secret().tokens(CampaignId(1));
    let subject = "Hello {{ name | default('there') }}";
    LetterSource {
        reply_to: Some(Mailbox {
            name: None,
            address: address("hello@example.com"),
        }),
        html: html(
            "body.html",
            "<p>Dear {{ name }},</p>\n<a href=\"{{ unsubscribe_url }}\">x</a>\n",
        ),
        text: plain("body.txt", "Dear {{ name }},\nbye: {{ unsubscribe_url }}\n"),
        unsubscribe: Some("https://example.com/u/{{ token }}".into()),
        ..LetterSource::new("welcome", "0198c0de", tokens, from, subject)
    }
}

fn html(name: &str, text: &str) -> Option<(Markup, TemplateFile)> {
    Some((Markup::Html, TemplateFile::new(name, text)))
}

fn plain(name: &str, text: &str) -> Option<TemplateFile> {
    Some(TemplateFile::new(name, text))
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().copied().collect()
}

fn octets(message: &Message) -> Vec<u8> {
    let octets: Vec<u8> = message.content.concat();
    assert_eq!(octets.len(), message.size);
    octets
}

fn render(source: &LetterSource, to: &str, row: &Fields) -> Message {
    let letter = Letter::compile(source).unwrap();
    let address = address(to);
    let addressee = Addressee {
        id: RecipientId(9),
        address: &address,
        fields: row,
    };
    letter.try_out(&addressee).unwrap();
    letter.render(&addressee, DATE).unwrap()
}

/// What holds for every message: CRLF lines of at most 998 octets, 7-bit, one of each header.
fn check_wire(octets: &[u8]) -> String {
    let text = String::from_utf8(octets.to_vec()).unwrap();
    assert!(text.is_ascii() && !text.contains('\0'));
    assert!(text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 998);
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }
    text
}

/// The names of the header fields, by this test's own reading of RFC 5322.
fn header_names(wire: &str) -> Vec<&str> {
    let (head, _) = wire.split_once("\r\n\r\n").unwrap();
    head.split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').expect("a field").0)
        .collect()
}

#[test]
fn a_letter_has_the_headers_of_bulk_mail() {
    let mut source = source();
    source.bounce_domain = Some("bounces.example.com".into());
    let row = fields(&[("email", "yuki@plain.example"), ("name", "山田 雪")]);
    let message = render(&source, "yuki@plain.example", &row);
    let wire = check_wire(&octets(&message));
    assert_eq!(
        header_names(&wire),
        [
            "From",
            "Reply-To",
            "List-ID",
            "Feedback-ID",
            "Precedence",
            "X-Hikyaku-Campaign",
            "MIME-Version",
            "Date",
            "Message-ID",
            "To",
            "Subject",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "Content-Type"
        ]
    );
    for line in [
        "From: \"Example News\" <news@example.com>",
        "Reply-To: <hello@example.com>",
        "List-ID: \"Example News\" <news.example.com>",
        "Feedback-ID: welcome:example.com:bulk:examplecom",
        "Precedence: bulk",
        "X-Hikyaku-Campaign: 0198c0de",
        "Date: Tue, 1 Dec 2026 00:00:00 +0000",
        "To: =?utf-8?B?5bGx55SwIOmbqg==?= <yuki@plain.example>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ] {
        assert!(
            wire.contains(&format!("{line}\r\n")),
            "{line} not in\n{wire}"
        );
    }
    let left = message.message_id.strip_suffix("@example.com").unwrap();
    assert!(wire.contains(&format!("Message-ID: <{left}@example.com>\r\n")));
    let whose = Some((CampaignId(1), RecipientId(9)));
    assert_eq!(secret().open(Purpose::Message, left), whose);
    let (local, domain) = message.reverse_path.split_once('@').unwrap();
    assert_eq!(domain, "bounces.example.com");
    assert_eq!(secret().open_reverse_path(local), whose);
}

#[test]
fn both_bodies_arrive_as_they_were_rendered() {
    let row = fields(&[("name", "<Ann & \"Bob\">")]);
    let message = render(&source(), "a@plain.example", &row);
    let octets = octets(&message);
    let parsed = MessageParser::new().parse(&octets).unwrap();
    assert_eq!(parsed.subject(), Some("Hello <Ann & \"Bob\">"));
    assert_eq!(
        parsed.to().unwrap().first().unwrap().name(),
        Some("<Ann & \"Bob\">")
    );
    let html = parsed.body_html(0).unwrap();
    assert!(
        html.starts_with(
            "<p>Dear &lt;Ann &amp; &quot;Bob&quot;&gt;,</p>\r\n<a href=\"https://example.com/u/"
        ),
        "{html}"
    );
    let text = parsed.body_text(0).unwrap();
    assert!(
        text.starts_with("Dear <Ann & \"Bob\">,\r\nbye: https://example.com/u/"),
        "{text}"
    );
    let preview = Letter::compile(&source())
        .unwrap()
        .preview(&Addressee {
            id: RecipientId(9),
            address: &address("a@plain.example"),
            fields: &row,
        })
        .unwrap();
    assert_eq!(preview.text.unwrap().replace('\n', "\r\n"), text);
    assert_eq!(preview.subject, "Hello <Ann & \"Bob\">");
}

#[test]
fn an_empty_cell_takes_the_default() {
    for row in [fields(&[("name", " ")]), fields(&[])] {
        let mut source = source();
        source.text = plain("t", "Hi {{ name | default('you') }}");
        source.html = None;
        let letter = Letter::compile(&source).unwrap();
        let preview = letter
            .preview(&Addressee::unknown(&address("a@plain.example"), &row))
            .unwrap();
        assert_eq!(preview.subject, "Hello there");
        assert_eq!(preview.text.as_deref(), Some("Hi you"));
        assert_eq!(preview.html, None);
    }
}

#[test]
fn every_variable_can_be_named() {
    let mut source = source();
    source.html = None;
    source.text = plain(
        "t",
        "{{ email }} {{ campaign }} {{ fields['First name'] }} {{ unsubscribe_url }} {{ token|length }} \
         {% set city = city|default('-') %}{{ city }}",
    );
    source.unsubscribe = Some("https://example.com/?c={{ city | urlencode }}".into());
    let letter = Letter::compile(&source).unwrap();
    let row = fields(&[("First name", "Ann"), ("city", "São Paulo")]);
    let preview = letter
        .preview(&Addressee::unknown(&address("a@plain.example"), &row))
        .unwrap();
    assert_eq!(
        preview.text.as_deref(),
        Some("a@plain.example welcome Ann https://example.com/?c=S%C3%A3o%20Paulo 32 São Paulo")
    );
    let own = fields(&[("First name", "Ann"), ("city", "x"), ("token", "T1")]);
    let preview = letter
        .preview(&Addressee::unknown(&address("a@plain.example"), &own))
        .unwrap();
    assert!(
        preview.text.unwrap().contains(" 2 "),
        "a list may bring its own token"
    );
}

#[test]
fn errors_name_the_template_the_line_and_the_variable() {
    let mut source = source();
    source.html = html("body.html", "<p>\n{{ name }}\n{{ nmae|upper }}</p>");
    let letter = Letter::compile(&source).unwrap();
    let row = fields(&[("email", "a@b.example"), ("name", "Ann"), ("city", "Rome")]);
    let error = letter
        .try_out(&Addressee::unknown(&address("a@b.example"), &row))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "body.html:3: undefined variable `nmae` (columns: email, name, city)"
    );
    assert_eq!(error.hint().as_deref(), Some("did you mean `name`?"));

    source.html = html("body.html", "{{ nmae | default('') }}\n{{ fields['x'] }}");
    let letter = Letter::compile(&source).unwrap();
    let error = letter
        .try_out(&Addressee::unknown(&address("a@b.example"), &row))
        .unwrap_err();
    assert_eq!(error.to_string(), "body.html:2: undefined value");

    source.html = html("body.html", "ok\n{% if %}");
    let error = Letter::compile(&source).unwrap_err();
    assert_eq!(
        (error.template.as_str(), error.line),
        ("body.html", Some(2))
    );
    assert!(matches!(error.fault, Fault::Syntax(_)), "{error}");
}

#[test]
fn what_cannot_be_sent_is_found_on_trial() {
    let try_out = |change: &dyn Fn(&mut LetterSource)| {
        let mut source = source();
        change(&mut source);
        let row = fields(&[
            ("name", "Ann"),
            ("empty", ""),
            ("url", "https://a.example/ü"),
        ]);
        Letter::compile(&source)
            .and_then(|letter| letter.try_out(&Addressee::unknown(&address("a@b.example"), &row)))
            .unwrap_err()
    };
    let text = |template: &'static str| {
        move |source: &mut LetterSource| source.text = plain("t", template)
    };
    assert_eq!(
        try_out(&|s| s.subject = "{{ empty }}".into()).fault,
        Fault::EmptySubject
    );
    assert_eq!(
        try_out(&|s| s.subject = " ".into()).fault,
        Fault::EmptySubject
    );
    assert!(matches!(
        try_out(&|s| s.unsubscribe = Some("{{ url }}".into())).fault,
        Fault::Unsubscribe { .. }
    ));
    assert!(matches!(
        try_out(&|s| s.unsubscribe = Some("{{ unsubscribe_url }}".into())).fault,
        Fault::UnknownVariable { .. }
    ));
    let no_body = |s: &mut LetterSource| (s.html, s.text) = (None, None);
    assert_eq!(try_out(&no_body).fault, Fault::NoBody);
    assert!(matches!(
        try_out(&|s| s.bounce_domain = Some("a b".into())).fault,
        Fault::BounceDomain(_)
    ));
    let endless =
        "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
    assert!(matches!(
        try_out(&text(endless)).fault,
        Fault::TooManySteps { .. }
    ));
    let huge = "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}";
    assert!(matches!(try_out(&text(huge)).fault, Fault::TooLong { .. }));
    let include = try_out(&text("{% include 'other.txt' %}"));
    assert!(matches!(include.fault, Fault::Include(_)), "{include}");
    assert!(
        include
            .hint()
            .is_some_and(|hint| hint.contains("campaign's folder")),
        "{include}"
    );
    assert!(matches!(
        try_out(&text("{{ name|frobnicate }}")).fault,
        Fault::Expression(_)
    ));
    assert!(matches!(
        try_out(&text("{{ name.first }}")).fault,
        Fault::Expression(_)
    ));
}

#[test]
fn one_template_is_enough() {
    let row = fields(&[("name", "Ann")]);
    let mut text_only = source();
    text_only.html = None;
    let message = octets(&render(&text_only, "a@b.example", &row));
    let parsed = MessageParser::new().parse(&message).unwrap();
    assert_eq!(parsed.content_type().unwrap().ctype(), "text");
    assert!(
        parsed
            .body_text(0)
            .unwrap()
            .starts_with("Dear Ann,\r\nbye: ")
    );

    let mut html_only = source();
    html_only.text = None;
    let message = octets(&render(&html_only, "a@b.example", &row));
    let parsed = MessageParser::new().parse(&message).unwrap();
    assert_eq!(parsed.parts.len(), 3);
    assert!(parsed.body_text(0).unwrap().starts_with("Dear Ann,"));
}

#[test]
fn a_text_is_made_from_html_for_each_recipient() {
    let plain = "<p>Hi <b>{{ name }}</b>{% if city %} of {{ city }}{% endif %}</p><a href=\"{{ unsubscribe_url }}\">out</a>";
    let capturing = format!("{{% set x %}}{plain}{{% endset %}}{{{{ x }}}}");
    for markup in [plain, &capturing] {
        let mut source = source();
        source.html = html("h", markup);
        source.text = None;
        let letter = Letter::compile(&source).unwrap();
        for (name, city, greeting) in [
            ("Ann", "", "Hi **Ann**"),
            ("山 <田>", "東京", "Hi **山 <田>** of 東京"),
            ("x\u{FDD0}0\u{FDD1}", "a\tb & c", "Hi **x0** of a b & c"),
        ] {
            let row = fields(&[("name", name), ("city", city)]);
            let preview = letter
                .preview(&Addressee::unknown(&address("a@b.example"), &row))
                .unwrap();
            let text = preview.text.unwrap().replace(['\u{FDD0}', '\u{FDD1}'], "");
            assert!(text.starts_with(&format!("{greeting}\n")), "{text}");
            assert!(text.contains("\n[1]: https://example.com/u/"), "{text}");
            assert!(!preview.html.unwrap().contains("<田>"));
        }
    }
}

#[test]
fn what_is_the_same_for_all_is_shared() {
    let mut source = source();
    source.html = html("h", "<p>the same</p>");
    let letter = Letter::compile(&source).unwrap();
    let of = |name| {
        let row = fields(&[("name", name)]);
        letter
            .render(&Addressee::unknown(&address("a@b.example"), &row), DATE)
            .unwrap()
            .content
    };
    let (ann, bob) = (of("Ann"), of("Bob"));
    let shared = ann
        .iter()
        .filter(|a| bob.iter().any(|b| a.as_ptr() == b.as_ptr()))
        .count();
    assert_eq!(shared, 2, "the campaign's headers and the HTML part");
}

/// Cells that try to break out.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\0".to_owned()),
        Just("\r\n.\r\n".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\u{202E}".to_owned()),
        Just("\u{2066}".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("=?utf-8?Q?=0D=0ABcc:_x?=".to_owned()),
        Just("\r\nBcc: evil@example.com".to_owned()),
        Just("\r\n\r\n--=_".to_owned()),
        Just("--".to_owned()),
        Just("<script>".to_owned()),
        Just(",;:<>@".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("\u{85}".to_owned()),
        Just("{{ name }}".to_owned()),
        Just("\nFrom someone".to_owned()),
        Just("x".repeat(1200)),
        "[ -~]{0,12}",
        "\\PC{0,6}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Body text as it may arrive.
fn on_the_wire(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "")
        .replace('\n', "\r\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_cell_breaks_out_of_its_place(name in hostile(), cell in hostile(), campaign in hostile(), uid in hostile(), html_too in any::<bool>()) {
        let mut source = source();
        source.campaign = campaign;
        source.uid = uid;
        source.subject = "s {{ name[:200] }}".into();
        source.from.name = Some(name.clone());
        source.text = plain("t", "[{{ cell }}]");
        source.html = html_too.then(|| html("h", "<p>{{ cell }}</p>")).flatten();
        let row = fields(&[("name", &name), ("cell", &cell)]);
        let message = render(&source, "a@plain.example", &row);
        let octets = octets(&message);
        let wire = check_wire(&octets);
        let mut names = header_names(&wire);
        let mut expected = vec![
            "From", "Reply-To", "List-ID", "Feedback-ID", "Precedence", "X-Hikyaku-Campaign", "MIME-Version",
            "Date", "Message-ID", "To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "Content-Type",
        ];
        if !html_too { expected.push("Content-Transfer-Encoding"); }
        names.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(names, expected);

        let parsed = MessageParser::new().parse(&octets).unwrap();
        prop_assert_eq!(parsed.parts.len(), if html_too { 3 } else { 1 });
        let text = parsed.body_text(0).unwrap();
        let wanted = on_the_wire(&format!("[{cell}]"));
        prop_assert_eq!(text.trim_end_matches("\r\n"), wanted.as_str());
        if html_too {
            let html = parsed.body_html(0).unwrap();
            prop_assert!(!html.contains("<script>"));
            prop_assert!(html.starts_with("<p>") && html.ends_with("</p>"));
        }
        let to = parsed.to().unwrap();
        prop_assert_eq!(to.iter().count(), 1);
        prop_assert_eq!(to.first().unwrap().address(), Some("a@plain.example"));
        let subject = parsed.subject().unwrap();
        prop_assert!(subject.starts_with('s') && !subject.contains(|c: char| c.is_control()));
    }
}

#[test]
fn a_letter_without_a_personal_part_is_one_message_for_all() {
    let same = LetterSource {
        subject: "News".to_owned(),
        html: None,
        text: plain("body.txt", "the same for all"),
        unsubscribe: None,
        bounce_domain: None,
        ..source()
    };
    let for_all = |source: &LetterSource| {
        let letter = Letter::compile(source).unwrap();
        letter.render_for_all(DATE).unwrap()
    };
    let message = for_all(&same).unwrap();
    let octets = octets(&message);
    let text = String::from_utf8(octets).unwrap();
    assert!(
        text.contains("\r\nTo: undisclosed-recipients:;\r\n"),
        "{text}"
    );
    assert_eq!(for_all(&same).unwrap().message_id, message.message_id);
    let personal = [
        LetterSource {
            subject: "Hello {{ name }}".to_owned(),
            ..same.clone()
        },
        LetterSource {
            text: plain("t", "{{ name }}"),
            ..same.clone()
        },
        LetterSource {
            unsubscribe: Some("https://a.example/{{ token }}".to_owned()),
            ..same.clone()
        },
        LetterSource {
            bounce_domain: Some("b.example.com".to_owned()),
            ..same
        },
    ];
    for source in personal {
        assert!(for_all(&source).is_none());
    }
}

#[test]
fn an_inspection_names_the_gaps_that_a_person_would_see() {
    let mut source = source();
    source.html = html(
        "h",
        "<p>Hi {{ name }}{% if city %} of {{ city }}{% endif %}, {{ plan | default('none') }} {{ unsubscribe_url }}</p>",
    );
    source.text = None;
    let letter = Letter::compile(&source).unwrap();
    let blank = |name, city, plan| {
        let row = fields(&[("name", name), ("city", city), ("plan", plan)]);
        let to = address("a@b.example");
        let addressee = Addressee::unknown(&to, &row);
        let inspection = letter.inspect(&addressee).unwrap();
        assert_eq!(inspection.preview, letter.preview(&addressee).unwrap());
        let octets = letter.render(&addressee, DATE).unwrap().size;
        let about = inspection.octets;
        assert!(about > octets / 2 && about < octets * 2, "{about} {octets}");
        inspection.blank
    };
    assert_eq!(blank("Ann", "", ""), [""; 0]);
    assert_eq!(blank("Ann", "Oslo", "x"), [""; 0]);
    assert_eq!(blank(" ", "Oslo", "x"), ["name"]);
}
