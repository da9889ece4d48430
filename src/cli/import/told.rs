//! What an import says at its end.

use crate::cli::args::Import as Args;
use crate::cli::output::say;
use crate::progress::words;
use crate::store::Imported;
use std::collections::HashSet;

/// What reading the file came to.
#[derive(Default)]
pub(super) struct Read {
    pub(super) rows: u64,
    pub(super) rejected: u64,
    /// The first rejects, for people who gave no file for them.
    pub(super) examples: Vec<String>,
}

/// Tells what the import came to.
pub(super) fn tell(args: &Args, read: &Read, done: &Imported) {
    for example in &read.examples {
        say(format_args!("{example}"));
    }
    let hidden = read.rejected - u64::try_from(read.examples.len()).unwrap_or(0);
    if hidden > 0 && args.rejects.is_none() {
        say(format_args!(
            "… and {} more; --rejects FILE writes them all down",
            words::count(hidden)
        ));
    }
    let mut parts: Vec<String> = [
        (done.added, "added"),
        (done.updated, "updated"),
        (done.unchanged, "unchanged"),
        (done.duplicates, "duplicates"),
        (read.rejected, "rejected"),
    ]
    .map(|(count, what)| format!("{} {what}", words::count(count)))
    .into();
    for (count, what) in [
        (done.erased, "erased"),
        (done.left_alone, "left alone"),
        (done.unknown, "not in the list"),
    ] {
        if count > 0 {
            parts.push(format!("{} {what}", words::count(count)));
        }
    }
    // Types that were said are the list's from now on, whoever came in.
    let changed = done.added + done.updated > 0 || !args.types.is_empty();
    let end = match (args.dry_run, changed) {
        (true, _) => "; nothing was changed (--dry-run)",
        // Nobody came in: that is no list that is as it was.
        (false, _) if read.rows == 0 => ": nothing was entered, the file has no rows",
        (false, _) if read.rejected == read.rows => ": nothing was entered, every row was rejected",
        (false, true) => "",
        (false, false) => ": nothing changed",
    };
    say(format_args!(
        "{}: {} rows: {}{end}",
        args.list,
        words::count(read.rows),
        parts.join(", ")
    ));
    if done.erased > 0 {
        say(format_args!(
            "hint: people who were erased are not entered again; `hikyaku suppress remove ADDRESS` \
             lets one in who asks for it"
        ));
    }
}

/// A trial where there is no ledger yet: everybody is new who did not come before.
#[derive(Default)]
pub(super) struct Fresh(HashSet<String>);

impl Fresh {
    pub(super) fn part(&mut self, rows: &[crate::store::NewSubscriber], add: bool) -> Imported {
        let mut done = Imported::default();
        for row in rows {
            if !add {
                done.unknown += 1;
            } else if self.0.insert(row.address.key()) {
                done.added += 1;
            } else {
                done.duplicates += 1;
            }
        }
        done
    }
}
