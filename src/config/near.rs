//! The name a person most likely meant.

/// The nearest of `names` to `word`, where one is near enough to be a slip of the fingers.
pub(super) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (score(&word, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// Below this two names have too little in common for a guess to help.
const NEAR: f64 = 0.6;

/// From 0 to 1. A name that contains the whole word, or the other way round, counts as near:
/// `retries` is meant to find `retry`, and `hostname` to be found by `host`.
fn score(word: &str, name: &str) -> f64 {
    let edits = strsim::normalized_damerau_levenshtein(word, name);
    let shorter = word.len().min(name.len());
    if shorter >= 4 && (word.starts_with(name) || name.starts_with(word)) {
        return edits.max(0.75);
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_leaves_the_rest() {
        let names = ["retry", "retry_jitter", "window", "chunk"];
        assert_eq!(nearest("retrys", names), Some("retry"));
        assert_eq!(nearest("Windwo", names), Some("window"));
        assert_eq!(nearest("retry_jiter", names), Some("retry_jitter"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest("", names), None);
    }
}
