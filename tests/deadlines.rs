//! How long the client waits for what: servers that drip, receivers that take a message by the
//! octet, and all of the opening together. Times are arguments, so nobody waits for them.

#![cfg(test)]

use bytes::Bytes;
use hikyaku::model::{Outcome, PipelineMode, RecipientId, Stage, Timeouts};
use hikyaku::proto::smtp_client::{
    Client, ClientConfig, Closing, Input, Output, StartTls, Transaction,
};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// A client and a clock that goes when it is told to.
struct Bench {
    client: Client,
    start: Instant,
    now: Instant,
    deadline: Option<Instant>,
    /// Octets given out and not taken by the socket yet.
    out: usize,
    outcomes: Vec<Outcome>,
    closing: Option<Closing>,
}

impl Bench {
    fn new(starttls: StartTls) -> Self {
        let start = some_moment();
        let config = ClientConfig {
            hostname: "mail.example.com".to_owned(),
            pipeline: PipelineMode::Off,
            window: 64,
            opening: 1,
            window_octets: 256 << 10,
            login: None,
            chunk: 1 << 20,
            timeouts: Timeouts::default(),
            starttls,
            messages: None,
        };
        let mut bench = Self {
            client: Client::new(config, start),
            start,
            now: start,
            deadline: None,
            out: 0,
            outcomes: Vec::new(),
            closing: None,
        };
        bench.drain();
        bench
    }

    /// A session that waits for the answer to the first command behind `answers`.
    fn behind(starttls: StartTls, answers: &[&str], size: usize) -> Self {
        let mut bench = Self::new(starttls);
        for answer in answers {
            bench.read(answer);
            if bench.client.room() > 0 && bench.client.in_flight() == 0 {
                bench.submit(size);
            }
            bench.write(usize::MAX);
        }
        bench
    }

    fn submit(&mut self, size: usize) {
        let line = format!("{}\r\n", "x".repeat(62));
        let segment = size.min(64 << 10);
        let content = vec![Bytes::from(line.repeat(segment / line.len())); size / segment];
        let transaction = Transaction {
            id: 1,
            reverse_path: "news@example.com".to_owned(),
            recipients: vec![(RecipientId(1), "ann@example.net".to_owned(), false)],
            content,
            size,
            smtputf8: false,
        };
        self.client.submit(transaction, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll() {
                Output::Send(octets) => self.out += octets.len(),
                Output::StartTls | Output::Ready(_) => {}
                Output::Settled { outcome, .. } => self.outcomes.push(outcome),
                Output::Closed(closing) => self.closing = Some(closing),
                Output::Wait(deadline) => return self.deadline = deadline,
            }
        }
    }

    fn read(&mut self, text: &str) {
        self.client.handle(Input::Bytes(text.as_bytes()), self.now);
        self.drain();
    }

    /// The socket takes so much of what there is.
    fn write(&mut self, most: usize) {
        let taken = most.min(self.out);
        self.out -= taken;
        self.client.handle(Input::Written(taken), self.now);
        self.drain();
    }

    /// Lets time pass, and tells the client when its deadline does. Whether it is still open.
    fn pass(&mut self, time: Duration) -> bool {
        self.now += time;
        if self.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.client.handle(Input::Timeout, self.now);
            self.drain();
        }
        self.closing.is_none()
    }

    fn passed(&self) -> Duration {
        self.now - self.start
    }
}

/// Some moment; all times of a test are distances from it.
#[expect(
    clippy::disallowed_methods,
    reason = "an Instant cannot be made otherwise, and which one it is does not matter"
)]
fn some_moment() -> Instant {
    Instant::now()
}

const GREETING: &str = "220 mx.example.net ESMTP\r\n";
const PLAIN: &str = "250 mx.example.net\r\n";
const OFFERS: &str = "250-mx.example.net\r\n250 STARTTLS\r\n";
const OK: &str = "250 2.0.0 Ok\r\n";
const GO_ON: &str = "354 go on\r\n";

/// Every phase, by the answers before it; how long it may take, what it is called, and its stage.
fn phases() -> Vec<(StartTls, Vec<&'static str>, u64, &'static str, Stage)> {
    use StartTls::{IfOffered, Never};
    vec![
        (Never, vec![], 300, "our connection", Stage::Connect),
        (Never, vec![GREETING], 300, "EHLO", Stage::Connect),
        (
            Never,
            vec![GREETING, "502 no\r\n"],
            300,
            "HELO",
            Stage::Connect,
        ),
        (
            IfOffered,
            vec![GREETING, OFFERS],
            300,
            "STARTTLS",
            Stage::Tls,
        ),
        (Never, vec![GREETING, PLAIN], 300, "MAIL", Stage::Mail),
        (Never, vec![GREETING, PLAIN, OK], 300, "RCPT", Stage::Rcpt),
        (
            Never,
            vec![GREETING, PLAIN, OK, OK],
            300,
            "DATA",
            Stage::Data,
        ),
        (
            Never,
            vec![GREETING, PLAIN, OK, OK, GO_ON],
            600,
            "the end of the message",
            Stage::Final,
        ),
    ]
}

#[test]
fn no_phase_outlasts_its_time_by_dripping() {
    for (starttls, answers, seconds, what, stage) in phases() {
        for drip in ["2", "250-more to come\r\n", "\r", "220-"] {
            let mut bench = Bench::behind(starttls, &answers, 640);
            assert!(bench.closing.is_none(), "{what}: {:?}", bench.closing);
            let mut waited = 0;
            while bench.closing.is_none() && waited < 2 * seconds {
                waited += 1;
                if bench.pass(SECOND) && waited % 20 == 0 {
                    bench.read(drip);
                }
            }
            let Some(closing) = bench.closing else {
                panic!("{what} was held by dripping {drip:?}");
            };
            assert!(waited <= seconds, "{what}: {waited} s");
            assert_eq!(closing.stage, stage, "{what}");
            let told = format!("no answer to {what} within {seconds}s");
            if waited == seconds {
                assert_eq!(closing.why, told);
            } else {
                assert!(
                    closing.why.contains("repl") || closing.why.contains("line"),
                    "{}",
                    closing.why
                );
            }
        }
    }
}

#[test]
fn all_of_the_opening_together_has_its_time() {
    let mut bench = Bench::new(StartTls::IfOffered);
    bench.client.open_by(bench.now + 100 * SECOND);
    bench.drain();
    // Each answer comes well within its own time.
    for (answer, at) in [(GREETING, 40), (OFFERS, 80)] {
        assert!(bench.pass(40 * SECOND), "at {at} s");
        bench.read(answer);
        bench.write(usize::MAX);
    }
    assert!(bench.pass(19 * SECOND));
    assert!(!bench.pass(SECOND));
    let closing = bench.closing.unwrap();
    assert_eq!(closing.stage, Stage::Tls);
    assert_eq!(
        closing.why,
        "no answer to STARTTLS within 20.0s, when the time for opening the session was over"
    );
}

#[test]
fn an_open_session_has_all_the_time_of_its_commands() {
    let mut bench = Bench::new(StartTls::Never);
    bench.client.open_by(bench.now + 10 * SECOND);
    bench.drain();
    bench.read(GREETING);
    bench.write(usize::MAX);
    bench.read(PLAIN);
    bench.submit(64);
    bench.write(usize::MAX);
    assert!(bench.pass(299 * SECOND), "{:?}", bench.closing);
    assert!(!bench.pass(SECOND));
}

/// A receiver that takes `octets` every `every` seconds; when it was given up.
fn receiver(size: usize, octets: usize, every: u64) -> (Option<Duration>, Bench) {
    let mut bench = Bench::behind(StartTls::Never, &[GREETING, PLAIN, OK, OK], size);
    bench.read(GO_ON);
    while bench.out > 0 {
        if !bench.pass(Duration::from_secs(every)) {
            return (Some(bench.passed()), bench);
        }
        bench.write(octets);
    }
    (None, bench)
}

#[test]
fn a_receiver_that_drips_is_given_up() {
    for (octets, every) in [(1, 1), (1, 60), (100, 1), (10_000, 170)] {
        let (given_up, bench) = receiver(1 << 20, octets, every);
        let after = given_up.unwrap_or_else(|| panic!("{octets} octets every {every} s went on"));
        // Three minutes of RFC 5321, and what was taken earns two milliseconds an octet.
        let taken = (1 << 20) - bench.out.min(1 << 20);
        let allowed = 180.0 + taken as f64 / 500.0 + every as f64;
        assert!(
            after.as_secs_f64() <= allowed,
            "{after:?} for {taken} octets"
        );
        let closing = bench.closing.unwrap();
        assert_eq!(closing.stage, Stage::Data);
        assert!(
            closing.why.contains("took next to nothing of the message"),
            "{}",
            closing.why
        );
        assert!(matches!(
            &bench.outcomes[..],
            [Outcome::Lost {
                stage: Stage::Data,
                ..
            }]
        ));
    }
}

#[test]
fn a_receiver_that_is_only_slow_is_not() {
    for (octets, every) in [(501, 1), (60_000, 100), (88_000, 175)] {
        let (given_up, _) = receiver(1 << 20, octets, every);
        assert_eq!(given_up, None, "{octets} octets every {every} s");
    }
}

proptest! {
    /// Whatever a receiver takes and when: it is given up no later than its patience and what it
    /// took allow, and never while it is faster than the floor.
    #[test]
    fn every_receiver_is_bounded_and_none_is_wronged(
        gulps in prop::collection::vec((0_u64..170, 0_usize..100_000), 1..60),
    ) {
        let size = 8 << 20;
        let mut bench = Bench::behind(StartTls::Never, &[GREETING, PLAIN, OK, OK], size);
        bench.read(GO_ON);
        let (all, mut fast) = (bench.out, true);
        for (seconds, octets) in gulps {
            let open = bench.pass(Duration::from_secs(seconds));
            let taken = (all - bench.out) as f64;
            if open {
                prop_assert!(bench.passed().as_secs_f64() <= 180.0 + taken / 500.0);
            } else {
                prop_assert!(!fast, "given up although it took {taken} octets in {:?}", bench.passed());
                return Ok(());
            }
            bench.write(octets);
            fast &= octets as f64 >= 500.0 * seconds as f64;
        }
    }
}
