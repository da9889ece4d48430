//! `{{ total | money("JPY") }}`: amounts with the digits of their currency (ISO 4217), and its sign
//! where a language writes it.

use super::number::{parsed, rounded, written};
use super::settings::{Settings, wrong};
use icu_locale_core::Locale;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error};

/// Signs that are used besides the three letters. Dollars of others than the United States are
/// told apart outside of their country.
const SIGNS: [(&str, &str); 32] = [
    ("AUD", "A$"),
    ("BRL", "R$"),
    ("CAD", "CA$"),
    ("CNY", "CN¥"),
    ("CRC", "₡"),
    ("CZK", "Kč"),
    ("DKK", "kr."),
    ("EUR", "€"),
    ("GBP", "£"),
    ("HKD", "HK$"),
    ("HUF", "Ft"),
    ("IDR", "Rp"),
    ("ILS", "₪"),
    ("INR", "₹"),
    ("JPY", "¥"),
    ("KRW", "₩"),
    ("MXN", "MX$"),
    ("MYR", "RM"),
    ("NGN", "₦"),
    ("NOK", "kr"),
    ("NZD", "NZ$"),
    ("PHP", "₱"),
    ("PLN", "zł"),
    ("RUB", "₽"),
    ("SEK", "kr"),
    ("SGD", "S$"),
    ("THB", "฿"),
    ("TRY", "₺"),
    ("TWD", "NT$"),
    ("UAH", "₴"),
    ("USD", "$"),
    ("VND", "₫"),
];

/// What a currency is called at home, by region.
const AT_HOME: [(&str, &str, &str); 10] = [
    ("AU", "AUD", "$"),
    ("CA", "CAD", "$"),
    ("CN", "CNY", "¥"),
    ("HK", "HKD", "HK$"),
    ("JP", "JPY", "￥"),
    ("MX", "MXN", "$"),
    ("NZ", "NZD", "$"),
    ("SG", "SGD", "$"),
    ("TW", "TWD", "$"),
    ("US", "USD", "$"),
];

/// Regions whose own dollar makes the American one `US$`.
const OWN_DOLLAR: [&str; 7] = ["AU", "CA", "HK", "MX", "NZ", "SG", "TW"];

/// Currencies without hundredths, and those with thousandths (ISO 4217).
const WHOLE: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
];
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Languages that write the currency behind the amount.
const BEHIND: [&str; 33] = [
    "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fr", "gl", "hr", "hu",
    "hy", "is", "it", "ka", "kk", "lt", "lv", "mk", "nb", "pl", "pt", "ro", "ru", "sk", "sl", "sr",
    "sv",
];

/// Makes the filter known.
pub(super) fn install(environment: &mut Environment<'static>, settings: &Settings) {
    let settings = settings.clone();
    environment.add_filter(
        "money",
        move |value: &Value, currency: String, options: Kwargs| {
            let locale = settings.locale(&options)?;
            options.assert_all_used()?;
            written_as(value, currency.trim(), &locale)
        },
    );
}

fn written_as(value: &Value, currency: &str, locale: &Locale) -> Result<String, Error> {
    let code = currency.to_ascii_uppercase();
    if code.len() != 3 || !code.bytes().all(|octet| octet.is_ascii_uppercase()) {
        let words = format!("`{currency}` is no currency; write three letters such as EUR or JPY");
        return Err(wrong(words));
    }
    let digits = match code.as_str() {
        code if WHOLE.contains(&code) => 0,
        code if THOUSANDTHS.contains(&code) => 3,
        _ => 2,
    };
    let mut amount = rounded(parsed(value)?, Some(digits));
    let is_negative = amount.sign() == icu_decimal::input::Decimal::from(-1).sign();
    amount.set_sign(icu_decimal::input::Decimal::from(1).sign());
    let minus = if is_negative { "-" } else { "" };
    let number = written(&amount, locale)?;
    let sign = sign(&code, locale);
    Ok(match place(locale) {
        Place::Behind => format!("{minus}{number}\u{a0}{sign}"),
        Place::Front if sign.ends_with(char::is_alphabetic) => {
            format!("{minus}{sign}\u{a0}{number}")
        }
        Place::Front => format!("{minus}{sign}{number}"),
        Place::FrontApart => format!("{sign}\u{a0}{minus}{number}"),
    })
}

enum Place {
    Front,
    FrontApart,
    Behind,
}

fn place(locale: &Locale) -> Place {
    let region = locale.id.region.map_or("", |region| match region.as_str() {
        "AT" => "AT",
        "BR" => "BR",
        "CH" | "LI" => "CH",
        "ES" => "ES",
        _ => "other",
    });
    match (locale.id.language.as_str(), region) {
        ("de", "AT" | "CH") | ("pt", "BR" | "") | ("nl", _) | ("it", "CH") => Place::FrontApart,
        // Spanish beyond the ocean writes it in front.
        ("es", "other") => Place::Front,
        (language, _) if BEHIND.contains(&language) => Place::Behind,
        _ => Place::Front,
    }
}

fn sign<'a>(code: &'a str, locale: &Locale) -> &'a str {
    let home = match (locale.id.region, locale.id.language.as_str()) {
        (Some(region), _) => region.to_string(),
        (None, "ja") => "JP".to_owned(),
        (None, "zh") => "CN".to_owned(),
        (None, _) => String::new(),
    };
    let at_home = AT_HOME
        .iter()
        .find(|(region, known, _)| *region == home && *known == code);
    if let Some((.., sign)) = at_home {
        return sign;
    }
    if code == "USD" && OWN_DOLLAR.contains(&home.as_str()) {
        return "US$";
    }
    let known = SIGNS.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, sign)| sign)
}

#[cfg(test)]
mod tests {
    use super::super::tests::render;

    #[test]
    fn amounts_are_written_as_languages_do() {
        for (template, expected) in [
            ("{{ '1234.5' | money('USD') }}", "$1,234.50"),
            ("{{ '-5' | money('usd') }}", "-$5.00"),
            ("{{ '00012' | money('EUR') }}", "€12.00"),
            ("{{ '-0.001' | money('EUR') }}", "€0.00"),
            ("{{ '1980' | money('JPY') }}", "¥1,980"),
            ("{{ '1980' | money('JPY', locale='ja-JP') }}", "￥1,980"),
            (
                "{{ '1234.5' | money('EUR', locale='de') }}",
                "1.234,50\u{a0}€",
            ),
            (
                "{{ '1234.5' | money('CHF', locale='de-CH') }}",
                "CHF\u{a0}1'234.50",
            ),
            ("{{ '1.5' | money('BHD') }}", "BHD\u{a0}1.500"),
            ("{{ '10' | money('BRL', locale='pt-BR') }}", "R$\u{a0}10,00"),
            ("{{ '10' | money('USD', locale='en-CA') }}", "US$10.00"),
        ] {
            assert_eq!(render(template).unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn what_is_no_amount_is_told() {
        for (template, part) in [
            ("{{ 'free' | money('EUR') }}", "`free` is no number"),
            ("{{ '5' | money('euro') }}", "`euro` is no currency"),
        ] {
            let error = render(template).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
