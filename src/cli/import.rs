//! `import`: subscribers from a CSV file into a list.

use super::args::Import as Args;
use super::campaign::list_options;
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::say;
use crate::list::{Entry, Rejects, Subscribers};
use crate::model::Timestamp;
use crate::net::Clock;
use crate::progress::words;
use crate::store::{Imported, NewSubscriber, Store};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// `hikyaku import`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let options = list_options(&args.reading)?;
    let file = File::open(&args.file).map_err(|error| Failure::file(&args.file, &error))?;
    let wrong = |error| Failure::new(format_args!("{}: {error}", args.file.display()));
    let list = Subscribers::open(file, &options).map_err(wrong)?;
    if !context.quiet {
        say(format_args!(
            "{}: {}, delimiter {:?}, columns {}",
            args.file.display(),
            list.encoding(),
            char::from(list.delimiter()),
            list.columns().join(", "),
        ));
    }
    let rejects = args
        .rejects
        .as_deref()
        .map(|path| rejects_file(path, &list))
        .transpose()?;
    let columns: Arc<[String]> = list.columns().into();
    let (hand_on, batches) = mpsc::channel(BATCHES);
    let mut reading = JoinSet::new();
    let path = args.file.clone();
    reading.spawn_blocking(move || read(list, rejects, &path, &hand_on));
    let entered = enter(context, args, columns, batches).await?;
    let read = match reading.join_next().await {
        Some(Ok(read)) => read?,
        Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        None => Read::default(),
    };
    tell(args, &read, entered.as_ref());
    Ok(DONE)
}

/// What reading the file came to.
#[derive(Default)]
struct Read {
    rows: u64,
    usable: u64,
    rejected: u64,
    /// The first rejects, for people who gave no file for them.
    examples: Vec<String>,
}

type RejectsFile = Rejects<BufWriter<File>>;

/// Reads the file to its end, off the async threads.
fn read(
    mut list: Subscribers<File>,
    mut rejects: Option<RejectsFile>,
    path: &Path,
    hand_on: &mpsc::Sender<Vec<NewSubscriber>>,
) -> Result<Read, Failure> {
    let mut read = Read::default();
    let mut batch = Vec::with_capacity(BATCH);
    let mut octets = 0;
    let wrong = |error| Failure::new(format_args!("{}: {error}", path.display()));
    while let Some(entry) = list.next_entry().map_err(wrong)? {
        read.rows += 1;
        match entry {
            Entry::Subscriber(subscriber) => {
                read.usable += 1;
                let (address, fields) = (subscriber.address, subscriber.fields);
                octets += fields.octets();
                batch.push(NewSubscriber { address, fields });
                if batch.len() == BATCH || octets > BATCH_OCTETS {
                    octets = 0;
                    let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
                    // Nobody takes it where the store has failed, which is told there.
                    if hand_on.blocking_send(full).is_err() {
                        return Ok(read);
                    }
                }
            }
            Entry::Reject(reject) => {
                read.rejected += 1;
                if let Some(file) = &mut rejects {
                    let unwritable = |error| Failure::new(format_args!("--rejects: {error}"));
                    file.write(&reject).map_err(unwritable)?;
                } else if read.examples.len() < EXAMPLES {
                    let place = format!("{}:{}", path.display(), reject.line);
                    let reason = crate::progress::text::clean(&reject.reason).into_owned();
                    read.examples
                        .push(format!("{place}: row {}: {reason}", reject.row));
                }
            }
        }
    }
    if let Some(file) = rejects {
        let unwritable = |error| Failure::new(format_args!("--rejects: {error}"));
        file.finish().map_err(unwritable)?;
    }
    // See above.
    let _ = hand_on.blocking_send(batch);
    Ok(read)
}

/// Enters what is read; on a dry run only takes it.
async fn enter(
    context: &Context,
    args: &Args,
    columns: Arc<[String]>,
    mut batches: mpsc::Receiver<Vec<NewSubscriber>>,
) -> Result<Option<Imported>, Failure> {
    if args.dry_run {
        while batches.recv().await.is_some() {}
        return Ok(None);
    }
    let store = Store::open(&context.settings()?.store.path)?;
    let now: Timestamp = Clock::system().now();
    let list = store.open_list(&args.list, now).await?;
    let mut total = Imported::default();
    let enter = |batch| store.import(list.id, Arc::clone(&columns), batch, now);
    let mut add = |imported: Imported| {
        total.added += imported.added;
        total.updated += imported.updated;
        total.duplicates += imported.duplicates;
    };
    while let Some(batch) = batches.recv().await {
        match batches.recv().await {
            None => add(enter(batch).await?),
            // One is made ready while the other is written.
            Some(next) => {
                let (one, other) = tokio::try_join!(enter(batch), enter(next))?;
                add(one);
                add(other);
            }
        }
    }
    store.close().await;
    Ok(Some(total))
}

fn rejects_file(path: &Path, list: &Subscribers<File>) -> Result<RejectsFile, Failure> {
    let file = File::create(path).map_err(|error| Failure::file(path, &error))?;
    Rejects::new(BufWriter::new(file), list.headers())
        .map_err(|error| Failure::new(format_args!("{}: {error}", path.display())))
}

fn tell(args: &Args, read: &Read, entered: Option<&Imported>) {
    let count = |number| words::count(number);
    for example in &read.examples {
        say(format_args!("{example}"));
    }
    let hidden = read.rejected - u64::try_from(read.examples.len()).unwrap_or(0);
    if hidden > 0 && args.rejects.is_none() {
        say(format_args!(
            "… and {} more; --rejects FILE writes them all down",
            count(hidden)
        ));
    }
    match entered {
        Some(entered) => say(format_args!(
            "{}: {} rows: {} added, {} updated, {} duplicates, {} rejected",
            args.list,
            count(read.rows),
            count(entered.added),
            count(entered.updated),
            count(entered.duplicates),
            count(read.rejected),
        )),
        None => say(format_args!(
            "{} rows: {} usable, {} rejected; nothing was changed (--dry-run)",
            count(read.rows),
            count(read.usable),
            count(read.rejected),
        )),
    }
}

/// Subscribers entered in one transaction.
const BATCH: usize = 20_000;
/// Octets of one batch, for lists with very long cells.
const BATCH_OCTETS: usize = 16 << 20;
/// Batches read ahead.
const BATCHES: usize = 2;
/// Rejects shown where they are not written to a file.
const EXAMPLES: usize = 10;
