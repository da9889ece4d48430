//! What the protocol costs: replies parsed, messages dotted, and whole sessions over memory.

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use hikyaku::model::{PipelineMode, RecipientId, Timeouts};
use hikyaku::proto::smtp_client::{Client, ClientConfig, Input, Output, StartTls, Transaction};
use hikyaku::proto::{DotStuffed, ReplyParser};
use std::time::Instant;

fn main() {
    divan::main();
}

/// The answers to one message of a pipelined session, over and over.
const REPLIES: &str = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n\
                       250 2.0.0 Ok: queued as 4Z1x9T0Lk3z2Y\r\n";

#[divan::bench(args = [16, 1460, 65536])]
fn parse_replies(bencher: Bencher<'_, '_>, read: usize) {
    let wire = REPLIES.repeat(1000);
    bencher
        .counter(ItemsCount::new(4000usize))
        .counter(BytesCount::new(wire.len()))
        .bench(|| {
            let mut parser = ReplyParser::new();
            let mut count = 0;
            for mut piece in black_box(wire.as_bytes()).chunks(read) {
                while let Ok(Some(reply)) = parser.read(&mut piece) {
                    count += usize::from(black_box(reply.into_reply()).is_positive());
                }
            }
            count
        });
}

#[divan::bench]
fn dot_stuff(bencher: Bencher<'_, '_>) {
    let content = letter();
    bencher
        .counter(BytesCount::new(LETTER))
        .bench(|| DotStuffed::new(black_box(&content).clone()).count());
}

/// Messages of one session; the server answers each group at once.
const MESSAGES: u32 = 10_000;

#[divan::bench(args = ["plain", "pipelined"])]
fn session(bencher: Bencher<'_, '_>, manner: &str) {
    let content = letter();
    bencher
        .counter(ItemsCount::new(MESSAGES))
        .bench(|| assert_eq!(converse(manner == "pipelined", &content), MESSAGES));
}

const LETTER: usize = 3000;

/// A letter of [`LETTER`] octets: personal headers, and a body that all letters share.
fn letter() -> Vec<Bytes> {
    let line = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. A. B. C.\r\n";
    let text = line.repeat(LETTER / line.len() + 1);
    let (head, body) = text.as_bytes()[..LETTER].split_at(500);
    vec![Bytes::copy_from_slice(head), Bytes::copy_from_slice(body)]
}

/// A whole session with a server that accepts everything; gives the messages it accepted.
fn converse(pipelining: bool, content: &[Bytes]) -> u32 {
    let now = some_moment();
    let mut client = Client::new(config(), now);
    let mut server = AlwaysYes {
        pipelining,
        amid_content: false,
        replies: b"220 mx\r\n".to_vec(),
    };
    let mut next = 0;
    loop {
        match client.poll() {
            Output::Send(bytes) => {
                server.read(&bytes);
                client.handle(Input::Written(bytes.len()), now);
            }
            Output::Wait(_) if client.room() > 0 && next < MESSAGES => {
                next += 1;
                client.submit(message(next, content), now);
            }
            Output::Wait(_) => {
                if next == MESSAGES {
                    client.finish(now);
                }
                let replies = std::mem::take(&mut server.replies);
                client.handle(Input::Bytes(&replies), now);
            }
            Output::Closed(closing) => return closing.accepted,
            Output::Ready(_) | Output::Settled { .. } | Output::StartTls => {}
        }
    }
}

fn message(number: u32, content: &[Bytes]) -> Transaction {
    Transaction {
        id: u64::from(number),
        reverse_path: "news@example.com".to_owned(),
        recipients: vec![(
            RecipientId(i64::from(number)),
            format!("subscriber{number}@example.net"),
            false,
        )],
        content: content.to_vec(),
        size: LETTER,
        smtputf8: false,
    }
}

struct AlwaysYes {
    pipelining: bool,
    amid_content: bool,
    replies: Vec<u8>,
}

impl AlwaysYes {
    fn read(&mut self, bytes: &[u8]) {
        if self.amid_content {
            if bytes.ends_with(b".\r\n") && bytes.len() <= 5 {
                self.amid_content = false;
                self.replies.extend_from_slice(b"250 2.0.0 Ok: queued\r\n");
            }
            return;
        }
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.replies.extend_from_slice(match line[0] {
                b'E' if self.pipelining => b"250-mx\r\n250-PIPELINING\r\n250 SIZE\r\n",
                b'D' => b"354 go ahead\r\n",
                _ => b"250 2.1.0 Ok\r\n",
            });
            self.amid_content |= line[0] == b'D';
        }
    }
}

fn config() -> ClientConfig {
    ClientConfig {
        hostname: "mail.example.com".to_owned(),
        pipeline: PipelineMode::Auto,
        window: 64,
        opening: 64,
        window_octets: 256 << 10,
        chunk: 1 << 20,
        timeouts: Timeouts::default(),
        starttls: StartTls::IfOffered,
        login: None,
        messages: None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant cannot be made otherwise, and which one it is does not matter"
)]
fn some_moment() -> Instant {
    Instant::now()
}
