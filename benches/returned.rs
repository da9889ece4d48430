//! Mails that came back, read: our own samples, and others where `HIKYAKU_MAILS` names a folder of them.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use hikyaku::classify::Classifier;
use hikyaku::returned::read;
use std::path::{Path, PathBuf};

fn main() {
    // The rules are read once in a process.
    let _ = Classifier::builtin();
    divan::main();
}

#[divan::bench]
fn own_samples(bencher: Bencher<'_, '_>) {
    all_of(
        bencher,
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/returned/mails"),
    );
}

#[divan::bench]
fn other_mails(bencher: Bencher<'_, '_>) {
    if let Some(folder) = std::env::var_os("HIKYAKU_MAILS") {
        all_of(bencher, &PathBuf::from(folder));
    }
}

fn all_of(bencher: Bencher<'_, '_>, folder: &Path) {
    let mut mails = Vec::new();
    collect(folder, &mut mails);
    let octets: usize = mails.iter().map(Vec::len).sum();
    bencher
        .counter(ItemsCount::new(mails.len()))
        .counter(BytesCount::new(octets))
        .bench(|| {
            mails
                .iter()
                .map(|mail| {
                    read(black_box(mail), Classifier::builtin())
                        .recipients
                        .len()
                })
                .sum::<usize>()
        });
}

fn collect(folder: &Path, mails: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, mails);
        } else if let Ok(octets) = std::fs::read(&path) {
            mails.push(octets);
        }
    }
}
