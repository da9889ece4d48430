//! The lists of `words.toml`.

use super::lower::{Lower, places};
use serde::Deserialize;
use std::sync::OnceLock;

/// Every list. The built-in ones are read once in a process.
pub(in crate::returned) fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    // A test reads this very text; without words nothing would be told apart, and nothing fails.
    LISTS.get_or_init(|| toml::from_str(include_str!("words.toml")).unwrap_or_default())
}

/// What each list is for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::returned) struct Lists {
    /// A message did not reach somebody; many of them stand in other texts, too.
    pub(in crate::returned) failure: List,
    /// What ends right in front of a failed recipient.
    pub(in crate::returned) recipient_leads: List,
    /// What stands in front of addresses that are no recipients.
    pub(in crate::returned) sender_leads: List,
    /// What makes an address another name of the recipient before it.
    pub(in crate::returned) alias_leads: List,
    /// Lines that say whom to ask, not who failed.
    pub(in crate::returned) help: List,
    /// Local parts that answer for a system.
    pub(in crate::returned) robot_locals: List,
    /// A message is still being tried.
    pub(in crate::returned) delay: List,
    /// It is not being tried any more, whatever else is said.
    pub(in crate::returned) given_up: List,
    /// What a message that was delivered is told of.
    pub(in crate::returned) delivered: List,
    /// What programs say of themselves and of their work, and people hardly do.
    pub(in crate::returned) machines: List,
    /// Going on, denied.
    pub(in crate::returned) no_more: List,
    /// Words that no final report has.
    pub(in crate::returned) goes_on: List,
    /// Sentences of templates that name no cause.
    pub(in crate::returned) courtesies: List,
    /// Subjects under which failures are told.
    pub(in crate::returned) failure_subjects: List,
    /// Sentences by which failures are told.
    pub(in crate::returned) failure_sentences: List,
    /// Sentences of guards that want proof of a person.
    pub(in crate::returned) challenges: List,
    /// Subjects of guards.
    pub(in crate::returned) challenge_subjects: List,
    /// What guards want somebody to do.
    pub(in crate::returned) challenge_acts: List,
    /// How subjects of absence begin.
    pub(in crate::returned) absent_starts: List,
    /// What subjects of absence say anywhere.
    pub(in crate::returned) absent_subjects: List,
    /// What answers of absent people say.
    pub(in crate::returned) absent_words: List,
    /// How wishes to be left alone begin.
    pub(in crate::returned) unsubscribes: List,
    /// What such wishes say anywhere.
    pub(in crate::returned) unsubscribe_wishes: List,
    /// Names that mail systems write under.
    pub(in crate::returned) systems: List,
    /// How lines begin behind which the original stands.
    pub(in crate::returned) dividers: List,
    /// What lines of dashes in front of it say.
    pub(in crate::returned) divider_words: List,
    /// Lines behind which a message was passed on.
    pub(in crate::returned) forwards: List,
}

/// Words of which one is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Written")]
pub(in crate::returned) struct List {
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    text: String,
    places: Vec<u16>,
}

/// A list as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    words: Vec<String>,
    /// Only a test reads them.
    #[serde(rename = "samples")]
    _samples: serde::de::IgnoredAny,
    #[serde(default, rename = "others")]
    _others: serde::de::IgnoredAny,
}

impl From<Written> for List {
    fn from(written: Written) -> Self {
        let word = |text: String| Word {
            places: places(&text),
            text,
        };
        Self {
            words: written.words.into_iter().map(word).collect(),
        }
    }
}

impl List {
    /// Whether one stands anywhere in the text.
    pub(in crate::returned) fn is_in(&self, text: &Lower) -> bool {
        self.words
            .iter()
            .any(|word| text.holds(&word.text, &word.places))
    }

    /// Whether the text, in lower case, begins with one.
    pub(in crate::returned) fn begins(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.starts_with(&word.text))
    }

    /// Whether the text, in lower case, ends with one.
    pub(in crate::returned) fn ends(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.ends_with(&word.text))
    }

    /// Whether the text, in lower case, is one.
    pub(in crate::returned) fn names(&self, text: &str) -> bool {
        self.words.iter().any(|word| word.text == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Deserialize)]
    struct Sampled {
        words: Vec<String>,
        samples: Vec<String>,
        #[serde(default)]
        others: Vec<String>,
    }

    /// How each list is asked: anywhere, unless it is said here.
    fn finds(name: &str, list: &List, text: &str) -> bool {
        match name {
            "recipient_leads" => list.ends(text),
            "dividers" | "absent_starts" | "unsubscribes" => list.begins(text),
            "robot_locals" => list.names(text),
            _ => list.is_in(&Lower::of(text)),
        }
    }

    #[test]
    fn every_list_finds_its_samples_and_nothing_else() {
        let written: BTreeMap<String, Sampled> =
            toml::from_str(include_str!("words.toml")).unwrap();
        let mut wrong = Vec::new();
        for (name, sampled) in &written {
            let alone = |words: &[String]| {
                List::from(Written {
                    words: words.to_vec(),
                    _samples: serde::de::IgnoredAny,
                    _others: serde::de::IgnoredAny,
                })
            };
            let list = alone(&sampled.words);
            assert!(!sampled.samples.is_empty(), "{name} has no sample");
            for sample in &sampled.samples {
                if !finds(name, &list, sample) {
                    wrong.push(format!("{name} does not find {sample:?}"));
                }
            }
            for other in &sampled.others {
                if finds(name, &list, other) {
                    wrong.push(format!("{name} finds {other:?}"));
                }
            }
            for (place, word) in sampled.words.iter().enumerate() {
                if Lower::of(word).as_str() != word {
                    wrong.push(format!("{name}: {word:?} is not in lower case"));
                }
                let mut others = sampled.words.clone();
                others.remove(place);
                if finds(name, &alone(&others), word) {
                    wrong.push(format!("{name}: another word makes {word:?} needless"));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        let known: Result<Lists, _> = toml::from_str(include_str!("words.toml"));
        assert!(known.is_ok(), "{known:?}");
    }
}
