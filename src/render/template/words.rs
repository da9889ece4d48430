//! Which variables templates may look up.

use super::scan::{Kind, tags};
use std::collections::HashSet;
use std::ops::Range;

/// The words that stand inside template tags: a superset of the variables that can be looked up.
pub(in crate::render) type Words = HashSet<Box<str>, foldhash::fast::RandomState>;

/// Collects the identifiers inside template tags. Text in quotes counts as well: a word too many
/// costs nothing, a word too few would be a variable that is not found.
pub(in crate::render) fn collect(source: &str, words: &mut Words) {
    for tag in tags(source).filter(|tag| matches!(tag.kind, Kind::Expression | Kind::Statement)) {
        words.extend(identifiers(tag.code).map(Box::from));
    }
}

/// The code of the tag that `place` lies in, up to the end of `place`.
pub(in crate::render) fn tag_until(source: &str, place: Range<usize>) -> &str {
    let before = source.get(..place.end).unwrap_or(source);
    let inside = source.get(..place.start).unwrap_or(before);
    let open = inside.rfind("{{").max(inside.rfind("{%")).unwrap_or(0);
    &before[open..]
}

/// The identifiers in a piece of template code.
pub(in crate::render) fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c == '_' || c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_tags_only() {
        let mut words = Words::default();
        collect(
            "plain {{ a|b('}} {{ q') }} text {% if c %}{{ \"\\\"}}\" ~ d }}{%- set 名 = e -%} end {{ open",
            &mut words,
        );
        for word in ["a", "b", "c", "d", "e", "q", "名", "open"] {
            assert!(words.contains(word), "{word}");
        }
        for word in ["plain", "text", "end"] {
            assert!(!words.contains(word), "{word}");
        }
    }
}
