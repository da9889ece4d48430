//! A campaign that the fourth version of the ledger was sending, taken up by this one.

use crate::support::{Place, at, old_store};
use hikyaku::model::{Action, Blame, CampaignId, Judgement, Reason, RecipientId, State};
use hikyaku::store::{About, Moved, Remembered, ReturnedEffect, ReturnedFor, ReturnedNews, Store};

/// A campaign that was sent twice. Three deliveries were taken back; recipient 4 was delivered to in
/// the second run.
fn sent_twice() -> Place {
    let (delivered, bounced) = (State::Delivered.number(), State::Bounced.number());
    let mut rows = String::from(
        "INSERT INTO campaign (id, name, uid, created, state, load, taken_back, first_recipient,
           last_recipient)
           VALUES (1, 'welcome', 'uid', 1, 'completed', 'loaded', 3, 1, 4);
         INSERT INTO domain VALUES (1, 'x.example');
         INSERT INTO run (campaign_id, number, begun, states, recipients, choice, opened)
           VALUES (1, 2, 1000000, 'expired', 4, '[]', 1);",
    );
    for id in 1..=4 {
        let state = if id == 4 { delivered } else { bounced };
        rows.push_str(&format!(
            "INSERT INTO recipient VALUES ({id}, 1, 1, {id}, 'u{id}@x.example', '{{}}');
             INSERT INTO delivery (campaign_id, domain_id, recipient_id, state, attempts,
               first_attempt, last_attempt, earlier_attempts, earlier_first)
               VALUES (1, 1, {id}, {state}, 1, 1000500, 1000500, 1, 10);"
        ));
    }
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    old_store(&place.path(), 4, &rows);
    place
}

/// What becomes of a bounce to recipient 4 whose return path tells that run.
async fn bounce(store: &Store, run: u32) -> ReturnedEffect {
    let bounced = ReturnedNews::Bounced {
        judgement: Judgement {
            reason: Reason::MailboxFull,
            blame: Blame::Recipient,
            action: Action::Suppress,
            retry_after: None,
        },
        code: Some(552),
        enhanced: None,
        diagnostic: "over quota".to_owned(),
        remembered: Remembered::Nothing,
    };
    let returned = ReturnedFor {
        campaign: CampaignId(1),
        recipient: RecipientId(4),
        about: About {
            is_certain: true,
            run: Some(run),
            ..About::default()
        },
        news: bounced,
        source: "a test".to_owned(),
    };
    let effects = store.take_back(vec![returned], at(2_000_000)).await;
    effects.unwrap().remove(0).unwrap()
}

fn taken_back(count: u64) -> Vec<Moved> {
    let (from, to) = (State::Delivered, State::Bounced);
    vec![Moved { from, to, count }]
}

#[tokio::test]
async fn what_was_taken_back_before_is_known_and_counted_on() {
    let place = sent_twice();
    let store = place.open();
    let reader = place.reader();
    let (tally, moved) = reader.tally_and_moved(CampaignId(1)).unwrap();
    assert_eq!((tally.counts.bounced, tally.counts.delivered), (3, 1));
    assert_eq!(moved, taken_back(3));
    assert!(bounce(&store, 2).await.bounced);
    let (tally, moved) = reader.tally_and_moved(CampaignId(1)).unwrap();
    assert_eq!((tally.counts.bounced, tally.counts.delivered), (4, 0));
    assert_eq!(moved, taken_back(4));
}

#[tokio::test]
async fn a_return_path_of_before_tells_no_run() {
    let place = sent_twice();
    let store = place.open();
    let effect = bounce(&store, 1).await;
    assert!(effect.bounced && !effect.outdated, "{effect:?}");
}
