//! What signatures cost: `cargo bench --bench sign`. `openssl speed rsa2048 ed25519` says what
//! another library makes of the same machine.
//!
//! Each is measured on one core (`sign`) and on all of them at once (`sign_on_all_cores`), for a
//! letter of 3 KB and for one with an attachment of 2 MB, whose hash is what `hash_alone` costs.

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use hikyaku::dkim::Signers;
use hikyaku::model::{DkimKey, Domain, Signer, Timestamp};
use ring::digest::{SHA256, digest};
use std::sync::Arc;

fn main() {
    divan::main();
}

const KEYS: [(&str, &str); 2] = [
    ("rsa", include_str!("../tests/support/keys/rsa.pem")),
    ("ed25519", include_str!("../tests/support/keys/ed25519.pem")),
];
const KINDS: [&str; 3] = ["rsa", "ed25519", "both"];
const AT: Timestamp = Timestamp::from_millis(1_796_083_200_000);

#[divan::bench(args = KINDS)]
fn sign(bencher: Bencher<'_, '_>, kind: &str) {
    let (signer, content) = (signer(kind), small());
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| signer.sign(black_box(&content), AT));
}

/// Divan's 0 is a thread for each core.
#[divan::bench(args = KINDS, threads = 0)]
fn sign_on_all_cores(bencher: Bencher<'_, '_>, kind: &str) {
    let (signer, content) = (signer(kind), small());
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| signer.sign(black_box(&content), AT));
}

#[divan::bench(args = KINDS)]
fn sign_with_attachment(bencher: Bencher<'_, '_>, kind: &str) {
    let (signer, content) = (signer(kind), large());
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| signer.sign(black_box(&content), AT));
}

#[divan::bench(args = ["small", "large"])]
fn hash_alone(bencher: Bencher<'_, '_>, size: &str) {
    let content = if size == "small" { small() } else { large() }.concat();
    bencher
        .counter(BytesCount::new(content.len()))
        .bench(|| digest(&SHA256, black_box(&content)));
}

fn signer(kind: &str) -> Arc<dyn Signer> {
    let wanted = |name: &str| kind == "both" || kind == name;
    let keys: Vec<_> = (KEYS.iter())
        .filter(|(name, _)| wanted(name))
        .map(|(name, pem)| {
            let key = DkimKey {
                domain: "example.com".to_owned(),
                selector: (*name).to_owned(),
                key_file: "key.pem".into(),
            };
            (key, (*pem).to_owned())
        })
        .collect();
    let signers = Signers::load(keys.iter().map(|(key, pem)| (key, pem.clone())));
    let from = Domain::parse("example.com").expect("a domain");
    let signers = signers.expect("keys");
    signers
        .for_domain(&from)
        .expect("an aligned key")
        .expect("a key")
}

/// A letter of 3 KB: text and HTML, in the pieces that a renderer makes of it.
fn small() -> Vec<Bytes> {
    let header = "MIME-Version: 1.0\r\nFrom: Example News <news@example.com>\r\nList-ID: News <news.example.com>\r\nFeedback-ID: welcome:hikyaku\r\n";
    let personal = "Date: Sun, 22 Nov 2026 04:00:00 +0000\r\nMessage-ID: <0198c0de.1@example.com>\r\nTo: =?utf-8?B?5bGx55SwIOmbqg==?= <yuki@plain-tokyo.example>\r\nSubject: Hello and welcome aboard\r\nList-Unsubscribe: <https://example.com/u/0198c0de>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
    let body =
        "<p style=\"margin: 0 0 1em\">Some words of a letter that people like to read.</p>\r\n"
            .repeat(32);
    [header, personal, &body]
        .map(|piece| Bytes::from(piece.to_owned()))
        .to_vec()
}

/// The same with 2 MB of Base64 behind it.
fn large() -> Vec<Bytes> {
    let line = "TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNlY3RldHVyIGFkaXBpc2NpbmcgZWxpdC4g\r\n";
    let mut content = small();
    content.push(Bytes::from(line.repeat((2 << 20) / line.len())));
    content
}
