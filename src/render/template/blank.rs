//! Variables that came out blank where a letter shows them.

use super::scan::{Kind, tags};
use super::words::identifiers;
use std::collections::BTreeSet;

/// Filters that put something in the place of a blank value.
const FILLING: [&str; 3] = ["default", "d", "fallback"];

/// The variables that a template writes as they are: `{{ name }}`, with or without filters, and
/// without one that fills a gap.
pub(super) fn shown(source: &str, names: &mut BTreeSet<Box<str>>) {
    for tag in tags(source).filter(|tag| tag.kind == Kind::Expression) {
        let mut steps = tag.code.split('|');
        let name = steps.next().unwrap_or_default().trim();
        let filled = steps.any(|step| {
            let filter = identifiers(step).next();
            filter.is_some_and(|filter| FILLING.contains(&filter))
        });
        if !filled && is_name(name) {
            names.insert(name.into());
        }
    }
}

fn is_name(text: &str) -> bool {
    identifiers(text).eq([text]) && !text.starts_with(|c: char| c.is_numeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_shown_as_it_is_counts() {
        let mut names = BTreeSet::new();
        let source = "{{ a }}{{b|upper}} {{- c -}} {{ d | default('x') }}{{ e.f }}{{ 'g' }}{{ 1 }}\
                      {{ h ~ i }}{% if j %}x{% endif %}{{ k|upper|d('x') }}{{ l";
        shown(source, &mut names);
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            ["a", "b", "c", "l"].map(Box::from)
        );
    }
}
