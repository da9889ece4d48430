//! Phrases, and which of many a text holds: one walk over the text's words.

use foldhash::HashMap;
use std::collections::BTreeMap;

/// A phrase of a rule, by its place in the [`Phrases`] that interned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PhraseId(u16);

/// Which phrases a text holds.
#[derive(Debug, Clone)]
pub(super) struct Found(Vec<u64>);

impl Found {
    pub(super) fn holds(&self, id: PhraseId) -> bool {
        let (word, bit) = (usize::from(id.0 / 64), id.0 % 64);
        self.0.get(word).is_some_and(|word| word & (1 << bit) != 0)
    }

    fn add(&mut self, id: PhraseId) {
        let (word, bit) = (usize::from(id.0 / 64), id.0 % 64);
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }
}

/// Every phrase of the rules.
///
/// A phrase is compared at the beginnings of words, in the text's plain form; its last word may go
/// on. `|` at the end of a part ends the word there, `~` is a space or nothing, ` .. ` stands for up
/// to 40 other characters, `^` in front ties it to the beginning of the text, `*` in front lets it
/// begin within a word, and `{name}` stands for each word of a list.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    known: BTreeMap<String, PhraseId>,
    /// By the first two octets, which every phrase has.
    starts: HashMap<[u8; 2], Vec<Shape>>,
    anywhere: Vec<Shape>,
}

/// One spelling of a phrase.
#[derive(Debug)]
struct Shape {
    id: PhraseId,
    at_start: bool,
    first: Part,
    /// What follows, each behind a gap.
    rest: Vec<Part>,
}

/// Words that stand together.
#[derive(Debug)]
struct Part {
    text: String,
    /// Whether the last word ends with it.
    whole: bool,
}

/// Words that stand for one another: `{name}`.
pub(super) type Lists = BTreeMap<String, Vec<String>>;

impl Phrases {
    /// The id of a phrase, the same for the same phrase.
    ///
    /// # Errors
    /// Where it cannot be read, in words.
    pub(super) fn intern(&mut self, phrase: &str, lists: &Lists) -> Result<PhraseId, String> {
        if let Some(id) = self.known.get(phrase) {
            return Ok(*id);
        }
        let next = u16::try_from(self.known.len()).map_err(|_| "too many phrases".to_owned())?;
        let id = PhraseId(next);
        for spelling in spellings(phrase, lists)? {
            self.add(id, &spelling)?;
        }
        self.known.insert(phrase.to_owned(), id);
        Ok(id)
    }

    fn add(&mut self, id: PhraseId, spelling: &str) -> Result<(), String> {
        let (at_start, spelling) = strip(spelling, '^');
        let (anywhere, spelling) = strip(spelling, '*');
        let mut parts = spelling.split(" .. ").map(|part| {
            let whole = part.ends_with('|');
            let text = part.trim_end_matches('|').to_owned();
            Part { text, whole }
        });
        let shape = Shape {
            id,
            at_start,
            first: parts.next().ok_or("an empty phrase")?,
            rest: parts.collect(),
        };
        let all = std::iter::once(&shape.first).chain(&shape.rest);
        if all
            .clone()
            .any(|part| part.text.is_empty() || part.text != part.text.to_lowercase())
        {
            return Err(format!("{spelling:?} has an empty part or capitals"));
        }
        if anywhere {
            self.anywhere.push(shape);
            return Ok(());
        }
        let [a, b, ..] = *shape.first.text.as_bytes() else {
            return Err(format!("{spelling:?} begins with less than two octets"));
        };
        self.starts.entry([a, b]).or_default().push(shape);
        Ok(())
    }

    /// Which phrases the text holds.
    pub(super) fn find(&self, text: &str) -> Found {
        let mut found = Found(vec![0; self.known.len().div_ceil(64)]);
        for start in word_starts(text, 0) {
            let Some(key) = text.as_bytes().get(start..start + 2) else {
                continue;
            };
            let shapes = self.starts.get(&[key[0], key[1]]);
            for shape in shapes.into_iter().flatten() {
                if !found.holds(shape.id) && shape.fits(text, start) {
                    found.add(shape.id);
                }
            }
        }
        for shape in &self.anywhere {
            let mut places = memchr::memmem::find_iter(text.as_bytes(), &shape.first.text);
            if places.any(|place| shape.fits(text, place)) {
                found.add(shape.id);
            }
        }
        found
    }
}

impl Shape {
    fn fits(&self, text: &str, start: usize) -> bool {
        if self.at_start && start != 0 {
            return false;
        }
        let Some(mut end) = self.first.end(text, start) else {
            return false;
        };
        for part in &self.rest {
            let next = word_starts(text, end)
                .take_while(|place| *place <= end + GAP)
                .find_map(|place| part.end(text, place));
            match next {
                Some(next) => end = next,
                None => return false,
            }
        }
        true
    }
}

impl Part {
    /// Where it ends, if it stands at `start`.
    fn end(&self, text: &str, start: usize) -> Option<usize> {
        let end = start + self.text.len();
        let there = text.as_bytes().get(start..end)? == self.text.as_bytes();
        let next = text.as_bytes().get(end);
        let ends = !self.whole || !next.is_some_and(|octet| in_word(*octet));
        (there && ends).then_some(end)
    }
}

/// How many octets may stand for ` .. `.
const GAP: usize = 40;

/// Places at which a phrase may begin: where a letter or digit follows something else, and where a
/// sign stands.
fn word_starts(text: &str, from: usize) -> impl Iterator<Item = usize> {
    let octets = text.as_bytes();
    (from..octets.len()).filter(move |place| {
        let before = place.checked_sub(1).and_then(|before| octets.get(before));
        octets[*place] != b' '
            && !(in_word(octets[*place]) && before.is_some_and(|before| in_word(*before)))
    })
}

/// Octets beyond ASCII count as letters.
fn in_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet >= 0x80
}

fn strip(text: &str, sign: char) -> (bool, &str) {
    match text.strip_prefix(sign) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// Every way a phrase can be written: `{lists}` put in, `~` with and without a space.
fn spellings(phrase: &str, lists: &Lists) -> Result<Vec<String>, String> {
    if let Some(open) = phrase.find('{') {
        let close = phrase[open..]
            .find('}')
            .ok_or_else(|| format!("{phrase:?} lacks a }}"))?;
        let name = &phrase[open + 1..open + close];
        let words = lists
            .get(name)
            .ok_or_else(|| format!("there is no list {name:?}"))?;
        let mut all = Vec::new();
        for word in words {
            let put = format!("{}{word}{}", &phrase[..open], &phrase[open + close + 1..]);
            all.extend(spellings(&put, lists)?);
        }
        return Ok(all);
    }
    if phrase.contains('~') {
        let mut all = spellings(&phrase.replacen('~', " ", 1), lists)?;
        all.extend(spellings(&phrase.replacen('~', "", 1), lists)?);
        return Ok(all);
    }
    Ok(vec![phrase.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(phrase: &str, text: &str) -> bool {
        let lists = Lists::from([(
            "box".to_owned(),
            vec!["user".to_owned(), "mailbox".to_owned()],
        )]);
        let mut phrases = Phrases::default();
        let id = phrases.intern(phrase, &lists).unwrap();
        phrases.find(text).holds(id)
    }

    #[test]
    fn phrases_begin_with_words() {
        assert!(fits("spam", "this is spammy"));
        assert!(!fits("spam", "antispam"));
        assert!(fits("*spam", "antispam"));
        assert!(fits("spam|", "(spam)"));
        assert!(!fits("spam|", "spammy"));
        assert!(fits("<>: user", "550 <>: user unknown"));
        assert!(fits("^user", "user unknown"));
        assert!(!fits("^user", "no user"));
    }

    #[test]
    fn gaps_lists_and_spellings() {
        assert!(fits("{box} .. full", "mailbox of that person is full"));
        assert!(fits("{box} .. full", "user x: user full"));
        assert!(!fits(
            "{box} .. full",
            &format!("user {} full", "x".repeat(60))
        ));
        assert!(fits("block~list", "blocklist") && fits("block~list", "block list"));
        assert!(!fits("block~list", "block the list"));
    }

    #[test]
    fn wrong_phrases_are_refused() {
        for phrase in ["", "a", "{none}", "{box", "Capital", "two ..  .. three"] {
            let mut phrases = Phrases::default();
            let lists = Lists::from([("box".to_owned(), vec!["user".to_owned()])]);
            assert!(phrases.intern(phrase, &lists).is_err(), "{phrase:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,200}") {
            fits("ab .. cd", &text);
            fits("*ü", &text);
        }
    }
}
