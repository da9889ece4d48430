//! Any octets are read: cut anywhere, with either line end, at random, and made to hurt.

use crate::samples::mails;
use hikyaku::classify::Classifier;
use hikyaku::model::ReturnedMail;
use proptest::prelude::*;

fn read(octets: &[u8]) -> ReturnedMail {
    let mail = hikyaku::returned::read(octets, Classifier::builtin());
    assert!(!mail.recipients.is_empty(), "every mail is something");
    mail
}

#[test]
fn line_ends_make_no_difference() {
    for (name, octets) in mails() {
        let mut crlf = Vec::with_capacity(octets.len() * 2);
        for octet in octets.iter().filter(|octet| **octet != b'\r') {
            if *octet == b'\n' {
                crlf.push(b'\r');
            }
            crlf.push(*octet);
        }
        let lf: Vec<u8> = octets
            .iter()
            .copied()
            .filter(|octet| *octet != b'\r')
            .collect();
        assert_eq!(read(&crlf), read(&lf), "{name}");
    }
}

#[test]
fn nesting_without_end_costs_nothing() {
    let rfc822 = "Content-Type: message/rfc822\n\n".repeat(50_000);
    read(rfc822.as_bytes());
    let mut parts = String::new();
    for level in 0..5000 {
        parts.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
        ));
    }
    read(parts.as_bytes());
    read("--x\n".repeat(100_000).as_bytes());
    read(
        format!(
            "Content-Type: multipart/mixed; boundary=x\n\n{}",
            "--x\n\n".repeat(100_000)
        )
        .as_bytes(),
    );
}

#[test]
fn large_mails_are_read_in_time_that_grows_with_them() {
    for unit in [
        "a@b.example ",
        "<a@b.example>:\n",
        "<<< 550 5.1.1 no\n",
        "a: b\n",
        "<",
        "<style>",
        "&",
        "=",
        "=?utf-8?q?a?= ",
        "@",
        "\"@",
        "{",
        ">",
        " ",
        "\n",
        "Final-Recipient: rfc822; a@b.example\n\n",
        "Received: from a for b\n",
        "user unknown ",
        "あ",
    ] {
        let text = format!(
            "From: MAILER-DAEMON\nSubject: failure notice\nContent-Type: text/html\n\n{}",
            unit.repeat(400_000 / unit.len())
        );
        read(text.as_bytes());
        read(text.replacen("text/html", "text/plain", 1).as_bytes());
        read(
            text.replacen("failure notice", &unit.repeat(5_000), 1)
                .as_bytes(),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_octets_are_read(octets in prop::collection::vec(any::<u8>(), 0..2000)) {
        read(&octets);
    }

    #[test]
    fn mails_cut_anywhere_are_read(choice in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let mails = mails();
        let (_, octets) = &mails[choice.index(mails.len())];
        read(&octets[..to.index(octets.len())]);
        read(&octets[from.index(octets.len())..]);
    }

    #[test]
    fn mails_with_octets_changed_are_read(choice in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40)) {
        let mails = mails();
        let mut octets = mails[choice.index(mails.len())].1.clone();
        for (place, octet) in changes {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        read(&octets);
    }
}
