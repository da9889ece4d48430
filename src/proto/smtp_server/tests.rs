//! Whole conversations, in every cut.

use super::*;
use crate::model::Reply;
use proptest::prelude::*;

/// What a conversation came to: events (content joined), and the octets said.
#[derive(Debug, PartialEq, Eq, Default)]
struct Heard {
    events: Vec<String>,
    said: String,
}

fn ok(code: u16) -> Reply {
    Reply {
        code,
        enhanced: None,
        text: "fine".to_owned(),
    }
}

/// A caller that accepts everything except recipients named `no`.
fn policy(event: &Event) -> Reply {
    match event {
        Event::Connected => ok(220),
        Event::Data => ok(354),
        Event::Rcpt { to } if to.local == "no" => ok(550),
        Event::StartTls => ok(220),
        _ => ok(250),
    }
}

fn converse(server: &mut Server, pieces: &[&[u8]]) -> Heard {
    let mut heard = Heard::default();
    let mut content = Vec::new();
    for piece in std::iter::once(&&b""[..]).chain(pieces) {
        server.receive(piece);
        while let Some(event) = server.poll() {
            if let Event::Content(piece) = &event {
                content.extend_from_slice(piece);
                continue;
            }
            if matches!(event, Event::Message(_) | Event::Abandoned) {
                let text = String::from_utf8_lossy(&content).into_owned();
                if matches!(event, Event::Message(_)) {
                    heard.events.push(format!("content {text:?}"));
                }
                content.clear();
            }
            heard.events.push(format!("{event:?}"));
            if event.wants_answer() {
                server.answer(&policy(&event));
            }
        }
        heard.said += std::str::from_utf8(&server.take_output()).unwrap();
    }
    heard
}

fn talk(input: &str) -> Heard {
    converse(&mut Server::new(small()), &[input.as_bytes()])
}

fn small() -> ServerConfig {
    ServerConfig {
        max_size: 100,
        max_recipients: 3,
        ..ServerConfig::new("mx.test")
    }
}

fn codes(heard: &Heard) -> Vec<&str> {
    heard.said.lines().map(|line| &line[..3]).collect()
}

#[test]
fn a_pipelined_session_is_understood() {
    let heard = talk(
        "EHLO me\r\nMAIL FROM:<a@x.org> SIZE=10\r\nRCPT TO:<b@y.org>\r\nRCPT TO:<no@y.org>\r\nDATA\r\n\
         Hi\r\n..\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\nBDAT 3\r\nabcBDAT 2 LAST\r\n\r\nQUIT\r\n",
    );
    assert!(
        heard
            .said
            .starts_with("220 mx.test fine\r\n250-mx.test fine\r\n250-SIZE 100\r\n")
    );
    assert!(heard.said.contains("250 CHUNKING\r\n"));
    assert!(heard.said.ends_with(
        "250 fine\r\n250 fine\r\n550 fine\r\n354 fine\r\n250 fine\r\n\
         250 fine\r\n250 fine\r\n250 2.0.0 3 octets received\r\n250 fine\r\n221 2.0.0 mx.test closes\r\n"
    ));
    let contents: Vec<&String> = heard
        .events
        .iter()
        .filter(|e| e.starts_with("content"))
        .collect();
    assert_eq!(
        contents,
        ["content \"Hi\\r\\n.\\r\\n\"", "content \"abc\\r\\n\""]
    );
}

#[test]
fn the_order_of_commands_is_kept() {
    let heard = talk(
        "MAIL FROM:<a@x.org>\r\nEHLO me\r\nRCPT TO:<b@y.org>\r\nDATA\r\nMAIL FROM:<a@x.org>\r\n\
         MAIL FROM:<a@x.org>\r\nDATA\r\nBDAT 4 LAST\r\nQUITRSET\r\nRCPT TO:<b@y.org>\r\n",
    );
    let said: Vec<&str> = codes(&heard).into_iter().filter(|c| *c != "220").collect();
    assert_eq!(said[0], "503");
    assert_eq!(
        said[said.len() - 8..],
        ["503", "503", "250", "503", "503", "503", "250", "503"]
    );
    assert_eq!(heard.events.last().map(String::as_str), Some("Abandoned"));
}

#[test]
fn bounds_are_kept() {
    let big = "x".repeat(200);
    let heard = talk(&format!(
        "EHLO me\r\nMAIL FROM:<a@x.org> SIZE=101\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n\
         {big}\r\n.\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nBDAT 150\r\n{}NOOP\r\nNOOP {}\r\nNOOP\r\n",
        &big[..150],
        "y".repeat(5000)
    ));
    let tail: Vec<&str> = codes(&heard).split_off(8);
    assert_eq!(
        tail,
        [
            "552", "250", "250", "354", "552", "250", "250", "552", "250", "500", "250"
        ]
    );
    assert_eq!(heard.events.iter().filter(|e| *e == "Abandoned").count(), 2);
    assert!(!heard.events.iter().any(|e| e.starts_with("Message")));
}

#[test]
fn too_many_recipients_and_too_many_faults_end_somewhere() {
    let heard = talk(&format!(
        "EHLO me\r\nMAIL FROM:<a@x.org>\r\n{}{}NOOP\r\n",
        "RCPT TO:<b@y.org>\r\n".repeat(4),
        "WHAT\r\n".repeat(30)
    ));
    assert_eq!(heard.said.matches("452 4.5.3").count(), 1);
    assert_eq!(heard.said.matches("500 5.5.2").count(), 20);
    assert!(heard.said.ends_with("421 4.7.0 Too many errors\r\n"));
}

#[test]
fn mail_cannot_be_smuggled() {
    let heard = talk(
        "EHLO me\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n\
         a\n.\nMAIL FROM:<evil@x.org>\r\n.\r\nMAIL FROM:<c@x.org>\nQUIT\r\n",
    );
    assert!(
        heard
            .events
            .iter()
            .any(|e| e.contains("bare_line_ends: true"))
    );
    assert!(
        !heard
            .events
            .iter()
            .any(|e| e.contains("\"evil\"") || e.contains("\"c\""))
    );
    assert!(heard.said.contains("500 5.5.2 Lines end in CR LF"));
}

#[test]
fn other_scripts_need_smtputf8() {
    let heard = talk(
        "EHLO me\r\nMAIL FROM:<é@x.org>\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<é@y.org>\r\nRSET\r\n\
         MAIL FROM:<é@x.org> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<é@y.org>\r\n",
    );
    let tail = codes(&heard).split_off(8);
    assert_eq!(tail, ["553", "250", "553", "250", "250", "250"]);
}

#[test]
fn an_old_server_knows_no_extensions() {
    let config = ServerConfig {
        extended: false,
        enhanced_codes: false,
        ..small()
    };
    let input =
        b"EHLO me\r\nHELO me\r\nMAIL FROM:<a@x.org> SIZE=1\r\nMAIL FROM:<a@x.org>\r\nQUIT\r\n";
    let heard = converse(&mut Server::new(config), &[input]);
    assert_eq!(
        heard.said,
        "220 mx.test fine\r\n502 Command not implemented\r\n250 mx.test fine\r\n\
         555 Unsupported parameter SIZE\r\n250 fine\r\n221 mx.test closes\r\n"
    );
}

#[test]
fn starttls_starts_over_and_nothing_slips_through() {
    let config = ServerConfig {
        starttls: true,
        ..small()
    };
    let mut server = Server::new(config.clone());
    let heard = converse(&mut server, &[b"EHLO me\r\n", b"STARTTLS\r\n"]);
    assert!(heard.said.contains("250 STARTTLS\r\n220 fine\r\n"));
    server.tls_started();
    let heard = converse(
        &mut server,
        &[b"MAIL FROM:<a@x.org>\r\nEHLO me\r\nSTARTTLS\r\n"],
    );
    assert!(heard.said.starts_with("503"));
    assert!(!heard.said.contains("250 STARTTLS"));
    assert!(heard.said.ends_with("503 5.5.1 TLS is active already\r\n"));

    let mut server = Server::new(config);
    let heard = converse(
        &mut server,
        &[b"EHLO me\r\nSTARTTLS\r\nMAIL FROM:<evil@x.org>\r\n"],
    );
    assert!(
        heard
            .said
            .ends_with("421 4.5.1 Nothing may be pipelined behind STARTTLS\r\n")
    );
    assert!(server.is_closed());
    assert!(!heard.events.iter().any(|e| e.contains("evil")));
}

#[test]
fn an_answer_of_421_ends_the_session() {
    let mut server = Server::new(small());
    assert_eq!(server.poll(), Some(Event::Connected));
    server.answer(&ok(421));
    assert!(server.is_closed());
    server.receive(b"EHLO me\r\n");
    assert_eq!(server.poll(), None);
    assert_eq!(server.take_output(), "421 fine\r\n");
}

#[test]
fn running_ahead_is_noticed_where_it_is_not_offered() {
    let ahead = |config: ServerConfig, pieces: &[&[u8]]| {
        let mut server = Server::new(config);
        converse(&mut server, pieces);
        server.ran_ahead()
    };
    let group = b"MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n".as_slice();
    let old = || ServerConfig {
        extended: false,
        ..small()
    };
    assert!(!ahead(small(), &[b"EHLO me\r\n", group]));
    assert!(ahead(small(), &[b"EHLO me\r\nMAIL FROM:<a@x.org>\r\n"]));
    assert!(ahead(old(), &[b"HELO me\r\n", group]));
    let steps: Vec<&[u8]> = group.split_inclusive(|b| *b == b'\n').collect();
    let steps = [&[b"HELO me\r\n".as_slice()], &steps[..], &[b"Hi\r\n.\r\n"]].concat();
    assert!(!ahead(old(), &steps));
    let behind_the_dot = [&steps[..4], &[b"Hi\r\n.\r\nQUIT\r\n"]].concat();
    assert!(ahead(old(), &behind_the_dot));
}

/// Lines a session is likely made of, and some it should not be.
fn script() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("EHLO me\r\n".to_owned()),
        Just("MAIL FROM:<a@x.org> SIZE=9\r\n".to_owned()),
        Just("RCPT TO:<b@y.org>\r\n".to_owned()),
        Just("RCPT TO:<no@y.org>\r\n".to_owned()),
        Just("DATA\r\nHi\r\n..dot\r\n\r\n.\r\n".to_owned()),
        Just("BDAT 6\r\n.\r\nabc".to_owned()),
        Just("BDAT 2 LAST\r\n\r\n".to_owned()),
        Just("BDAT 120 LAST\r\n".to_owned() + &"z".repeat(120)),
        Just("RSET\r\n".to_owned()),
        Just("NOOP\n".to_owned()),
        "[ -~\r\n]{0,12}",
        Just("NOOP ".to_owned() + &"q".repeat(2100) + "\r\n"),
    ];
    prop::collection::vec(line, 0..14).prop_map(|lines| lines.concat().into_bytes())
}

proptest! {
    #[test]
    fn every_cut_is_heard_alike(script in script(), cuts in prop::collection::vec(1usize..40, 1..20)) {
        let whole = converse(&mut Server::new(small()), &[&script]);
        let mut pieces = Vec::new();
        let mut rest = script.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        let cut = converse(&mut Server::new(small()), &pieces);
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn any_octets_are_borne(octets in prop::collection::vec(any::<u8>(), 0..3000)) {
        let mut server = Server::new(ServerConfig { starttls: true, ..small() });
        let heard = converse(&mut server, &[b"EHLO me\r\n", &octets]);
        prop_assert!(heard.said.ends_with("\r\n"));
    }
}
