//! mail-auth takes what is signed, and refuses what was changed afterwards.

use crate::{ED25519, RSA};
use bytes::Bytes;
use hikyaku::dkim::{PrivateKey, Signers, record_name};
use hikyaku::model::{DkimKey, Domain, Signer, Timestamp};
use hikyaku::net::Clock;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{
    AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt,
};
use proptest::prelude::*;
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

const DOMAIN: &str = "example.com";

/// The keys' records instead of DNS: every question is answered from here.
struct Records;

impl ResolverCache<Box<str>, Txt> for Records {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        keys().into_iter().find_map(|(key, pem)| {
            let own = record_name(&key.selector, &key.domain) + ".";
            let own: Box<str> = own.into();
            if own.borrow() != name {
                return None;
            }
            let record = PrivateKey::from_pem(pem).unwrap().public().record();
            let parsed = DomainKey::parse(record.as_bytes()).unwrap();
            Some(Txt::DomainKey(Arc::new(parsed)))
        })
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// The keys of [`DOMAIN`], and their files.
fn keys() -> [(DkimKey, &'static str); 2] {
    [("r", RSA), ("e", ED25519)].map(|(selector, pem)| {
        let key = DkimKey {
            domain: DOMAIN.to_owned(),
            selector: selector.to_owned(),
            key_file: "key.pem".into(),
        };
        (key, pem)
    })
}

fn signer() -> Arc<dyn Signer> {
    let keys = keys();
    let keys = keys.iter().map(|(key, pem)| (key, (*pem).to_owned()));
    let signers = Signers::load(keys).unwrap();
    let from = Domain::parse(DOMAIN).unwrap();
    signers.for_domain(&from).unwrap().unwrap()
}

/// What the verifier says about each signature.
pub(crate) fn verdicts(message: &[u8]) -> Vec<DkimResult> {
    let message = AuthenticatedMessage::parse(message).unwrap();
    let authenticator =
        MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default()).unwrap();
    let parameters = Parameters::new(&message).with_txt_cache(&Records);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let verified = runtime.block_on(authenticator.verify_dkim(parameters));
    verified
        .iter()
        .map(|output| output.result().clone())
        .collect()
}

fn signed(content: &[Bytes], at: Timestamp) -> Vec<u8> {
    let signature = signer().sign(content, at).unwrap();
    [signature, content.concat()].concat()
}

const HEADER: &str = "From: Example <news@example.com>\r\nTo: ann@example.net\r\nSubject: =?utf-8?Q?=C3=A9t=C3=A9?=\r\n  folded\r\n\there \r\nDate: Sun, 22 Nov 2026 04:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nList-Unsubscribe: <https://example.com/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nX-Unsigned: 1\r\n";

fn message(body: &str) -> Bytes {
    Bytes::from(format!("{HEADER}\r\n{body}"))
}

/// Bodies that the verifier at hand canonicalises rightly: it hashes lines of white space at the
/// end, which RFC 6376 section 3.4.4 has left out.
fn verifiable(body: &str) -> bool {
    body.is_empty() || body.ends_with("x\r\n")
}

#[test]
fn both_signatures_are_taken() {
    let now = Clock::system().now();
    for body in ["", "Hello\r\n", "a  b\t c \r\n\r\n\r\nd\r\n", "no line end"] {
        let verdicts = verdicts(&signed(&[message(body)], now));
        assert_eq!(verdicts, [DkimResult::Pass, DkimResult::Pass], "{body:?}");
    }
}

#[test]
fn what_was_changed_is_refused() {
    let now = Clock::system().now();
    let whole = String::from_utf8(signed(&[message("Hello\r\n")], now)).unwrap();
    for (from, to) in [
        ("Hello", "Hallo"),
        ("Subject: ", "Subject: Re: "),
        ("one-click", "no-click"),
        ("\r\nX-Unsigned", "\r\nSubject: another\r\nX-Unsigned"),
        ("\r\nX-Unsigned", "\r\nFrom: eve@example.org\r\nX-Unsigned"),
        (
            "\r\nX-Unsigned",
            "\r\nReply-To: eve@example.org\r\nX-Unsigned",
        ),
    ] {
        let from = if from == "one-click" {
            "One-Click"
        } else {
            from
        };
        let changed = whole.replace(from, to);
        assert_ne!(changed, whole);
        for verdict in verdicts(changed.as_bytes()) {
            assert_ne!(verdict, DkimResult::Pass, "{from} to {to}");
        }
    }
    let unsigned = whole.replace("X-Unsigned: 1", "X-Unsigned: 2");
    assert_eq!(
        verdicts(unsigned.as_bytes()),
        [DkimResult::Pass, DkimResult::Pass]
    );
}

#[test]
fn signatures_expire() {
    let day = std::time::Duration::from_secs(24 * 3600);
    let now = Clock::system().now();
    let at = |days: u32| {
        let earlier = now.as_millis() - i64::try_from((day * days).as_millis()).unwrap();
        verdicts(&signed(
            &[message("Hello\r\n")],
            Timestamp::from_millis(earlier),
        ))
    };
    assert_eq!(at(13), [DkimResult::Pass, DkimResult::Pass]);
    assert!(at(15).iter().all(|verdict| *verdict != DkimResult::Pass));
}

#[test]
fn the_signature_field_is_folded_and_says_what_it_covers() {
    let signature = signer().sign(&[message("")], Timestamp::from_millis(1_796_083_200_000));
    let text = String::from_utf8(signature.unwrap()).unwrap();
    assert!(text.lines().all(|line| line.len() <= 78), "{text}");
    let (rsa, ed25519) = text.split_at(text.rfind("DKIM-Signature").unwrap());
    for (field, algorithm, selector) in [(rsa, "rsa-sha256", "r"), (ed25519, "ed25519-sha256", "e")]
    {
        let start = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n\td=example.com;\r\n\ts={selector};\r\n\tt=1796083200; x=1797292800;\r\n\th=From:From:To:To:Subject:Subject:Date:Date:Message-ID:Message-ID:"
        );
        assert!(field.starts_with(&start), "{field}");
        // The hash of an empty body.
        assert!(field.contains("bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;"));
        assert!(field.ends_with("\r\n"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sent_can_be_verified(
        parts in proptest::collection::vec("( |\t|\r\n|[a-z]{0,200}|é|日本語|\\.){0,12}", 0..6),
        end in "(x\r\n)?",
        cut in 1usize..200,
    ) {
        let body = parts.concat() + &end;
        let whole = message(&body);
        let pieces: Vec<Bytes> = (0..whole.len())
            .step_by(cut)
            .map(|from| whole.slice(from..whole.len().min(from + cut)))
            .collect();
        let now = Clock::system().now();
        let signed = signed(&pieces, now);
        let in_one = signer().sign(&[whole], now).unwrap();
        prop_assert!(signed.starts_with(&in_one));
        if verifiable(&body) {
            prop_assert_eq!(verdicts(&signed), [DkimResult::Pass, DkimResult::Pass]);
        }
    }
}
