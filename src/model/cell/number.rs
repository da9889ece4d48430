//! Numbers, and yes and no.

use super::plain;

/// Digits before the point and behind it: beyond that a number is a code, or more exact than can be
/// compared.
const DIGITS: usize = 15;

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Without a point.
    Whole,
    /// With one.
    Decimal,
}

/// The number in a cell. Leading zeros, plus signs, thousands separators, exponents and more than 15
/// digits make no number: those are codes, telephone numbers and postcodes.
#[must_use]
pub fn number(cell: &str) -> Option<f64> {
    let text = plain(cell);
    form(&text)?;
    text.parse().ok()
}

/// The number in a cell of which somebody says that it holds numbers: also one whose thousands are set
/// apart by commas, as in `1,500` and `12,345.60`.
#[must_use]
pub fn grouped_number(cell: &str) -> Option<f64> {
    let text = plain(cell);
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let whole = digits.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    if !(1..=3).contains(&first.len()) || groups.any(|group| group.len() != 3) {
        return None;
    }
    match digits.get(whole.len()..) {
        Some(fraction) if fraction.contains(',') => None,
        _ => number(&text.replace(',', "")),
    }
}

/// The `true` or `false` in a cell: `true`, `yes`, `はい` and their opposites, in any case.
#[must_use]
pub fn boolean(cell: &str) -> Option<bool> {
    let text = plain(cell);
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "yes", "はい"]) {
        Some(true)
    } else if is(&["false", "no", "いいえ"]) {
        Some(false)
    } else {
        None
    }
}

/// How the number of a plain text is written, where it is one.
pub(super) fn form(text: &str) -> Option<Form> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits =
        |part: &str| (1..=DIGITS).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    match fraction {
        None => Some(Form::Whole),
        Some(fraction) => all_digits(fraction).then_some(Form::Decimal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_no_numbers() {
        for (cell, value) in [
            ("20", Some(20.0)),
            (" -3 ", Some(-3.0)),
            ("0.50", Some(0.5)),
            ("２０", Some(20.0)),
            ("－１．５", Some(-1.5)),
            ("0", Some(0.0)),
            ("007", None),
            ("01067", None),
            ("+4930123", None),
            ("1,500", None),
            ("1e3", None),
            ("4111111111111111", None),
            (".5", None),
            ("5.", None),
            ("--5", None),
            ("-", None),
            ("", None),
            ("NaN", None),
        ] {
            assert_eq!(number(cell), value, "{cell:?}");
        }
    }

    #[test]
    fn thousands_may_be_set_apart() {
        for (cell, value) in [
            ("1,500", Some(1_500.0)),
            ("-12,345,678.50", Some(-12_345_678.5)),
            ("１，５００", Some(1_500.0)),
            ("900", Some(900.0)),
            ("1500", None),
            ("1,50", None),
            ("1,5000", None),
            (",500", None),
            ("1,,500", None),
            ("1.500,00", None),
            ("0,500", None),
            ("", None),
        ] {
            assert_eq!(grouped_number(cell), value, "{cell:?}");
        }
    }

    #[test]
    fn yes_and_no_are_few_words() {
        assert_eq!(boolean(" Yes"), Some(true));
        assert_eq!(boolean("いいえ"), Some(false));
        assert_eq!(boolean("1"), None);
        assert_eq!(boolean(""), None);
    }
}
