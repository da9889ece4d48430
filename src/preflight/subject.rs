//! The subject as a message list shows it.

use super::findings::{Findings, Who};
use super::rules::letter::{SUBJECT_LONG, SUBJECT_LOOKS_LIKE_REPLY, SUBJECT_SHOUTING};
use unicode_width::UnicodeWidthStr;

/// Judges a subject that is not empty.
pub(super) fn judge(subject: &str, who: Who<'_>, findings: &mut Findings) {
    let columns = subject.width();
    if columns > LONGEST {
        findings.row(&SUBJECT_LONG, format!("more than {LONGEST} columns"), who);
    }
    if looks_like_reply(subject) {
        let start: String = subject.chars().take(20).collect();
        findings.row(&SUBJECT_LOOKS_LIKE_REPLY, start, who);
    }
    if let Some(how) = shouting(subject) {
        findings.row(&SUBJECT_SHOUTING, how, who);
    }
}

/// Whether it begins as answers and forwarded letters do, in the words of several languages.
pub(super) fn looks_like_reply(subject: &str) -> bool {
    let Some((before, _)) = subject.split_once([':', '：']) else {
        return false;
    };
    // `Re[2]:` as well.
    let word =
        before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | ' '));
    REPLIES
        .iter()
        .any(|reply| word.trim().eq_ignore_ascii_case(reply))
}

fn shouting(subject: &str) -> Option<&'static str> {
    let letters = || {
        subject
            .chars()
            .filter(|c| c.is_uppercase() || c.is_lowercase())
    };
    let capitals = letters().filter(|c| c.is_uppercase()).count();
    // Short ones are often a name: `IKEA`, `NASA & ESA`.
    if letters().count() >= 12 && capitals == letters().count() {
        return Some("capitals throughout");
    }
    let exclaims = ["!!", "！！", "?!?", "!?!"];
    exclaims
        .iter()
        .any(|marks| subject.contains(marks))
        .then_some("a row of exclamation marks")
}

const REPLIES: [&str; 12] = [
    "re", "fw", "fwd", "aw", "wg", "sv", "vs", "tr", "rv", "res", "enc", "antw",
];
/// Columns that most mail clients show.
const LONGEST: usize = 78;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::shares::Shares;

    fn found(subject: &str) -> Vec<&'static str> {
        let mut findings = Findings::default();
        judge(
            subject,
            Who {
                row: 1,
                recipient: "",
            },
            &mut findings,
        );
        let found = findings.finish(&Shares::default(), 0, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn subjects() {
        for good in [
            "Welcome aboard, Ann!",
            "NASA news",
            "Résumé: how to write one",
            "新着情報",
            "Reply: soon",
        ] {
            assert_eq!(found(good), [""; 0], "{good}");
        }
        for (subject, rule) in [
            ("RE: your order", "subject-looks-like-reply"),
            ("Re[2]: your order", "subject-looks-like-reply"),
            ("Fwd：x", "subject-looks-like-reply"),
            ("BUY NOW AND SAVE MONEY", "subject-shouting"),
            ("Last chance!!!", "subject-shouting"),
        ] {
            assert_eq!(found(subject), [rule], "{subject}");
        }
        assert_eq!(found(&"x".repeat(79)), ["subject-long"]);
        assert_eq!(found(&"題".repeat(40)), ["subject-long"]);
        assert_eq!(found(&"題".repeat(39)), [""; 0]);
    }
}
