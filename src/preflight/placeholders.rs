//! What was meant to be replaced before sending, and was not.

use super::findings::{Findings, Who};
use super::rules::letter::{NOTE_LEFT, PLACEHOLDER_LEFT};
use memchr::memmem;

/// Looks for the marks of templates: ours, and those of other programs that letters are copied
/// from. Fast: it is done for every recipient.
pub(super) fn marks(text: &str, who: Who<'_>, findings: &mut Findings) {
    for (open, close, inner) in MARKS {
        if let Some(found) = mark(text, open, close, *inner) {
            findings.row(&PLACEHOLDER_LEFT, found, who);
        }
    }
}

/// Looks for notes to oneself among the words that readers see.
pub(super) fn notes(seen: &str, who: Who<'_>, findings: &mut Findings) {
    let word = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        NOTES.contains(&bare) || (bare.len() >= 3 && bare.bytes().all(|octet| octet == b'X'))
    };
    if let Some(note) = seen.split_whitespace().find(word) {
        findings.sample(&NOTE_LEFT, note, who);
    }
    let lower = seen.to_lowercase();
    if ["lorem ipsum", "ダミーテキスト", "あのイーハトーヴォの"]
        .iter()
        .any(|filler| lower.contains(filler))
    {
        findings.sample(&NOTE_LEFT, "filler text", who);
    }
}

/// What may stand between the marks.
type Inner = fn(char) -> bool;

/// Opening mark, closing mark, and what may stand between them.
const MARKS: &[(&str, &str, Inner)] = &[
    ("{{", "}}", |c| !matches!(c, '{' | '}')),
    ("{%", "%}", |c| !matches!(c, '{' | '}' | '%')),
    ("*|", "|*", |c| c.is_alphanumeric() || "_:-".contains(c)),
    ("[[", "]]", |c| c.is_alphanumeric() || "_.- ".contains(c)),
    ("<%=", "%>", |c| !matches!(c, '<' | '>' | '%')),
    ("${", "}", |c| c.is_alphanumeric() || "_.".contains(c)),
    ("%", "%", |c| c.is_ascii_uppercase() || c == '_'),
];

/// The first thing between the marks, marks included.
fn mark(text: &str, open: &str, close: &str, inner: Inner) -> Option<String> {
    // Octets of percent-encoding have two digits, and a share has none.
    let shortest = if open == "%" { 4 } else { 1 };
    for at in memmem::find_iter(text.as_bytes(), open) {
        let Some(rest) = text.get(at + open.len()..) else {
            continue;
        };
        let length: usize = rest
            .chars()
            .take(LONGEST)
            .take_while(|c| inner(*c))
            .map(char::len_utf8)
            .sum();
        let (name, behind) = rest.split_at(length);
        let named = name.trim().len() >= shortest;
        if named
            && behind
                .strip_prefix(close)
                .is_some_and(|rest| open != "%" || !is_octet(rest))
        {
            return Some(format!("{open}{name}{close}"));
        }
    }
    None
}

/// Whether a text goes on as percent-encoding does behind its sign.
fn is_octet(text: &str) -> bool {
    let mut octets = text.bytes();
    let mut digit = || octets.next().is_some_and(|octet| octet.is_ascii_hexdigit());
    digit() && digit()
}

/// Characters of a placeholder.
const LONGEST: usize = 60;
const NOTES: [&str; 6] = ["TODO", "FIXME", "TBD", "TBC", "XXX", "PLACEHOLDER"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::shares::Shares;
    use proptest::prelude::*;

    fn marked(text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        marks(
            text,
            Who {
                row: 1,
                recipient: "",
            },
            &mut findings,
        );
        details(findings)
    }

    fn noted(text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        notes(
            text,
            Who {
                row: 1,
                recipient: "",
            },
            &mut findings,
        );
        details(findings)
    }

    fn details(findings: Findings) -> Vec<String> {
        let found = findings.finish(&Shares::default(), 1, &[]);
        found
            .into_iter()
            .flat_map(|finding| finding.details)
            .map(|detail| detail.text)
            .collect()
    }

    #[test]
    fn marks_of_many_programs() {
        for mark in [
            "{{ name }}",
            "*|FNAME|*",
            "[[name]]",
            "%FIRST_NAME%",
            "<%= name %>",
            "${first.name}",
            "{% if x %}",
        ] {
            assert_eq!(marked(&format!("Dear {mark},")), [mark], "{mark}");
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "100% safe, 50% off",
            "https://a.example/?q=%E3%81%82%AA%BBCCDD%E3",
            "a[[0]",
            "{ color: red }}",
            "2 * | 3 | * 4",
            "costs $20 {really}",
            "%ab%",
            "[[ ]]",
        ] {
            assert_eq!(marked(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn notes_to_oneself() {
        for text in [
            "a TODO: write this",
            "(XXX)",
            "price XXXX yen",
            "Lorem Ipsum dolor",
        ] {
            assert_eq!(noted(text).len(), 1, "{text}");
        }
        for text in ["my todo list", "XXL and XX", "xxx", "TODOS"] {
            assert_eq!(noted(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn notes_are_counted_among_samples_and_marks_among_rows() {
        let mut shares = Shares::default();
        let mut findings = Findings::default();
        shares.add_rows(5);
        for row in 1..=5 {
            let who = Who { row, recipient: "" };
            marks("[[name]]", who, &mut findings);
            if row < 3 {
                notes("TODO", who, &mut findings);
            }
        }
        let found = findings.finish(&shares, 2, &[]);
        let counts: Vec<_> = found
            .iter()
            .map(|it| (it.rule, it.count, it.among))
            .collect();
        let expected = [("placeholder-left", 5, Some(5)), ("note-left", 2, Some(2))];
        assert_eq!(counts, expected);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([{}%*|<>=$\\[\\] A-Zあ]|.){0,60}") {
            let _ = marked(&text);
            let _ = noted(&text);
        }
    }
}
