//! Reading a list of 100,000 rows from memory, and taking a segment of it: what one core makes of it
//! per second.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use hikyaku::list::{Entry, Known, ListOptions, Segment, Subscriber, Subscribers};
use hikyaku::model::{Address, ColumnTypes, Day, FieldType};
use std::fmt::Write;

const ROWS: usize = 100_000;

fn main() {
    divan::main();
}

/// Four columns, as a shop exports them.
fn plain() -> String {
    let mut text = String::from("email,name,city,member_since\n");
    for n in 0..ROWS {
        let domain = n % 2000;
        let _ = writeln!(
            text,
            "subscriber.{n}@mail-{domain}.example.com,Ann Lee {n},Springfield,2024-05-{:02}",
            n % 28 + 1
        );
    }
    text
}

/// The same in Japanese, with quotes and line ends in cells.
fn japanese() -> String {
    let mut text = String::from("メールアドレス,氏名,住所,入会日\r\n");
    for n in 0..ROWS {
        let domain = n % 2000;
        let _ = write!(
            text,
            "taro.{n}@mail-{domain}.example.jp,\"山田 太郎\",\"東京都千代田区\r\n丸の内{n}\",2024-05-01\r\n"
        );
    }
    text
}

fn read(bencher: Bencher<'_, '_>, bytes: &[u8]) {
    bencher
        .counter(ItemsCount::new(ROWS))
        .counter(BytesCount::of_slice(bytes))
        .bench_local(|| {
            let options = ListOptions::default();
            let mut list = Subscribers::open(bytes, &options).expect("the list can be read");
            let mut subscribers = 0;
            while let Some(entry) = list.next_entry().expect("rows can be read") {
                subscribers += usize::from(matches!(entry, Entry::Subscriber(_)));
            }
            assert_eq!(subscribers, ROWS);
        });
}

#[divan::bench]
fn utf8(bencher: Bencher<'_, '_>) {
    read(bencher, plain().as_bytes());
}

#[divan::bench]
fn utf8_japanese_with_quotes(bencher: Bencher<'_, '_>) {
    read(bencher, japanese().as_bytes());
}

#[divan::bench]
fn shift_jis_with_quotes(bencher: Bencher<'_, '_>) {
    let text = japanese();
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
    read(bencher, &bytes);
}

/// The rows of a list, read.
fn rows() -> (Vec<Subscriber>, Vec<String>) {
    let text = plain();
    let mut list = Subscribers::open(text.as_bytes(), &ListOptions::default()).expect("a list");
    let mut rows = Vec::new();
    while let Some(entry) = list.next_entry().expect("rows can be read") {
        if let Entry::Subscriber(subscriber) = entry {
            rows.push(subscriber);
        }
    }
    (rows, list.columns().to_vec())
}

#[divan::bench]
fn types_of_cells(bencher: Bencher<'_, '_>) {
    let (rows, _) = rows();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let mut types = ColumnTypes::default();
        for row in &rows {
            for (name, cell) in row.fields.iter() {
                if let Some(found) = FieldType::of(cell) {
                    types.observe(name, found);
                }
            }
        }
        types
    });
}

#[divan::bench(args = [
    "city == \"Springfield\"",
    "member_since >= 2024-05-15 and domain starts with \"mail-1\"",
    "lower(name) contains \"99\" or not (city in [\"Springfield\", \"Shelbyville\"])",
])]
fn segment(bencher: Bencher<'_, '_>, expression: &str) {
    let (rows, columns) = rows();
    let mut types = ColumnTypes::default();
    for (name, cell) in rows[0].fields.iter() {
        if let Some(found) = FieldType::of(cell) {
            types.observe(name, found);
        }
    }
    let known = Known {
        columns: &columns,
        types: &types,
    };
    let today = Day::new(2026, 1, 1).expect("a day");
    let segment = Segment::compile(expression, &known, today).expect("an expression");
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let takes = |row: &&Subscriber| segment.takes(&row.address, &row.fields) == Ok(true);
        rows.iter().filter(takes).count()
    });
}

#[divan::bench]
fn address(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| Address::parse(divan::black_box("subscriber.4711@mail-4.example.com")));
}

#[divan::bench]
fn address_of_an_idn_domain(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| Address::parse(divan::black_box("yamada@例え.jp")));
}
