//! `preview`: one recipient's message.

use super::args::{Preview as Args, PreviewFormat, Reading};
use super::campaign::{letter, origin};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, unwritable};
use crate::engine::{Origin, Row, each_row};
use crate::model::{Address, Fields};
use crate::net::Clock;
use crate::render::{Addressee, Tokens};

/// `hikyaku preview`
pub(super) fn run(context: &Context, args: &Args) -> Outcome {
    let opened = context.open(&args.campaign)?;
    let letter = letter(&opened, "preview", Tokens::sample())?;
    let origin = origin(&opened, &Reading::auto())?;
    let wanted = match &args.to {
        Some(email) => {
            let address = Address::parse(email).map_err(Failure::usage)?;
            Wanted::Address(address.key())
        }
        None => Wanted::nth(args.row),
    };
    let (address, fields) = find(&origin, &wanted)?;
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
            writeln!(out, "{}", letter.self_contained(&html)).map_err(unwritable)
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
    /// Whoever comes first.
    First,
    /// By the key of the address.
    Address(String),
}

impl Wanted {
    /// The data row that was asked for, or the first recipient.
    pub(super) fn nth(row: Option<u64>) -> Self {
        row.map_or(Self::First, Self::Row)
    }

    /// Whether a row without an address is the one. Whoever comes first in a segment has one.
    fn is_row(&self, row: u64, origin: &Origin) -> bool {
        match self {
            Self::Row(wanted) => row == *wanted,
            Self::First => origin.segment().is_none(),
            Self::Address(_) => false,
        }
    }

    fn is(&self, row: u64, address: &Address) -> bool {
        match self {
            Self::Row(wanted) => row == *wanted,
            Self::First => true,
            Self::Address(key) => address.key() == *key,
        }
    }
}

/// The recipient that is wanted, from the campaign's list.
pub(super) fn find(origin: &Origin, wanted: &Wanted) -> Result<(Address, Fields), Failure> {
    let mut found = None;
    each_row(origin, |row| match row {
        Row::Valid {
            row,
            address,
            fields,
        } if wanted.is(row, &address) => {
            found = Some((address, fields));
            Ok(false)
        }
        Row::Invalid { row, why, .. } if wanted.is_row(row, origin) => {
            Err(Failure::new(format_args!("row {row}: {why}")))
        }
        Row::Valid { .. } | Row::Invalid { .. } => Ok(true),
    })?;
    found.ok_or_else(|| match origin.segment() {
        None => Failure::new("no such recipient is in the campaign's list"),
        Some(_) => Failure::new("no such recipient is in the campaign's segment"),
    })
}
