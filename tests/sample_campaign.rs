//! The campaign that ships with the repository: its letter can be made for all of its list.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hikyaku::model::{Address, Fields, Mailbox, Markup, Timestamp};
use hikyaku::render::{Addressee, Letter, LetterSource, TemplateFile, Tokens};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// How the sandbox chooses the manners of a mail server.
const MANNERS: [&str; 11] = [
    "plain", "tls", "grey", "batch", "strict", "slow", "flaky", "limit", "nullmx", "nomx", "gone",
];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("campaigns/welcome")
        .join(name)
}

fn rows(name: &str) -> Vec<Fields> {
    let mut reader = csv::Reader::from_path(file(name)).unwrap();
    let columns = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|record| columns.iter().zip(record.unwrap().iter()).collect())
        .collect()
}

#[test]
fn the_list_is_what_the_sandbox_expects() {
    let rows = rows("recipients.csv");
    assert_eq!(rows.len(), 2400);
    let mut domains = BTreeSet::new();
    let mut times = HashMap::new();
    for address in rows
        .iter()
        .filter_map(|row| Address::parse(row.get("email").unwrap()).ok())
    {
        let domain = address.domain().as_str().to_owned();
        assert!(
            domain.ends_with(".example") || domain.ends_with(".test"),
            "{domain}"
        );
        if !address.local().contains(' ') && !address.local().contains('@') {
            assert!(MANNERS.iter().any(|word| domain.contains(word)), "{domain}");
            domains.insert(domain);
        }
        *times.entry(address.to_string()).or_insert(0) += 1;
    }
    assert_eq!(domains.len(), 36);
    assert_eq!(times.values().filter(|times| **times > 1).count(), 12);
    let listed: BTreeSet<_> = rows.iter().map(|row| row.get("email").unwrap()).collect();
    for row in self::rows("suppress.csv") {
        assert!(listed.contains(row.get("email").unwrap()));
    }
}

#[test]
fn the_letter_can_be_made_for_every_recipient() {
    let read = |name: &str| TemplateFile::new(name, fs::read_to_string(file(name)).unwrap());
    let from = Mailbox {
        name: None,
        address: Address::parse("news@example.com").unwrap(),
    };
    let subject = "Welcome aboard, {{ name | default('friend') }}!";
    let letter = Letter::compile(&LetterSource {
        html: Some((Markup::Html, read("body.html"))),
        text: Some(read("body.txt")),
        unsubscribe: Some("https://example.com/u/{{ token }}".into()),
        ..LetterSource::new("welcome", "u", Tokens::sample(), from, subject)
    })
    .unwrap();
    for row in rows("recipients.csv") {
        let Ok(address) = Address::parse(row.get("email").unwrap()) else {
            continue;
        };
        let addressee = Addressee::unknown(&address, &row);
        letter.try_out(&addressee).unwrap();
        let message = letter.render(&addressee, Timestamp::ZERO).unwrap();
        assert!(message.size > 2000);
    }
}
