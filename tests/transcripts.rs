//! Conversations with servers: transcripts, each played whole, cut at random, and broken off at
//! every byte; and servers of any manners.

mod smtp;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hikyaku::model::{Outcome, RecipientId};
use hikyaku::proto::smtp_client::Transaction;
use proptest::prelude::*;
use secrecy::ExposeSecret;
use smtp::{Conversation, Event, Fate, Manner, Player, Script, Setting, Shifted, Slip};
use std::fs;
use std::path::Path;

/// Every transcript with its name.
fn scripts() -> Vec<(String, Script)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut scripts: Vec<_> = fs::read_dir(folder)
        .expect("the transcripts are there")
        .map(|entry| {
            let path = entry.expect("a folder that can be read").path();
            let text = fs::read_to_string(&path).expect("a transcript is text");
            let name = path.file_name().expect("a name").display().to_string();
            (name, Script::parse(&text))
        })
        .collect();
    scripts.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(scripts.len() >= 40, "{} transcripts", scripts.len());
    scripts
}

/// Says which transcript it was when a play fails.
struct Name<'a>(&'a str, String);

#[expect(clippy::print_stdout, reason = "the test's own report of its failure")]
impl Drop for Name<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("in transcript {} played {}", self.0, self.1);
        }
    }
}

fn play<'a>(name: &str, script: &'a Script, manner: Manner<'a>) -> Player<'a> {
    let _name = Name(name, format!("{manner:?}"));
    let player = Player::play(script, manner);
    if player.closing.is_some() {
        player.witness.judge(&player.tracked);
    }
    player
}

#[test]
fn each_comes_out_as_written() {
    let mut wrong = Vec::new();
    for (name, script) in scripts() {
        let results = play(&name, &script, Manner::Whole).results();
        if results != script.expected {
            wrong.push(format!("{name}:\n{results:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// So many cases, or as many as `PROPTEST_CASES` asks for.
fn plays(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig {
        cases: match std::env::var_os("PROPTEST_CASES") {
            Some(_) => asked.cases,
            None => cases,
        },
        failure_persistence: None,
        ..asked
    }
}

/// What may happen instead of the server's next octet.
const ENDS: [Event; 3] = [Event::Eof, Event::Reset, Event::Timeout];

#[test]
fn each_may_end_at_every_byte_of_the_server() {
    for (name, script) in scripts() {
        let whole = play(&name, &script, Manner::Whole);
        let said = script.server_octets();
        for octets in 0..=whole.read() {
            // Amid a line the three come to the same, and one of them in turn will do.
            let behind_line = octets == 0 || said.get(octets - 1) == Some(&b'\n');
            let events = match behind_line {
                true => &ENDS[..],
                false => &ENDS[octets % 3..=octets % 3],
            };
            for event in events {
                let player = play(&name, &script, Manner::EndRead(octets, *event));
                assert!(player.closing.is_some(), "{name}: open after {octets}");
            }
        }
    }
}

#[test]
fn each_may_end_at_every_byte_of_the_client() {
    for (name, script) in scripts() {
        let whole = play(&name, &script, Manner::Whole);
        for octets in 0..=whole.wrote() {
            let player = play(&name, &script, Manner::EndWrite(octets));
            assert!(player.closing.is_some(), "{name}: open after {octets}");
        }
    }
}

proptest! {
    #![proptest_config(plays(64))]

    #[test]
    fn cuts_change_nothing(sizes in prop::collection::vec(1usize..40, 1..12)) {
        for (name, script) in scripts().iter().filter(|(_, script)| !script.atomic) {
            let player = play(name, script, Manner::Cut(&sizes));
            prop_assert_eq!(player.results(), script.expected.clone(), "{}", name);
        }
    }
}

fn mails() -> impl Strategy<Value = Vec<Transaction>> {
    let drawn = (1i64..4, "[a.\r\n]{0,20}");
    prop::collection::vec(drawn, 0..12).prop_map(|mails| {
        let numbered = (1u64..).zip(mails);
        numbered
            .map(|(id, (count, text))| mail(id, count, &text))
            .collect()
    })
}

/// A message to so many recipients; its content is in two segments and never empty.
fn mail(id: u64, recipients: i64, text: &str) -> Transaction {
    let text = text.replace(['\r', '\n'], "\r\n");
    Transaction {
        id,
        reverse_path: "news@example.com".to_owned(),
        recipients: (1..=recipients)
            .map(|at| (RecipientId(at), format!("r{at}-{id}@example.net"), false))
            .collect(),
        size: text.len() + 1,
        smtputf8: false,
        content: vec![Bytes::from_static(b"h"), Bytes::from(text)],
    }
}

prop_compose! {
    fn settings()(
        pipelining in any::<bool>(),
        chunking in any::<bool>(),
        eloquent in any::<bool>(),
        chunk in prop_oneof![1usize..10, Just(1 << 20)],
        opening in prop_oneof![Just(1usize), 1usize..10],
        login in any::<bool>(),
        messages in prop::option::of(1u32..4),
        strangeness in 0u8..30,
        mails in mails(),
        dice in prop::collection::vec(any::<u8>(), 1..60),
    ) -> Setting {
        Setting { pipelining, chunking, eloquent, chunk, opening, login, messages, strangeness, mails, dice }
    }
}

proptest! {
    #![proptest_config(plays(2000))]

    #[test]
    fn no_server_makes_the_client_lie(setting in settings()) {
        let well_mannered = setting.strangeness == 0;
        let talk = Conversation::run(setting);
        talk.witness.judge(&talk.tracked);
        if well_mannered {
            prop_assert!(talk.closing.is_some_and(|closing| closing.clean));
            for one in &talk.tracked {
                prop_assert!(matches!(one.outcomes[0], Outcome::Accepted(_)), "{:?}", one);
            }
        }
    }
}

prop_compose! {
    fn slips()(
        eloquent in any::<bool>(),
        opening in 1usize..12,
        fates in prop::collection::vec(
            prop_oneof![
                4 => Just(Fate::Taken),
                1 => Just(Fate::SenderRefused),
                2 => Just(Fate::RecipientRefused),
                2 => Just(Fate::ContentRefused),
            ],
            1..16,
        ),
        at in 0usize..40,
        twice in any::<bool>(),
        pieces in prop::collection::vec(prop_oneof![1usize..6, 50usize..400], 1..8),
    ) -> Slip {
        Slip { eloquent, opening, fates, at, twice, pieces }
    }
}

proptest! {
    #![proptest_config(plays(4000))]

    #[test]
    fn a_reply_too_many_or_too_few_changes_nobodys_fate(slip in slips()) {
        let mails = (1u64..).zip(&slip.fates).map(|(id, _)| mail(id, 1, "text")).collect();
        Shifted::judge(slip, mails);
    }
}

#[test]
fn no_end_tells_the_secret() {
    let mut logins = 0;
    for (name, script) in scripts() {
        let Some(login) = &script.config.login else {
            continue;
        };
        logins += 1;
        let player = play(&name, &script, Manner::Whole);
        let shown = format!(
            "{:?} {:?} {:?}",
            player.closing, player.tracked, script.config
        );
        let secret = login.credentials.secret.expose_secret();
        assert!(!shown.contains(secret), "{name}: {shown}");
        // The message of PLAIN, from the user's name on.
        assert!(!shown.contains("dGltAHRhbnN0YWFm"), "{name}: {shown}");
        let encoded = STANDARD.encode(format!("\0tim\0{secret}"));
        assert!(!shown.contains(&encoded), "{name}: {shown}");
    }
    assert!(logins >= 50, "{logins} logins");
}
