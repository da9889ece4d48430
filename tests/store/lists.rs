//! Lists and suppressions.

use crate::support::{Place, at, load_of, old_store};
use hikyaku::model::{Address, ColumnType, Domain, FieldType, State};
use hikyaku::store::{
    Import, ImportRules, Imported, LoadSummary, NewSubscriber, OnKnown, Problem, Store,
    Suppression, SuppressionScope, SuppressionTarget,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
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

fn row(email: &str, fields: &[(&str, &str)]) -> NewSubscriber {
    let email_field = [("email", email)];
    NewSubscriber {
        address: Address::parse(email).unwrap(),
        fields: email_field.iter().chain(fields).copied().collect(),
    }
}

/// One import in parts; every row has the same columns.
async fn import_parts(
    store: &Store,
    rules: ImportRules,
    now: i64,
    parts: &[&[NewSubscriber]],
) -> Imported {
    let list = store.open_list("weekly", at(now)).await.unwrap().id;
    let columns: Arc<[String]> = parts[0][0]
        .fields
        .iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    let import = Import::new(list, columns, rules, at(now)).filing_every(3);
    let mut all = Imported::default();
    for part in parts {
        all += store.import_part(&import, part.to_vec()).await.unwrap();
    }
    all
}

/// Files what is left to file.
async fn file_keys(store: &Store) {
    let list = store.open_list("weekly", at(1)).await.unwrap().id;
    let nothing = Import::new(list, columns(), ImportRules::default(), at(1));
    store.finish_import(&nothing, at(1)).await.unwrap();
}

#[tokio::test]
async fn an_import_is_noted_when_it_ends_and_changed_something() {
    let place = Place::new();
    let store = place.open();
    let list = store.open_list("weekly", at(10)).await.unwrap().id;
    let import = || Import::new(list, columns(), ImportRules::default(), at(20));
    let updated = || place.reader().list("weekly").unwrap().unwrap().updated;
    let rows = vec![subscriber("a@x.example", "Kyoto")];
    for (end, noted) in [(30, 30), (40, 30)] {
        let import = import();
        store.import_part(&import, rows.clone()).await.unwrap();
        store.finish_import(&import, at(end)).await.unwrap();
        assert_eq!(updated(), at(noted));
    }
}

fn listed(place: &Place) -> Vec<(String, Vec<(String, String)>)> {
    let list = place.reader().list("weekly").unwrap().unwrap();
    let rows = place.reader().subscribers(list.id).unwrap();
    rows.map(Result::unwrap)
        .map(|row| {
            let fields = row.fields.iter();
            let fields = fields.filter(|(name, _)| *name != "email");
            let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
            (row.email, fields.map(own).collect())
        })
        .collect()
}

#[tokio::test]
async fn the_same_import_again_changes_nothing() {
    let place = Place::new();
    let store = place.open();
    let one = [row("a@x.example", &[("age", "20"), ("zip", "1")])];
    let other = [
        row("b@x.example", &[("age", "３"), ("zip", "2")]),
        row("A@X.example", &[("age", "99"), ("zip", "3")]),
    ];
    let rules = ImportRules::default();
    let first = import_parts(&store, rules, 10, &[&one, &other]).await;
    assert_eq!((first.added, first.duplicates), (2, 1), "{first:?}");
    let before = place.reader().list("weekly").unwrap().unwrap();
    let types = serde_json::to_string(&before.types).unwrap();
    assert_eq!(types, r#"{"age":"whole","zip":"text"}"#);
    let again = import_parts(&store, rules, 20, &[&one, &other]).await;
    let nothing = Imported {
        unchanged: 2,
        duplicates: 1,
        ..Imported::default()
    };
    assert_eq!(again, nothing);
    assert_eq!(place.reader().list("weekly").unwrap().unwrap(), before);
}

/// The number under which an address is kept.
fn number(email: &str) -> i64 {
    let digest = ring::digest::digest(&ring::digest::SHA256, email.as_bytes());
    i64::from_le_bytes(digest.as_ref()[..8].try_into().unwrap())
}

#[tokio::test]
async fn an_address_whose_number_another_has_enters_once() {
    let place = Place::new();
    let store = place.open();
    let other = [row("other@x.example", &[("city", "Nara")])];
    import_parts(&store, ImportRules::default(), 10, &[&other]).await;
    let connection = rusqlite::Connection::open(place.path()).unwrap();
    let key = number("a@x.example");
    let moved = "UPDATE subscriber_key_unfiled SET hash = ?1";
    assert_eq!(connection.execute(moved, [key]).unwrap(), 1);
    let one = [row("a@x.example", &[("city", "Kyoto")])];
    let only_known = ImportRules {
        add: false,
        ..ImportRules::default()
    };
    let nobody = import_parts(&store, only_known, 20, &[&one]).await;
    assert_eq!((nobody.unknown, nobody.added), (1, 0), "{nobody:?}");
    let rules = ImportRules::default();
    let twice = import_parts(&store, rules, 30, &[&[one.clone(), one.clone()].concat()]).await;
    assert_eq!((twice.added, twice.duplicates), (1, 1), "{twice:?}");
    file_keys(&store).await;
    for rules in [rules, only_known] {
        let again = import_parts(&store, rules, 40, &[&one]).await;
        assert_eq!((again.unchanged, again.added), (1, 0), "{again:?}");
    }
}

#[tokio::test]
async fn a_list_of_the_fourth_version_knows_its_subscribers() {
    let place = Place::new();
    let key = number("a@x.example");
    let rows = format!(
        r#"INSERT INTO list (id, name, created, updated, columns, size)
             VALUES (1, 'weekly', 1, 1, '["email","city"]', 1);
           INSERT INTO subscriber
             VALUES (1, 1, 'a@x.example', '{{"email":"a@x.example","city":"Kyoto"}}', 1, 1);
           INSERT INTO subscriber_key VALUES (1, {key}, 1);"#
    );
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    old_store(&place.path(), 4, &rows);
    let store = place.open();
    let both = [
        row("a@x.example", &[("city", "Kyoto")]),
        row("b@x.example", &[("city", "Nara")]),
    ];
    let done = import_parts(&store, ImportRules::default(), 10, &[&both]).await;
    assert_eq!((done.added, done.unchanged), (1, 1), "{done:?}");
}

#[tokio::test]
async fn a_trial_says_what_the_import_does() {
    let place = Place::new();
    let store = place.open();
    let before = [
        row("a@x.example", &[("age", "20")]),
        row("b@x.example", &[("age", "3")]),
    ];
    import_parts(&store, ImportRules::default(), 10, &[&before]).await;
    let rows = [
        row("a@x.example", &[("age", "21")]),
        row("a@x.example", &[("age", "22")]),
        row("b@x.example", &[("age", "3")]),
        row("new@x.example", &[("age", "")]),
        row("NEW@x.example", &[("age", "1")]),
    ];
    let list = place.reader().list("weekly").unwrap().unwrap().id;
    for (known, add) in [
        (OnKnown::Leave, true),
        (OnKnown::Leave, false),
        (OnKnown::Merge, false),
        (OnKnown::Merge, true),
    ] {
        let rules = ImportRules {
            known,
            add,
            keep_filled: false,
        };
        let mut trial = place.reader().trial(Some(list), rules);
        let tried = trial.part(rows[..3].to_vec()).unwrap();
        let mut all = tried;
        all += trial.part(rows[3..].to_vec()).unwrap();
        let done = import_parts(&store, rules, 20, &[&rows[..3], &rows[3..]]).await;
        assert_eq!(all, done, "{rules:?}");
        store
            .take_out(list, vec![rows[3].address.clone()], at(30))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn types_widen_and_fixed_ones_stay() {
    let place = Place::new();
    let store = place.open();
    let rules = ImportRules::default();
    import_parts(
        &store,
        rules,
        10,
        &[&[row("a@x.example", &[("age", "20")])]],
    )
    .await;
    let list = place.reader().list("weekly").unwrap().unwrap().id;
    let kind = || {
        let list = place.reader().list("weekly").unwrap().unwrap();
        list.types.get("age").map(|known| (known.kind, known.fixed))
    };
    import_parts(
        &store,
        rules,
        20,
        &[&[row("b@x.example", &[("age", "2.5")])]],
    )
    .await;
    assert_eq!(kind(), Some((FieldType::Number, false)));
    // Of rows that are not taken, nothing is learned.
    let known_only = ImportRules {
        add: false,
        ..rules
    };
    import_parts(
        &store,
        known_only,
        30,
        &[&[row("c@x.example", &[("age", "old")])]],
    )
    .await;
    assert_eq!(kind(), Some((FieldType::Number, false)));
    let fixed = ColumnType {
        kind: FieldType::Number,
        fixed: true,
    };
    store
        .set_types(list, vec![("age".to_owned(), Some(fixed))])
        .await
        .unwrap();
    import_parts(
        &store,
        rules,
        40,
        &[&[row("c@x.example", &[("age", "old")])]],
    )
    .await;
    assert_eq!(kind(), Some((FieldType::Number, true)));
    store
        .set_types(list, vec![("age".to_owned(), None)])
        .await
        .unwrap();
    assert_eq!(kind(), None);
}

#[tokio::test]
async fn a_renamed_list_keeps_what_holds_for_it() {
    let place = Place::new();
    let store = place.open();
    import(&store, "weekly", 10, &[("a@x.example", "Kyoto")]).await;
    import(&store, "other", 10, &[("a@x.example", "Kyoto")]).await;
    let entry = Suppression {
        since: None,
        target: SuppressionTarget::Address(Address::parse("a@x.example").unwrap()),
        scope: SuppressionScope::List("weekly".to_owned()),
        reason: "unsubscribed".to_owned(),
        source: "test".to_owned(),
    };
    store.suppress(vec![entry], at(11)).await.unwrap();
    let list = place.reader().list("weekly").unwrap().unwrap();
    let taken = store.rename_list(&list, "other").await.unwrap_err();
    assert!(taken.to_string().contains("already"), "{taken}");
    store.rename_list(&list, "monthly").await.unwrap();
    assert!(place.reader().list("weekly").unwrap().is_none());
    assert_eq!(
        place.reader().list("monthly").unwrap().unwrap().subscribers,
        1
    );
    let scopes: Vec<_> = place
        .reader()
        .suppressions()
        .unwrap()
        .map(|row| row.unwrap().scope)
        .collect();
    assert_eq!(scopes, ["list:monthly"]);
}

/// Whether the files of a store hold a text.
fn on_disk(place: &Place, text: &str) -> bool {
    ["", "-wal"].iter().any(|ending| {
        let mut path = place.path().into_os_string();
        path.push(ending);
        let octets = std::fs::read(path).unwrap_or_default();
        let lower = octets.to_ascii_lowercase();
        lower
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

#[tokio::test]
async fn who_is_erased_is_nowhere_to_be_read_and_never_comes_back() {
    let place = Place::new();
    let store = place.open();
    let gone = Address::parse("Forget.Me@x.example").unwrap();
    let rows = [("forget.me@x.example", "Nagasaki"), ("b@x.example", "Kobe")];
    import(&store, "weekly", 10, &rows).await;
    import(
        &store,
        "weekly",
        11,
        &[("Forget.Me@x.example", "Nagasaki-shi")],
    )
    .await;
    import(&store, "other", 10, &rows).await;
    let (campaign, _) = load_of(&store, "welcome", &["forget.me@x.example", "b@x.example"]).await;
    store
        .loaded(
            campaign,
            LoadSummary {
                columns: Vec::new(),
                rows: 2,
            },
        )
        .await
        .unwrap();
    let entry = Suppression {
        since: None,
        target: SuppressionTarget::Address(gone.clone()),
        scope: SuppressionScope::List("other".to_owned()),
        reason: "unsubscribed".to_owned(),
        source: "test".to_owned(),
    };
    store.suppress(vec![entry], at(12)).await.unwrap();
    let erased = store.erase(vec![gone.clone()], at(20)).await.unwrap();
    assert_eq!(
        (erased.subscribers, erased.recipients, erased.suppressed),
        (2, 1, 1)
    );
    assert!(!erased.left_over);
    assert!(!on_disk(&place, "forget.me@x.example"));
    assert!(!on_disk(&place, "nagasaki"), "fields are gone too");
    assert!(on_disk(&place, "b@x.example"), "others stay");
    let report = place.report(campaign, &[]);
    let rows: Vec<_> = report.iter().map(|row| (&*row.email, row.state)).collect();
    assert_eq!(
        rows,
        [
            ("erased", State::Suppressed),
            ("b@x.example", State::Pending)
        ]
    );
    assert_eq!(
        place.reader().list("weekly").unwrap().unwrap().subscribers,
        1
    );
    // Neither an import nor a campaign takes them in again.
    let again = import(&store, "weekly", 30, &[("forget.me@x.example", "Oita")]).await;
    assert_eq!((again.erased, again.added), (1, 0));
    let (second, sums) = load_of(&store, "second", &["FORGET.ME@x.example"]).await;
    assert_eq!((sums.suppressed, sums.added), (1, 0));
    assert_eq!(place.report(second, &[])[0].email, "erased");
    assert!(!on_disk(&place, "forget.me@x.example"));
    // Until they ask for it.
    let target = SuppressionTarget::Address(gone);
    let back = store
        .unsuppress(vec![target], SuppressionScope::Everything)
        .await
        .unwrap();
    assert_eq!(back, 1);
    let again = import(&store, "weekly", 40, &[("forget.me@x.example", "Oita")]).await;
    assert_eq!(again.added, 1);
}

#[tokio::test]
async fn an_address_in_quotes_is_erased_like_any_other() {
    let place = Place::new();
    let store = place.open();
    let quoted = Address::parse("\"quo ted\"@x.example").unwrap();
    let emails = ["\"quo ted\"@x.example", "b@x.example"];
    let (campaign, _) = load_of(&store, "welcome", &emails).await;
    let erased = store.erase(vec![quoted], at(20)).await.unwrap();
    assert_eq!(erased.recipients, 1);
    let report = place.report(campaign, &[]);
    assert!(report.iter().all(|row| !row.email.contains("ted\"@")));
}

/// What a list holds, by address.
type Model = BTreeMap<String, BTreeMap<String, String>>;

/// What an import makes of a list.
fn imagine(list: &mut Model, rows: &[(u8, [&str; 2])], columns: [&str; 2], rules: ImportRules) {
    let mut seen = BTreeSet::new();
    for (who, cells) in rows {
        let email = format!("u{who}@x.example");
        if !seen.insert(*who) {
            continue;
        }
        let known = list.contains_key(&email);
        if (known && rules.known == OnKnown::Leave) || (!known && !rules.add) {
            continue;
        }
        let fields = list.entry(email).or_default();
        let before = fields.clone();
        if rules.known == OnKnown::Replace {
            fields.clear();
        }
        for (column, cell) in columns.iter().zip(cells) {
            let kept = before.get(*column).filter(|kept| !kept.is_empty());
            let cell = match kept {
                Some(kept) if rules.keep_filled && cell.is_empty() => kept.clone(),
                _ => (*cell).to_owned(),
            };
            fields.insert((*column).to_owned(), cell);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn imports_do_what_a_map_would(imports in prop::collection::vec(
        (
            prop::collection::vec((0u8..6, [prop::sample::select(vec!["", "1", "x"]), prop::sample::select(vec!["", "2"])]), 1..8),
            prop::sample::select(vec![["age", "city"], ["city", "plan"], ["plan", "age"]]),
            (0..3usize, any::<bool>(), any::<bool>()),
            1..4usize,
            (any::<bool>(), prop::option::of(0u8..6)),
        ),
        1..5,
    )) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::new();
            let store = place.open();
            let mut model = Model::new();
            for (time, (rows, columns, (known, add, keep_filled), part, (filed, leaver))) in (1..).zip(imports) {
                let known = [OnKnown::Merge, OnKnown::Replace, OnKnown::Leave][known];
                let rules = ImportRules { known, add, keep_filled };
                let given: Vec<_> = rows
                    .iter()
                    .map(|(who, cells)| row(&format!("u{who}@x.example"), &[(columns[0], cells[0]), (columns[1], cells[1])]))
                    .collect();
                let parts: Vec<_> = given.chunks(part).collect();
                import_parts(&store, rules, time, &parts).await;
                if filed {
                    file_keys(&store).await;
                }
                imagine(&mut model, &rows, columns, rules);
                let found: Model = listed(&place).into_iter().map(|(email, fields)| (email, fields.into_iter().collect())).collect();
                // A field that is not there and an empty one are the same.
                let filled = |mut list: Model| {
                    for fields in list.values_mut() {
                        fields.retain(|_, cell| !cell.is_empty());
                    }
                    list
                };
                assert_eq!(filled(found), filled(model.clone()), "{rules:?} {rows:?} {columns:?}");
                let again = import_parts(&store, rules, 100 + time, &parts).await;
                assert_eq!((again.added, again.updated), (0, 0));
                let size = place.reader().list("weekly").unwrap().unwrap().subscribers;
                assert_eq!(size, model.len() as u64);
                if let Some(leaver) = leaver {
                    let email = format!("u{leaver}@x.example");
                    let list = place.reader().list("weekly").unwrap().unwrap().id;
                    let leaves = vec![Address::parse(&email).unwrap()];
                    let left = store.take_out(list, leaves, at(time)).await.unwrap();
                    assert_eq!(left, u64::from(model.remove(&email).is_some()));
                }
            }
            let list = place.reader().list("weekly").unwrap().unwrap().id;
            assert_eq!(store.remove_list(list).await.unwrap(), model.len() as u64);
            store.close().await;
        });
    }
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
