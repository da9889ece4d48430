//! Phrases, and which of many a text holds: one walk over the text's words.

use super::bits::Bits;
use super::trie::{Literal, Trie};
use memchr::memmem;
use std::collections::BTreeMap;

/// Every phrase of the rules.
///
/// A phrase is compared at the beginnings of words, in the text's plain form; its last word may go
/// on. `|` at the end of a part ends the word there, `~` is a space or nothing, ` .. ` stands for up
/// to 40 other characters, `^` in front ties it to the beginning of the text, `*` in front lets it
/// begin within a word, and `{name}` stands for each word of a list.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    phrases: Vec<Phrase>,
    known: BTreeMap<String, PhraseId>,
    parts: BTreeMap<String, PartId>,
    /// The phrases that begin with each part.
    begun_by: Vec<Vec<PhraseId>>,
    trie: Trie,
    /// Those that may begin within a word.
    anywhere: Vec<(memmem::Finder<'static>, Literal)>,
}

/// A phrase of a rule, by its place in the [`Phrases`] that interned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PhraseId(u16);

impl PhraseId {
    /// Counted from 0 in the order of interning.
    pub(super) fn place(self) -> usize {
        usize::from(self.0)
    }
}

/// Words that stand together, in all their spellings: what stands between two gaps.
pub(super) type PartId = u16;

/// Parts, each within a gap's length behind the one before.
#[derive(Debug)]
struct Phrase {
    first: PartId,
    rest: Vec<PartId>,
    at_start: bool,
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
        let (at_start, rest) = strip(phrase, '^');
        let mut parts = Vec::new();
        for part in rest.split(" .. ") {
            parts.push(self.part(part, lists)?);
        }
        let id = PhraseId(number(self.phrases.len())?);
        self.begun_by[usize::from(parts[0])].push(id);
        self.phrases.push(Phrase {
            first: parts.remove(0),
            rest: parts,
            at_start,
        });
        self.known.insert(phrase.to_owned(), id);
        Ok(id)
    }

    fn part(&mut self, part: &str, lists: &Lists) -> Result<PartId, String> {
        if let Some(id) = self.parts.get(part) {
            return Ok(*id);
        }
        let id = number(self.parts.len())?;
        for spelling in spellings(part, lists)? {
            let (anywhere, text) = strip(&spelling, '*');
            let whole = text.ends_with('|');
            let text = text.trim_end_matches('|');
            if text.is_empty() || text != text.to_lowercase() {
                return Err(format!("{part:?} is empty or has capitals"));
            }
            let literal = Literal { part: id, whole };
            if anywhere {
                let finder = memmem::Finder::new(text).into_owned();
                self.anywhere.push((finder, literal));
            } else {
                self.trie.add(text, literal);
            }
        }
        self.parts.insert(part.to_owned(), id);
        self.begun_by.push(Vec::new());
        Ok(id)
    }

    /// Looks for all of them.
    pub(super) fn find(&self, text: &str) -> Found {
        let octets = text.as_bytes();
        let mut found = Found {
            seen: Bits::none_of(self.parts.len()),
            held: Bits::none_of(self.phrases.len()),
            hits: Vec::new(),
        };
        for start in word_starts(octets) {
            self.trie.walk(octets, start, |literal, end| {
                if ends(literal, octets, end) {
                    found.add(literal.part, start, end);
                }
            });
        }
        for (finder, literal) in &self.anywhere {
            for start in finder.find_iter(octets) {
                let end = start + finder.needle().len();
                if ends(*literal, octets, end) {
                    found.add(literal.part, start, end);
                }
            }
        }
        found.hits.sort_unstable_by_key(|hit| hit.start);
        for part in found.seen.all() {
            for id in &self.begun_by[part] {
                if found.reads(&self.phrases[usize::from(id.0)]) {
                    found.held.set(id.place());
                }
            }
        }
        found
    }
}

/// What was found in a text.
#[derive(Debug)]
pub(super) struct Found {
    /// Parts that stand somewhere: most parts of most phrases are nowhere.
    seen: Bits,
    /// Phrases that the text holds.
    held: Bits,
    /// In the order of the text.
    hits: Vec<Hit>,
}

#[derive(Debug)]
struct Hit {
    part: PartId,
    start: usize,
    end: usize,
}

impl Found {
    /// Whether the text holds a phrase.
    pub(super) fn holds(&self, id: PhraseId) -> bool {
        self.held.has(id.place())
    }

    /// The places of all phrases it holds.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.held.all()
    }

    fn reads(&self, phrase: &Phrase) -> bool {
        let has = |part: &PartId| self.seen.has(usize::from(*part));
        if !has(&phrase.first) || !phrase.rest.iter().all(has) {
            return false;
        }
        if phrase.rest.is_empty() && !phrase.at_start {
            return true;
        }
        let mut firsts = self.hits.iter().filter(|hit| hit.part == phrase.first);
        firsts.any(|hit| (hit.start == 0 || !phrase.at_start) && self.follow(&phrase.rest, hit.end))
    }

    /// Whether the parts stand one after the other behind `end`.
    fn follow(&self, parts: &[PartId], end: usize) -> bool {
        let Some((next, rest)) = parts.split_first() else {
            return true;
        };
        let from = self.hits.partition_point(|hit| hit.start < end);
        self.hits[from..]
            .iter()
            .take_while(|hit| hit.start <= end + GAP)
            .any(|hit| hit.part == *next && self.follow(rest, hit.end))
    }

    fn add(&mut self, part: PartId, start: usize, end: usize) {
        self.seen.set(usize::from(part));
        // Where a text repeats itself without end, what it means has been said long before.
        if self.hits.len() < MOST_HITS {
            self.hits.push(Hit { part, start, end });
        }
    }
}

/// How many octets may stand for ` .. `.
const GAP: usize = 40;
const MOST_HITS: usize = 300;

fn number(n: usize) -> Result<u16, String> {
    u16::try_from(n).map_err(|_| "too many phrases".to_owned())
}

/// Whether a literal that was read up to `end` may end there.
fn ends(literal: Literal, octets: &[u8], end: usize) -> bool {
    !literal.whole || !octets.get(end).is_some_and(|octet| in_word(*octet))
}

/// Places at which a phrase may begin: where a letter or digit follows something else, and where a
/// sign stands.
fn word_starts(octets: &[u8]) -> impl Iterator<Item = usize> {
    let mut inside = false;
    octets.iter().enumerate().filter_map(move |(place, octet)| {
        let before = std::mem::replace(&mut inside, in_word(*octet));
        (*octet != b' ' && !(before && inside)).then_some(place)
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
        for phrase in ["", "{none}", "{box", "Capital", "two ..  .. three"] {
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
