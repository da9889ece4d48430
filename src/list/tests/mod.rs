//! Whole files through the whole of `list`: what comes out, and what is said of what does not.

mod encodings;
mod properties;
mod rows;

use super::{Entry, ListOptions, Reject, Subscriber, Subscribers};
use std::io::Read;

/// A file's entries, and its error where it has one.
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
    let taken = |entry| match entry {
        Entry::Subscriber(subscriber) => subscriber,
        Entry::Reject(reject) => panic!("{reject:?}"),
    };
    read(bytes).into_iter().map(taken).collect()
}

fn rejects(bytes: &[u8]) -> Vec<Reject> {
    let taken = |entry| match entry {
        Entry::Reject(reject) => Some(reject),
        Entry::Subscriber(_) => None,
    };
    read(bytes).into_iter().filter_map(taken).collect()
}

fn file_error(bytes: &[u8]) -> String {
    let (_, error) = read_with(bytes, &ListOptions::default());
    error.expect("an error")
}

fn emails(bytes: &[u8]) -> Vec<String> {
    let list = subscribers(bytes).into_iter();
    list.map(|subscriber| subscriber.address.to_string())
        .collect()
}
