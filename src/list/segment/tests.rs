//! What expressions mean, and what is said where they mean nothing.

use super::{Known, Segment, SegmentError};
use crate::model::{Address, ColumnTypes, Day, FieldType, Fields};
use proptest::prelude::*;

const ROWS: &[&[(&str, &str)]] = &[
    &[
        ("email", "Ann@Example.com"),
        ("name", "Ann"),
        ("country", "JP"),
        ("age", "20"),
        ("joined", "2026-01-05"),
        ("vip", "yes"),
        ("zip", "01067"),
        ("年齢", "２０"),
        ("First_name", "Ann"),
        ("seen", "2026-01-05T23:30:00-05:00"),
        ("sum", "1,500"),
    ],
    &[
        ("email", "bob@xn--r8jz45g.jp"),
        ("name", "Bob"),
        ("country", " KR "),
        ("age", "3"),
        ("joined", "2025/12/31"),
        ("vip", "no"),
        ("zip", "A1"),
        ("年齢", "7"),
        ("First_name", "Bob"),
        ("seen", "2026-01-06 00:00"),
        ("sum", "3"),
    ],
    &[
        ("email", "c@example.com"),
        ("name", "carla"),
        ("country", ""),
        ("age", ""),
        ("joined", ""),
        ("vip", ""),
        ("zip", ""),
        ("年齢", ""),
        ("First_name", ""),
        ("seen", ""),
        ("sum", "none"),
    ],
];

fn fields(row: &[(&str, &str)]) -> Fields {
    row.iter().copied().collect()
}

fn columns() -> Vec<String> {
    ROWS[0].iter().map(|(name, _)| (*name).to_owned()).collect()
}

fn types() -> ColumnTypes {
    let mut types = ColumnTypes::default();
    for (name, cell) in ROWS.iter().copied().flatten() {
        if let Some(found) = FieldType::of(cell) {
            types.observe(name, found);
        }
    }
    types
}

fn compile(text: &str) -> Result<Segment, SegmentError> {
    let (columns, types) = (columns(), types());
    let known = Known {
        columns: &columns,
        types: &types,
    };
    Segment::compile(text, &known, Day::new(2026, 1, 10).unwrap())
}

/// Which rows are in it, by their first letters.
fn taken(text: &str) -> String {
    let segment = compile(text).unwrap_or_else(|error| panic!("{error} {:?}", error.hint()));
    ROWS.iter()
        .filter(|row| {
            let address = Address::parse(row[0].1).unwrap();
            segment.takes(&address, &fields(row)).unwrap()
        })
        .map(|row| row[1].1[..1].to_lowercase())
        .collect()
}

fn refused(text: &str) -> String {
    let error = compile(text).expect_err(text);
    let hint = error.hint().unwrap_or_default();
    format!("{error}\n{hint}")
}

#[test]
fn comparisons_go_by_the_columns_types() {
    for (text, rows) in [
        ("country == 'JP' and age >= 20", "a"),
        ("age > 3", "a"),
        ("3 < age", "a"),
        ("age == 20.0", "a"),
        ("age == '20'", "a"),
        ("age != 20", "b"),
        ("age in [3, 4]", "b"),
        ("age not in [3]", "a"),
        ("not (age in [3])", "ac"),
        ("not age in [3]", "ac"),
        ("年齢 >= 20", "a"),
        ("年齢　＞＝　２０", "a"),
        ("`First name` == \"Ann\"", "a"),
        ("field('First name') == \"Ann\"", "a"),
        ("country == \"KR\"", "b"),
        ("country in [\"KR\", 'JP']", "ab"),
        ("country == 'jp'", ""),
        ("Country == 'JP' and AGE >= 20", "a"),
        ("`first name` == 'Ann'", "a"),
        ("first_name == 'Ann'", "a"),
        ("Email == 'ann@example.com'", "a"),
        ("DOMAIN == 'example.com'", "ac"),
        ("lower(country) == 'jp'", "a"),
        ("joined >= 2026-01-01", "a"),
        ("joined < '2026-01-01'", "b"),
        ("joined > today - 7d", "a"),
        ("joined > today - 1m and joined <= today", "ab"),
        ("joined > today - 7d or age < 5", "ab"),
        ("seen == 2026-01-05", "a"),
        ("seen < '2026-01-06T00:00Z'", ""),
        ("seen > '2026-01-06T00:00Z'", "a"),
        ("vip", "a"),
        ("not vip", "bc"),
        ("vip == false", "b"),
        ("vip == 'yes'", "a"),
        ("zip == '01067'", "a"),
        ("number(zip) > 1", ""),
        ("number(sum) >= 1500", "a"),
        ("number(sum) in [3, 12000]", "b"),
        ("age in [5, 20, 3, 20]", "ab"),
        ("date(joined) > 2025-12-31", "a"),
        ("name contains 'n'", "a"),
        ("name starts with 'ca'", "c"),
        ("name startswith 'ca' or name ends_with 'b'", "bc"),
        ("zip starts with '0'", "a"),
        ("age is empty", "c"),
        ("age is not empty", "ab"),
        ("age is set and not vip is filled", ""),
        ("email == 'ann@EXAMPLE.com'", "a"),
        ("email contains '@example.'", "ac"),
        ("domain == '例え.jp'", "b"),
        ("domain in ['Example.COM']", "ac"),
        ("name == First_name", "ab"),
        ("age == 年齢", "a"),
        ("NOT age IS EMPTY AND (vip OR age < 0)", "a"),
        ("country == 'a\\'b' or country == \"\\\\\"", ""),
    ] {
        assert_eq!(taken(text), rows, "{text}");
    }
}

#[test]
fn mistakes_are_shown_in_their_place() {
    assert_eq!(
        refused("contry == 'JP' and age >= 20"),
        "segment: the list has no column `contry`\n  contry == 'JP' and age >= 20\n  ^^^^^^\n\
         did you mean `country`? the columns are `email`, `name`, `country`, `age`, `joined`, \
         `vip`, `zip`, `年齢`, `First_name`, `seen`, `sum`"
    );
    assert_eq!(
        refused("zip > 10000"),
        "segment: column `zip` is text, and 10000 is a number\n  zip > 10000\n  ^^^^^^^^^^^\n\
         write zip == \"10000\", or number(zip) for those of its cells that are numbers"
    );
    // A wide character takes two places.
    assert_eq!(
        refused("country == '日本' && 年齢 >= 20"),
        "segment: `&&` means nothing here\n  country == '日本' && 年齢 >= 20\n                    ^^\n\
         write `and`"
    );
}

#[test]
fn mistakes_have_remedies() {
    for (text, what, hint) in [
        ("", "empty", "country"),
        ("country = 'JP'", "`=`", "write `==`"),
        ("age <> 3", "`<>`", "write `!=`"),
        ("!vip", "`!`", "write `not`"),
        ("country == “JP”", "`“`", "write `\"`"),
        ("country == JP", "no column `JP`", "text stands in quotes"),
        ("country in [JP]", "not a value", "write \"JP\""),
        ("country == 'JP", "not closed", "behind"),
        ("(age > 3", "not closed", ""),
        ("age > 3)", "never opened", ""),
        ("age > ", "ends too early", ""),
        ("1 < age < 9", "chain", "age >= 20"),
        ("age > 3 vip", "missing", ""),
        ("age", "a whole number", "is set"),
        ("age > 'many'", "is not a whole number", ""),
        ("joined > 20", "is a date", ""),
        ("vip > true", "no order", "=="),
        ("zip == 007", "neither", "\"007\""),
        ("'a' == 'b'", "none of the two", "backquotes"),
        ("age > today - 5", "span", "30d"),
        ("age > 5d", "today", ""),
        ("joined > today + 999999y", "no such day", ""),
        ("upper(name) == 'A'", "no function", "lower(x)"),
        ("lower(name) == 'Ann'", "capital", "\"ann\""),
        ("first-name == 'A'", "does not belong here", "backquotes"),
        ("年令 > 20", "no column", "did you mean `年齢`"),
        ("age in []", "brackets", ""),
        ("age in 3", "`[`", ""),
        ("age is 3", "`empty`", "=="),
        ("name starts 'A'", "`with`", ""),
        ("age not 3", "`not`", "!="),
        ("name contains 3", "part of a text", "quotes"),
        ("age == vip", "one column is", "number(x)"),
        ("age > 1,500", "missing", "without a separator"),
        ("age > 1,000", "neither", "without a separator"),
        ("age between 1 and 3", "missing", "age >= 20"),
        ("name like 'A%'", "missing", "contains"),
        ("name is null", "`empty`", "is empty"),
        ("name == null", "no column", "is empty"),
        ("age + 1 > 3", "missing", "no sums"),
        ("country == 「JP」", "`「`", "write `\"`"),
        ("age > #", "'#'", ""),
        ("age == 'JP'", "is not a whole number", ""),
        ("age != 'JP'", "is not a whole number", ""),
        ("age in [3, 'JP']", "is not a whole number", ""),
        ("joined == 'soon'", "is not a date", ""),
        ("number(zip) == 'A1'", "is not a number", ""),
        ("vip == 1", "yes or no", "write vip, or not vip"),
        ("vip == 'perhaps'", "not yes or no", "write vip, or not vip"),
        ("age == true", "a whole number", "write a number"),
        ("joined == 20", "a date", "write a date"),
        ("country == ''", "empty cell", "write country is empty"),
        (
            "not country == \"\"",
            "empty cell",
            "write country is empty",
        ),
        ("country != ' '", "empty cell", "country is set"),
        (
            "country in ['', 'JP']",
            "empty cell",
            "write country is empty",
        ),
        (
            "`First name` not in ['']",
            "empty cell",
            "write `First name` is empty",
        ),
        ("name contains ''", "empty cell", "name is set"),
        ("age == ''", "empty cell", "write age is empty"),
    ] {
        let error = compile(text).expect_err(text);
        assert!(error.what().contains(what), "{text}: {error}");
        assert!(
            error.hint().unwrap_or_default().contains(hint),
            "{text}: {:?}",
            error.hint()
        );
        assert!(error.at() <= text.len());
    }
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("(", ")"), ("not ", "")] {
        let nested = |depth| format!("{}vip{}", open.repeat(depth), close.repeat(depth));
        compile(&nested(60)).unwrap();
        let error = compile(&nested(100_000).as_str()[..200_000]).unwrap_err();
        assert!(error.to_string().contains("nest deeper"), "{error}");
    }
    compile(&vec!["vip"; 10_000].join(" and ")).unwrap();
    let long = vec!["vip"; 100_000].join(" or ");
    assert!(compile(&long).unwrap_err().to_string().contains("longer"));
}

#[test]
fn without_types_each_cell_is_judged() {
    let columns = columns();
    let known = Known {
        columns: &columns,
        types: &ColumnTypes::default(),
    };
    let today = Day::new(2026, 1, 10).unwrap();
    let segment = Segment::compile("zip > 5", &known, today).unwrap();
    let address = Address::parse("a@x.example").unwrap();
    let row = |zip: &str| segment.takes(&address, &[("zip", zip)].into_iter().collect());
    assert_eq!(
        (row("6"), row("5"), row("")),
        (Ok(true), Ok(false), Ok(false))
    );
    let misfit = row("01067").unwrap_err();
    assert_eq!(
        misfit.to_string(),
        "the segment compares column `zip` as a number, and \"01067\" is none"
    );
}

/// An expression and what it is for the rows, worked out beside the evaluator.
fn expressions() -> impl Strategy<Value = (String, Vec<bool>)> {
    let cell = |column: usize| ROWS.iter().map(move |row| row[column].1.trim());
    let ages = (-1i64..30, 0..6usize).prop_map(move |(number, op)| {
        let sign = ["==", "!=", "<", "<=", ">", ">="][op];
        let holds = |cell: &str| {
            cell.parse::<i64>().is_ok_and(|age| match op {
                0 => age == number,
                1 => age != number,
                2 => age < number,
                3 => age <= number,
                4 => age > number,
                _ => age >= number,
            })
        };
        (format!("age {sign} {number}"), cell(3).map(holds).collect())
    });
    let countries = prop_oneof!["JP", "KR", "DE"].prop_map(move |country| {
        let rows = cell(2).map(|cell| cell == country).collect();
        (format!("country == \"{country}\""), rows)
    });
    let empties = Just(()).prop_map(move |()| {
        (
            "vip is empty".to_owned(),
            cell(5).map(str::is_empty).collect(),
        )
    });
    let leaf = prop_oneof![ages, countries, empties];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let both = |with: &'static str, parts: Vec<(String, Vec<bool>)>| {
            let text = parts
                .iter()
                .map(|(text, _)| format!("({text})"))
                .collect::<Vec<_>>();
            let rows = (0..ROWS.len()).map(|row| {
                let mut each = parts.iter().map(|(_, rows)| rows[row]);
                if with == " and " {
                    each.all(|yes| yes)
                } else {
                    each.any(|yes| yes)
                }
            });
            (text.join(with), rows.collect())
        };
        let several = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several.clone().prop_map(move |parts| both(" and ", parts)),
            several.prop_map(move |parts| both(" or ", parts)),
            inner.prop_map(|(text, rows): (String, Vec<bool>)| {
                (
                    format!("not ({text})"),
                    rows.into_iter().map(|yes| !yes).collect(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn the_evaluator_agrees_with_a_naive_one((text, rows) in expressions()) {
        let segment = compile(&text).unwrap();
        for (row, due) in ROWS.iter().zip(rows) {
            let address = Address::parse(row[0].1).unwrap();
            prop_assert_eq!(segment.takes(&address, &fields(row)).unwrap(), due, "{}", text);
        }
    }

    #[test]
    fn no_text_does_harm(text in "\\PC{0,40}") {
        if let Err(error) = compile(&text) {
            prop_assert!(error.at() <= text.len());
            let _ = error.to_string();
        }
    }

    #[test]
    fn no_row_of_words_does_harm(words in prop::collection::vec(
        prop::sample::select(vec!["age", "country", "==", "<", "not", "and", "or", "in", "[", "]", "(", ")", "is", "empty", "'x", "'y'", "`", "today", "-", "30d", "20", "2026-01-01", "年齢", ",", "lower", "starts", "with", "\\", "＝", "\u{202e}", "\n"]),
        0..20,
    )) {
        for glue in [" ", ""] {
            let text = words.join(glue);
            if let Err(error) = compile(&text) {
                prop_assert!(error.at() <= text.len());
                let _ = error.to_string();
            }
        }
    }
}
