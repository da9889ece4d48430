//! `number`, `percent` and `plural`: numbers as a language writes and counts them.

use super::cache::{self, Cache};
use super::settings::{Settings, words_of, wrong};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error};

/// Digits behind the point, at most.
const DIGITS: u8 = 20;
/// Digits of a number, at most: an amount, not a key.
const LONGEST: usize = 40;

thread_local! {
    static FORMATTERS: Cache<String, DecimalFormatter> = Cache::default();
    static RULES: Cache<(String, bool), PluralRules> = Cache::default();
}

/// Makes the filters known.
pub(super) fn install(environment: &mut Environment<'static>, settings: &Settings) {
    let of = settings.clone();
    environment.add_filter("number", move |value: &Value, options: Kwargs| {
        let locale = of.locale(&options)?;
        let digits = digits(&options)?;
        options.assert_all_used()?;
        written(&rounded(parsed(value)?, digits), &locale)
    });
    let of = settings.clone();
    environment.add_filter("percent", move |value: &Value, options: Kwargs| {
        let locale = of.locale(&options)?;
        let digits = digits(&options)?.unwrap_or(0);
        options.assert_all_used()?;
        let mut share = parsed(value)?;
        share.absolute.multiply_pow10(2);
        share.absolute.trim_start();
        let text = written(&rounded(share, Some(digits)), &locale)?;
        Ok::<_, Error>(with_sign(&text, &locale))
    });
    let of = settings.clone();
    environment.add_filter("plural", move |value: &Value, options: Kwargs| {
        plural(value, &options, &of)
    });
}

fn plural(value: &Value, options: &Kwargs, settings: &Settings) -> Result<String, Error> {
    let locale = settings.locale(options)?;
    let ordinal = options.get::<Option<bool>>("ordinal")?.unwrap_or(false);
    let number = parsed(value)?;
    let rules = cache::get(&RULES, (locale.to_string(), ordinal), |_| {
        match ordinal {
            true => PluralRules::try_new_ordinal((&locale).into()),
            false => PluralRules::try_new_cardinal((&locale).into()),
        }
        .map_err(|_| wrong(format!("nothing is known of plurals in `{locale}`")))
    })?;
    let name = match rules.category_for(&number) {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    };
    let other: Option<String> = options.get("other")?;
    let mut form = None;
    for known in ["zero", "one", "two", "few", "many"] {
        let given: Option<String> = options.get(known)?;
        if known == name {
            form = given;
        }
    }
    options.assert_all_used()?;
    let form = form.or(other).ok_or_else(|| {
        wrong(format!(
            "`plural` has no form `{name}` for {number}; give it `other`"
        ))
    })?;
    Ok(form.replace('#', &written(&number, &locale)?))
}

fn digits(options: &Kwargs) -> Result<Option<u8>, Error> {
    let digits: Option<u8> = options.get("digits")?;
    match digits {
        Some(digits) if digits > DIGITS => Err(wrong(format!(
            "{digits} digits are too many; {DIGITS} are the most"
        ))),
        _ => Ok(digits),
    }
}

/// A number that was written as in `-1234.5`, whatever the language.
pub(super) fn parsed(value: &Value) -> Result<Decimal, Error> {
    let text = words_of(value)?;
    let is_plain = text.len() <= LONGEST
        && text.contains(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.".contains(c));
    let number = is_plain
        .then(|| Decimal::try_from_str(&text).ok())
        .flatten();
    let mut number =
        number.ok_or_else(|| wrong(format!("`{text}` is no number; write it as 1234.5")))?;
    number.absolute.trim_start();
    Ok(number)
}

/// With so many digits behind the point, or those it has.
pub(super) fn rounded(mut number: Decimal, digits: Option<u8>) -> Decimal {
    if let Some(digits) = digits {
        let position = -i16::from(digits);
        number.round(position);
        number.absolute.pad_end(position);
    }
    if number.absolute.is_zero() {
        number.set_sign(Decimal::from(0).sign());
    }
    number
}

/// With the digits, the point and the groups of a language.
pub(super) fn written(number: &Decimal, locale: &Locale) -> Result<String, Error> {
    let formatter = cache::get(&FORMATTERS, locale.to_string(), |_| {
        DecimalFormatter::try_new(locale.into(), Default::default()).map_err(|_| {
            wrong(format!(
                "numbers cannot be written in the locale `{locale}`"
            ))
        })
    })?;
    Ok(formatter.format(number).to_string())
}

/// With the sign of percent where a language has it.
fn with_sign(number: &str, locale: &Locale) -> String {
    const APART: [&str; 22] = [
        "be", "bg", "ca", "cs", "da", "de", "es", "eu", "fi", "fr", "hr", "hu", "lt", "nb", "nn",
        "no", "ro", "ru", "sk", "sl", "sv", "uk",
    ];
    match locale.id.language.as_str() {
        "tr" => format!("%{number}"),
        language if APART.contains(&language) => format!("{number}\u{a0}%"),
        _ => format!("{number}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::render;

    #[test]
    fn numbers_are_written_and_counted_as_languages_do() {
        for (template, expected) in [
            ("{{ '1234567.5' | number }}", "1,234,567.5"),
            ("{{ 1234567 | number(locale='de') }}", "1.234.567"),
            (
                "{{ '1234.567' | number(digits=1, locale='de-CH') }}",
                "1'234.6",
            ),
            ("{{ '00012' | number }}", "12"),
            ("{{ '-0.001' | number(digits=2) }}", "0.00"),
            ("{{ '0.256' | percent }}", "26%"),
            (
                "{{ '0.256' | percent(digits=1, locale='fr') }}",
                "25,6\u{a0}%",
            ),
            (
                "{{ '1' | plural(one='# letter', other='# letters') }}",
                "1 letter",
            ),
            (
                "{{ '1200' | plural(one='# letter', other='# letters') }}",
                "1,200 letters",
            ),
            (
                "{{ 3 | plural(one='#a', few='#b', many='#c', other='#d', locale='pl') }}",
                "3b",
            ),
            (
                "{{ 2 | plural(one='#st', two='#nd', few='#rd', other='#th', ordinal=true) }}",
                "2nd",
            ),
        ] {
            assert_eq!(render(template).unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn what_is_no_number_says_what_one_looks_like() {
        for (template, part) in [
            (
                "{{ '1.234,5' | number }}",
                "`1.234,5` is no number; write it as 1234.5",
            ),
            ("{{ '' | plural(other='x') }}", "`` is no number"),
            ("{{ 2 | plural(one='x') }}", "no form `other`"),
            ("{{ 2 | number(digits=200) }}", "too many"),
            ("{{ 2 | number(digit=2) }}", "digit"),
        ] {
            let error = render(template).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
