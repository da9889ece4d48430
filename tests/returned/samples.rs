//! Mails of our own making, one of each kind, with their truth in `mails/truth.tsv`.

use crate::score::{Row, Score};
use hikyaku::classify::Classifier;
use hikyaku::returned::read;
use std::path::PathBuf;

/// Where they are.
fn place() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/returned/mails")
}

/// Every mail by name.
pub(crate) fn mails() -> Vec<(String, Vec<u8>)> {
    let mut mails: Vec<(String, Vec<u8>)> = std::fs::read_dir(place())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    mails.sort();
    mails
}

#[test]
fn every_kind_is_read_right() {
    let truth = std::fs::read_to_string(place().join("truth.tsv")).unwrap();
    let rows: Vec<Row> = truth.lines().skip(1).map(Row::of_samples).collect();
    let files: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row.file.as_str()).collect();
    assert_eq!(files.len(), mails().len(), "every mail has its truth");
    let score = Score::of(&rows, |file| std::fs::read(place().join(file)).unwrap());
    assert!(
        score.wrong.is_empty() && score.false_alarms.is_empty(),
        "\n{score}"
    );
}

#[test]
fn what_leads_to_our_message_is_found() {
    for name in [
        "dsn.eml",
        "qmail.eml",
        "exim.eml",
        "sendmail_old.eml",
        "arf.eml",
        "russian.eml",
    ] {
        let octets = std::fs::read(place().join(name)).unwrap();
        let traces = read(&octets, Classifier::builtin()).traces;
        let path = "b-abcdefghijklmnopqrstuvwxyz234567@bounces.shop.example";
        assert!(
            traces.sent_to.iter().any(|address| address == path),
            "{name}: {traces:?}"
        );
        let id = "m1.zyxwvutsrqponmlkjihgfedcba765432@shop.example";
        assert!(
            traces.message_ids.iter().any(|own| own == id),
            "{name}: {traces:?}"
        );
        assert_eq!(traces.campaign.as_deref(), Some("autumn"), "{name}");
        assert!(
            traces
                .tokens
                .iter()
                .any(|token| token == "qponmlkjihgfedcbazyxwvuts2345677"),
            "{name}: {traces:?}"
        );
    }
}
