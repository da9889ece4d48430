//! The delay a server names: "try again in 300 seconds".

use std::time::Duration;

/// Longer than anybody waits for one message; what is beyond it is not a delay.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// The delay named in a text: a number with a unit of time, or `hh:mm:ss`, behind a word that makes
/// it one ("in", "for", "after", "wait", "least").
pub(super) fn named_delay(text: &str) -> Option<Duration> {
    // Most texts name nothing; a digit is cheap to look for.
    if !text.bytes().any(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '<' | '>' | '"'))
        .filter(|word| !word.is_empty())
        .take(200)
        .collect();
    (1..words.len()).find_map(|place| {
        if !words[place].starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let before = words[place - 1].trim_end_matches(':');
        let leads = LEADS.iter().any(|lead| lead.eq_ignore_ascii_case(before));
        let delay = leads.then(|| delay_at(&words[place..])).flatten()?;
        (!delay.is_zero() && delay <= LONGEST).then_some(delay)
    })
}

/// Words behind which a time is one to wait.
const LEADS: &[&str] = &[
    "in", "for", "after", "wait", "least", "another", "about", "retry", "delay", "within",
];

/// A delay at the beginning of these words.
fn delay_at(words: &[&str]) -> Option<Duration> {
    let first = words.first()?.trim_end_matches(['.', '!']);
    if let Some(time) = clock(first) {
        return Some(time);
    }
    let digits = first.len() - first.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = first[..digits].parse().ok()?;
    let unit = match &first[digits..] {
        "" => words.get(1)?,
        attached => attached.trim_start_matches('-'),
    };
    let unit = unit
        .trim_end_matches(['.', '!', ']', ':', '\''])
        .to_ascii_lowercase();
    let seconds = match unit.as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" | "second(s" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" | "minute(s" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" | "hour(s" => 3600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

/// `00:04:59`
fn clock(text: &str) -> Option<Duration> {
    let mut parts = text.split(':').map(|part| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u64>().ok()).flatten()
    });
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let whole = parts.next().is_none() && minutes < 60 && seconds < 60;
    whole.then(|| Duration::from_secs(hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn named_delays_are_found() {
        for (text, seconds) in [
            ("Greylisted, try again in 300 seconds", 300),
            ("Recipient address rejected: Greylisted for 5 minutes", 300),
            ("Sender address rejected: Greylisted for 300 sec.", 300),
            ("Greylisting in action, please come back in 00:04:59", 299),
            ("please retry after 1 hour", 3600),
            ("You must wait 90s before trying again", 90),
            ("deferred; retry in at least 10 min (policy)", 600),
        ] {
            assert_eq!(
                named_delay(text),
                Some(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "too many messages per 5 minutes",
            "User unknown in 12 tables",
            "try again in 0 seconds",
            "rejected for 400 days",
            "blocked at 10:05:00",
            "try again in a few minutes",
            "in 99999999999999999999 seconds",
            "try again in 300",
        ] {
            assert_eq!(named_delay(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,100}", tail in "[0-9:smh. ]{0,20}") {
            let _ = named_delay(&format!("{text} in {tail}"));
        }
    }
}
