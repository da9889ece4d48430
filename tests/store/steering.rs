//! Campaigns' own rows, and two processes on one file.

use crate::support::{Place, at, campaign_of, domain_of, outcome};
use hikyaku::model::{RunState, State};
use hikyaku::store::{Desired, LoadState, Problem};
use std::collections::HashSet;

#[tokio::test]
async fn a_campaign_is_found_again_with_the_same_uid() {
    let place = Place::new();
    let store = place.open();
    let first = store.open_campaign("welcome", at(1)).await.unwrap();
    assert_eq!((first.uid.len(), first.load), (32, LoadState::Empty));
    let other = store.open_campaign("other", at(2)).await.unwrap();
    assert_ne!(first.uid, other.uid);
    store.close().await;
    let store = place.open();
    assert_eq!(store.open_campaign("welcome", at(9)).await.unwrap(), first);
    let names: Vec<_> = place
        .reader()
        .campaigns()
        .unwrap()
        .into_iter()
        .map(|c| c.name)
        .collect();
    assert_eq!(names, ["other", "welcome"]);
    assert_eq!(place.reader().campaign("nothing").unwrap(), None);
}

#[tokio::test]
async fn a_run_is_noted_and_steered_from_another_process() {
    let place = Place::new();
    let store = place.open();
    let elsewhere = place.open();
    let campaign = store.open_campaign("welcome", at(1)).await.unwrap().id;
    store.start(campaign, at(5)).await.unwrap();
    assert_eq!(store.desired(campaign).await.unwrap(), Desired::Run);
    elsewhere
        .set_desired(campaign, Desired::Pause)
        .await
        .unwrap();
    assert_eq!(store.desired(campaign).await.unwrap(), Desired::Pause);
    assert_eq!(place.reader().live(campaign).unwrap(), None);
    store
        .put_live(campaign, String::from("{}"), at(6))
        .await
        .unwrap();
    store
        .put_live(campaign, String::from("[1]"), at(7))
        .await
        .unwrap();
    let live = place.reader().live(campaign).unwrap();
    assert_eq!(live, Some((at(7), String::from("[1]"))));
    store
        .finish(campaign, RunState::Stopped, at(8))
        .await
        .unwrap();
    let record = place.reader().campaign("welcome").unwrap().unwrap();
    assert_eq!(
        (record.state, record.desired),
        (RunState::Stopped, Desired::Pause)
    );
    assert_eq!(
        (record.started, record.finished),
        (Some(at(5)), Some(at(8)))
    );
    store.start(campaign, at(9)).await.unwrap();
    let record = place.reader().campaign("welcome").unwrap().unwrap();
    assert_eq!((record.started, record.finished), (Some(at(5)), None));
    let nobody = hikyaku::model::CampaignId(99);
    let wrong = store.set_desired(nobody, Desired::Run).await.unwrap_err();
    assert_eq!(
        *wrong.problem(),
        Problem::NoSuch(String::from("campaign 99"))
    );
}

#[tokio::test]
async fn two_writers_never_claim_the_same_recipient() {
    let place = Place::new();
    let (one, two) = (place.open(), place.open());
    let emails: Vec<String> = (0..200).map(|n| format!("u{n}@x.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let (campaign, _) = campaign_of(&one, "welcome", &emails).await;
    let x = domain_of(&one, campaign, "x.example").await;
    let mut seen = HashSet::new();
    loop {
        let (a, b) = tokio::join!(
            one.claim(campaign, vec![x], 15, at(5)),
            two.claim(campaign, vec![x], 15, at(5)),
        );
        let claimed = [a.unwrap().recipients, b.unwrap().recipients].concat();
        if claimed.is_empty() {
            break;
        }
        for recipient in &claimed {
            assert!(
                seen.insert(recipient.id),
                "{} was claimed twice",
                recipient.id
            );
        }
        let outcomes = claimed
            .iter()
            .map(|r| outcome(x, r.id, State::Delivered, 6));
        two.settle(campaign, outcomes.collect()).await.unwrap();
    }
    assert_eq!(seen.len(), 200);
    assert_eq!(one.tally(campaign).await.unwrap().counts.delivered, 200);
}

#[tokio::test]
async fn the_last_handle_to_be_closed_leaves_one_file() {
    let place = Place::new();
    let store = place.open();
    let campaign = store.open_campaign("welcome", at(1)).await.unwrap().id;
    let other = store.clone();
    other
        .put_live(campaign, String::from("{}"), at(2))
        .await
        .unwrap();
    drop(other);
    store.close().await;
    let files: Vec<_> = std::fs::read_dir(place.path().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // Locks stay where they are: a lock that is removed is a lock that two can hold.
        .filter(|name| name != "locks")
        .collect();
    // The last connection to go folds the write-ahead log into the file.
    assert_eq!(files, ["state.db"]);
    assert!(place.reader().live(campaign).unwrap().is_some());
}

#[test]
fn many_processes_may_create_the_store_at_once() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let path = place.path();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let store = hikyaku::store::Store::open(&path).unwrap();
                    let name = format!("campaign {n}");
                    store.open_campaign(&name, at(1)).await.unwrap();
                });
            });
        }
    });
    assert_eq!(place.reader().campaigns().unwrap().len(), 8);
}
