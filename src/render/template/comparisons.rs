//! Comparisons that could not mean what they say: of a cell, which is a text, with a number.
//!
//! The engine orders texts behind all numbers and repeats them where they are multiplied, without a
//! word; so a bare variable beside a number is refused. What a template sets itself may be a number.

use super::scan::{Kind, tags};
use super::words::identifiers;
use std::collections::HashSet;

/// A comparison of a bare variable with a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Where its tag begins.
    pub(super) at: usize,
    variable: &'a str,
    operator: &'a str,
    number: &'a str,
}

impl Found<'_> {
    /// What to tell the template's author.
    pub(super) fn words(&self) -> String {
        let Self {
            variable,
            operator,
            number,
            ..
        } = self;
        format!(
            "`{variable}` is a text and `{operator} {number}` takes numbers: write `{variable}|int` or `{variable}|float`"
        )
    }
}

/// The first such comparison.
pub(super) fn with_numbers(template: &str) -> Option<Found<'_>> {
    let code =
        || tags(template).filter(|tag| matches!(tag.kind, Kind::Expression | Kind::Statement));
    let mut own: Option<HashSet<&str>> = None;
    code().find_map(|tag| {
        let tokens = tokens(tag.code);
        let (variable, operator, number) = compared(&tokens).find(|(variable, ..)| {
            let own = own.get_or_insert_with(|| code().flat_map(|tag| made(tag.code)).collect());
            !own.contains(variable)
        })?;
        Some(Found {
            at: tag.start,
            variable,
            operator,
            number,
        })
    })
}

/// The names that a statement makes: of variables, loops, and parameters of macros.
fn made(code: &str) -> impl Iterator<Item = &str> {
    let code = code.trim_start();
    let (word, rest) = code.split_at(
        code.find(|c: char| !c.is_alphabetic())
            .unwrap_or(code.len()),
    );
    let names = match word {
        "set" => rest.split('=').next(),
        "for" => rest.split(" in ").next(),
        "macro" | "call" | "with" | "import" | "from" => Some(rest),
        _ => None,
    };
    let looped = (word == "for").then_some("loop");
    identifiers(names.unwrap_or_default()).chain(looped)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    Text,
    Sign(&'a str),
}

/// Comparisons among the tokens: the variable, the operator, the number.
fn compared<'t, 'a>(
    tokens: &'t [Token<'a>],
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> + 't {
    (1..tokens.len()).filter_map(|at| {
        let Token::Sign(operator @ ("<" | ">" | "<=" | ">=" | "==" | "!=" | "*")) = tokens[at]
        else {
            return None;
        };
        let (before, after) = (&tokens[..at], &tokens[at + 1..]);
        let unsigned = after.strip_prefix(&[Token::Sign("-")]).unwrap_or(after);
        let variable_after = match after {
            [Token::Word(_), Token::Sign("|" | "." | "(" | "["), ..] => None,
            [Token::Word(word), ..] => Some(*word),
            _ => None,
        };
        let variable_before = match before {
            [
                ..,
                Token::Word("fields"),
                Token::Sign("."),
                Token::Word(word),
            ] => Some(*word),
            [.., Token::Sign("|" | "."), Token::Word(_)] => None,
            [.., Token::Word("is"), Token::Word(_)] => None,
            [.., Token::Word(word)] => Some(*word),
            _ => None,
        };
        match (variable_before, unsigned, before, variable_after) {
            (Some(word), [Token::Number(number), ..], ..) => Some((word, operator, *number)),
            (_, _, [.., Token::Number(number)], Some(word)) => Some((word, operator, *number)),
            _ => None,
        }
    })
}

fn tokens<'a>(code: &'a str) -> Vec<Token<'a>> {
    let mut found = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        let end = |stop: fn(char) -> bool| rest.find(stop).unwrap_or(rest.len());
        let (length, token): (usize, fn(&'a str) -> Token<'a>) = match first {
            '0'..='9' => (
                end(|c| !(c == '_' || c == '.' || c.is_alphanumeric())),
                Token::Number,
            ),
            c if is_word(c) => (end(|c| !(c == '_' || c.is_alphanumeric())), Token::Word),
            '"' | '\'' => (end_of_text(rest, first), |_| Token::Text),
            '<' | '>' | '=' | '!' if rest[1..].starts_with('=') => (2, Token::Sign),
            '*' | '/' if rest[1..].starts_with(first) => (2, Token::Sign),
            c => (c.len_utf8(), Token::Sign),
        };
        let (now, later) = rest.split_at(length);
        found.push(token(now));
        rest = later.trim_start();
    }
    found
}

/// Behind the closing quote of a text.
fn end_of_text(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_not_compared_with_numbers() {
        for (template, variable) in [
            ("a {% if x > 100 %}b{% endif %}", "x"),
            ("{{ 'a' if not points==50 }}", "points"),
            ("{% if 3 <= name %}", "name"),
            ("{{ x * 2 }}", "x"),
            ("{% if y|int > 2 and fields.x < -1.5 %}", "x"),
            ("{% set n = x|int %}{% if n > 2 or m != 3 %}", "m"),
        ] {
            let found = with_numbers(template).unwrap();
            assert_eq!(found.variable, variable, "{template}");
            assert!(found.words().contains(&format!("{variable}|int")));
        }
        for template in [
            "{% if x|int > 100 and 5 < y|float and z|length >= 2 %}",
            "{% for a in fields %}{% if loop.index > 1 and a == 2 %}{% endif %}{% endfor %}",
            "{% set n = x|int %}{{ n * 2 }}{% macro f(k, l=2) %}{{ k * 2 }}{% endmacro %}",
            "{% if x == '50' or 'x > 5' == y %}{{ f(x=5) }}{{ 2 * 3 }}{# x > 5 #}",
            "{% raw %}{{ x > 5 }}{% endraw %} {{ order.total > 5 }}{{ x|round(2) > 1 }}",
        ] {
            assert_eq!(with_numbers(template), None, "{template}");
        }
    }
}
