//! The commands below `lists`.

use super::erase::{addresses, erase};
use super::show::{self, counted, segment};
use crate::cli::args::{Lists as Args, ListsAction};
use crate::cli::context::Context;
use crate::cli::fail::{DONE, Failure, Outcome};
use crate::cli::output::{data, say, unwritable};
use crate::cli::status::is_missing;
use crate::model::Address;
use crate::net::Clock;
use crate::progress::words;
use crate::report::write_subscribers;
use crate::store::{ListRecord, Reader, Store};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// `hikyaku lists`
pub(in crate::cli) async fn run(context: &Context, args: &Args) -> Outcome {
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
        None => show::all(&reader, args.json)?,
        Some(ListsAction::Show {
            name,
            segment,
            filled,
            json,
        }) => {
            let list = find(&reader, name)?;
            let counts = counted(&path, &list, segment.as_deref(), (false, *filled))?;
            show::one(&list, &counts, *json || args.json)?;
        }
        Some(ListsAction::Count {
            name,
            segment,
            json,
        }) => {
            let list = find(&reader, name)?;
            let counts = counted(&path, &list, segment.as_deref(), (true, false))?;
            show::count(&list, &counts, *json || args.json)?;
        }
        Some(ListsAction::Export {
            name,
            segment,
            output,
        }) => {
            let list = find(&reader, name)?;
            export(reader, &list, segment.as_deref(), output.as_deref())?;
        }
        Some(ListsAction::Rename { name, new }) => {
            rename(path, &find(&reader, name)?, new).await?;
        }
        Some(ListsAction::Remove { name, address, yes }) => {
            let list = find(&reader, name)?;
            if address.is_empty() {
                remove(path, &list, *yes).await?;
            } else {
                take_out(path, &list, address).await?;
            }
        }
        Some(ListsAction::Erase { addresses, yes }) => {
            drop(reader);
            return erase(context, &path, addresses, *yes).await;
        }
    }
    Ok(DONE)
}

fn export(
    reader: Reader,
    list: &ListRecord,
    expression: Option<&str>,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let segment = expression.map(|text| segment(list, text)).transpose()?;
    // The first cell that is not what the segment takes it for ends the export.
    let mut misfit = None;
    data(output, |mut out| {
        let rows = reader.subscribers(list.id)?.map_while(|row| {
            let row = match row {
                Ok(row) => row,
                Err(error) => return Some(Some(Err(error))),
            };
            let taken = match (&segment, Address::parse(&row.email)) {
                (Some(segment), Ok(address)) => segment.takes(&address, &row.fields),
                (Some(_), Err(_)) => Ok(false),
                (None, _) => Ok(true),
            };
            match taken {
                Ok(taken) => Some(taken.then_some(Ok((row.email, row.fields)))),
                Err(wrong) => {
                    misfit = Some(wrong);
                    None
                }
            }
        });
        write_subscribers(&list.columns, rows.flatten(), &mut out).map_err(unwritable)
    })?;
    match misfit {
        Some(misfit) => Err(Failure::new(misfit)),
        None => Ok(()),
    }
}

async fn rename(path: PathBuf, list: &ListRecord, new: &str) -> Result<(), Failure> {
    if Reader::open(&path)?.list(new)?.is_some() {
        let taken = Failure::new(format_args!("there is a list {new:?} already"));
        return Err(taken.hint("choose another name, or take that list out of the way first"));
    }
    let store = Store::open(&path)?;
    store.rename_list(list, new).await?;
    store.close().await;
    say(format_args!("{} is called {new} now", list.name));
    Ok(())
}

async fn take_out(path: PathBuf, list: &ListRecord, texts: &[String]) -> Result<(), Failure> {
    let addresses = addresses(texts)?;
    let asked = addresses.len();
    let store = Store::open(&path)?;
    let now = Clock::system().now();
    let gone = store.take_out(list.id, addresses, now).await?;
    store.close().await;
    say(format_args!(
        "{}: {} of {} addresses removed; they can be imported again",
        list.name,
        words::count(gone),
        words::count(asked as u64)
    ));
    Ok(())
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
pub(in crate::cli) fn confirm(question: &str) -> Result<bool, Failure> {
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
