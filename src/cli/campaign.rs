//! A campaign's files made ready: the letter compiled, the origin of its recipients named.

use super::args::{AUTO, Reading};
use super::context::Opened;
use super::fail::Failure;
use crate::engine::Origin;
use crate::list::ListOptions;
use crate::model::{Audience, Campaign, Settings};
use crate::render::{Letter, LetterSource};
use std::fs;
use std::path::PathBuf;

/// Reads the templates and compiles them. `uid` tells this sending of the campaign from others.
pub(super) fn letter(opened: &Opened, uid: &str) -> Result<Letter, Failure> {
    let Campaign {
        name,
        from,
        reply_to,
        subject,
        body,
        unsubscribe,
        ..
    } = &opened.campaign;
    let source = LetterSource {
        campaign: name.clone(),
        uid: uid.to_owned(),
        from: from.clone(),
        reply_to: reply_to.clone(),
        subject: subject.clone(),
        html: template(body.html.as_ref())?,
        text: template(body.text.as_ref())?,
        unsubscribe: unsubscribe.clone(),
        bounce_domain: opened.settings.identity.bounce_domain.clone(),
    };
    Ok(Letter::compile(&source)?)
}

/// Where the recipients come from.
pub(super) fn origin(campaign: &Campaign, reading: &Reading) -> Result<Origin, Failure> {
    match &campaign.audience {
        Audience::File(path) => Ok(Origin::File {
            path: path.clone(),
            options: list_options(reading)?,
        }),
        Audience::List(name) => Ok(Origin::List(name.clone())),
    }
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

/// Refuses what is configured and cannot be done: a message that should be signed and is not
/// would harm its sender more than one that is not sent.
pub(super) fn supported(settings: &Settings) -> Result<(), Failure> {
    if settings.dkim.is_empty() {
        return Ok(());
    }
    let error = Failure::new("signing with DKIM is not supported by this version");
    Err(error.hint("remove [[dkim]], and sign at the relay instead"))
}

fn template(path: Option<&PathBuf>) -> Result<Option<(String, String)>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let text = fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let text = String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at]
            .iter()
            .filter(|octet| **octet == b'\n')
            .count();
        Failure::new(format_args!("{}:{line}: not UTF-8", path.display()))
            .hint("templates are UTF-8; `iconv -f CP932 -t UTF-8` converts from Shift_JIS")
    })?;
    let text = text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text);
    Ok(Some((path.display().to_string(), text)))
}
