//! A session with a server that says anything: no panic, and every recipient settles exactly once.
//!
//! The first octet chooses the settings, the second the size of reads; the rest is what the
//! server says, whatever the client asks.

#![no_main]

use bytes::Bytes;
use hikyaku::model::{PipelineMode, RecipientId, SecretKind, Timeouts};
use hikyaku::proto::sasl::Credentials;
use hikyaku::proto::smtp_client::{
    Client, ClientConfig, Input, LogIn, Output, StartTls, Transaction,
};
use libfuzzer_sys::fuzz_target;
use std::time::Instant;

const MESSAGES: usize = 4;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (settings, size, wire) = input;
    let now = Instant::now();
    let mut session = Session {
        client: Client::new(config(settings), now),
        now,
        submitted: 0,
        settled: [0; MESSAGES],
        closed: false,
    };
    session.pump();
    for piece in wire.chunks(usize::from(size).max(1)) {
        session.client.handle(Input::Bytes(piece), now);
        session.pump();
    }
    session.client.handle(Input::Eof, now);
    session.pump();
    assert!(session.closed);
    for (number, count) in session.settled.into_iter().enumerate() {
        assert_eq!(count, usize::from(number < session.submitted));
    }
});

struct Session {
    client: Client,
    now: Instant,
    submitted: usize,
    settled: [usize; MESSAGES],
    closed: bool,
}

impl Session {
    fn pump(&mut self) {
        loop {
            match self.client.poll() {
                Output::Send(bytes) => self.client.handle(Input::Written(bytes.len()), self.now),
                Output::StartTls => self.client.handle(Input::TlsReady, self.now),
                Output::Ready(_) => {}
                Output::Settled { transaction, .. } => {
                    self.settled[usize::try_from(transaction).unwrap()] += 1;
                }
                Output::Closed(_) => self.closed = true,
                Output::Wait(_) if self.client.room() > 0 && self.submitted < MESSAGES => {
                    self.client.submit(message(self.submitted), self.now);
                    self.submitted += 1;
                }
                Output::Wait(_) => return,
            }
        }
    }
}

fn message(number: usize) -> Transaction {
    Transaction {
        id: u64::try_from(number).unwrap(),
        reverse_path: "news@example.com".to_owned(),
        recipients: vec![(RecipientId(1), format!("r{number}@example.net"), false)],
        content: vec![Bytes::from_static(b"hello\r\n")],
        size: 7,
        smtputf8: false,
    }
}

fn config(settings: u8) -> ClientConfig {
    ClientConfig {
        hostname: "mail.example.com".to_owned(),
        pipeline: if settings & 1 == 0 {
            PipelineMode::Auto
        } else {
            PipelineMode::Off
        },
        window: 64,
        chunk: 1 << 20,
        timeouts: Timeouts::default(),
        starttls: match (settings >> 1) % 3 {
            0 => StartTls::Never,
            1 => StartTls::IfOffered,
            _ => StartTls::Required,
        },
        messages: (settings & 8 != 0).then_some(2),
        login: (settings & 16 != 0).then(|| login(settings >> 5)),
    }
}

/// A login by whatever the server offers.
fn login(settings: u8) -> LogIn {
    LogIn {
        mechanism: None,
        credentials: Credentials {
            username: "me".to_owned(),
            kind: if settings & 1 == 0 {
                SecretKind::Password
            } else {
                SecretKind::Token
            },
            secret: "geheim".into(),
            server: ("mx.example.net".to_owned(), 587),
        },
        verified: settings & 2 == 0,
        allow_plaintext: settings & 4 == 0,
        nonce: "rOprNGfwEbeRWgbNEkqO".to_owned(),
    }
}
