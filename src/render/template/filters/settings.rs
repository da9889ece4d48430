//! The language and the zone of a letter.

use crate::render::error::{Fault, RenderError};
use icu_datetime::{DateTimeFormatter, fieldsets::YMD, input::Date};
use icu_locale_core::Locale;
use jiff::tz::TimeZone;
use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};

/// What filters use where a template does not say otherwise.
#[derive(Debug, Clone)]
pub(in crate::render) struct Settings {
    locale: Locale,
    zone: TimeZone,
}

impl Settings {
    /// A letter's settings: English and UTC where it says nothing.
    ///
    /// # Errors
    /// Where the locale or the zone is none.
    pub(in crate::render) fn new(
        locale: Option<&str>,
        zone: Option<&str>,
    ) -> Result<Self, RenderError> {
        let failed = |words| RenderError::of("campaign", Fault::Expression(words));
        Ok(Self {
            locale: locale
                .map_or_else(|| parse_locale("en"), parse_locale)
                .map_err(failed)?,
            zone: zone.map_or(Ok(TimeZone::UTC), parse_zone).map_err(failed)?,
        })
    }

    /// The locale that a filter was given, or the letter's.
    pub(super) fn locale(&self, options: &Kwargs) -> Result<Locale, Error> {
        match given(options, "locale")? {
            Some(name) => parse_locale(&name).map_err(wrong),
            None => Ok(self.locale.clone()),
        }
    }

    /// The zone that a filter was given, or the letter's.
    pub(super) fn zone(&self, options: &Kwargs) -> Result<TimeZone, Error> {
        match given(options, "zone")? {
            Some(name) => parse_zone(&name).map_err(wrong),
            None => Ok(self.zone.clone()),
        }
    }
}

/// What a filter was given by name; a blank cell is nothing.
fn given(options: &Kwargs, name: &str) -> Result<Option<String>, Error> {
    let value: Option<String> = options.get(name)?;
    Ok(value.filter(|text| !text.trim().is_empty()))
}

fn parse_locale(name: &str) -> Result<Locale, String> {
    let unknown = || format!("`{name}` is no locale that is known; write `en`, `ja-JP` or `de-CH`");
    let locale = Locale::try_from_str(&name.trim().replace('_', "-")).map_err(|_| unknown())?;
    match is_known(&locale) {
        true => Ok(locale),
        false => Err(unknown()),
    }
}

/// Whether there is a word for a month in it: the tables give those without words numbers.
fn is_known(locale: &Locale) -> bool {
    let written = |locale: &Locale| {
        let date = Date::try_new_iso(2026, 11, 22).ok()?;
        let formatter = DateTimeFormatter::try_new(locale.into(), YMD::long()).ok()?;
        Some(formatter.format(&date).to_string())
    };
    // Extensions choose calendars and digits, which need no words.
    let known = written(&Locale::from(locale.id.clone()));
    known.is_some() && known != written(&Locale::UNKNOWN)
}

fn parse_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name.trim())
        .map_err(|_| format!("`{name}` is no time zone; write one as `Asia/Tokyo` or `UTC`"))
}

/// An error of a filter.
pub(super) fn wrong(words: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, words.into())
}

/// A value as a text without white space around it.
pub(super) fn words_of(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(value.to_string().trim().to_owned())
}
