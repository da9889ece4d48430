//! Lists and suppressions.

use crate::support::{Place, at};
use hikyaku::model::{Address, Domain};
use hikyaku::store::{
    Imported, NewSubscriber, Problem, Store, Suppression, SuppressionScope, SuppressionTarget,
};
use std::sync::Arc;

fn subscriber(email: &str, city: &str) -> NewSubscriber {
    NewSubscriber {
        address: Address::parse(email).unwrap(),
        fields: [("email", email), ("city", city)].into_iter().collect(),
    }
}

fn columns() -> Arc<[String]> {
    Arc::from([String::from("email"), String::from("city")])
}

async fn import(store: &Store, name: &str, now: i64, rows: &[(&str, &str)]) -> Imported {
    let list = store.open_list(name, at(now)).await.unwrap().id;
    let rows = rows.iter().map(|(email, city)| subscriber(email, city));
    let rows = rows.collect();
    store.import(list, columns(), rows, at(now)).await.unwrap()
}

#[tokio::test]
async fn an_import_adds_updates_and_drops_what_comes_twice() {
    let place = Place::new();
    let store = place.open();
    let first = import(
        &store,
        "weekly",
        10,
        &[
            ("a@x.example", "Kyoto"),
            ("b@x.example", "Osaka"),
            ("A@x.example", "Nara"),
        ],
    )
    .await;
    assert_eq!((first.added, first.updated, first.duplicates), (2, 0, 1));
    let later_batch = import(&store, "weekly", 10, &[("b@x.example", "Kobe")]).await;
    assert_eq!(later_batch.duplicates, 1);
    let second = import(
        &store,
        "weekly",
        20,
        &[
            ("c@x.example", "Gifu"),
            ("b@x.example", "Tsu"),
            ("B@x.example", "Oita"),
        ],
    )
    .await;
    assert_eq!((second.added, second.updated, second.duplicates), (1, 1, 1));
    import(&store, "other", 20, &[("a@x.example", "Kyoto")]).await;

    let record = place.reader().list("weekly").unwrap().unwrap();
    assert_eq!(record.subscribers, 3);
    assert_eq!(record.columns, ["email", "city"]);
    assert_eq!((record.created, record.updated), (at(10), at(20)));
    let rows: Vec<_> = place
        .reader()
        .subscribers(record.id)
        .unwrap()
        .map(Result::unwrap)
        .map(|row| {
            (
                row.email,
                row.fields.get("city").unwrap().to_owned(),
                row.added,
                row.updated,
            )
        })
        .collect();
    let row = |email: &str, city: &str, added, updated| {
        (email.to_owned(), city.to_owned(), at(added), at(updated))
    };
    assert_eq!(
        rows,
        [
            row("a@x.example", "Kyoto", 10, 10),
            row("b@x.example", "Tsu", 10, 20),
            row("c@x.example", "Gifu", 20, 20),
        ]
    );
    assert_eq!(store.remove_list(record.id).await.unwrap(), 3);
    let names: Vec<_> = place
        .reader()
        .lists()
        .unwrap()
        .into_iter()
        .map(|list| list.name)
        .collect();
    assert_eq!(names, ["other"]);
    let gone = store
        .import(record.id, columns(), Vec::new(), at(30))
        .await
        .unwrap_err();
    assert!(matches!(gone.problem(), Problem::NoSuch(_)), "{gone}");
}

#[tokio::test]
async fn exports_stream_in_pages_and_see_one_moment() {
    let place = Place::new();
    let store = place.open();
    let emails: Vec<String> = (0..1_200).map(|n| format!("u{n:04}@x.example")).collect();
    let rows: Vec<_> = emails
        .iter()
        .map(|email| (email.as_str(), "Kyoto"))
        .collect();
    import(&store, "weekly", 10, &rows).await;
    let list = place.reader().list("weekly").unwrap().unwrap().id;
    let mut export = place.reader().subscribers(list).unwrap();
    let first = export.next().unwrap().unwrap();
    import(&store, "weekly", 20, &[("late@x.example", "Kyoto")]).await;
    let rest: Vec<_> = export.map(|row| row.unwrap().email).collect();
    assert_eq!(first.email, emails[0]);
    assert_eq!(rest, emails[1..]);
}

#[tokio::test]
async fn suppressions_keep_their_first_reason() {
    let place = Place::new();
    let store = place.open();
    let entry = |target, reason: &str| Suppression {
        scope: SuppressionScope::Everything,
        since: None,
        target,
        reason: reason.to_owned(),
        source: String::from("import of old.csv"),
    };
    let address = SuppressionTarget::Address(Address::parse("A@x.example").unwrap());
    let same = SuppressionTarget::Address(Address::parse("a@X.example").unwrap());
    let domain = SuppressionTarget::Domain(Domain::parse("例え.jp").unwrap());
    let entries = vec![
        entry(address, "complained"),
        entry(domain.clone(), "closed"),
    ];
    assert_eq!(store.suppress(entries, at(5)).await.unwrap(), 2);
    assert_eq!(
        store
            .suppress(vec![entry(same, "bounced")], at(6))
            .await
            .unwrap(),
        0
    );
    let all: Vec<_> = place
        .reader()
        .suppressions()
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let targets: Vec<_> = all
        .iter()
        .map(|row| (&*row.target, &*row.reason, row.added))
        .collect();
    assert_eq!(
        targets,
        [
            ("@xn--r8jz45g.jp", "closed", at(5)),
            ("A@x.example", "complained", at(5))
        ]
    );
    assert_eq!(all[0].source, "import of old.csv");
    assert_eq!(
        store
            .unsuppress(vec![domain.clone()], SuppressionScope::Everything)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        store
            .unsuppress(vec![domain], SuppressionScope::Everything)
            .await
            .unwrap(),
        0
    );
    assert_eq!(place.reader().suppression_count().unwrap(), 1);
}
