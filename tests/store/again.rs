//! A campaign is sent again to those it had given up.

use crate::support::{Place, at, campaign_of, domain_of, outcome};
use hikyaku::model::{
    Address, CampaignId, DomainId, Reason, ReportRow, RunState, Stage, State, Timestamp,
};
use hikyaku::store::{
    Again, Problem, Settlement, Store, Suppression, SuppressionScope, SuppressionTarget,
};

/// A campaign with one recipient in each of these states, in this order.
async fn settled(store: &Store, states: &[(State, Option<Reason>)]) -> (CampaignId, DomainId) {
    let emails: Vec<_> = (0..states.len()).map(|n| format!("u{n}@a.test")).collect();
    let emails: Vec<_> = emails.iter().map(String::as_str).collect();
    let (campaign, _) = campaign_of(store, "welcome", &emails).await;
    let domain = domain_of(store, campaign, "a.test").await;
    let claimed = store
        .claim(campaign, vec![domain], states.len(), at(100))
        .await
        .unwrap();
    let settlements = claimed.recipients.iter().zip(states);
    let settlements = settlements.map(|(recipient, (state, reason))| Settlement {
        reason: *reason,
        stage: Some(Stage::Rcpt),
        diagnostic: String::from("no"),
        message_id: format!("{}@sender.test", recipient.id),
        next_attempt: Some(at(900_000)),
        ..outcome(domain, recipient.id, *state, 100)
    });
    store.settle(campaign, settlements.collect()).await.unwrap();
    store
        .finish(campaign, RunState::Finished, at(200))
        .await
        .unwrap();
    (campaign, domain)
}

fn any(state: State) -> Again {
    Again {
        state,
        reasons: None,
    }
}

fn states(rows: &[ReportRow]) -> Vec<State> {
    rows.iter().map(|row| row.state).collect()
}

const MIXED: [(State, Option<Reason>); 7] = [
    (State::Expired, Some(Reason::Unreachable)),
    (State::Delivered, None),
    (State::Deferred, Some(Reason::Greylisted)),
    (State::Bounced, Some(Reason::SpamContent)),
    (State::Bounced, Some(Reason::MailboxUnknown)),
    (State::InDoubt, None),
    (State::Invalid, None),
];

#[tokio::test]
async fn those_that_were_chosen_are_pending_and_nobody_else() {
    use State::{Bounced, Delivered, InDoubt, Invalid, Pending};
    let place = Place::new();
    let store = place.open();
    let (campaign, domain) = settled(&store, &MIXED).await;
    let spam = Again {
        state: Bounced,
        reasons: Some(vec![Reason::SpamContent, Reason::Virus]),
    };
    let choice = vec![any(State::Expired), any(State::Deferred), spam];
    let number = store.begin_again(campaign, choice, at(500)).await.unwrap();
    let opened = store.open_again(campaign).await.unwrap().unwrap();
    assert_eq!((number, opened.number, opened.recipients), (2, 2, 3));
    assert_eq!(store.open_again(campaign).await.unwrap(), None);
    let rows = place.report(campaign, &[]);
    let expected = [
        Pending, Delivered, Pending, Pending, Bounced, InDoubt, Invalid,
    ];
    assert_eq!(states(&rows), expected);
    let record = place.reader().campaign("welcome").unwrap().unwrap();
    assert_eq!((record.state, record.finished), (RunState::Stopped, None));
    let runs = place.reader().runs(campaign).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].begun, runs[0].recipients), (at(500), 3));
    assert_eq!(runs[0].states, [State::Expired, State::Deferred, Bounced]);
    assert!(runs[0].opened);
    let due = store
        .claim(campaign, vec![domain], 9, Timestamp::ZERO)
        .await
        .unwrap();
    assert_eq!(due.recipients.len(), 3, "what was put off is due now");
}

#[tokio::test]
async fn attempts_begin_anew_and_the_report_shows_all_of_them() {
    let place = Place::new();
    let store = place.open();
    let (campaign, domain) = settled(&store, &MIXED[..1]).await;
    for (run, now) in [(2, 1_000), (3, 2_000)] {
        let choice = vec![any(State::Expired)];
        store.begin_again(campaign, choice, at(now)).await.unwrap();
        store.open_again(campaign).await.unwrap();
        let claimed = store
            .claim(campaign, vec![domain], 1, at(now))
            .await
            .unwrap();
        let recipient = &claimed.recipients[0];
        assert_eq!((recipient.attempts, recipient.first_attempt), (0, None));
        let again = outcome(domain, recipient.id, State::Expired, now + 1);
        store.settle(campaign, vec![again]).await.unwrap();
        let row = place.report(campaign, &[]).remove(0);
        assert_eq!(row.attempts, run);
        assert_eq!(
            (row.first_attempt, row.last_attempt),
            (Some(at(100)), Some(at(now + 1)))
        );
        let id = format!("{}@sender.test", recipient.id);
        assert_eq!(row.message_id, id, "the same message");
    }
    let numbers: Vec<_> = place
        .reader()
        .runs(campaign)
        .unwrap()
        .iter()
        .map(|run| run.number)
        .collect();
    assert_eq!(numbers, [2, 3]);
}

#[tokio::test]
async fn what_has_arrived_cannot_be_chosen() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = settled(&store, &MIXED).await;
    for state in State::ALL {
        if state.may_be_sent_again() {
            continue;
        }
        let choice = vec![any(State::Expired), any(state)];
        let refused = store.begin_again(campaign, choice, at(500)).await;
        let error = refused.unwrap_err();
        assert!(matches!(error.problem(), Problem::Illegal(_)), "{error}");
    }
    assert_eq!(store.open_again(campaign).await.unwrap(), None);
    let record = place.reader().campaign("welcome").unwrap().unwrap();
    assert_eq!(record.state, RunState::Finished, "nothing has begun");
}

#[tokio::test]
async fn a_choice_that_was_cut_off_is_finished_by_whoever_comes_next() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = settled(&store, &MIXED).await;
    let choice = vec![any(State::Expired)];
    store.begin_again(campaign, choice, at(500)).await.unwrap();
    store.close().await;
    let store = place.open();
    let other = vec![any(State::Bounced)];
    let refused = store.begin_again(campaign, other, at(600)).await;
    assert!(matches!(
        refused.unwrap_err().problem(),
        Problem::Illegal(_)
    ));
    assert!(!place.reader().runs(campaign).unwrap()[0].opened);
    let opened = store.open_again(campaign).await.unwrap().unwrap();
    assert_eq!((opened.number, opened.recipients), (2, 1));
    assert_eq!(states(&place.report(campaign, &[]))[0], State::Pending);
}

/// More rows than one part has, and a process that ends between any two parts: rows behind the
/// place that was reached are opened once, those before it never again.
#[tokio::test]
async fn every_part_is_opened_once_wherever_it_is_cut_off() {
    let place = Place::new();
    let store = place.open();
    let many = vec![(State::Expired, Some(Reason::Unreachable)); 5_003];
    let (campaign, domain) = settled(&store, &many).await;
    let choice = vec![any(State::Expired)];
    store.begin_again(campaign, choice, at(500)).await.unwrap();
    {
        // The first part, and nothing behind it: what the disk holds after a kill between the two.
        let raw = rusqlite::Connection::open(place.path()).unwrap();
        let cut = "UPDATE delivery SET state = 0, earlier_attempts = attempts, attempts = 0,
               earlier_first = first_attempt, first_attempt = NULL, next_attempt = 0
             WHERE recipient_id <= (SELECT min(recipient_id) + 4999 FROM delivery);
             UPDATE run SET recipients = 5000, domain_id = (SELECT min(domain_id) FROM delivery),
               recipient_id = (SELECT min(recipient_id) + 4999 FROM delivery);";
        raw.execute_batch(cut).unwrap();
    }
    // Someone goes on without finishing it, and one of those that were opened expires anew.
    let claimed = store
        .claim(campaign, vec![domain], 1, at(600))
        .await
        .unwrap();
    let gone = outcome(domain, claimed.recipients[0].id, State::Expired, 601);
    store.settle(campaign, vec![gone]).await.unwrap();
    let opened = store.open_again(campaign).await.unwrap().unwrap();
    assert_eq!(opened.recipients, 5_003);
    let counts = store.tally(campaign).await.unwrap().counts;
    assert_eq!((counts.pending, counts.expired), (5_002, 1));
    let rows = place.report(campaign, &[]);
    let all: u32 = rows.iter().map(|row| row.attempts).sum();
    assert_eq!(all, 5_004, "no attempt is counted twice");
}

#[tokio::test]
async fn who_was_suppressed_meanwhile_stays_out() {
    let place = Place::new();
    let store = place.open();
    let (campaign, domain) = settled(&store, &MIXED[..1]).await;
    let entry = Suppression {
        since: None,
        target: SuppressionTarget::Address(Address::parse("u0@a.test").unwrap()),
        scope: SuppressionScope::Everything,
        reason: String::from("complained"),
        source: String::from("test"),
    };
    store.suppress(vec![entry], at(300)).await.unwrap();
    let choice = vec![any(State::Expired)];
    store.begin_again(campaign, choice, at(500)).await.unwrap();
    store.open_again(campaign).await.unwrap();
    let claimed = store
        .claim(campaign, vec![domain], 9, at(600))
        .await
        .unwrap();
    assert!(claimed.recipients.is_empty());
    // What became of them is not overwritten.
    assert_eq!(states(&place.report(campaign, &[])), [State::Expired]);
}

#[tokio::test]
async fn standings_tell_states_and_reasons() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = settled(&store, &MIXED).await;
    let standings = place.reader().standings(campaign).unwrap();
    let mut told: Vec<_> = standings
        .iter()
        .map(|one| (one.state, one.reason, one.count))
        .collect();
    told.sort();
    let mut expected: Vec<_> = MIXED.iter().map(|(state, why)| (*state, *why, 1)).collect();
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn complaints_unsubscribes_and_bounce_mails_are_counted() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = settled(&store, &MIXED).await;
    let none = place.reader().feedback(campaign).unwrap();
    assert_eq!(none, hikyaku::store::Feedback::default());
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    raw.execute_batch(
        "INSERT INTO feedback VALUES (1, 1, 'complaint', 1, '', ''), (1, 2, 'complaint', 1, '', ''),
           (1, 1, 'unsubscribe', 1, '', ''), (1, 3, 'auto_reply', 1, '', ''),
           (2, 9, 'complaint', 1, '', '');
         INSERT INTO word (text) VALUES ('async');
         UPDATE delivery SET state = 4, stage = (SELECT id FROM word WHERE text = 'async')
           WHERE recipient_id = (SELECT min(recipient_id) + 1 FROM delivery);",
    )
    .unwrap();
    let feedback = place.reader().feedback(campaign).unwrap();
    let told = (
        feedback.complaints,
        feedback.unsubscribes,
        feedback.returned,
    );
    assert_eq!(told, (2, 1, 1));
}
