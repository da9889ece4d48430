//! Whom a mail is about that names nothing but an address.

use crate::support::{Place, at, campaign_of, domain_of, outcome};
use hikyaku::model::{Address, CampaignId, State};
use hikyaku::store::{InCampaign, Store};

const PEOPLE: [&str; 3] = ["Ann@x.example", "bob@x.example", "ann@y.example"];

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// A campaign whose recipients at x.example were delivered to at this time.
async fn sent(store: &Store, name: &str, time: i64) -> CampaignId {
    let (campaign, _) = campaign_of(store, name, &PEOPLE).await;
    let x = domain_of(store, campaign, "x.example").await;
    let claimed = store.claim(campaign, vec![x], 10, at(time)).await.unwrap();
    let settled = claimed.recipients.iter();
    let settled = settled.map(|one| outcome(x, one.id, State::Delivered, time));
    store.settle(campaign, settled.collect()).await.unwrap();
    campaign
}

/// The campaign and the address that are found.
async fn found(store: &Store, text: &str, campaign: InCampaign) -> Option<(CampaignId, String)> {
    let mailed = store.mailed_at(address(text), campaign).await.unwrap()?;
    Some((mailed.campaign, mailed.address.unwrap().to_string()))
}

#[tokio::test]
async fn an_address_leads_to_the_newest_campaign_that_tried_it() {
    let place = Place::new();
    let store = place.open();
    let first = sent(&store, "first", 1_000).await;
    let second = sent(&store, "second", 2_000).await;
    let ann = "Ann@x.example".to_owned();
    let since = |time| InCampaign::Since(at(time));
    for text in ["ann@X.example", "ANN@x.example"] {
        assert_eq!(
            found(&store, text, since(0)).await,
            Some((second, ann.clone())),
            "{text}"
        );
    }
    let number = InCampaign::Number(first);
    assert_eq!(
        found(&store, "ann@x.example", number).await,
        Some((first, ann.clone()))
    );
    let uid = place.reader().campaign("first").unwrap().unwrap().uid;
    let by_uid = found(&store, "ann@x.example", InCampaign::Uid(uid)).await;
    assert_eq!(by_uid, Some((first, ann)));
    assert_eq!(
        found(&store, "bob@x.example", since(2_001)).await,
        None,
        "too long ago"
    );
}

#[tokio::test]
async fn nobody_is_found_who_was_not_tried_or_is_somebody_else() {
    let place = Place::new();
    let store = place.open();
    sent(&store, "first", 1_000).await;
    for text in [
        "ann@y.example",
        "an@x.example",
        "ann@x.example.org",
        "a%n@x.example",
        "\"ann\"@elsewhere.example",
    ] {
        let nobody = found(&store, text, InCampaign::Since(at(0))).await;
        assert_eq!(nobody, None, "{text}");
    }
    let none = InCampaign::Uid("no such uid".to_owned());
    assert_eq!(found(&store, "ann@x.example", none).await, None);
}

#[tokio::test]
async fn who_was_erased_is_not_found_by_the_address() {
    let place = Place::new();
    let store = place.open();
    sent(&store, "first", 1_000).await;
    store
        .erase(vec![address(PEOPLE[0])], at(3_000))
        .await
        .unwrap();
    let since = InCampaign::Since(at(0));
    assert_eq!(found(&store, "ann@x.example", since.clone()).await, None);
    assert!(found(&store, "bob@x.example", since).await.is_some());
}
