//! Real mails with their truth, where they lie beside the checkout (`RETURNED_CORPUS`, or `shared/`
//! next to one of the folders above). They may not be part of the project.

use crate::score::{Row, Score};
use std::path::PathBuf;

/// Where the mails are.
pub(crate) fn place() -> Option<PathBuf> {
    if let Some(shared) = std::env::var_os("RETURNED_CORPUS") {
        return Some(PathBuf::from(shared).join("bounces/dev"));
    }
    let mut above = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .skip(1);
    above.find_map(|folder| {
        let place = folder.join("shared/bounces/dev");
        place.is_dir().then_some(place)
    })
}

/// The floors. What is reached is printed, with everything that is wrong.
#[test]
fn real_mails_are_read_as_people_read_them() {
    let Some(place) = place() else {
        println!("no collected mails beside the checkout: nothing to compare");
        return;
    };
    let truth = std::fs::read_to_string(place.join("truth.tsv")).unwrap();
    let rows: Vec<Row> = truth.lines().skip(1).map(Row::of_corpus).collect();
    let score = Score::of(&rows, |file| {
        std::fs::read(place.join("emails").join(file)).unwrap()
    });
    println!("{score}");
    score.assert_at_least(&[
        ("bounces detected", 99.0),
        ("recipient", 98.0),
        ("reason", 93.0),
        ("action", 97.0),
        ("suppress precision", 97.0),
        ("suppress recall", 90.0),
    ]);
    assert_eq!(score.false_alarms, Vec::<String>::new());
}
