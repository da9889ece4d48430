//! A text made comparable, and a quick way to tell what it cannot hold.

use std::borrow::Cow;

/// A text in lower case with `'` for every apostrophe, ready to be asked for many words.
#[derive(Debug, Default)]
pub(in crate::returned) struct Lower {
    text: String,
    threes: Threes,
}

impl Lower {
    /// The text as it stands.
    pub(in crate::returned) fn of(text: &str) -> Self {
        Self::made(lower(text).into_owned())
    }

    /// The text with one space between words, so that a sentence goes on over the ends of lines.
    pub(in crate::returned) fn spaced(text: &str) -> Self {
        let text = lower(text);
        let mut spaced = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !spaced.is_empty() {
                spaced.push(' ');
            }
            spaced.push_str(word);
        }
        Self::made(spaced)
    }

    fn made(text: String) -> Self {
        let threes = Threes::of(text.as_bytes());
        Self { text, threes }
    }

    pub(in crate::returned) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a word, lower case, stands anywhere in the text; `places` are its [`places`].
    pub(super) fn holds(&self, word: &str, places: &[u16]) -> bool {
        self.threes.may_hold(places) && contains(&self.text, word)
    }
}

/// Whether a lower-case text holds one of a few words.
pub(in crate::returned) fn holds(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| contains(text, word))
}

fn contains(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|octet| octet.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    Cow::Owned(text.to_lowercase().replace('\u{2019}', "'"))
}

/// Which runs of three octets a text has, roughly: most words of a list are told to be absent by
/// this, without a search.
#[derive(Debug)]
struct Threes([u64; WORDS]);

const WORDS: usize = 128;

impl Default for Threes {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl Threes {
    fn of(text: &[u8]) -> Self {
        let mut threes = Self::default();
        for three in text.windows(3) {
            let place = usize::from(place(three));
            threes.0[place / 64] |= 1 << (place % 64);
        }
        threes
    }

    /// False where the text cannot hold a word with these places.
    fn may_hold(&self, places: &[u16]) -> bool {
        places.iter().all(|place| {
            let place = usize::from(*place);
            self.0[place / 64] & (1 << (place % 64)) != 0
        })
    }
}

/// Where the runs of a word are noted.
pub(super) fn places(word: &str) -> Vec<u16> {
    word.as_bytes().windows(3).map(place).collect()
}

/// Below `64 * WORDS`.
fn place(three: &[u8]) -> u16 {
    let number = three
        .iter()
        .fold(0_u32, |n, octet| n << 8 | u32::from(*octet));
    let hash = number.wrapping_mul(0x9e37_79b1) >> 19;
    u16::try_from(hash).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_comparable() {
        assert_eq!(Lower::of("It Isn\u{2019}t\n Ü").as_str(), "it isn't\n ü");
        assert_eq!(Lower::spaced(" It\n  IS ").as_str(), "it is");
    }

    proptest::proptest! {
        #[test]
        fn the_short_cut_finds_what_a_search_finds(text in "[abé ]{0,60}", word in "[abé ]{0,5}") {
            let lower = Lower::of(&text);
            proptest::prop_assert_eq!(lower.holds(&word, &places(&word)), text.contains(&word));
        }
    }
}
