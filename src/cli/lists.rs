//! `lists`: what was imported.

use super::args::{Lists as Args, ListsAction};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, say, unwritable};
use super::status::is_missing;
use crate::progress::words;
use crate::report::write_subscribers;
use crate::store::{ListRecord, Reader, Store};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

/// `hikyaku lists`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let path = context.settings()?.store.path;
    let reader = match Reader::open(&path) {
        Ok(reader) => reader,
        Err(error) if is_missing(&error) && args.action.is_none() => {
            say(format_args!(
                "there are no lists; `hikyaku import FILE.csv --list NAME` makes one"
            ));
            return Ok(DONE);
        }
        Err(error) => return Err(error.into()),
    };
    match &args.action {
        None => all(&reader)?,
        Some(ListsAction::Show { name }) => show(&find(&reader, name)?)?,
        Some(ListsAction::Export { name, output }) => {
            let list = find(&reader, name)?;
            data(output.as_deref(), |mut out| {
                let subscribers = reader.subscribers(list.id)?;
                let rows = subscribers.map(|row| row.map(|row| (row.email, row.fields)));
                write_subscribers(&list.columns, rows, &mut out).map_err(unwritable)
            })?;
        }
        Some(ListsAction::Remove { name, yes }) => {
            let list = find(&reader, name)?;
            remove(path, &list, *yes).await?;
        }
    }
    Ok(DONE)
}

fn find(reader: &Reader, name: &str) -> Result<ListRecord, Failure> {
    if let Some(list) = reader.list(name)? {
        return Ok(list);
    }
    let names: Vec<_> = reader.lists()?.into_iter().map(|list| list.name).collect();
    let failure = Failure::new(format_args!("there is no list {name:?}"));
    Err(if names.is_empty() {
        failure.hint("`hikyaku import FILE.csv --list NAME` makes one")
    } else {
        failure.hint(format_args!("there are: {}", names.join(", ")))
    })
}

fn all(reader: &Reader) -> Result<(), Failure> {
    let lists = reader.lists()?;
    data(None, |out| {
        for list in &lists {
            let count = words::count(list.subscribers);
            writeln!(
                out,
                "{:<24} {count:>12} subscribers  updated {}",
                list.name, list.updated
            )
            .map_err(unwritable)?;
        }
        Ok(())
    })
}

fn show(list: &ListRecord) -> Result<(), Failure> {
    data(None, |out| {
        writeln!(out, "list         {}", list.name).map_err(unwritable)?;
        writeln!(out, "subscribers  {}", words::count(list.subscribers)).map_err(unwritable)?;
        writeln!(out, "columns      {}", list.columns.join(", ")).map_err(unwritable)?;
        writeln!(out, "created      {}", list.created).map_err(unwritable)?;
        writeln!(out, "updated      {}", list.updated).map_err(unwritable)
    })
}

async fn remove(path: PathBuf, list: &ListRecord, yes: bool) -> Result<(), Failure> {
    if !yes {
        let asked = format!(
            "remove {:?} with {} subscribers?",
            list.name, list.subscribers
        );
        if !confirm(&asked)? {
            return Err(Failure::new("nothing was removed"));
        }
    }
    let store = Store::open(&path)?;
    let removed = store.remove_list(list.id).await?;
    store.close().await;
    say(format_args!(
        "{}: removed with {} subscribers",
        list.name,
        words::count(removed)
    ));
    Ok(())
}

/// Asks a person; without one the answer has to be given beforehand.
pub(super) fn confirm(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(
            Failure::new(format_args!("{question} There is nobody to ask"))
                .hint("--yes answers beforehand"),
        );
    }
    let mut err = io::stderr().lock();
    let _ = write!(err, "{question} [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::new(format_args!("no answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
