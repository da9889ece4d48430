//! The keys of `campaign.toml`, and the campaign that comes of them.

use super::addresses;
use super::error::Faults;
use super::key::Kind::{Address, Date, Path, Paths, Table, Text, Words};
use super::key::Shown::{Default, Example};
use super::key::{Key, key, put};
use super::loader::Draft;
use super::near::nearest;
use super::tables::read_one;
use super::units;
use super::value::Value;
use crate::model::{
    Audience, Charset, Css, DailyWindow, Mailbox, Markup, NAMES, PersonalFiles, Schedule, is_name,
};
use std::path::PathBuf;

/// A campaign while it is read.
#[derive(Default)]
pub(super) struct CampaignDraft {
    pub(super) name: Option<String>,
    pub(super) from: Option<Mailbox>,
    pub(super) reply_to: Option<Mailbox>,
    pub(super) subject: Option<String>,
    /// The one that was set last.
    pub(super) audience: Option<Audience>,
    pub(super) segment: Option<String>,
    pub(super) preheader: Option<String>,
    /// The one that was set last.
    pub(super) markup: Option<(Markup, PathBuf)>,
    pub(super) text: Option<PathBuf>,
    pub(super) layout: Option<String>,
    pub(super) css: Css,
    pub(super) charset: Charset,
    pub(super) attachments: Vec<PathBuf>,
    pub(super) personal: Option<PersonalFiles>,
    pub(super) inline: Vec<PathBuf>,
    pub(super) calendar: Option<PathBuf>,
    pub(super) unsubscribe: Option<String>,
    pub(super) unsubscribe_mailto: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) schedule: Schedule,
}

pub(super) const CAMPAIGN: &[Key<Draft>] = &[
    key(
        "name",
        Text,
        Example("\"welcome\""),
        "of the store, of reports, of commands; the folder's where it is not set",
        |d, v| put(&mut d.campaign.name, name(v)),
    ),
    key(
        "from",
        Address,
        Example("\"Example News <news@example.com>\""),
        "the author",
        |d, v| put(&mut d.campaign.from, v.form(addresses::mailbox)),
    ),
    key(
        "reply_to",
        Address,
        Example("\"hello@example.com\""),
        "where answers go",
        |d, v| put(&mut d.campaign.reply_to, v.form(addresses::mailbox)),
    ),
    key(
        "subject",
        Text,
        Example("\"Hello {{ name | default('there') }}\""),
        "the subject line, a template",
        |d, v| put(&mut d.campaign.subject, v.text().map(str::to_owned)),
    ),
    key(
        "recipients",
        Path,
        Example("\"recipients.csv\""),
        "a CSV file; this or list",
        |d, v| put(&mut d.campaign.audience, v.path().map(Audience::File)),
    ),
    key(
        "list",
        Text,
        Example("\"weekly\""),
        "a list that was imported; this or recipients",
        |d, v| {
            put(
                &mut d.campaign.audience,
                v.text().map(|name| Audience::List(name.to_owned())),
            )
        },
    ),
    key(
        "segment",
        Text,
        Example("\"country == 'JP' and age >= 20\""),
        "which of them: an expression over the list's columns; `hikyaku lists count NAME --segment EXPR` tries one out",
        |d, v| put(&mut d.campaign.segment, v.text().map(str::to_owned)),
    ),
    key(
        "preheader",
        Text,
        Example("\"What is new this month\""),
        "what mail programs show behind the subject, a template",
        |d, v| put(&mut d.campaign.preheader, v.text().map(str::to_owned)),
    ),
    key(
        "html",
        Path,
        Example("\"body.html\""),
        "the HTML template; this, mjml, markdown or text",
        |d, v| put(&mut d.campaign.markup, markup(v, Markup::Html)),
    ),
    key(
        "mjml",
        Path,
        Example("\"body.mjml\""),
        "an MJML template, in the place of html",
        |d, v| put(&mut d.campaign.markup, markup(v, Markup::Mjml)),
    ),
    key(
        "markdown",
        Path,
        Example("\"body.md\""),
        "a Markdown template, in the place of html",
        |d, v| put(&mut d.campaign.markup, markup(v, Markup::Markdown)),
    ),
    key(
        "layout",
        Text,
        Example("\"_layouts/letter.html\""),
        "the template with a block `content` that Markdown is put into; a plain one where it is not set",
        |d, v| put(&mut d.campaign.layout, v.text().map(str::to_owned)),
    ),
    key(
        "css",
        Words(&["inline", "keep"]),
        Default("\"inline\""),
        "whether style sheets become style attributes, which is what mail programs read",
        |d, v| put(&mut d.campaign.css, v.word(CSS)),
    ),
    key(
        "text",
        Path,
        Example("\"body.txt\""),
        "the text template; made from the HTML where it is not set",
        |d, v| put(&mut d.campaign.text, v.path()),
    ),
    key(
        "charset",
        Words(&["utf-8", "iso-2022-jp"]),
        Default("\"utf-8\""),
        "how texts are encoded; iso-2022-jp is for old Japanese readers",
        |d, v| put(&mut d.campaign.charset, v.word(CHARSETS)),
    ),
    key(
        "attachments",
        Paths,
        Example("[\"menu.pdf\"]"),
        "files to attach to every message",
        |d, v| put(&mut d.campaign.attachments, v.list(Value::path)),
    ),
    key(
        "attachments_from",
        Table,
        Example("{ column = \"invoice\", folder = \"invoices\" }"),
        "files of one recipient: the column that names them, and the folder they are in",
        |d, v| put(&mut d.campaign.personal, personal(v)),
    ),
    key(
        "inline",
        Paths,
        Example("[\"logo.png\"]"),
        "images that the HTML shows as cid:logo.png",
        |d, v| put(&mut d.campaign.inline, v.list(Value::path)),
    ),
    key(
        "calendar",
        Path,
        Example("\"invitation.ics\""),
        "an invitation (iCalendar), a template",
        |d, v| put(&mut d.campaign.calendar, v.path()),
    ),
    key(
        "unsubscribe",
        Text,
        Example("\"https://example.com/u/{{ token }}\""),
        "the one-click unsubscribe address, a template (RFC 8058)",
        |d, v| put(&mut d.campaign.unsubscribe, unsubscribe(v)),
    ),
    key(
        "unsubscribe_mailto",
        Text,
        Example("\"unsubscribe@example.com\""),
        "where a mail unsubscribes: an address, or a mailto: template of one with {{ token }}",
        |d, v| {
            put(
                &mut d.campaign.unsubscribe_mailto,
                v.form(addresses::unsubscribe_mailto),
            )
        },
    ),
    key(
        "locale",
        Text,
        Example("\"ja\""),
        "the language of dates and numbers in templates (BCP 47)",
        |d, v| put(&mut d.campaign.locale, locale(v)),
    ),
    key(
        "zone",
        Text,
        Example("\"Asia/Tokyo\""),
        "the time zone of dates in templates, an IANA name; UTC where it is not set",
        |d, v| put(&mut d.campaign.zone, zone(v)),
    ),
    key(
        "schedule.start",
        Date,
        Example("2026-12-01T09:00:00+09:00"),
        "not before",
        |d, v| put(&mut d.campaign.schedule.start, v.moment()),
    ),
    key(
        "schedule.window",
        Table,
        Example("{ from = \"09:00\", to = \"21:00\", zone = \"Asia/Tokyo\" }"),
        "only within these hours of a day",
        |d, v| put(&mut d.campaign.schedule.window, window(v)),
    ),
    key(
        "schedule.not_after",
        Date,
        Example("2026-12-02T21:00:00+09:00"),
        "what has not been sent by then is not sent any more",
        |d, v| put(&mut d.campaign.schedule.not_after, v.moment()),
    ),
];

const CSS: &[(&str, Css)] = &[("inline", Css::Inline), ("keep", Css::Keep)];

const CHARSETS: &[(&str, Charset)] = &[
    ("utf-8", Charset::Utf8),
    ("iso-2022-jp", Charset::Iso2022Jp),
];

fn markup(value: &Value<'_>, markup: Markup) -> Result<(Markup, PathBuf), Faults> {
    Ok((markup, value.path()?))
}

/// `attachments_from` while it is read.
#[derive(Default)]
pub(super) struct PersonalDraft {
    column: Option<String>,
    folder: Option<PathBuf>,
}

pub(super) const PERSONAL: &[Key<PersonalDraft>] = &[
    key(
        "column",
        Text,
        Example("\"invoice\""),
        "the column of the list with file names, several separated by ;",
        |d, v| put(&mut d.column, v.text().map(str::to_owned)),
    ),
    key(
        "folder",
        Path,
        Example("\"invoices\""),
        "where they are; none outside of it is sent",
        |d, v| put(&mut d.folder, v.path()),
    ),
];

fn personal(value: &Value<'_>) -> Result<PersonalFiles, Faults> {
    let draft = read_one(value, PERSONAL)?;
    let column = draft
        .column
        .ok_or_else(|| value.missing("column", "\"invoice\""))?;
    let folder = draft
        .folder
        .ok_or_else(|| value.missing("folder", "\"invoices\""))?;
    Ok(PersonalFiles { column, folder })
}

/// The form of a language tag; which languages there are is the renderer's to know.
fn locale(value: &Value<'_>) -> Result<String, Faults> {
    let text = value.text()?.trim();
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if text.split('-').all(part) && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(text.to_owned());
    }
    Err(value
        .fault(
            format!("{text:?} is no language tag"),
            "write one such as \"ja\", \"en-GB\" or \"pt-BR\" (BCP 47)",
        )
        .into())
}

/// A campaign's name becomes an argument of commands and part of file names.
fn name(value: &Value<'_>) -> Result<String, Faults> {
    let name = value.text()?.trim();
    // An empty one is the folder's.
    if !name.is_empty() && !is_name(name) {
        let what = format!("{name:?} cannot be a campaign's name");
        return Err(value.fault(what, NAMES).into());
    }
    Ok(name.to_owned())
}

/// RFC 8058 section 3.1 wants HTTPS; a template may supply the whole address.
fn unsubscribe(value: &Value<'_>) -> Result<String, Faults> {
    let text = value.text()?;
    if text.starts_with("https://") || text.starts_with("{{") {
        return Ok(text.to_owned());
    }
    Err(value
        .fault(
            format!("{text:?} is no https address"),
            "one-click unsubscribing (RFC 8058) needs https: write \"https://example.com/u/{{ token }}\"",
        )
        .into())
}

/// `schedule.window` while it is read.
#[derive(Default)]
pub(super) struct WindowDraft {
    from: Option<u16>,
    to: Option<u16>,
    zone: Option<String>,
}

pub(super) const WINDOW: &[Key<WindowDraft>] = &[
    key(
        "from",
        Text,
        Example("\"09:00\""),
        "the first minute",
        |d, v| put(&mut d.from, v.form(units::time_of_day)),
    ),
    key(
        "to",
        Text,
        Example("\"21:00\""),
        "the first minute that is too late; earlier than from where it spans midnight",
        |d, v| put(&mut d.to, v.form(units::time_of_day)),
    ),
    key(
        "zone",
        Text,
        Example("\"Asia/Tokyo\""),
        "the time zone, an IANA name",
        |d, v| put(&mut d.zone, zone(v)),
    ),
];

fn window(value: &Value<'_>) -> Result<DailyWindow, Faults> {
    let draft = read_one(value, WINDOW)?;
    let from = draft
        .from
        .ok_or_else(|| value.missing("from", "\"09:00\""))?;
    let to = draft.to.ok_or_else(|| value.missing("to", "\"21:00\""))?;
    let zone = draft
        .zone
        .ok_or_else(|| value.missing("zone", "\"Asia/Tokyo\""))?;
    if from == to || from == 24 * 60 || to == 0 {
        return Err(value
            .fault(
                "there is no time between from and to",
                "write two different times; leave the window out for the whole day, and write to = \"24:00\" for its end",
            )
            .into());
    }
    Ok(DailyWindow {
        from_minute: from,
        to_minute: to,
        zone,
    })
}

/// An IANA name that the zone database knows, as the database writes it.
fn zone(value: &Value<'_>) -> Result<String, Faults> {
    let text = value.text()?.trim();
    if let Ok(zone) = jiff::tz::TimeZone::get(text) {
        return Ok(zone.iana_name().unwrap_or(text).to_owned());
    }
    let names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .collect();
    let hint = match nearest(text, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean {name:?}?"),
        None => {
            "write an IANA name such as \"Asia/Tokyo\", \"Europe/Berlin\" or \"UTC\"".to_owned()
        }
    };
    Err(value
        .fault(format!("there is no time zone {text:?}"), hint)
        .into())
}
