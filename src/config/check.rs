//! The keys of `[sender]` and `[check]`: who answers for the mail, and what the preflight looks for.

use super::error::Faults;
use super::key::Kind::{Text, WordList};
use super::key::Shown::{Default as Is, Example};
use super::key::{Key, key, put};
use super::loader::Draft;
use super::near::nearest;
use super::units::{Wrong, wrong};
use crate::model::{CHECK_RULES, Law};

pub(super) const CHECK: &[Key<Draft>] = &[
    key(
        "sender.name",
        Text,
        Example("\"Example News Ltd\""),
        "who answers for the mail; laws want the name in the letter, and `check` looks for it there",
        |d, v| put(&mut d.settings.sender.name, v.text().map(trimmed)),
    ),
    key(
        "sender.postal_address",
        Text,
        Example("\"1 Sample Street, Springfield\""),
        "the sender's postal address, as it stands in the letter",
        |d, v| put(&mut d.settings.sender.postal_address, v.text().map(trimmed)),
    ),
    key(
        "sender.contact",
        Text,
        Example("\"https://example.com/contact\""),
        "an e-mail address, a telephone number or a URL for complaints, as it stands in the letter",
        |d, v| put(&mut d.settings.sender.contact, v.text().map(trimmed)),
    ),
    key(
        "check.laws",
        WordList,
        Is("[]"),
        "laws whose duties `check` looks for: \"japan\", \"can-spam\", \"casl\", \"gdpr\"",
        |d, v| {
            let laws = v.list(|v| v.word(Law::NAMED))?;
            put::<_, _, Faults>(&mut d.settings.check.laws, Ok(laws))
        },
    ),
    key(
        "check.ignore",
        WordList,
        Is("[]"),
        "rules of `check` that are not reported, by name, as in [\"subject-long\"]",
        |d, v| {
            let ignore = v.list(|v| v.form(rule))?;
            put::<_, _, Faults>(&mut d.settings.check.ignore, Ok(ignore))
        },
    ),
];

fn trimmed(text: &str) -> Option<String> {
    Some(text.trim().to_owned())
}

/// The rule of that name, as the table of rules has it.
fn rule(name: &str) -> Result<&'static str, Wrong> {
    let name = name.trim();
    if let Some(known) = CHECK_RULES.iter().find(|rule| **rule == name) {
        return Ok(known);
    }
    let hint = match nearest(name, CHECK_RULES.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "`hikyaku check` shows the name of a rule in front of what it found".to_owned(),
    };
    wrong(format!("{name:?} is no rule of `check`"), hint)
}
