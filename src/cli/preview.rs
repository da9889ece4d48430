//! `preview`: one recipient's message.

use super::args::{Preview as Args, PreviewFormat, Reading};
use super::campaign::{letter, origin};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, unwritable};
use crate::engine::Origin;
use crate::list::{Entry, Subscribers};
use crate::model::{Address, Fields};
use crate::net::Clock;
use crate::render::{Addressee, Tokens};
use crate::store::Reader;
use std::fs::File;
use std::path::Path;

/// `hikyaku preview`
pub(super) fn run(context: &Context, args: &Args) -> Outcome {
    let opened = context.open(&args.campaign)?;
    let letter = letter(&opened, "preview", Tokens::sample())?;
    let origin = origin(&opened.campaign, &Reading::auto())?;
    let wanted = match &args.to {
        Some(email) => {
            let address = Address::parse(email).map_err(Failure::usage)?;
            Wanted::Address(address.key())
        }
        None => Wanted::Row(args.row),
    };
    let (address, fields) = find(&origin, &opened.settings.store.path, &wanted)?;
    let addressee = Addressee::unknown(&address, &fields);
    data(args.output.as_deref(), |out| match args.format {
        PreviewFormat::Eml => {
            let message = letter.render(&addressee, Clock::system().now())?;
            message
                .content
                .iter()
                .try_for_each(|part| out.write_all(part))
                .map_err(unwritable)
        }
        PreviewFormat::Html => {
            let html = letter.preview(&addressee)?.html;
            let html = html.ok_or_else(|| Failure::new("the campaign has no HTML part"))?;
            writeln!(out, "{html}").map_err(unwritable)
        }
        PreviewFormat::Text => {
            let preview = letter.preview(&addressee)?;
            let text = preview.text.unwrap_or_default();
            let clean = |line: &str| crate::progress::text::clean(line).into_owned();
            writeln!(out, "To: {address}\nSubject: {}\n", clean(&preview.subject))
                .map_err(unwritable)?;
            text.lines()
                .try_for_each(|line| writeln!(out, "{}", clean(line)))
                .map_err(unwritable)
        }
    })?;
    Ok(DONE)
}

pub(super) enum Wanted {
    Row(u64),
    /// By the key of the address.
    Address(String),
}

impl Wanted {
    fn is(&self, row: u64, address: &Address) -> bool {
        match self {
            Self::Row(wanted) => row == *wanted,
            Self::Address(key) => address.key() == *key,
        }
    }
}

/// The recipient that is wanted, from the campaign's list.
pub(super) fn find(
    origin: &Origin,
    store: &Path,
    wanted: &Wanted,
) -> Result<(Address, Fields), Failure> {
    match origin {
        Origin::File { path, options } => {
            let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
            let wrong = |error| Failure::new(format_args!("{}: {error}", path.display()));
            let mut list = Subscribers::open(file, options).map_err(wrong)?;
            while let Some(entry) = list.next_entry().map_err(wrong)? {
                match entry {
                    Entry::Subscriber(found) if wanted.is(found.row, &found.address) => {
                        return Ok((found.address, found.fields));
                    }
                    Entry::Reject(reject) if matches!(wanted, Wanted::Row(row) if *row == reject.row) =>
                    {
                        let place = format!("{}:{}", path.display(), reject.line);
                        return Err(Failure::new(format_args!("{place}: {}", reject.reason)));
                    }
                    Entry::Subscriber(_) | Entry::Reject(_) => {}
                }
            }
        }
        Origin::List(name) => {
            let reader = Reader::open(store)?;
            let list = reader
                .list(name)?
                .ok_or_else(|| Failure::new(format_args!("there is no list {name:?}")))?;
            for (row, subscriber) in (1..).zip(reader.subscribers(list.id)?) {
                let subscriber = subscriber?;
                let Ok(address) = Address::parse(&subscriber.email) else {
                    continue;
                };
                if wanted.is(row, &address) {
                    return Ok((address, subscriber.fields));
                }
            }
        }
    }
    Err(Failure::new("no such recipient is in the campaign's list"))
}
