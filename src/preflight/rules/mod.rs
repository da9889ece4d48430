//! The table of rules, as data: one file for what is looked at.

pub(super) mod audience;
pub(super) mod domain;
pub(super) mod html;
pub(super) mod law;
pub(super) mod letter;
mod rule;
mod sources;
pub(super) mod unsubscribe;

pub use rule::{AskedBy, Rule};

/// Every rule, in the order in which findings are reported.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        letter::ALL,
        html::ALL,
        unsubscribe::ALL,
        domain::ALL,
        audience::ALL,
        law::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CHECK_RULES;

    #[test]
    fn the_names_of_the_table_are_those_that_settings_know() {
        let names: Vec<_> = rules().map(|rule| rule.name).collect();
        assert_eq!(names, CHECK_RULES);
    }

    #[test]
    fn every_rule_says_where_it_comes_from_and_what_to_do() {
        for rule in rules() {
            for text in [rule.summary, rule.source, rule.remedy] {
                assert!(
                    text.len() > 7 && !text.ends_with('.'),
                    "{}: {text:?}",
                    rule.name
                );
            }
        }
    }
}
