//! Mail addresses within words, and whose they are.

use crate::returned::outline::Outline;

/// An address where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::returned) struct Found<'a> {
    pub(in crate::returned) text: &'a str,
    pub(in crate::returned) start: usize,
    pub(in crate::returned) end: usize,
}

/// Every address of a line, at most 40.
pub(in crate::returned) fn addresses(line: &str) -> Vec<Found<'_>> {
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find('@').map(|n| from + n) {
        let start = local_start(line, from, at);
        let end = domain_end(line, at + 1);
        from = end.max(at + 1);
        if start < at && end > at + 1 && is_domain(&line[at + 1..end]) && found.len() < 40 {
            found.push(Found {
                text: &line[start..end],
                start,
                end,
            });
        }
    }
    found
}

/// The first address of a text.
pub(in crate::returned) fn first_address(text: &str) -> Option<String> {
    addresses(text).first().map(|found| found.text.to_owned())
}

/// Whether a text is an address with a domain.
pub(in crate::returned) fn valid(text: &str) -> bool {
    matches!(addresses(text)[..], [found] if found.text.len() == text.len())
}

fn local_start(line: &str, floor: usize, at: usize) -> usize {
    let before = &line[floor..at];
    if before.ends_with('"')
        && let Some(open) = before[..before.len() - 1].rfind('"')
    {
        return floor + open;
    }
    let mut start = at;
    for (place, c) in before.char_indices().rev().take(128) {
        if !(c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)) {
            break;
        }
        start = floor + place;
    }
    // Quotes and signs in front belong to the words around.
    let local = &line[start..at];
    let cut = if local.starts_with("=?") {
        local
    } else {
        local.trim_start_matches(['\'', '`', '*', '.', '=', '|', '-', '/', '{'])
    };
    // X.400 writes `dda:SMTP=a@b`.
    let cut = match cut.get(..5) {
        Some(kind) if kind.eq_ignore_ascii_case("smtp=") => &cut[5..],
        _ => cut,
    };
    // Words of scripts without spaces end where ASCII begins.
    let cut = match cut.char_indices().rev().find(|(_, c)| is_wide(*c)) {
        Some((place, c)) if place + c.len_utf8() < cut.len() => &cut[place + c.len_utf8()..],
        _ => cut,
    };
    at - cut.len()
}

/// Kana and Han, which stand against an address without a space.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3000}'..='鿿' | '\u{ff00}'..='\u{ffef}')
}

fn domain_end(line: &str, start: usize) -> usize {
    let rest = &line[start..];
    // A sign in front of a domain that somebody mistyped.
    let signs = rest.len() - rest.trim_start_matches('#').len();
    let (rest, start) = (&rest[signs..], start + signs);
    if rest.starts_with('[') {
        return rest
            .find(']')
            .filter(|n| *n < 60)
            .map_or(start, |n| start + n + 1);
    }
    let inside = |c: char| (c.is_alphanumeric() && !is_wide(c)) || c == '-' || c == '.' || c == '_';
    let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    start + rest[..end].trim_end_matches(['.', '-', '_']).len()
}

fn is_domain(text: &str) -> bool {
    text.len() <= 253 && !text.starts_with('.') && !text.contains("..")
}

/// Who is who in a mail that came back.
#[derive(Debug, Default)]
pub(super) struct People {
    /// Senders of the original and those the report was sent to, lower case.
    own: Vec<String>,
    /// Recipients of the original, lower case.
    theirs: Vec<String>,
    /// What the report's own header names as failed.
    pub(super) failed: Vec<String>,
    /// Who wrote the report, lower case.
    robot: Vec<String>,
}

impl People {
    pub(super) fn of(outline: &Outline<'_>) -> Self {
        let mut people = Self::default();
        for name in ["to", "delivered-to", "x-original-to", "envelope-to", "cc"] {
            people.own.extend(outline.head.all(name).flat_map(lower));
        }
        for name in ["from", "sender", "reply-to"] {
            people.robot.extend(outline.head.all(name).flat_map(lower));
        }
        for head in &outline.originals {
            for name in [
                "from",
                "return-path",
                "sender",
                "reply-to",
                "errors-to",
                "x-envelope-from",
                "x-sender",
            ] {
                people.own.extend(head.all(name).flat_map(lower));
            }
            for name in [
                "to",
                "cc",
                "x-envelope-to",
                "x-original-to",
                "x-rcpt-to",
                "resent-to",
                "apparently-to",
            ] {
                people.theirs.extend(head.all(name).flat_map(lower));
            }
            people
                .theirs
                .extend(head.all("received").filter_map(received_for));
        }
        for name in [
            "x-failed-recipients",
            "x-failed-recipient",
            "failed-recipient",
            "x-bounced-recipient",
        ] {
            people
                .failed
                .extend(outline.head.all(name).flat_map(|value| {
                    addresses(value)
                        .into_iter()
                        .map(|found| found.text.to_owned())
                        .collect::<Vec<_>>()
                }));
        }
        people
    }

    pub(super) fn is_own(&self, address: &str) -> bool {
        holds(&self.own, address)
    }

    pub(super) fn is_theirs(&self, address: &str) -> bool {
        holds(&self.theirs, address)
    }

    pub(super) fn is_robot(&self, address: &str) -> bool {
        holds(&self.robot, address)
    }

    /// The one recipient the original went to, where it is one.
    pub(super) fn only_recipient(&self) -> Option<&str> {
        let mut others = self.theirs.iter().filter(|address| !self.is_own(address));
        let first = others.next().or_else(|| self.theirs.first())?;
        others.all(|other| other == first).then_some(first)
    }

    /// A recipient of the original with this local part.
    pub(super) fn by_local(&self, local: &str) -> Option<&str> {
        let mut fitting = self.theirs.iter().filter(|address| {
            address
                .rsplit_once('@')
                .is_some_and(|(own, _)| own.eq_ignore_ascii_case(local))
        });
        fitting.next().map(String::as_str)
    }
}

fn holds(list: &[String], address: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(address))
}

fn lower(value: &str) -> Vec<String> {
    addresses(value)
        .into_iter()
        .map(|found| found.text.to_ascii_lowercase())
        .collect()
}

/// `for <a@b>;` of a Received field.
fn received_for(value: &str) -> Option<String> {
    let place = value.find(" for ")?;
    let word = value[place + 5..].split_whitespace().next()?;
    first_address(word).map(|address| address.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_among_words() {
        for (line, expected) in [
            ("<a.b+c@d.example>: no", vec!["a.b+c@d.example"]),
            (
                "mailto:a@b.example, 'c@d.example'.",
                vec!["a@b.example", "c@d.example"],
            ),
            ("\"a b\"@c.example x", vec!["\"a b\"@c.example"]),
            ("[SMTP:a@b.example]", vec!["a@b.example"]),
            ("a@[192.0.2.1] b@ @c", vec!["a@[192.0.2.1]"]),
            ("宛先a@b.exampleは", vec!["a@b.example"]),
            ("büro@bücher.example", vec!["büro@bücher.example"]),
        ] {
            let found: Vec<&str> = addresses(line).iter().map(|found| found.text).collect();
            assert_eq!(found, expected, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in "(?s)[a@.\"<>éあ\\[\\] -]{0,60}") {
            let _ = addresses(&line);
        }
    }
}
