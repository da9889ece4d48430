//! What is wrong with a configuration: for people, with place and remedy.

use std::fmt;
use std::ops::Range;

/// One mistake in one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, `--set`, or the environment variable.
    pub source: String,
    /// The line of the file, counted from 1; the others have none.
    pub line: Option<usize>,
    /// The key it is about, in dotted form; empty where the text is no TOML at all.
    pub key: String,
    /// What is wrong, in words.
    pub what: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigError {
    /// One line without the hint: `hikyaku.toml:12: unknown key "delivery.retrys"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for ConfigError {}

/// Every mistake that was found, in the order of the sources and their lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    /// A line for each error and a line for its hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, error) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
            if let Some(hint) = &error.hint {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// A mistake within a text, before its source and line are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Octets of the text.
    pub(super) span: Range<usize>,
    pub(super) key: String,
    pub(super) what: String,
    pub(super) hint: Option<String>,
}

/// Mistakes within a text. Never empty.
pub(super) struct Faults(pub(super) Vec<Fault>);

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl Fault {
    /// Places the fault in the text it was found in.
    pub(super) fn into_error(self, source: &str, line: Option<usize>) -> ConfigError {
        ConfigError {
            source: source.to_owned(),
            line,
            key: self.key,
            what: self.what,
            hint: self.hint,
        }
    }
}
