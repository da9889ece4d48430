//! The form of the registry, and how a TOML table is read by it.

use super::error::{Fault, Faults};
use super::near::nearest;
use super::value::{Value, one_of, shown};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One key: everything that is known of it stands here and nowhere else. `T` is what it is set on.
pub(super) struct Key<T: 'static> {
    /// Dotted, from the top of the file, or within its table where it is a table's key.
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    pub(super) shown: Shown,
    pub(super) about: &'static str,
    pub(super) set: Setter<T>,
}

/// Reads the value, checks it and puts it where it belongs.
pub(super) type Setter<T> = fn(&mut T, &Value<'_>) -> Result<(), Faults>;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Words(&'static [&'static str]),
    Flag,
    Whole,
    Number,
    Duration,
    Durations,
    Rate,
    Size,
    Address,
    Addresses,
    /// A list of words.
    WordList,
    Path,
    Paths,
    Date,
    Table,
    Tables,
}

/// A value for the reference, in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// What holds where the key is not set.
    Default(&'static str),
    /// Nothing holds where it is not set; this is how it could look.
    Example(&'static str),
}

impl Kind {
    /// Whether its values are TOML strings, so that a text outside a file needs no quotes.
    pub(super) fn is_text(self) -> bool {
        match self {
            Self::Text
            | Self::Words(_)
            | Self::Duration
            | Self::Rate
            | Self::Size
            | Self::Address
            | Self::Path => true,
            Self::Flag
            | Self::Whole
            | Self::Number
            | Self::Durations
            | Self::Addresses
            | Self::Paths
            | Self::WordList
            | Self::Date
            | Self::Table
            | Self::Tables => false,
        }
    }

    /// What it takes, in words.
    pub(super) fn takes(self) -> String {
        let words = match self {
            Self::Text => "text",
            Self::Words(words) => return one_of(words),
            Self::Flag => "true or false",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Duration => "a duration such as \"30s\", \"5m\" or \"48h\"",
            Self::Durations => "a list of durations such as [\"1m\", \"1h\"]",
            Self::Rate => "a rate such as \"20/s\" or \"20000/h\", or \"unlimited\"",
            Self::Size => "a size such as \"512KiB\", or octets",
            Self::Address => "an address or a name",
            Self::Addresses => "a list of addresses",
            Self::WordList => "a list of words",
            Self::Path => "a path",
            Self::Paths => "a list of paths such as [\"menu.pdf\"]",
            Self::Date => "a date and time with its offset, without quotes",
            Self::Table => "a table such as { key = \"value\" }",
            Self::Tables => "a list of tables such as [{ key = \"value\" }]",
        };
        words.to_owned()
    }
}

pub(super) const fn key<T>(
    path: &'static str,
    kind: Kind,
    shown: Shown,
    about: &'static str,
    set: Setter<T>,
) -> Key<T> {
    Key {
        path,
        kind,
        shown,
        about,
        set,
    }
}

/// Puts a value that was read into its place, or passes on what is wrong with it.
pub(super) fn put<T, V: Into<T>, F: Into<Faults>>(
    slot: &mut T,
    value: Result<V, F>,
) -> Result<(), Faults> {
    *slot = value.map_err(Into::into)?.into();
    Ok(())
}

/// What reading a table came to.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) faults: Vec<Fault>,
    /// The keys that were set, and where.
    pub(super) set: Vec<(&'static str, Range<usize>)>,
}

/// Keys that may stand in one place, in groups so that registries can be joined.
pub(super) type Groups<'g, T> = &'g [&'static [Key<T>]];

/// Reads every entry of a table by its key. `at` is the table's own dotted name, `shown_at` the
/// name it has in messages where its keys are counted from the table.
pub(super) fn walk<T>(
    table: &DeTable<'_>,
    at: &str,
    shown_at: &str,
    keys: Groups<'_, T>,
    into: &mut T,
    out: &mut Walk,
) {
    for (name, value) in table {
        let path = join(at, name.get_ref());
        let shown_path = join(shown_at, name.get_ref());
        apply(&path, &shown_path, name.span(), value, keys, into, out);
    }
}

/// Reads one value by the key at `path`, or a whole section where `path` is one.
pub(super) fn apply<T>(
    path: &str,
    shown_path: &str,
    place: Range<usize>,
    value: &Spanned<DeValue<'_>>,
    keys: Groups<'_, T>,
    into: &mut T,
    out: &mut Walk,
) {
    if let Some(key) = find(keys, path) {
        match (key.set)(into, &Value::new(shown_path.to_owned(), value)) {
            Ok(()) => out.set.push((key.path, value.span())),
            Err(Faults(faults)) => out.faults.extend(faults),
        }
    } else if is_section(keys, path) {
        match value.get_ref() {
            DeValue::Table(table) => walk(table, path, shown_path, keys, into, out),
            other => out.faults.push(Fault {
                span: value.span(),
                key: shown_path.to_owned(),
                what: format!("{shown_path} is a section, and not {}", shown(other)),
                hint: Some(format!("write [{shown_path}] and its keys below it")),
            }),
        }
    } else {
        out.faults.push(unknown(path, shown_path, place, keys));
    }
}

pub(super) fn find<T>(keys: Groups<'_, T>, path: &str) -> Option<&'static Key<T>> {
    all(keys).find(|key| key.path == path)
}

fn is_section<T>(keys: Groups<'_, T>, path: &str) -> bool {
    !path.is_empty() && all(keys).any(|key| below(key.path, path).is_some())
}

fn all<T>(keys: Groups<'_, T>) -> impl Iterator<Item = &'static Key<T>> {
    keys.iter().flat_map(|group| group.iter())
}

/// The fault of a key that does not exist, with the nearest one that may stand in its place.
fn unknown<T>(path: &str, shown_path: &str, span: Range<usize>, keys: Groups<'_, T>) -> Fault {
    let outside = shown_path.len() - path.len();
    Fault {
        span,
        key: shown_path.to_owned(),
        what: format!("unknown key {shown_path:?}"),
        hint: Some(guess(path, keys, &shown_path[..outside])),
    }
}

/// What was probably meant by an unknown key; `before` is written in front of every name.
fn guess<T>(path: &str, keys: Groups<'_, T>, before: &str) -> String {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut beside: Vec<&str> = all(keys)
        .filter_map(|key| below(key.path, parent))
        .map(|rest| rest.split('.').next().unwrap_or(rest))
        .collect();
    beside.sort_unstable();
    beside.dedup();
    if let Some(near) = nearest(name, beside.iter().copied()) {
        return format!("did you mean \"{before}{}\"?", join(parent, near));
    }
    let elsewhere = all(keys).find(|key| key.path.rsplit('.').next() == Some(name));
    if let Some(key) = elsewhere {
        return format!("{name:?} belongs in \"{before}{}\"", key.path);
    }
    match nearest(path, all(keys).map(|key| key.path)) {
        Some(near) => format!("did you mean \"{before}{near}\"?"),
        None if parent.is_empty() => format!("known here are {}", beside.join(", ")),
        None => format!("known in {before}{parent} are {}", beside.join(", ")),
    }
}

/// The rest of `path` behind `section`; the whole path where the section is the top.
fn below<'p>(path: &'p str, section: &str) -> Option<&'p str> {
    if section.is_empty() {
        return Some(path);
    }
    path.strip_prefix(section)?.strip_prefix('.')
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}
