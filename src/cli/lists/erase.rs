//! `lists erase`: people are forgotten, for good.

use super::letters;
use super::run::confirm;
use crate::cli::context::Context;
use crate::cli::fail::{DONE, ERROR, Failure, Outcome};
use crate::cli::output::say;
use crate::cli::serve::letters_folder;
use crate::model::{Address, Settings};
use crate::net::Clock;
use crate::progress::words;
use crate::store::{Erased, Store};
use std::fs;
use std::path::{Path, PathBuf};

/// Erases people from the ledger and from those of rehearsals. Ends with an error where an address
/// of theirs still stands in one of them, or in what people wrote to us.
pub(super) async fn erase(context: &Context, path: &Path, texts: &[String], yes: bool) -> Outcome {
    let settings = context.settings()?;
    let addresses = addresses(texts)?;
    if !yes {
        let whom = match &addresses[..] {
            [only] => only.to_string(),
            many => format!("{} addresses", words::count(many.len() as u64)),
        };
        let asked = format!("erase {whom} from all lists and past campaigns, for good?");
        if !confirm(&asked)? {
            return Err(Failure::new("nothing was erased"));
        }
    }
    let now = Clock::system().now();
    let store = Store::open(path)?;
    let erased = store.erase(addresses.clone(), now).await?;
    store.close().await;
    say(format_args!(
        "erased: {} entries of lists, {} recipients of past campaigns; never mailed again",
        words::count(erased.subscribers),
        words::count(erased.recipients)
    ));
    if erased.suppressed > 0 {
        say(format_args!(
            "{} had not been mailed yet, and will not be",
            words::count(erased.suppressed)
        ));
    }
    if erased.in_flight > 0 {
        say(format_args!(
            "{} are being sent to at this moment; erase again when the run has ended, since its \
             servers' answers may name them",
            words::count(erased.in_flight)
        ));
    }
    let mut left_over = erased.left_over;
    tell_left_over(path, &erased);
    for rehearsal in rehearsals(&context.root) {
        let store = Store::open(&rehearsal)?;
        let erased = store.erase(addresses.clone(), now).await?;
        store.close().await;
        tell_left_over(&rehearsal, &erased);
        left_over |= erased.left_over;
    }
    left_over |= tell_letters(&settings, &addresses);
    say(format_args!(
        "hint: CSV files, logs, copies of the ledger and encoded text in letters are yours to clean"
    ));
    Ok(if left_over { ERROR } else { DONE })
}

fn tell_left_over(path: &Path, erased: &Erased) {
    if erased.left_over {
        say(format_args!(
            "{}: the letters of an address still stand in the file, in other people's texts, in a \
             longer address, or because the file is not written anew while a campaign is sent or \
             another process has it; erase again when nothing is sent",
            path.display()
        ));
    }
}

/// Names the letters people wrote to us that hold an address. Returns whether there are any.
fn tell_letters(settings: &Settings, addresses: &[Address]) -> bool {
    let found = letters::holding(&letters_folder(settings), addresses);
    for letter in &found {
        say(format_args!(
            "{}: an address stands in this letter, which is not removed: read it and remove it",
            letter.display()
        ));
    }
    !found.is_empty()
}

/// The addresses that were typed.
pub(super) fn addresses(texts: &[String]) -> Result<Vec<Address>, Failure> {
    let parsed = texts.iter().map(|text| Address::parse(text));
    parsed.collect::<Result<_, _>>().map_err(Failure::usage)
}

/// Ledgers of rehearsals, which had the same people.
fn rehearsals(root: &Path) -> Vec<PathBuf> {
    let folder = root.join(".hikyaku").join("sandbox");
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "db"))
        .collect()
}
