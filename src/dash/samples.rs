//! A scripted run with fixed times that the tests fold and draw.

use crate::model::{
    Blame, Counts, DestinationView, Event, Notice, Reason, RunState, Settled, Stage, State,
    Timestamp, Waiting,
};
use crate::progress::Progress;

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_796_126_400_000 + millis)
}

/// A failure as servers word it.
struct Failure {
    email: &'static str,
    destination: &'static str,
    state: State,
    reason: Option<Reason>,
    code: u16,
    enhanced: &'static str,
    diagnostic: &'static str,
}

const FAILURES: [Failure; 6] = [
    Failure {
        email: "ann.lee@gmail.example",
        destination: "google.example",
        state: State::Bounced,
        reason: Some(Reason::MailboxUnknown),
        code: 550,
        enhanced: "5.1.1",
        diagnostic: "5.1.1 The email account that you tried to reach does not exist.",
    },
    Failure {
        email: "山田太郎@例え.example",
        destination: "郵便局.example",
        state: State::Bounced,
        reason: Some(Reason::MailboxFull),
        code: 552,
        enhanced: "5.2.2",
        diagnostic: "5.2.2 メールボックスの容量を超えています (mailbox is full)",
    },
    Failure {
        email: "bob@grey.example",
        destination: "grey.example",
        state: State::Deferred,
        reason: Some(Reason::Greylisted),
        code: 450,
        enhanced: "4.7.1",
        diagnostic: "4.7.1 Greylisted, please come back in 42 seconds",
    },
    Failure {
        email: "carol.with.a.very.long.address.indeed@subdomain.of.some.example",
        destination: "slow.example",
        state: State::Deferred,
        reason: Some(Reason::RateLimited),
        code: 421,
        enhanced: "4.7.28",
        diagnostic: "4.7.28 Our system has detected an unusual rate of unsolicited mail",
    },
    Failure {
        email: "dora@example.org",
        destination: "mx.example.org",
        state: State::Expired,
        reason: Some(Reason::Unreachable),
        code: 0,
        enhanced: "",
        diagnostic: "connection refused by 192.0.2.25:25",
    },
    Failure {
        email: "emil@drop.example",
        destination: "drop.example",
        state: State::InDoubt,
        reason: None,
        code: 0,
        enhanced: "",
        diagnostic: "connection closed before the answer to the content",
    },
];

fn failed(failure: &Failure, millis: i64) -> Event {
    Event::Settled(Box::new(Settled {
        at: at(millis),
        email: failure.email.to_owned(),
        destination: failure.destination.to_owned(),
        from: State::Sending,
        state: failure.state,
        reason: failure.reason,
        blame: failure.reason.map_or(Blame::None, Reason::blame),
        stage: Some(Stage::Rcpt),
        code: (failure.code > 0).then_some(failure.code),
        enhanced: (failure.code > 0).then(|| failure.enhanced.to_owned()),
        diagnostic: failure.diagnostic.to_owned(),
        attempts: 1,
        next_attempt: (failure.state == State::Deferred).then(|| at(millis + 60_000)),
        doubt: failure.state == State::InDoubt,
    }))
}

pub(super) fn delivered(millis: i64) -> Event {
    Event::Settled(Box::new(Settled {
        at: at(millis),
        email: "somebody@example.com".to_owned(),
        destination: "google.example".to_owned(),
        from: State::Sending,
        state: State::Delivered,
        reason: None,
        blame: Blame::None,
        stage: Some(Stage::Final),
        code: Some(250),
        enhanced: Some("2.0.0".to_owned()),
        diagnostic: "OK".to_owned(),
        attempts: 1,
        next_attempt: None,
        doubt: false,
    }))
}

pub(super) fn view(name: &str, queued: u64, waiting: Waiting) -> DestinationView {
    DestinationView {
        name: name.to_owned(),
        domains: 3,
        connections: 4,
        connections_limit: 10,
        rate_limit: None,
        queued,
        deferred: queued / 30,
        delivered: 3 * queued,
        bounced: queued / 99,
        waiting,
    }
}

/// The destinations of the scripted run, `second` seconds after its start.
fn views(second: i64) -> Vec<DestinationView> {
    let grown = |view: DestinationView, rate: u64| DestinationView {
        delivered: rate * second as u64,
        ..view
    };
    vec![
        DestinationView {
            connections: 10,
            ..grown(view("google.example", 4120, Waiting::Connections), 41)
        },
        DestinationView {
            rate_limit: Some(20.0),
            domains: 1,
            ..grown(view("outlook.example", 2210, Waiting::Rate), 20)
        },
        DestinationView {
            connections: 0,
            delivered: 0,
            ..view(
                "mx.example.org",
                310,
                Waiting::Backoff {
                    until: at(190_000),
                    why: "connection refused".to_owned(),
                },
            )
        },
        DestinationView {
            connections: 0,
            deferred: 188,
            ..view("grey.example", 0, Waiting::Retry { until: at(113_400) })
        },
        grown(view("郵便局.example", 1_204_000, Waiting::Nothing), 9),
        view("slow.example", 64, Waiting::RunConnections),
        view("drop.example", 12, Waiting::Dns),
        DestinationView {
            connections: 0,
            delivered: 840,
            ..view("done.example", 0, Waiting::Idle)
        },
        view(
            "a-rather-long-name-of-a-mail-system.example.co.jp",
            7,
            Waiting::RunRate,
        ),
    ]
}

/// How many are delivered in a second: a slow start, a dip and a wave.
fn wave(second: i64) -> i64 {
    let ramp = (second * 9).min(90);
    let dip = if (40..46).contains(&second) { 60 } else { 0 };
    (ramp - dip + (second * 7) % 13).max(2)
}

/// The run 72 seconds after its start.
pub(super) fn running() -> Progress {
    let mut progress = Progress::new("welcome");
    let counts = Counts {
        pending: 20_000,
        suppressed: 12,
        invalid: 7,
        ..Counts::default()
    };
    progress.apply(&Event::Loading {
        at: at(-2000),
        rows: 20_019,
        of: Some(20_019),
    });
    progress.apply(&Event::Started {
        at: at(0),
        campaign: "welcome".to_owned(),
        resumed: false,
        counts,
    });
    for second in 0..72 {
        let count = wave(second);
        let failures = usize::from(second % 4 == 3) + usize::from(second % 9 == 8);
        progress.apply(&Event::Moved {
            at: at(second * 1000),
            from: State::Pending,
            to: State::Sending,
            count: count as u64 + failures as u64,
        });
        for place in 0..count {
            progress.apply(&delivered(second * 1000 + place * 9));
        }
        for place in 0..failures {
            let failure = &FAILURES[(second as usize / 3 + place) % FAILURES.len()];
            progress.apply(&failed(failure, second * 1000 + 950));
        }
    }
    progress.apply(&Event::Moved {
        at: at(71_990),
        from: State::Pending,
        to: State::Sending,
        count: 64,
    });
    for (second, destination, text) in NOTICES {
        progress.apply(&Event::Notice(Notice {
            at: at(second * 1000),
            destination: Some(destination.to_owned()),
            text: text.to_owned(),
        }));
    }
    for second in [68, 70, 72] {
        progress.apply(&Event::Destinations {
            at: at(second * 1000),
            views: views(second),
            total: 34,
            connections: 42,
        });
    }
    progress.tick(at(72_000));
    progress
}

const NOTICES: [(i64, &str, &str); 3] = [
    (
        12,
        "drop.example",
        "closes the connection after 20 messages; connections end themselves before that from now on",
    ),
    (
        41,
        "slow.example",
        "asked to slow down (421 4.7.28): 5 connections instead of 10, 10/s instead of 20/s",
    ),
    (
        66,
        "slow.example",
        "no complaint for 25 s: 6 connections again",
    ),
];

/// The run in another state.
pub(super) fn in_state(state: RunState) -> Progress {
    let mut progress = running();
    progress.apply(&Event::Run {
        at: at(72_000),
        state,
    });
    progress
}

/// The run after its end.
pub(super) fn finished() -> Progress {
    let mut progress = running();
    progress.apply(&Event::Finished {
        at: at(180_000),
        state: RunState::Finished,
        counts: Counts {
            delivered: 19_700,
            bounced: 240,
            expired: 50,
            in_doubt: 10,
            suppressed: 12,
            invalid: 7,
            ..Counts::default()
        },
    });
    progress
}

/// A run whose every text tries to get out of its cell.
pub(super) fn hostile() -> Progress {
    let nasty =
        "\x1b[2J\x1b]0;owned\x07\r\n\t\0\u{9b}31m\u{202e}evil\u{2066}\u{200b}飛\u{301}\u{301}";
    let mut progress = running();
    let mut views = vec![view(nasty, 3, Waiting::Nothing)];
    views.push(view(
        "back.example",
        3,
        Waiting::Backoff {
            until: at(99_000),
            why: nasty.repeat(9),
        },
    ));
    progress.apply(&Event::Destinations {
        at: at(72_000),
        views,
        total: 2,
        connections: 1,
    });
    progress.apply(&Event::Notice(Notice {
        at: at(72_000),
        destination: Some(nasty.to_owned()),
        text: nasty.repeat(20),
    }));
    let Event::Settled(mut settled) = failed(&FAILURES[0], 72_000) else {
        unreachable!("it is one");
    };
    settled.email = nasty.to_owned();
    settled.diagnostic = nasty.repeat(9);
    settled.enhanced = Some(nasty.to_owned());
    progress.apply(&Event::Settled(settled));
    progress
}
