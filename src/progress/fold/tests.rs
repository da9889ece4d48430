use super::*;
use crate::model::{Blame, Reason};
use proptest::prelude::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_796_083_200_000 + millis)
}

fn settled(millis: i64, state: State) -> Event {
    let failed = state != State::Delivered;
    Event::Settled(Box::new(Settled {
        at: at(millis),
        email: "ann@example.com".to_owned(),
        destination: "mx.example.com".to_owned(),
        from: State::Sending,
        state,
        reason: failed.then_some(Reason::Greylisted),
        blame: Blame::Receiver,
        stage: None,
        code: Some(450),
        enhanced: Some("4.7.1".to_owned()),
        diagnostic: "450 4.7.1 come back later ".repeat(99),
        attempts: 1,
        next_attempt: (state == State::Deferred).then(|| at(millis + 60_000)),
        doubt: state == State::InDoubt,
    }))
}

fn moved(millis: i64, from: State, to: State, count: u64) -> Event {
    Event::Moved {
        at: at(millis),
        from,
        to,
        count,
    }
}

fn view(name: &str, delivered: u64, waiting: Waiting) -> DestinationView {
    DestinationView {
        name: name.to_owned(),
        domains: 3,
        connections: 2,
        connections_limit: 5,
        rate_limit: Some(10.0),
        queued: 40,
        deferred: 0,
        delivered,
        bounced: 0,
        waiting,
    }
}

fn views(millis: i64, views: Vec<DestinationView>) -> Event {
    Event::Destinations {
        at: at(millis),
        total: views.len(),
        views,
        connections: 2,
    }
}

fn running(pending: u64) -> Progress {
    let mut progress = Progress::new("welcome");
    let counts = Counts {
        pending,
        ..Counts::default()
    };
    progress.apply(&Event::Started {
        at: at(0),
        campaign: "welcome".to_owned(),
        resumed: false,
        counts,
    });
    progress
}

/// A run that settles ten recipients a second for so many seconds.
fn steady(progress: &mut Progress, seconds: i64) {
    for second in 0..seconds {
        progress.apply(&moved(second * 1000, State::Pending, State::Sending, 10));
        for place in 0..10 {
            progress.apply(&settled(second * 1000 + place * 99, State::Delivered));
        }
    }
    progress.tick(at(seconds * 1000));
}

#[test]
fn a_steady_run_has_a_rate_and_a_time_left() {
    let mut progress = running(1000);
    assert_eq!(progress.time_left(), None, "nothing is known at first");
    steady(&mut progress, 20);
    assert!((progress.rate_now() - 10.0).abs() < 0.01);
    assert!((progress.rate_average() - 10.0).abs() < 0.01);
    let expected = TimeLeftOf(80, false);
    assert_eq!(progress.time_left().map(TimeLeftOf::from), Some(expected));
    assert_eq!(progress.elapsed(), Duration::from_secs(20));
}

#[derive(Debug, PartialEq)]
struct TimeLeftOf(u64, bool);

impl From<super::super::TimeLeft> for TimeLeftOf {
    fn from(time: super::super::TimeLeft) -> Self {
        Self(time.left.as_secs_f64().round() as u64, time.at_least)
    }
}

#[test]
fn the_time_left_waits_for_retries_and_limits() {
    let mut progress = running(200);
    steady(&mut progress, 10);
    progress.apply(&moved(9_999, State::Pending, State::Sending, 1));
    progress.apply(&settled(9_999, State::Deferred));
    progress.tick(at(10_000));
    let left = TimeLeftOf::from(progress.time_left().unwrap());
    assert_eq!(
        left,
        TimeLeftOf(60, true),
        "the deferred one is tried in a minute"
    );
    let slow = DestinationView {
        queued: 5000,
        ..view("slow.example", 0, Waiting::Rate)
    };
    progress.apply(&views(10_000, vec![slow]));
    let left = TimeLeftOf::from(progress.time_left().unwrap());
    assert_eq!(left, TimeLeftOf(500, true), "5000 at 10/s");
}

#[test]
fn the_time_left_is_unknown_when_nothing_moves() {
    let mut progress = running(1000);
    steady(&mut progress, 10);
    progress.tick(at(100_000));
    assert_eq!((progress.rate_now(), progress.time_left()), (0.0, None));
    progress.apply(&Event::Run {
        at: at(100_000),
        state: RunState::Paused,
    });
    assert_eq!(progress.time_left(), None);
}

#[test]
fn destinations_get_rates_from_two_pictures() {
    let mut progress = running(100);
    progress.apply(&views(0, vec![view("a", 0, Waiting::Nothing)]));
    assert_eq!(
        progress.destinations().shown.iter().next().unwrap().rate,
        None
    );
    let both = vec![view("b", 9, Waiting::Idle), view("a", 20, Waiting::Nothing)];
    progress.apply(&views(2000, both));
    let rates: Vec<_> = progress
        .destinations()
        .shown
        .iter()
        .map(|now| now.rate)
        .collect();
    assert_eq!(rates, [None, Some(10.0)]);
}

#[test]
fn deferrals_do_not_wash_bounces_away() {
    let mut progress = running(1000);
    progress.apply(&settled(1, State::Bounced));
    for place in 0..500 {
        progress.apply(&settled(place, State::Deferred));
    }
    assert_eq!(
        (progress.bounces().len(), progress.deferrals().len()),
        (1, 100)
    );
    let ranked = progress.reasons().ranked();
    assert_eq!((ranked[0].failed, ranked[0].deferrals), (1, 500));
}

#[test]
fn the_end_corrects_the_counts_and_stops_the_clock() {
    let mut progress = running(10);
    let counts = Counts {
        delivered: 10,
        ..Counts::default()
    };
    progress.apply(&Event::Finished {
        at: at(5000),
        state: RunState::Finished,
        counts,
    });
    progress.tick(at(90_000));
    assert_eq!(progress.counts(), &counts);
    assert_eq!(progress.elapsed(), Duration::from_secs(5));
    assert_eq!(progress.rate_now(), 0.0);
}

fn any_state() -> impl Strategy<Value = State> {
    prop::sample::select(State::ALL.to_vec())
}

fn any_event() -> impl Strategy<Value = Event> {
    let time = 0_i64..3_000_000;
    prop_oneof![
        8 => (time.clone(), any_state()).prop_map(|(time, state)| settled(time, state)),
        4 => (time.clone(), any_state(), any_state(), 0_u64..50)
            .prop_map(|(time, from, to, count)| moved(time, from, to, count)),
        1 => (time.clone(), "\\PC{0,2000}").prop_map(|(time, text)| Event::Notice(Notice {
            at: at(time), destination: Some(text.clone()), text,
        })),
        1 => (time.clone(), 0_usize..300).prop_map(|(time, count)| {
            let waiting = Waiting::Backoff { until: at(time + 5), why: "w".repeat(9999) };
            views(time, vec![view(&"n".repeat(9999), 1, waiting); count])
        }),
        1 => time.prop_map(|time| Event::Run { at: at(time), state: RunState::Paused }),
    ]
}

/// Whether the event moves no more recipients than there are.
fn conserves(counts: &Counts, event: &Event) -> bool {
    match event {
        Event::Settled(settled) => counts[settled.from] > 0,
        Event::Moved { from, count, .. } => counts[*from] >= *count,
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn totals_are_conserved_and_memory_is_bounded(
        events in prop::collection::vec(any_event(), 0..400),
    ) {
        let mut progress = running(500);
        progress.apply(&moved(0, State::Pending, State::Sending, 200));
        for event in &events {
            if conserves(progress.counts(), event) {
                progress.apply(event);
                prop_assert_eq!(progress.counts().total(), 500);
            }
            let _ = (progress.time_left(), progress.rate_now(), progress.rate_average());
        }
        let json = serde_json::to_string(&progress).unwrap();
        prop_assert!(json.len() < 500_000, "{} octets", json.len());
        let read: Progress = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read.counts(), progress.counts());
        prop_assert_eq!(read.series(), progress.series());
    }
}
