//! Why a whole file cannot be read as a list.

use std::io;

/// Why a file cannot be read as a list, or no further. The text has the line, where there is one,
/// and what to do; the file's name is the caller's to put before it.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file cannot be read.
    #[error("the list cannot be read: {0}")]
    Read(io::Error),
    /// It has no line that is not blank.
    #[error(
        "the list is empty; it needs a header line that names its columns, one of them `email`"
    )]
    Empty,
    /// It is a file of another kind.
    #[error("this is {0}, not CSV; export the list as \"CSV UTF-8\" and use that file")]
    NotText(&'static str),
    /// No encoding is called that.
    #[error(
        "`{0}` is no encoding; say `auto`, `utf-8`, `utf-16`, `shift_jis`, `cp932`, `euc-jp`, \
         `iso-2022-jp`, `windows-1252`, or another name of the WHATWG's Encoding standard"
    )]
    UnknownEncoding(String),
    /// That cannot separate cells.
    #[error(
        "{} cannot separate cells; say a comma, a semicolon, a tab or a pipe",
        char::from(*.0).escape_debug()
    )]
    Delimiter(u8),
    /// The header cannot be used.
    #[error("line {line}: the header cannot be read: {why}")]
    Header {
        /// The line it begins in.
        line: u64,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// No column is known to hold the address.
    #[error(
        "no column is called `email` or the like; the columns are {}; \
         say which one holds the address: --map {suggestion}{}",
        listed(.columns),
        if *.data { " (the first line looks like data: is the header line missing?)" } else { "" }
    )]
    NoEmailColumn {
        /// The columns there are.
        columns: Vec<String>,
        /// The mapping that looks likeliest, or `email=COLUMN`.
        suggestion: String,
        /// Whether the header itself holds something like an address.
        data: bool,
    },
    /// Several columns could be the one with the address.
    #[error(
        "columns {} could each hold the address; say which does: --map email={}",
        numbered(.numbers),
        .numbers.first().copied().unwrap_or(1)
    )]
    Ambiguous {
        /// Their places; the first column is 1.
        numbers: Vec<usize>,
    },
    /// A mapping names a column that is not there.
    #[error(
        "--map {field}={column}: there is no such column; the columns are {}{}",
        listed(.columns),
        .nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
    )]
    NoSuchColumn {
        /// The field to map.
        field: String,
        /// The column that is not there.
        column: String,
        /// The columns there are.
        columns: Vec<String>,
        /// The one with the most similar name.
        nearest: Option<String>,
    },
    /// Mappings that make no sense.
    #[error("--map {field}={column}: {why}")]
    Map {
        /// The field to map.
        field: String,
        /// The column it is mapped to.
        column: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A quote opens a cell and is not closed where a cell may end.
    #[error(
        "line {0}: a quote opens a cell here, and none closes it where a cell may end, so the rows \
         below cannot be told apart; close it, or double it (\"\") where it belongs to the text"
    )]
    Quote(u64),
}

impl ListError {
    /// The line of the file it is about, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Header { line, .. } | Self::Quote(line) => Some(*line),
            Self::Read(_)
            | Self::Empty
            | Self::NotText(_)
            | Self::UnknownEncoding(_)
            | Self::Delimiter(_)
            | Self::NoEmailColumn { .. }
            | Self::Ambiguous { .. }
            | Self::NoSuchColumn { .. }
            | Self::Map { .. } => None,
        }
    }
}

/// Column names for a sentence, a screenful at most.
fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut text: Vec<_> = columns
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", crate::model::readable(name)))
        .collect();
    if columns.len() > SHOWN {
        text.push(format!("{} more", columns.len() - SHOWN));
    }
    text.join(", ")
}

/// `1, 2 and 5`
fn numbered(numbers: &[usize]) -> String {
    let words: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
