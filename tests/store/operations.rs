//! The life of recipients: entered, claimed, settled, given back, reported.

use crate::support::{Place, at, campaign_of, domain_of, load_of, outcome, valid};
use hikyaku::model::{
    Address, Blame, Domain, EnhancedCode, InDoubtPolicy, Peer, Reason, SoftBounces, Stage, State,
};
use hikyaku::store::{
    Deferral, Enqueued, LoadState, LoadSummary, Moved, NewRecipient, Problem, Rejection,
    Settlements, Suppression, SuppressionScope, SuppressionTarget,
};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn an_address_enters_once_and_every_row_is_accounted_for() {
    let place = Place::new();
    let store = place.open();
    let suppressed = Suppression {
        scope: SuppressionScope::Everything,
        since: None,
        target: SuppressionTarget::Domain(Domain::parse("never.example").unwrap()),
        reason: String::from("asked us to"),
        source: String::from("a person"),
    };
    store.suppress(vec![suppressed], at(1)).await.unwrap();
    let (campaign, sums) = load_of(
        &store,
        "welcome",
        &[
            "a@one.example",
            "b@never.example",
            "A@ONE.example",
            "c@two.example",
        ],
    )
    .await;
    let expected = Enqueued {
        added: 2,
        duplicates: 1,
        suppressed: 1,
        invalid: 0,
    };
    assert_eq!(sums, expected);
    let rejected = NewRecipient::Invalid {
        row: 5,
        text: String::from("nobody"),
        why: String::from("it has no @"),
    };
    let rows = vec![
        rejected,
        valid(6, "a@one.example"),
        valid(7, "d@one.example"),
    ];
    let sums = store.enqueue(campaign, rows).await.unwrap();
    assert_eq!((sums.added, sums.duplicates, sums.invalid), (1, 1, 1));
    let summary = LoadSummary {
        columns: vec![String::from("email")],
        rows: 7,
    };
    store.loaded(campaign, summary).await.unwrap();

    let record = place.reader().campaign("welcome").unwrap().unwrap();
    assert_eq!(record.load, LoadState::Loaded);
    assert_eq!((record.rows, record.duplicates), (7, 2));
    let report = place.report(campaign, &[]);
    let emails: Vec<_> = report.iter().map(|row| row.email.as_str()).collect();
    assert_eq!(
        emails,
        [
            "a@one.example",
            "b@never.example",
            "c@two.example",
            "nobody",
            "d@one.example"
        ]
    );
    assert_eq!(report[1].state, State::Suppressed);
    assert_eq!(report[1].diagnostic, "asked us to");
    assert_eq!((report[3].state, &*report[3].domain), (State::Invalid, ""));
    assert_eq!(report[3].diagnostic, "it has no @");
    assert_eq!(place.report(campaign, &[State::Pending]).len(), 3);
    let again = store.begin_load(campaign).await.unwrap_err();
    assert!(matches!(again.problem(), Problem::Illegal(_)));
}

#[tokio::test]
async fn a_load_that_was_cut_short_is_entered_anew() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = load_of(&store, "welcome", &["a@x.example", "b@x.example"]).await;
    let rejected = NewRecipient::Invalid {
        row: 3,
        text: String::from("nobody"),
        why: String::from("it has no @"),
    };
    store.enqueue(campaign, vec![rejected]).await.unwrap();
    let other = campaign_of(&store, "other", &["a@x.example"]).await.0;
    store.close().await;

    let store = place.open();
    let unbegun = store.enqueue(campaign, vec![valid(4, "c@x.example")]).await;
    assert!(matches!(
        unbegun.unwrap_err().problem(),
        Problem::Illegal(_)
    ));
    let unbegun = store.loaded(campaign, LoadSummary::default()).await;
    assert!(matches!(
        unbegun.unwrap_err().problem(),
        Problem::Illegal(_)
    ));
    let (same, sums) = campaign_of(&store, "welcome", &["b@x.example", "c@x.example"]).await;
    assert_eq!(same, campaign);
    assert_eq!((sums.added, sums.duplicates), (2, 0));
    let report = place.report(campaign, &[]);
    let emails: Vec<_> = report.iter().map(|row| row.email.as_str()).collect();
    assert_eq!(emails, ["b@x.example", "c@x.example"]);
    assert_eq!(place.report(other, &[]).len(), 1);
    assert_eq!(store.tally(campaign).await.unwrap().counts.total(), 2);
}

#[tokio::test]
async fn a_claim_takes_domains_in_order_and_says_which_are_drained() {
    let place = Place::new();
    let store = place.open();
    let emails = ["a@x.example", "b@y.example", "c@x.example", "d@y.example"];
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let y = domain_of(&store, campaign, "y.example").await;
    let claimed = store.claim(campaign, vec![y, x], 3, at(5)).await.unwrap();
    let addresses: Vec<_> = claimed
        .recipients
        .iter()
        .map(|recipient| recipient.address.to_string())
        .collect();
    assert_eq!(addresses, ["b@y.example", "d@y.example", "a@x.example"]);
    assert_eq!(claimed.recipients[0].fields.get("name"), Some("Ann"));
    let drained: Vec<_> = claimed.drained.iter().map(|entry| entry.domain).collect();
    assert_eq!(drained, [y]);
    let rest = store.claim(campaign, vec![y, x], 9, at(5)).await.unwrap();
    assert_eq!(rest.recipients.len(), 1);
    assert_eq!(rest.drained.len(), 2);
    assert!(rest.drained.iter().all(|entry| entry.next_due.is_none()));
    let tally = place.reader().tally(campaign).unwrap();
    assert_eq!(tally.counts.sending, 4);
}

#[tokio::test]
async fn retries_and_fresh_recipients_share_a_claim() {
    let place = Place::new();
    let store = place.open();
    let emails: Vec<String> = (0..10).map(|n| format!("u{n}@x.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let first = store.claim(campaign, vec![x], 5, at(10)).await.unwrap();
    let deferred = first.recipients.iter().map(|recipient| {
        let mut settlement = outcome(x, recipient.id, State::Deferred, 10);
        settlement.next_attempt = Some(at(100));
        settlement
    });
    store.settle(campaign, deferred.collect()).await.unwrap();

    let early = store.claim(campaign, vec![x], 2, at(50)).await.unwrap();
    assert!(
        early
            .recipients
            .iter()
            .all(|recipient| recipient.attempts == 0)
    );
    let mixed = store.claim(campaign, vec![x], 2, at(100)).await.unwrap();
    let attempts: Vec<_> = mixed
        .recipients
        .iter()
        .map(|recipient| recipient.attempts)
        .collect();
    assert_eq!(attempts, [1, 0]);
    assert_eq!(mixed.recipients[0].first_attempt, Some(at(10)));
    let rest = store.claim(campaign, vec![x], 99, at(100)).await.unwrap();
    assert_eq!(rest.recipients.len(), 6);
}

#[tokio::test]
async fn an_outcome_is_kept_to_the_last_column() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = campaign_of(&store, "welcome", &["a@x.example"]).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let id = store
        .claim(campaign, vec![x], 1, at(5))
        .await
        .unwrap()
        .recipients[0]
        .id;
    let mut deferred = outcome(x, id, State::Deferred, 1_000);
    deferred.reason = Some(Reason::Greylisted);
    deferred.blame = Blame::Receiver;
    deferred.stage = Some(Stage::Rcpt);
    deferred.code = Some(451);
    deferred.enhanced = EnhancedCode::parse("4.7.500");
    deferred.diagnostic = String::from("come back\tlater");
    deferred.destination = Arc::from("example");
    deferred.message_id = String::from("abc@news.example");
    deferred.next_attempt = Some(at(2_000));
    deferred.peer = Some(Arc::new(Peer {
        mx: String::from("mx.x.example"),
        remote_ip: Some([192, 0, 2, 1].into()),
        source_ip: None,
        tls: String::from("TLSv1.3"),
    }));
    let sums = store.settle(campaign, vec![deferred]).await.unwrap();
    assert_eq!(
        sums,
        Settlements {
            settled: 1,
            stale: 0
        }
    );
    let row = place.report(campaign, &[State::Deferred]).remove(0);
    assert_eq!(row.domain, "x.example");
    assert_eq!(row.destination, "example");
    assert_eq!(row.reason, Some(Reason::Greylisted));
    assert_eq!((row.blame, row.stage), (Blame::Receiver, Some(Stage::Rcpt)));
    assert_eq!((row.code, &*row.enhanced), (Some(451), "4.7.500"));
    assert_eq!(row.diagnostic, "come back\tlater");
    assert_eq!(row.attempts, 1);
    assert_eq!(row.first_attempt, Some(at(1_000)));
    assert_eq!(row.last_attempt, Some(at(1_000)));
    assert_eq!(row.next_attempt, Some(at(2_000)));
    assert_eq!(
        (&*row.mx, &*row.remote_ip, &*row.source_ip),
        ("mx.x.example", "192.0.2.1", "")
    );
    assert_eq!(
        (&*row.tls, &*row.message_id),
        ("TLSv1.3", "abc@news.example")
    );

    store.claim(campaign, vec![x], 1, at(2_000)).await.unwrap();
    let delivered = outcome(x, id, State::Delivered, 3_000);
    store
        .settle(campaign, vec![delivered.clone()])
        .await
        .unwrap();
    let row = place.report(campaign, &[]).remove(0);
    assert_eq!((row.state, row.attempts), (State::Delivered, 2));
    assert_eq!(
        (row.first_attempt, row.next_attempt),
        (Some(at(1_000)), None)
    );
    assert_eq!((row.reason, &*row.diagnostic, &*row.mx), (None, "", ""));
    assert_eq!(
        (&*row.message_id, &*row.destination),
        ("abc@news.example", "example")
    );
    let stale = store.settle(campaign, vec![delivered]).await.unwrap();
    assert_eq!(
        stale,
        Settlements {
            settled: 0,
            stale: 1
        }
    );
}

#[tokio::test]
async fn a_state_that_may_not_follow_sending_is_refused_and_harms_nobody_else() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = campaign_of(&store, "welcome", &["a@x.example", "b@x.example"]).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let ids = store
        .claim(campaign, vec![x], 2, at(5))
        .await
        .unwrap()
        .recipients;
    let wrong = store.settle(campaign, vec![outcome(x, ids[0].id, State::Cancelled, 6)]);
    let right = store.settle(campaign, vec![outcome(x, ids[1].id, State::Delivered, 6)]);
    let (wrong, right) = tokio::join!(wrong, right);
    assert!(matches!(wrong.unwrap_err().problem(), Problem::Illegal(_)));
    assert_eq!(right.unwrap().settled, 1);
}

#[tokio::test]
async fn what_was_claimed_goes_back_as_it_was() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = campaign_of(&store, "welcome", &["a@x.example", "b@x.example"]).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let first = store
        .claim(campaign, vec![x], 1, at(5))
        .await
        .unwrap()
        .recipients[0]
        .id;
    let mut deferred = outcome(x, first, State::Deferred, 10);
    deferred.next_attempt = Some(at(20));
    store.settle(campaign, vec![deferred]).await.unwrap();
    let both = store
        .claim(campaign, vec![x], 2, at(20))
        .await
        .unwrap()
        .recipients;
    assert_eq!(both.len(), 2);
    let back = both.iter().map(|recipient| (x, recipient.id)).collect();
    assert_eq!(store.release(campaign, back).await.unwrap(), 2);
    let counts = store.tally(campaign).await.unwrap().counts;
    assert_eq!((counts.pending, counts.deferred), (1, 1));
    assert_eq!(place.report(campaign, &[])[0].attempts, 1);
    let again = store.claim(campaign, vec![x], 2, at(20)).await.unwrap();
    assert_eq!(again.recipients.len(), 2);
}

#[tokio::test]
async fn a_dead_process_leaves_doubts_behind() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = campaign_of(&store, "welcome", &["a@x.example", "b@x.example"]).await;
    let x = domain_of(&store, campaign, "x.example").await;
    store.claim(campaign, vec![x], 1, at(5)).await.unwrap();
    drop(store);

    let store = place.open();
    let recovered = store
        .recover(campaign, InDoubtPolicy::Resend, at(9))
        .await
        .unwrap();
    assert_eq!(recovered.in_doubt, 1);
    let tally = store.tally(campaign).await.unwrap();
    assert_eq!(
        (tally.counts.open(), tally.counts.sending, tally.doubts),
        (2, 0, 1)
    );
    let again = store
        .claim(campaign, vec![x], 2, at(9))
        .await
        .unwrap()
        .recipients;
    let attempts: Vec<_> = again.iter().map(|recipient| recipient.attempts).collect();
    assert_eq!(attempts, [1, 0]);
    let recovered = store
        .recover(campaign, InDoubtPolicy::Hold, at(10))
        .await
        .unwrap();
    assert_eq!(recovered.in_doubt, 2);
    let tally = store.tally(campaign).await.unwrap();
    assert_eq!((tally.counts.in_doubt, tally.doubts), (2, 3));
    let none = store
        .recover(campaign, InDoubtPolicy::Resend, at(11))
        .await
        .unwrap();
    assert_eq!(none.in_doubt, 0);
}

#[tokio::test]
async fn unreachable_domains_are_deferred_together() {
    let place = Place::new();
    let store = place.open();
    let emails: Vec<String> = (0..7_000).map(|n| format!("u{n}@x.example")).collect();
    let mut emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    emails.push("a@y.example");
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let y = domain_of(&store, campaign, "y.example").await;
    let deferral = |now: i64| Deferral {
        at: at(now),
        reason: Reason::Unreachable,
        blame: Blame::Network,
        stage: Stage::Connect,
        diagnostic: String::from("connection refused"),
        destination: Arc::from("x"),
        next: Arc::new(move |attempts, first| {
            assert_eq!(first, at(10));
            (attempts < 2).then(|| at(now + 5))
        }),
    };
    let moves = store
        .defer_domains(campaign, vec![x, y], deferral(10))
        .await
        .unwrap();
    let moved = |from, to, count| Moved { from, to, count };
    assert_eq!(
        moves[0].moved,
        [moved(State::Pending, State::Deferred, 7_000)]
    );
    assert_eq!(moves[1].moved, [moved(State::Pending, State::Deferred, 1)]);
    assert_eq!(moves[0].next_due, Some(at(15)));
    let early = store
        .defer_domains(campaign, vec![x], deferral(14))
        .await
        .unwrap();
    assert_eq!(early[0].moved, []);
    let late = store
        .defer_domains(campaign, vec![x], deferral(15))
        .await
        .unwrap();
    assert_eq!(
        late[0].moved,
        [moved(State::Deferred, State::Expired, 7_000)]
    );
    assert_eq!(late[0].next_due, None);
    let row = place.report(campaign, &[State::Expired]).remove(6_999);
    assert_eq!((row.attempts, row.stage), (2, Some(Stage::Connect)));
    assert_eq!(row.first_attempt, Some(at(10)));
}

#[tokio::test]
async fn domains_without_mail_bounce_and_cancelling_leaves_what_is_on_the_wire() {
    let place = Place::new();
    let store = place.open();
    let emails = ["a@x.example", "b@x.example", "c@y.example", "d@y.example"];
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let y = domain_of(&store, campaign, "y.example").await;
    let rejection = Rejection {
        at: at(7),
        reason: Reason::DomainUnknown,
        blame: Blame::Recipient,
        stage: Stage::Resolve,
        diagnostic: String::from("x.example does not exist"),
        destination: Arc::from(""),
        patience: SoftBounces {
            count: NonZeroU32::new(1),
            window: Duration::from_secs(60),
        },
    };
    let moved = store.bounce_domain(campaign, x, rejection).await.unwrap();
    let bounced = Moved {
        from: State::Pending,
        to: State::Bounced,
        count: 2,
    };
    assert_eq!(moved, [bounced]);
    store.claim(campaign, vec![y], 1, at(8)).await.unwrap();
    let moved = store.cancel(campaign).await.unwrap();
    assert_eq!(moved.len(), 1);
    let counts = store.tally(campaign).await.unwrap().counts;
    assert_eq!(
        (counts.bounced, counts.sending, counts.cancelled),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn suppressions_are_obeyed_while_a_campaign_runs() {
    let place = Place::new();
    let store = place.open();
    let emails = ["a@x.example", "b@x.example", "c@y.example", "d@x.example"];
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    let x = domain_of(&store, campaign, "x.example").await;
    let y = domain_of(&store, campaign, "y.example").await;
    let other = place.open();
    let entry = |target| Suppression {
        scope: SuppressionScope::Everything,
        since: None,
        target,
        reason: String::from("complained"),
        source: String::from("feedback loop"),
    };
    let address = SuppressionTarget::Address(Address::parse("B@x.example").unwrap());
    let domain = SuppressionTarget::Domain(Domain::parse("y.example").unwrap());
    let entries = vec![entry(address.clone()), entry(domain)];
    assert_eq!(other.suppress(entries.clone(), at(3)).await.unwrap(), 2);
    assert_eq!(other.suppress(entries, at(4)).await.unwrap(), 0);
    let claimed = store.claim(campaign, vec![y, x], 2, at(5)).await.unwrap();
    let addresses: Vec<_> = claimed
        .recipients
        .iter()
        .map(|recipient| recipient.address.to_string())
        .collect();
    assert_eq!(addresses, ["a@x.example", "d@x.example"]);
    assert_eq!(claimed.settled[0].count, 2);
    assert_eq!(claimed.drained.len(), 2);
    assert_eq!(
        place.report(campaign, &[State::Suppressed])[0].diagnostic,
        "complained"
    );
    assert_eq!(
        other
            .unsuppress(vec![address], SuppressionScope::Everything)
            .await
            .unwrap(),
        1
    );
    assert_eq!(place.reader().suppression_count().unwrap(), 1);
}

#[tokio::test]
async fn thousands_of_dead_domains_are_deferred_in_few_transactions() {
    let place = Place::new();
    let store = place.open();
    let emails: Vec<String> = (0..3_000).map(|n| format!("u@d{n}.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    let backlog = store.backlog(campaign).await.unwrap();
    let domains: Vec<_> = backlog.iter().map(|entry| entry.id).collect();
    let deferral = Deferral {
        at: at(10),
        reason: Reason::Unreachable,
        blame: Blame::Network,
        stage: Stage::Resolve,
        diagnostic: String::from("no name server answers"),
        destination: Arc::from(""),
        next: Arc::new(|_, _| Some(at(5))),
    };
    let moves = store
        .defer_domains(campaign, domains.clone(), deferral)
        .await
        .unwrap();
    let named: Vec<_> = moves.iter().map(|moves| moves.domain).collect();
    assert_eq!(named, domains);
    // The next attempt was said to be in the past, and is not.
    assert!(moves.iter().all(|moves| moves.next_due == Some(at(11))));
    assert_eq!(store.tally(campaign).await.unwrap().counts.deferred, 3_000);
}

#[tokio::test]
async fn batches_that_are_under_way_together_enter_in_the_order_of_the_calls() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = load_of(&store, "welcome", &[]).await;
    let batch = |from: u64, size| {
        let rows = from..from + size;
        rows.map(|row| valid(row, &format!("u{row:05}@x.example")))
            .collect::<Vec<_>>()
    };
    let long = store.enqueue(campaign, batch(0, 3_000));
    let short = store.enqueue(campaign, batch(3_000, 1));
    let (long, short) = tokio::join!(long, short);
    assert_eq!((long.unwrap().added, short.unwrap().added), (3_000, 1));
    let summary = LoadSummary::default();
    store.loaded(campaign, summary).await.unwrap();
    let report = place.report(campaign, &[]);
    assert!(report.is_sorted_by(|one, next| one.email < next.email));
    assert_eq!(report.len(), 3_001);
}
