//! `bounces notes`: what came back about recipients besides bounces.

use crate::cli::args::{Notes as Args, NotesFormat};
use crate::cli::context::Context;
use crate::cli::fail::{DONE, Failure, Outcome};
use crate::cli::output::{data, say, unwritable};
use crate::cli::status;
use crate::progress::text;
use crate::store::{Note, Reader};
use serde::Serialize;
use std::io::Write;

/// A note, in the keys of the interface.
#[derive(Serialize)]
struct Line<'a> {
    campaign: &'a str,
    email: &'a str,
    kind: &'a str,
    at: String,
    source: &'a str,
    detail: String,
}

/// `hikyaku bounces notes`
pub(super) fn run(context: &Context, args: &Args) -> Outcome {
    let (path, campaign) = match &args.campaign {
        Some(name) => {
            let known = status::find(context, name, false)?;
            (known.path, Some(known.record.id))
        }
        None => (context.settings()?.store.path, None),
    };
    let reader = match Reader::open(&path) {
        Err(error) if status::is_missing(&error) => {
            let words = "nothing was ever sent from this workspace";
            say(format_args!("{words}"));
            return Ok(DONE);
        }
        opened => opened?,
    };
    data(None, |out| {
        for note in reader.notes(campaign)? {
            let note = note?;
            if args.kind.is_none_or(|kind| kind.is(&note.kind)) {
                write(&note, args.format, out)?;
            }
        }
        Ok(())
    })?;
    Ok(DONE)
}

fn write(note: &Note, format: NotesFormat, out: &mut dyn Write) -> Result<(), Failure> {
    let detail = text::escape(&note.detail).into_owned();
    match format {
        NotesFormat::Json => {
            let line = Line {
                campaign: &note.campaign,
                email: &note.email,
                kind: &note.kind,
                at: note.at.to_string(),
                source: &note.source,
                detail,
            };
            let json = serde_json::to_string(&line).map_err(unwritable)?;
            writeln!(out, "{json}").map_err(unwritable)
        }
        NotesFormat::Text => {
            let (campaign, email) = (text::clean(&note.campaign), text::clean(&note.email));
            let (at, kind) = (note.at.to_string(), &note.kind);
            writeln!(out, "{at}  {kind:<14} {email}  {campaign}  {detail}").map_err(unwritable)
        }
    }
}
