//! A campaign's files made ready: the letter compiled, the origin of its recipients named.

use super::args::{AUTO, Reading};
use super::context::Opened;
use super::dkim::signer;
use super::fail::Failure;
use super::files::{self, Folder};
use super::templates::{library, template};
use crate::engine::{Counted, Origin, Segmentation, each_row};
use crate::list::ListOptions;
use crate::model::{Audience, Campaign, Day};
use crate::net::Clock;
use crate::progress::words;
use crate::render::{File, Letter, LetterSource, PersonalFiles, Tokens};
use std::path::PathBuf;
use std::sync::Arc;

/// Reads the templates and files of the letter and compiles it. `uid` tells this sending of the
/// campaign from others, `tokens` name its recipients.
pub(super) fn letter(opened: &Opened, uid: &str, tokens: Tokens) -> Result<Letter, Failure> {
    let Campaign {
        name,
        folder,
        from,
        subject,
        body,
        files,
        ..
    } = &opened.campaign;
    let campaign = opened.campaign.clone();
    let html = match &body.markup {
        Some((markup, path)) => Some((*markup, template(path)?)),
        None => None,
    };
    let source = LetterSource {
        reply_to: campaign.reply_to,
        preheader: campaign.preheader,
        html,
        text: body.text.as_deref().map(template).transpose()?,
        layout: body.layout.clone(),
        library: library(folder)?,
        css: body.css,
        charset: body.charset,
        attachments: read_all(&files.attachments)?,
        inline: read_all(&files.inline)?,
        personal_files: files.personal.as_ref().map(|files| PersonalFiles {
            column: files.column.clone(),
            files: Arc::new(Folder(files.folder.clone())),
        }),
        calendar: files.calendar.as_deref().map(template).transpose()?,
        unsubscribe: campaign.unsubscribe,
        unsubscribe_mailto: campaign.unsubscribe_mailto,
        bounce_domain: opened.settings.identity.bounce_domain.clone(),
        locale: campaign.locale,
        zone: campaign.zone,
        signer: signer(opened)?,
        ..LetterSource::new(name, uid, tokens, from.clone(), subject)
    };
    Ok(Letter::compile(&source)?)
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let read = |path: &PathBuf| files::read(path).map_err(|error| Failure::file(path, &error));
    paths.iter().map(read).collect()
}

/// Where the recipients come from.
pub(super) fn origin(opened: &Opened, reading: &Reading) -> Result<Origin, Failure> {
    let campaign = &opened.campaign;
    let all = match &campaign.audience {
        Audience::File(path) => Origin::File {
            path: path.clone(),
            options: list_options(reading)?,
        },
        Audience::List(name) => Origin::List {
            name: name.clone(),
            ledger: opened.settings.store.path.clone(),
        },
    };
    Ok(match &campaign.segment {
        None => all,
        Some(expression) => {
            let today = today(campaign.zone.as_deref());
            segmented(all, expression, today)
        }
    })
}

/// Those of an origin who are in a segment.
pub(super) fn segmented(of: Origin, expression: &str, today: Day) -> Origin {
    Origin::Segmented {
        of: Box::new(of),
        segment: Arc::new(Segmentation::new(expression.to_owned(), today)),
    }
}

/// The date in a zone, or in UTC.
pub(super) fn today(zone: Option<&str>) -> Day {
    Day::at(Clock::system().now(), zone)
}

/// How many a segment takes, in words, where its list was read.
pub(super) fn in_segment(origin: &Origin) -> Option<String> {
    let Counted { taken, of } = origin.segment()?.counted()?;
    let (taken, of) = (words::count(taken), words::count(of));
    Some(format!("{taken} of {of} subscribers are in the segment"))
}

/// Counts a segment by reading its list, where that was not done before. Blocks.
pub(super) fn count_segment(origin: &Origin) -> Result<Option<Counted>, Failure> {
    let Some(segment) = origin.segment() else {
        return Ok(None);
    };
    if segment.counted().is_none() {
        each_row(origin, |_| Ok::<_, Failure>(true))?;
    }
    Ok(segment.counted())
}

/// The options of reading a list, from the command line.
pub(super) fn list_options(reading: &Reading) -> Result<ListOptions, Failure> {
    let map = reading.map.iter().map(|pair| {
        let (field, column) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(format_args!(
                "--map {pair}: write FIELD=COLUMN, as in email=Address"
            ))
        })?;
        Ok((field.trim().to_owned(), column.to_owned()))
    });
    let map = map.collect::<Result<_, Failure>>()?;
    let encoding = (reading.encoding != AUTO).then(|| reading.encoding.clone());
    let delimiter = match reading.delimiter.as_str() {
        AUTO => None,
        "tab" | "\\t" => Some(b'\t'),
        one if one.len() == 1 && one.is_ascii() => Some(one.as_bytes()[0]),
        other => {
            let wrong = format_args!("--delimiter {other}: give one character, `tab` or `auto`");
            return Err(Failure::usage(wrong));
        }
    };
    Ok(ListOptions {
        encoding,
        delimiter,
        map,
    })
}
