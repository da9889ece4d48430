//! The import itself: the file is read on one thread, while the store enters what was read.

use super::doubts;
use super::told::{Fresh, Read, tell};
use super::types::Types;
use crate::cli::args::Import as Args;
use crate::cli::campaign::list_options;
use crate::cli::context::Context;
use crate::cli::fail::{DONE, ERROR, Failure, Outcome};
use crate::cli::output::say;
use crate::list::{Entry, Rejects, Subscribers, unmarked};
use crate::model::{Fields, Timestamp};
use crate::net::Clock;
use crate::store::{
    Import, ImportRules, Imported, NewSubscriber, OnKnown, Problem, Reader, Store, Trial,
};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// `hikyaku import`
pub(in crate::cli) async fn run(context: &Context, args: &Args) -> Outcome {
    let options = list_options(&args.reading)?;
    let file = File::open(&args.file).map_err(|error| Failure::file(&args.file, &error))?;
    let wrong = |error| Failure::new(format_args!("{}: {error}", args.file.display()));
    let mut list = Subscribers::open(file, &options).map_err(wrong)?;
    if !context.quiet {
        say(format_args!(
            "{}: {}, delimiter {:?}, columns {}",
            args.file.display(),
            list.encoding(),
            char::from(list.delimiter()),
            list.columns().join(", "),
        ));
    }
    let types = types(context, args, &mut list)?;
    let rejects = args
        .rejects
        .as_deref()
        .map(|path| rejects_file(path, &list))
        .transpose()?;
    let columns: Arc<[String]> = list.columns().into();
    let (hand_on, batches) = mpsc::channel(BATCHES);
    let mut reading = JoinSet::new();
    let path = args.file.clone();
    let said = types.said.clone();
    reading.spawn_blocking(move || read(list, &types, rejects, &path, &hand_on));
    let done = if args.dry_run {
        try_out(context, args, batches).await?
    } else {
        enter(context, args, (columns, said), batches).await?
    };
    let read = match reading.join_next().await {
        Some(Ok(read)) => read?,
        Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        None => Read::default(),
    };
    tell(args, &read, &done);
    let nothing_usable = read.rows > 0 && read.rejected == read.rows;
    Ok(if nothing_usable { ERROR } else { DONE })
}

/// What the list and the command line say of types. Also sees to it that there is a list where
/// nobody is to be added.
fn types(context: &Context, args: &Args, file: &mut Subscribers<File>) -> Result<Types, Failure> {
    let reader = existing(&context.settings()?.store.path)?;
    let record = match &reader {
        Some(reader) => reader.list(&args.list)?,
        None => None,
    };
    if record.is_none() && args.only_known {
        let failure = Failure::new(format_args!("there is no list {:?}", args.list));
        return Err(failure.hint("without --only-known it is made"));
    }
    doubts::tell(file, record.as_ref());
    let types = Types::of(&args.types, file.columns(), record.as_ref())?;
    if let (Some(record), Some(reader)) = (&record, reader) {
        types.check(record, reader)?;
    }
    Ok(types)
}

/// The ledger, where there is one.
fn existing(path: &Path) -> Result<Option<Reader>, Failure> {
    match Reader::open(path) {
        Ok(reader) => Ok(Some(reader)),
        Err(error) if matches!(error.problem(), Problem::Missing) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn rules(args: &Args) -> ImportRules {
    let known = match (args.replace, args.only_new) {
        (_, true) => OnKnown::Leave,
        (true, false) => OnKnown::Replace,
        (false, false) => OnKnown::Merge,
    };
    ImportRules {
        known,
        add: !args.only_known,
        keep_filled: args.keep_filled,
    }
}

type RejectsFile = Rejects<BufWriter<File>>;

/// Reads the file to its end, off the async threads.
fn read(
    mut list: Subscribers<File>,
    types: &Types,
    mut rejects: Option<RejectsFile>,
    path: &Path,
    hand_on: &mpsc::Sender<Vec<NewSubscriber>>,
) -> Result<Read, Failure> {
    let mut read = Read::default();
    let mut batch = Vec::with_capacity(BATCH);
    let mut octets = 0;
    let columns = list.columns().to_vec();
    let wrong = |error| Failure::new(format_args!("{}: {error}", path.display()));
    while let Some(entry) = list.next_entry().map_err(wrong)? {
        read.rows += 1;
        match types.judge(entry, &columns) {
            Entry::Subscriber(subscriber) => {
                let (address, fields) = (subscriber.address, without_marks(subscriber.fields));
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

/// Enters what is read.
async fn enter(
    context: &Context,
    args: &Args,
    (columns, types): (Arc<[String]>, Vec<Said>),
    mut batches: mpsc::Receiver<Vec<NewSubscriber>>,
) -> Result<Imported, Failure> {
    let store = Store::open(&context.settings()?.store.path)?;
    let now: Timestamp = Clock::system().now();
    let list = store.open_list(&args.list, now).await?;
    if !types.is_empty() {
        store.set_types(list.id, types).await?;
    }
    let import = Import::new(list.id, columns, rules(args), now);
    let mut total = Imported::default();
    while let Some(batch) = batches.recv().await {
        match batches.recv().await {
            None => total += store.import_part(&import, batch).await?,
            // One is made ready while the other is written.
            Some(next) => {
                let (one, other) = tokio::try_join!(
                    store.import_part(&import, batch),
                    store.import_part(&import, next),
                )?;
                total += one;
                total += other;
            }
        }
    }
    store.finish_import(&import, Clock::system().now()).await?;
    store.close().await;
    Ok(total)
}

/// What a command line says of a column's type.
type Said = (String, Option<crate::model::ColumnType>);

/// Tells what entering what is read would come to.
async fn try_out(
    context: &Context,
    args: &Args,
    mut batches: mpsc::Receiver<Vec<NewSubscriber>>,
) -> Result<Imported, Failure> {
    let (path, name) = (context.settings()?.store.path, args.list.clone());
    let rules = rules(args);
    let mut trying = JoinSet::new();
    trying.spawn_blocking(move || {
        let mut trial = trial(&path, &name, rules)?;
        let mut fresh = Fresh::default();
        let mut total = Imported::default();
        while let Some(batch) = batches.blocking_recv() {
            total += match &mut trial {
                Some(trial) => trial.part(batch)?,
                None => fresh.part(&batch, rules.add),
            };
        }
        Ok(total)
    });
    match trying.join_next().await {
        Some(Ok(total)) => total,
        Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        None => Ok(Imported::default()),
    }
}

fn trial(path: &Path, list: &str, rules: ImportRules) -> Result<Option<Trial>, Failure> {
    let Some(reader) = existing(path)? else {
        return Ok(None);
    };
    let list = reader.list(list)?.map(|list| list.id);
    Ok(Some(reader.trial(list, rules)))
}

/// Fields without the marks of texts that would be formulas.
fn without_marks(mut fields: Fields) -> Fields {
    let marked = fields
        .iter()
        .filter(|(_, cell)| unmarked(cell).len() < cell.len());
    let texts: Vec<(String, String)> = marked
        .map(|(name, cell)| (name.to_owned(), unmarked(cell).to_owned()))
        .collect();
    for (name, text) in texts {
        fields.set(name, text);
    }
    fields
}

fn rejects_file(path: &Path, list: &Subscribers<File>) -> Result<RejectsFile, Failure> {
    let file = File::create(path).map_err(|error| Failure::file(path, &error))?;
    Rejects::new(BufWriter::new(file), list.headers())
        .map_err(|error| Failure::new(format_args!("{}: {error}", path.display())))
}

/// Subscribers entered in one transaction.
const BATCH: usize = 20_000;
/// Octets of one batch, for lists with very long cells.
const BATCH_OCTETS: usize = 16 << 20;
/// Batches read ahead.
const BATCHES: usize = 2;
/// Rejects shown where they are not written to a file.
const EXAMPLES: usize = 10;
