//! A TOML value with its key and place, read as what the key takes.

use super::error::{Fault, Faults};
use super::near::nearest;
use super::units::{self, Wrong};
use crate::model::{Rate, Timestamp};
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value, the key it was written for, and where it stands.
pub(super) struct Value<'a> {
    pub(super) key: String,
    pub(super) span: Range<usize>,
    pub(super) toml: &'a DeValue<'a>,
}

impl<'a> Value<'a> {
    pub(super) fn new(key: String, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self {
            key,
            span: value.span(),
            toml: value.get_ref(),
        }
    }

    /// A fault of this value: the key stands before what is wrong with it.
    pub(super) fn fault(&self, what: impl Display, hint: impl Into<String>) -> Fault {
        Fault {
            span: self.span.clone(),
            key: self.key.clone(),
            what: format!("{}: {what}", self.key),
            hint: Some(hint.into()),
        }
    }

    /// The fault of a table that lacks a key it needs.
    pub(super) fn missing(&self, name: &str, example: &str) -> Fault {
        self.fault(
            format!("{name:?} is missing"),
            format!("add {name} = {example}"),
        )
    }

    /// The fault of a value of another type.
    pub(super) fn not(&self, wanted: &str, hint: impl Into<String>) -> Fault {
        self.fault(
            format!("expected {wanted}, found {}", shown(self.toml)),
            hint,
        )
    }

    /// A string that is not empty.
    pub(super) fn text(&self) -> Result<&'a str, Fault> {
        let DeValue::String(text) = self.toml else {
            return Err(self.not("text", "put it in quotes"));
        };
        if text.trim().is_empty() {
            return Err(self.fault("it is empty", "write a value, or leave the key out"));
        }
        Ok(text)
    }

    /// A string of a form of its own.
    pub(super) fn form<T>(&self, read: fn(&str) -> Result<T, Wrong>) -> Result<T, Fault> {
        read(self.text()?).map_err(|wrong| self.fault(wrong.what, wrong.hint))
    }

    /// Refuses what is no string, by the name of what is wanted.
    fn only_text(&self, wanted: &str, hint: &str) -> Result<(), Fault> {
        match self.toml {
            DeValue::String(_) => Ok(()),
            _ => Err(self.not(wanted, hint)),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Fault> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let all = one_of(&names);
        let DeValue::String(text) = self.toml else {
            return Err(self.not("a word", format!("write {all}")));
        };
        if let Some((_, value)) = words.iter().find(|(name, _)| name == text) {
            return Ok(*value);
        }
        let hint = match nearest(text, names) {
            Some(name) => format!("did you mean {name:?}? It takes {all}"),
            None => format!("write {all}"),
        };
        Err(self.fault(format!("{text:?} is not a value it takes"), hint))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Result<bool, Fault> {
        match self.toml {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.not("true or false", "write true or false, without quotes")),
        }
    }

    /// A whole number within a range.
    pub(super) fn whole<T: TryFrom<i64>>(&self, range: RangeInclusive<i64>) -> Result<T, Fault> {
        let hint = format!(
            "write a whole number from {} to {}",
            range.start(),
            range.end()
        );
        let DeValue::Integer(number) = self.toml else {
            return Err(self.not("a whole number", hint));
        };
        i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|number| range.contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.fault(format!("{number} is out of range"), hint))
    }

    /// A number within a range.
    pub(super) fn number(&self, range: RangeInclusive<f64>) -> Result<f64, Fault> {
        let hint = format!("write a number from {} to {}", range.start(), range.end());
        let text = match self.toml {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(self.not("a number", hint)),
        };
        text.parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.fault(format!("{text} is out of range"), hint))
    }

    /// A duration within a range.
    pub(super) fn duration(&self, range: RangeInclusive<Duration>) -> Result<Duration, Fault> {
        if let Some(number) = self.bare_number() {
            return Err(self.fault(
                format!("{number} has no unit"),
                format!("write \"{number}s\", or another of ms, s, m, h, d"),
            ));
        }
        self.only_text("a duration", "write it in quotes, as in \"30s\"")?;
        let value = self.form(units::duration)?;
        if range.contains(&value) {
            return Ok(value);
        }
        let [from, to] = [*range.start(), *range.end()].map(units::show_duration);
        Err(self.fault(
            format!("{:?} is out of range", self.text()?),
            format!("write a duration from \"{from}\" to \"{to}\""),
        ))
    }

    /// A rate; `None` is unlimited.
    pub(super) fn rate(&self) -> Result<Option<Rate>, Fault> {
        match self.bare_number() {
            Some(number) => Err(self.fault(
                format!("{number} does not say per how long"),
                format!("write \"{number}/s\", or another of /s, /m, /h, /d"),
            )),
            None => {
                self.only_text("a rate", "write it in quotes, as in \"20/s\"")?;
                self.form(units::rate)
            }
        }
    }

    /// A number of octets within a range, as a number or with a unit.
    pub(super) fn size(&self, range: RangeInclusive<usize>) -> Result<usize, Fault> {
        let value = match self.toml {
            DeValue::Integer(_) => self.whole::<usize>(0..=i64::MAX)?,
            _ => {
                self.only_text("a size", "write octets, or text such as \"512KiB\"")?;
                self.form(units::size)?
            }
        };
        if range.contains(&value) {
            return Ok(value);
        }
        Err(self.fault(
            format!("{value} octets is out of range"),
            format!("write from {} to {} octets", range.start(), range.end()),
        ))
    }

    /// A path, relative or absolute.
    pub(super) fn path(&self) -> Result<PathBuf, Fault> {
        let text = self.text()?;
        if text.contains('\0') {
            return Err(self.fault("it holds a NUL character", "write a file's path"));
        }
        Ok(PathBuf::from(text))
    }

    /// A point in time: a TOML date-time with its offset from UTC.
    pub(super) fn moment(&self) -> Result<Timestamp, Fault> {
        const HINT: &str =
            "write date, time and offset without quotes, as in 2026-12-01T09:00:00+09:00";
        let DeValue::Datetime(date) = self.toml else {
            return Err(self.not("a date and time", HINT));
        };
        if date.date.is_none() || date.time.is_none() {
            return Err(self.fault(format!("{date} is not a date and a time"), HINT));
        }
        if date.offset.is_none() {
            return Err(self.fault(
                format!("{date} does not say in which time zone"),
                format!("add the offset from UTC: {date}Z or {date}+09:00"),
            ));
        }
        date.to_string()
            .parse::<jiff::Timestamp>()
            .map(|time| Timestamp::from_millis(time.as_millisecond()))
            .map_err(|_| self.fault(format!("there is no {date}"), HINT))
    }

    /// A list, each entry read in the same way; every wrong entry is named.
    pub(super) fn list<T>(
        &self,
        read: impl Fn(&Value<'a>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Faults> {
        let DeValue::Array(array) = self.toml else {
            return Err(self
                .not("a list", "write it in brackets, as in [\"…\", \"…\"]")
                .into());
        };
        let mut entries = Vec::new();
        let mut faults = Vec::new();
        for entry in array {
            match read(&Value::new(self.key.clone(), entry)) {
                Ok(entry) => entries.push(entry),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            Ok(entries)
        } else {
            Err(Faults(faults))
        }
    }

    /// A table.
    pub(super) fn table(&self) -> Result<&'a DeTable<'a>, Fault> {
        match self.toml {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.not("a table", format!("write {} = {{ key = value }}", self.key))),
        }
    }

    /// Integers and floats as they were written.
    fn bare_number(&self) -> Option<String> {
        match self.toml {
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Float(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// `"a", "b" or "c"`
pub(super) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// What stands there, for a message: kind and, where it is short, the value.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let start: String = text.chars().take(40).collect();
            let dots = if start.len() < text.len() { "…" } else { "" };
            format!("the text {start:?}{dots}")
        }
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => format!("the date or time {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
