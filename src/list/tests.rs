//! Whole files through the whole of `list`: what comes out, and what is said of what does not.

use super::{Entry, ListOptions, Reject, Subscriber, Subscribers};
use std::io::Read;

/// What is said of a file: its entries, and its error where it has one.
fn read_with(input: impl Read, options: &ListOptions) -> (Vec<Entry>, Option<String>) {
    let mut list = match Subscribers::open(input, options) {
        Ok(list) => list,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let mut entries = Vec::new();
    loop {
        match list.next_entry() {
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => return (entries, None),
            Err(error) => {
                assert!(matches!(list.next_entry(), Ok(None)), "ends after an error");
                return (entries, Some(error.to_string()));
            }
        }
    }
}

fn read(bytes: &[u8]) -> Vec<Entry> {
    let (entries, error) = read_with(bytes, &ListOptions::default());
    assert_eq!(error, None);
    entries
}

fn subscribers(bytes: &[u8]) -> Vec<Subscriber> {
    let entries = read(bytes).into_iter();
    entries
        .map(|entry| match entry {
            Entry::Subscriber(subscriber) => subscriber,
            Entry::Reject(reject) => panic!("{reject:?}"),
        })
        .collect()
}

fn only_reject(bytes: &[u8]) -> Reject {
    let rejects: Vec<_> = read(bytes)
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Reject(reject) => Some(reject),
            Entry::Subscriber(_) => None,
        })
        .collect();
    assert_eq!(rejects.len(), 1, "{rejects:?}");
    rejects[0].clone()
}

fn file_error(bytes: &[u8]) -> String {
    read_with(bytes, &ListOptions::default())
        .1
        .expect("an error")
}

#[test]
fn blank_rows_are_skipped() {
    let list = subscribers(b"email,name\nann@x.org,Ann\n\n,\nbob@x.org,Bob\n");
    assert_eq!(list.len(), 2);
    let _ = only_reject(b"email\nx\n");
    let _ = file_error(b"");
}
