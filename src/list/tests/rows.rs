//! Rows: what makes one, every reason to reject one, and errors of the file.

use super::{emails, file_error, read, read_with, rejects, subscribers};
use crate::list::{Entry, ListOptions, Rejects, Subscribers};
use std::io::{self, Read};

#[test]
fn rows_and_lines_are_counted_as_a_person_would() {
    let text = b"email,note\n\na@x.org,\"two\nlines\"\r\n,\n   \nb@x.org,z\rc@x.org,\n";
    let list = subscribers(text);
    let places: Vec<_> = list.iter().map(|s| (s.row, s.line)).collect();
    assert_eq!(places, [(1, 3), (2, 7), (3, 8)]);
    assert_eq!(list[0].fields.get("note"), Some("two\nlines"));
}

#[test]
fn fields_are_in_column_order_and_the_address_is_normal() {
    let list = subscribers("氏名,Ｅメール,First name\n山田, Taro＠Example.JP ,Taro\n".as_bytes());
    let fields: Vec<_> = list[0].fields.iter().collect();
    assert_eq!(
        fields,
        [
            ("氏名", "山田"),
            ("email", "Taro@example.jp"),
            ("First_name", "Taro")
        ]
    );
}

#[test]
fn delimiters_quotes_and_missing_headers_are_understood() {
    for text in [
        "email;name\nann@x.org;\"Lee; Ann\"\n",
        "sep=;\nemail;name\nann@x.org;\"Lee; Ann\"\n",
        "email\tname\nann@x.org\tLee, Ann\n",
        "name|email\nLee, Ann|ann@x.org",
        "ann@x.org\n",
        "email\nann@x.org",
        "\"ann@x.org\",\"Ann \"\"A\"\" Lee\"\n",
        "email,name,\nann@x.org,Ann,,,\n",
        "\n\n,,\nemail,name,x\nann@x.org,Ann \"A\" Lee,",
    ] {
        assert_eq!(emails(text.as_bytes()), ["ann@x.org"], "{text:?}");
    }
}

#[test]
fn every_reason_to_reject_is_in_words() {
    let long = format!("a@x.org,{}", "x".repeat(1 << 20));
    for (row, column, text, reason) in [
        (
            "a@x.org",
            "",
            "a@x.org",
            "the row has 1 cell where the header has 2",
        ),
        (
            "a@x.org,Lee, Ann",
            "",
            "a@x.org",
            "the row has 3 cells where the header has 2; a cell that holds ',' must stand in quotes",
        ),
        (",Ann", "E-mail", "", "not an address: it is empty"),
        (
            "a@@x.org,Ann",
            "E-mail",
            "a@@x.org",
            "not an address: it has 2 @",
        ),
        (
            "\"a@x.org\r\nBcc: b@x.org\",Ann",
            "E-mail",
            "a@x.org\r\nBcc: b@x.org",
            "not an address: it holds a line end (U+000D)",
        ),
        (
            "a@x.org,A\0nn",
            "Name",
            "a@x.org",
            "it holds a NUL character",
        ),
        (
            "a@x.org,\"Ann \"A\" Lee\"",
            "",
            "",
            "a quote stands inside a quoted cell; double it (\"\") where it belongs to the text",
        ),
        (
            &long,
            "",
            "",
            "the row is longer than 1 MiB; shorten its cells, or close its quote",
        ),
    ] {
        let found = rejects(format!("E-mail,Name\nok@x.org,Ok\n{row}\nok2@x.org,Ok\n").as_bytes());
        assert_eq!(found.len(), 1, "{row:.80}");
        let reject = &found[0];
        assert_eq!((reject.row, reject.line), (2, 3));
        assert_eq!(
            (&*reject.column, &*reject.text, &*reject.reason),
            (column, text, reason)
        );
    }
}

#[test]
fn a_cell_of_ten_megabytes_rejects_its_row_alone() {
    let cell = format!("{}\n", "x".repeat(1023)).repeat(10 << 10);
    let text = format!("email,note\na@x.org,\"{cell}\"\nb@x.org,y\n");
    let entries = read(text.as_bytes());
    assert_eq!(entries.len(), 2);
    let Entry::Reject(reject) = &entries[0] else {
        panic!("{entries:?}")
    };
    assert!(reject.record[0].starts_with("a@x.org,\"xx") && reject.record[0].len() < 1000);
    let Entry::Subscriber(next) = &entries[1] else {
        panic!("{entries:?}")
    };
    assert_eq!((next.row, next.line), (2, 3 + (10 << 10)));
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_with_its_line() {
    let said = "line 3: a quote opens a cell here, and none closes it where a cell may end, so \
         the rows below cannot be told apart; close it, or double it (\"\") where it belongs to \
         the text";
    for rest in [
        "b@x.org,B\n",
        "b@x.org,\"B\"\n",
        &"b@x.org,B\n".repeat(300_000),
    ] {
        let text = format!("email,name\na@x.org,A\nc@x.org,\"C\n{rest}");
        let (entries, error) = read_with(text.as_bytes(), &ListOptions::default());
        assert_eq!(entries.len(), 1);
        assert_eq!(error.as_deref(), Some(said));
    }
}

#[test]
fn files_that_are_no_lists_say_why() {
    let empty = "the list is empty; it needs a header line that names its columns, one of them \
                 `email`";
    assert_eq!(file_error(b""), empty);
    assert_eq!(file_error(b"\xEF\xBB\xBF\r\n \n\n"), empty);
    assert_eq!(
        file_error(b"id,name\n1,Ann\n"),
        "no column is called `email` or the like; the columns are `id`, `name`; say which one \
         holds the address: --map email=COLUMN"
    );
    assert_eq!(
        file_error(b"\"email\"x,name\n"),
        "line 1: the header cannot be read: a quote stands inside a quoted cell; double it \
         (\"\") where it belongs to the text"
    );
    assert!(file_error(b"\"email,name\na@x.org,x\n").starts_with("line 1: a quote opens"));
    let options = ListOptions {
        delimiter: Some(b'"'),
        ..ListOptions::default()
    };
    let (_, error) = read_with(&b"email\n"[..], &options);
    assert!(error.unwrap().contains("cannot separate cells"));
}

#[test]
fn a_header_alone_is_a_list_of_nobody() {
    assert_eq!(read(b"email,name\n"), []);
    assert_eq!(read(b"email"), []);
}

#[test]
fn a_file_that_fails_to_read_says_so() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let mut rows = b"email\n".to_vec();
    rows.extend(b"a@x.org\n".repeat(50_000));
    let (entries, error) = read_with(rows.chain(Fails), &ListOptions::default());
    assert!(entries.len() > 1000);
    assert_eq!(error.unwrap(), "the list cannot be read: the disk is gone");
}

#[test]
fn rejects_can_be_mended_and_imported_again() {
    let text = "email,name\nann@@x.org,\"Lee, \"\"Ann\"\"\nx\"\nbob@x,Bob,extra\n";
    let mut list = Subscribers::open(text.as_bytes(), &ListOptions::default()).unwrap();
    let mut file = Rejects::new(Vec::new(), list.headers()).unwrap();
    while let Some(entry) = list.next_entry().unwrap() {
        match entry {
            Entry::Reject(reject) => file.write(&reject).unwrap(),
            Entry::Subscriber(subscriber) => panic!("{subscriber:?}"),
        }
    }
    assert_eq!(file.count(), 2);
    let written = String::from_utf8(file.finish().unwrap()).unwrap();
    assert_eq!(
        written,
        "row,line,column,value,reason,email,name\n\
         1,2,email,ann@@x.org,not an address: it has 2 @,ann@@x.org,\"Lee, \"\"Ann\"\"\nx\"\n\
         2,4,,bob@x,\"the row has 3 cells where the header has 2; a cell that holds ',' must \
         stand in quotes\",bob@x,Bob,extra\n"
    );
    let mended = written
        .replace("ann@@", "ann@")
        .replace(",extra", "")
        .replace("bob@x", "bob@x.org");
    assert_eq!(emails(mended.as_bytes()), ["ann@x.org", "bob@x.org"]);
    assert_eq!(
        subscribers(mended.as_bytes())[0].fields.get("name"),
        Some("Lee, \"Ann\"\nx")
    );
}
