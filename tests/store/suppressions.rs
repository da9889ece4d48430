//! Who is never mailed: scopes, strikes, what refusals bring about.

use crate::support::{Place, at, campaign_of, domain_of, outcome};
use hikyaku::model::{Address, Reason, SoftBounces, State};
use hikyaku::store::{
    Lasting, Reader, Settlement, Store, Suppression, SuppressionScope, SuppressionTarget,
};
use std::num::NonZeroU32;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
/// Milliseconds of a day.
const MILLIS: i64 = 86_400_000;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn entry(email: &str, scope: SuppressionScope) -> Suppression {
    Suppression {
        target: SuppressionTarget::Address(address(email)),
        scope,
        reason: "asked".to_owned(),
        source: "a test".to_owned(),
        since: None,
    }
}

fn listed(reader: Reader) -> Vec<(String, String, String)> {
    let rows = reader.suppressions().unwrap().map(Result::unwrap);
    rows.map(|row| (row.target, row.scope, row.reason))
        .collect()
}

#[tokio::test]
async fn a_scope_holds_where_it_says() {
    let place = Place::new();
    let store = place.open();
    let emails = [
        "list@x.example",
        "own@x.example",
        "other@x.example",
        "free@x.example",
    ];
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    store.note_list(campaign, Some("weekly")).await.unwrap();
    let scoped = |email, text: &str| entry(email, text.parse().unwrap());
    let entries = vec![
        scoped("list@x.example", "list:weekly"),
        scoped("own@x.example", "campaign:welcome"),
        scoped("other@x.example", "list:daily"),
        scoped("other@x.example", "campaign:farewell"),
    ];
    assert_eq!(store.suppress(entries, at(5)).await.unwrap(), 4);
    let x = domain_of(&store, campaign, "x.example").await;
    let claimed = store.claim(campaign, vec![x], 10, at(6)).await.unwrap();
    let who: Vec<_> = claimed
        .recipients
        .iter()
        .map(|recipient| recipient.address.to_string())
        .collect();
    assert_eq!(who, ["other@x.example", "free@x.example"]);
    assert_eq!(claimed.settled[0].to, State::Suppressed);
    assert_eq!(claimed.settled[0].count, 2);
}

#[tokio::test]
async fn a_run_hears_of_what_concerns_it_and_of_nothing_twice() {
    let place = Place::new();
    let store = place.open();
    let (campaign, _) = campaign_of(&store, "welcome", &["a@x.example"]).await;
    let (none, before) = store.suppressed_since(campaign, i64::MAX).await.unwrap();
    assert!(none.is_empty());
    let scope = |text: &str| text.parse().unwrap();
    let entries = vec![
        entry("a@x.example", scope("everything")),
        entry("b@x.example", scope("list:weekly")),
        entry("c@x.example", scope("campaign:welcome")),
    ];
    store.suppress(entries.clone(), at(5)).await.unwrap();
    let (keys, after) = store.suppressed_since(campaign, before).await.unwrap();
    assert_eq!(keys, ["a@x.example", "c@x.example"]);
    store.suppress(entries, at(6)).await.unwrap();
    let (keys, same) = store.suppressed_since(campaign, after).await.unwrap();
    assert!(keys.is_empty());
    assert_eq!(same, after);
}

fn patience(count: u32) -> SoftBounces {
    SoftBounces {
        count: NonZeroU32::new(count),
        window: 100 * DAY,
    }
}

/// Sends a campaign to one address and has it refused.
async fn refused(store: &Store, name: &str, now: i64, patience: Option<SoftBounces>) {
    let (campaign, _) = campaign_of(store, name, &["ann@x.example"]).await;
    if store.backlog(campaign).await.unwrap().is_empty() {
        return;
    }
    let x = domain_of(store, campaign, "x.example").await;
    let claimed = store.claim(campaign, vec![x], 10, at(now)).await.unwrap();
    let recipient = &claimed.recipients[0];
    let settlement = Settlement {
        reason: Some(Reason::MailboxFull),
        lasting: Some(Lasting {
            address: recipient.address.clone(),
            reason: Reason::MailboxFull,
            words: "552 5.2.2 over quota".to_owned(),
            patience,
        }),
        ..outcome(x, recipient.id, State::Bounced, now)
    };
    store.settle(campaign, vec![settlement]).await.unwrap();
}

#[tokio::test]
async fn patience_ends_with_the_last_of_so_many_campaigns() {
    let place = Place::new();
    let store = place.open();
    for (number, now) in [1_i64, 2, 201, 202, 203].into_iter().enumerate() {
        assert!(listed(place.reader()).is_empty(), "after {number}");
        refused(
            &store,
            &format!("c{number}"),
            now * MILLIS,
            Some(patience(3)),
        )
        .await;
    }
    let expected = (
        "ann@x.example".to_owned(),
        "everything".to_owned(),
        "3 campaigns refused within 100 d, the last with mailbox_full".to_owned(),
    );
    assert_eq!(listed(place.reader()), [expected]);
    let ann = vec![SuppressionTarget::Address(address("ann@x.example"))];
    let back = store.unsuppress(ann, SuppressionScope::Everything).await;
    assert_eq!(back.unwrap(), 1);
    refused(&store, "again", 204 * MILLIS, Some(patience(3))).await;
    assert!(listed(place.reader()).is_empty(), "the count begins anew");
}

#[tokio::test]
async fn a_final_refusal_suppresses_at_once_and_says_where_it_was() {
    let place = Place::new();
    let store = place.open();
    refused(&store, "welcome", 10, None).await;
    let row = place
        .reader()
        .suppressions()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(row.reason, "mailbox_full: 552 5.2.2 over quota");
    assert_eq!(row.source, "refused in campaign welcome");
    assert_eq!(row.added, at(10));
    // The next campaign enters it as suppressed.
    refused(&store, "again", 20, None).await;
    let again = place.reader().campaign("again").unwrap().unwrap();
    let tally = place.reader().tally(again.id).unwrap();
    assert_eq!(tally.counts.suppressed, 1);
}

#[tokio::test]
async fn any_number_of_strikes_may_be_allowed() {
    let place = Place::new();
    let store = place.open();
    let never = SoftBounces {
        count: None,
        window: 100 * DAY,
    };
    for number in 0..8 {
        refused(&store, &format!("c{number}"), 10 + number, Some(never)).await;
    }
    assert!(listed(place.reader()).is_empty());
}
