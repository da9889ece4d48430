//! Conversations with servers, each played whole, cut at random, and broken off at every byte.

mod smtp;

use proptest::prelude::*;
use smtp::{Event, Manner, Player, Script};
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

#[test]
fn each_may_end_at_every_byte_of_the_server() {
    for (name, script) in scripts() {
        let whole = play(&name, &script, Manner::Whole);
        for octets in 0..=whole.read() {
            for event in [Event::Eof, Event::Reset, Event::Timeout] {
                let player = play(&name, &script, Manner::EndRead(octets, event));
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
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_change_nothing(sizes in prop::collection::vec(1usize..40, 1..12)) {
        for (name, script) in scripts().iter().filter(|(_, script)| !script.atomic) {
            let player = play(name, script, Manner::Cut(&sizes));
            prop_assert_eq!(player.results(), script.expected.clone(), "{}", name);
        }
    }
}
