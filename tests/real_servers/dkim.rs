//! Signatures before verifiers that other people wrote: dkimpy and OpenDKIM.

use crate::ground::installed;
use crate::support::dice::Dice;
use bytes::Bytes;
use hikyaku::dkim::{PrivateKey, Signers};
use hikyaku::model::{
    Address, CampaignId, DkimKey, Fields, Mailbox, Markup, RecipientId, Signer, Timestamp,
};
use hikyaku::net::Clock;
use hikyaku::render::{Addressee, Letter, LetterSource, Secret, TemplateFile};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// Messages of each of two kinds: letters, and what no letter would be but a signer has to bear.
const EACH: usize = 300;
const KEYS: [(&str, &str); 2] = [
    ("rsa", include_str!("../support/keys/rsa.pem")),
    ("ed25519", include_str!("../support/keys/ed25519.pem")),
];

#[test]
#[ignore = "dkimpy; see install.sh"]
fn dkimpy_takes_every_signature() {
    let folder = messages(&signer(&KEYS));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_servers/dkim_verify.py");
    let said = Command::new(installed("dkimpy").join("bin/python"))
        .arg(script)
        .args([folder.path().join("keys"), folder.path().to_owned()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    let count = 2 * EACH;
    assert_eq!(
        said,
        format!("ed25519-sha256 {count}\nrsa-sha256 {count}\n")
    );
}

#[test]
#[ignore = "root and OpenDKIM; see install.sh"]
fn opendkim_takes_every_signature() {
    // It looks at one signature of a message: each kind gets messages of its own.
    for key in KEYS {
        let folder = messages(&signer(&[key]));
        let configuration = folder.path().join("opendkim.conf");
        let keys = folder.path().join("keys");
        fs::write(
            &configuration,
            format!("TestPublicKeys {}\n", keys.display()),
        )
        .unwrap();
        let names: Vec<String> = (0..2 * EACH)
            .map(|number| {
                folder
                    .path()
                    .join(format!("{number:04}.eml"))
                    .display()
                    .to_string()
            })
            .collect();
        let said = Command::new(installed("opendkim").join("usr/sbin/opendkim"))
            .args(["-t", &names.join(","), "-x"])
            .arg(&configuration)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        let taken = |line: &&str| line.contains("verification (s=") && line.ends_with("succeeded");
        let (taken, refused): (Vec<&str>, Vec<&str>) = said.lines().partition(taken);
        assert!(refused.is_empty(), "{}", refused.join("\n"));
        assert_eq!(taken.len(), 2 * EACH, "{}", key.0);
    }
}

fn signer(keys: &[(&str, &str)]) -> Arc<dyn Signer> {
    let configured = keys.iter().map(|(selector, _)| DkimKey {
        domain: "example.com".to_owned(),
        selector: (*selector).to_owned(),
        key_file: "key.pem".into(),
    });
    let configured: Vec<DkimKey> = configured.collect();
    let texts = keys.iter().map(|(_, pem)| (*pem).to_owned());
    let signers = Signers::load(configured.iter().zip(texts)).unwrap();
    let from = Address::parse("news@example.com").unwrap();
    signers.for_domain(from.domain()).unwrap().unwrap()
}

/// A folder of signed messages, `0000.eml` and so on, and the records of all keys in `keys`.
fn messages(signer: &Arc<dyn Signer>) -> TempDir {
    let folder = TempDir::with_prefix("hikyaku-dkim-").unwrap();
    let mut records = String::new();
    for (selector, pem) in KEYS {
        let record = PrivateKey::from_pem(pem).unwrap().public().record();
        writeln!(records, "{selector}._domainkey.example.com {record}").unwrap();
    }
    fs::write(folder.path().join("keys"), records).unwrap();
    let mut dice = Dice::announced();
    let now = Clock::system().now();
    for number in 0..2 * EACH {
        let message = if number < EACH {
            odd_message(&mut dice, signer, now)
        } else {
            letter(&mut dice, signer, now)
        };
        fs::write(folder.path().join(format!("{number:04}.eml")), message).unwrap();
    }
    folder
}

/// A message put together by chance, signed in pieces that are cut by chance.
fn odd_message(dice: &mut Dice, signer: &Arc<dyn Signer>, now: Timestamp) -> Vec<u8> {
    let mut message = String::from("From: Example News <news@example.com>\r\n");
    let fields = [
        "To: ann@example.net\r\n",
        "To: \"Ann, of  Here\" <ann@example.net>,\r\n\tbob@example.net\r\n",
        "Cc: carl@example.net \r\n",
        "subject:  \t spaces   everywhere\t\r\n",
        "Subject:\r\n =?utf-8?B?5pel5pys6Kqe?=\r\n\t=?utf-8?B?44Gu5Lu25ZCN?=\r\n",
        "Subject:\r\n",
        "Date: Sun, 22 Nov 2026 04:00:00 +0000\r\n",
        "Message-ID:\r\n <a.very.long.identifier.that.is.folded@example.com>\r\n",
        "Reply-To: hello@example.com\r\n",
        "MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n\tcharset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit\r\n",
        "List-Unsubscribe: <https://example.com/u/1>,\r\n <mailto:u@example.com>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        "List-ID: News <news.example.com>\r\nFeedback-ID: a:b:c:d\r\n",
        "Received: from elsewhere\r\nX-Mailer: hikyaku\r\n",
    ];
    for field in fields {
        if dice.below(3) > 0 {
            message.push_str(field);
        }
    }
    message.push_str("\r\n");
    let long = "x".repeat(990);
    let encoded = "QUJD".repeat(19) + "\r\n";
    let pieces = [
        "\r\n",
        " \r\n",
        "\t \t\r\n",
        "word",
        " ",
        "  ",
        "\t",
        "Grüße",
        "日本語",
        "مرحبا",
        ".",
        "..",
        "\r\n.\r\n",
        "From ",
        "end \t \r\n",
        &long,
        &encoded,
    ];
    let mut lately = 0;
    for _ in 0..dice.below(60) {
        let piece = pieces[dice.below(pieces.len() as u64) as usize];
        // Lines of more than 998 octets are nobody's mail (RFC 5322 section 2.1.1).
        if lately + piece.len() > 998 {
            message.push_str("\r\n");
        }
        message.push_str(piece);
        lately = message.len() - message.rfind("\r\n").map_or(0, |at| at + 2);
    }
    if dice.below(8) > 0 && !message.ends_with("\r\n") {
        message.push_str("\r\n");
    }
    signed(&cut(dice, &Bytes::from(message)), signer, now)
}

fn cut(dice: &mut Dice, whole: &Bytes) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < whole.len() {
        let to = whole.len().min(from + 1 + dice.below(300) as usize);
        pieces.push(whole.slice(from..to));
        from = to;
    }
    pieces
}

fn signed(content: &[Bytes], signer: &Arc<dyn Signer>, now: Timestamp) -> Vec<u8> {
    let signatures = signer.sign(content, now).unwrap();
    let mut message = [signatures, content.concat()].concat();
    // On the way every message gets an end to its last line.
    if !message.ends_with(b"\r\n") {
        message.extend_from_slice(b"\r\n");
    }
    message
}

/// A letter as campaigns send it.
fn letter(dice: &mut Dice, signer: &Arc<dyn Signer>, now: Timestamp) -> Vec<u8> {
    let names = [
        "Ann",
        "山田 雪",
        "Müller, Jörg",
        "محمد علي",
        "Łukasz Żółć",
        "김민준",
        "Ольга",
        "नेहा",
        "อรทัย",
    ];
    let texts = [
        "Dear {{ name }},\n\n\n  trailing \t\n \n\n",
        "{{ name }}様\n\n日本語の本文です。\n.\n..\n",
        "Hello {{ name }}",
        "{{ name }}\n\n\n\n   \n\t\n",
    ];
    let html = format!(
        "<html><body><p>Dear {{{{ name }}}},</p>\n{}\n</body></html>\n  \n\n",
        "<p>A paragraph without a line end. </p>".repeat(1 + dice.below(80) as usize)
    );
    let pick = |dice: &mut Dice, length: usize| dice.below(length as u64) as usize;
    let (name, text) = (
        names[pick(dice, names.len())],
        texts[pick(dice, texts.len())],
    );
    let shape = dice.below(3);
    let address = Address::parse("ann@example.net").unwrap();
    let fields: Fields = [("email", "ann@example.net"), ("name", name)]
        .into_iter()
        .collect();
    let from = Mailbox {
        name: Some("Example ニュース".to_owned()),
        address: Address::parse("news@example.com").unwrap(),
    };
    let tokens = Secret::new(&[7; 32]).tokens(CampaignId(1));
    let source = LetterSource {
        html: (shape != 0).then(|| (Markup::Html, TemplateFile::new("body.html", html))),
        text: (shape != 1).then(|| TemplateFile::new("body.txt", text)),
        unsubscribe: (dice.below(2) == 0).then(|| "https://example.com/u/{{ token }}".to_owned()),
        signer: Some(Arc::clone(signer)),
        ..LetterSource::new("spring", "uid", tokens, from, "{{ name }}: good  news")
    };
    let letter = Letter::compile(&source).unwrap();
    let addressee = Addressee {
        id: RecipientId(1),
        address: &address,
        fields: &fields,
    };
    letter.render(&addressee, now).unwrap().content.concat()
}
