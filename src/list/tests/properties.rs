//! What holds for every file.

use super::read_with;
use crate::list::{Entry, ListOptions, Subscribers};
use proptest::prelude::*;
use std::io::{self, Read};

/// Hands out octets in pieces of these sizes, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()];
        self.turn += 1;
        let length = size.min(out.len()).min(self.bytes.len());
        let (piece, rest) = self.bytes.split_at(length);
        out[..length].copy_from_slice(piece);
        self.bytes = rest;
        Ok(length)
    }
}

/// Octets near to lists, with what could hurt in them.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"email,name\n".to_vec()),
        Just(b"a@x.org,Ann\n".to_vec()),
        Just(b"\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"\x1B$B;3EDB@O:\x1B(B".to_vec()),
        Just(b"\x1B".to_vec()),
        Just(b"\x8E\x52\x93\x63".to_vec()),
        Just(b"\xBB\xB3\xC5\xC4".to_vec()),
        Just("山田".as_bytes().to_vec()),
        Just(b"\xFF\xFE".to_vec()),
        Just(b"\n.\r\nQUIT\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    let parts = prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat());
    prop_oneof![
        parts.clone(),
        parts.prop_map(|rest| [b"email,name\na@x.org,Ann\n", rest.as_slice()].concat()),
    ]
}

proptest! {
    #[test]
    fn no_octets_panic_and_how_they_come_in_does_not_matter(
        bytes in hostile(),
        sizes in prop::collection::vec(1_usize..9, 1..5),
        encoding in prop::option::of(prop::sample::select(vec!["utf-16", "cp932", "iso-2022-jp"])),
    ) {
        let options = ListOptions { encoding: encoding.map(String::from), ..ListOptions::default() };
        let whole = read_with(bytes.as_slice(), &options);
        let pieces = Pieces { bytes: &bytes, sizes, turn: 0 };
        prop_assert_eq!(read_with(pieces, &options), whole);
    }

    #[test]
    fn no_cell_brings_a_control_character_into_an_address(bytes in hostile()) {
        let (entries, _) = read_with(bytes.as_slice(), &ListOptions::default());
        for entry in entries {
            if let Entry::Subscriber(subscriber) = entry {
                let wire = subscriber.address.to_string();
                prop_assert!(!wire.contains(char::is_control));
                prop_assert_eq!(subscriber.fields.get("email"), Some(wire.as_str()));
            }
        }
    }

    #[test]
    fn what_a_csv_writer_writes_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[^\\x00\\u{FEFF}]{0,12}|[\",;\r\n]{0,4}", 3), 0..12),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        crlf in any::<bool>(),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        writer.write_record(["email", "a", "b", "c"]).unwrap();
        for row in &rows {
            let cells = ["a@x.org"].into_iter().chain(row.iter().map(String::as_str));
            writer.write_record(cells).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let options = ListOptions { delimiter: Some(delimiter), encoding: Some("utf-8".into()), ..ListOptions::default() };
        let mut list = Subscribers::open(bytes.as_slice(), &options).unwrap();
        for row in &rows {
            let entry = list.next_entry().unwrap().unwrap();
            let Entry::Subscriber(subscriber) = entry else {
                return Err(TestCaseError::fail(format!("{entry:?}")));
            };
            let read: Vec<_> = subscriber.fields.iter().skip(1).map(|(_, value)| value).collect();
            prop_assert_eq!(&read, row);
        }
        prop_assert!(list.next_entry().unwrap().is_none());
    }
}
