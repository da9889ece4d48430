//! A mail that came back out of any octets: no panic, and never nothing.

#![no_main]

use hikyaku::classify::Classifier;
use hikyaku::returned::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let mail = read(octets, Classifier::builtin());
    assert!(!mail.recipients.is_empty());
});
