//! Reads an answer by the rules.

use super::bits::Bits;
use super::delay::named_delay;
use super::phrase::{Lists, Phrases};
use super::rule::{Rule, RuleError, Seen, Written};
use super::text::Plain;
use crate::model::{Judge, Judgement, Reason, Reply, Stage};
use serde::Deserialize;
use std::sync::OnceLock;

/// Ordered rules from replies to reasons; the first that fits decides.
#[derive(Debug)]
pub struct Classifier {
    rules: Vec<Rule>,
    phrases: Phrases,
    /// The rules that each phrase brings into question, by the phrase's place.
    asked_by: Vec<Vec<usize>>,
    /// Those that are in question without one.
    always: Bits,
}

/// `rules.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    words: Lists,
    rule: Vec<Written>,
}

impl Classifier {
    /// The rules that are built in.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Classifier> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            // A test reads this very text; without rules everything would be `unknown`.
            Self::from_toml(include_str!("rules.toml"))
                .unwrap_or_else(|_| Self::new(Vec::new(), Phrases::default()))
        })
    }

    /// Rules of one's own, in the form of the built-in ones.
    ///
    /// # Errors
    /// Where the text is no TOML, or a rule names what does not exist.
    pub fn from_toml(text: &str) -> Result<Self, RuleError> {
        let file: File =
            toml::from_str(text).map_err(|error| RuleError::Form(error.to_string()))?;
        let mut phrases = Phrases::default();
        let mut rules = Vec::with_capacity(file.rule.len());
        for (place, written) in file.rule.iter().enumerate() {
            let rule = Rule::compile(written, &mut phrases, &file.words);
            rules.push(rule.map_err(|what| RuleError::Rule {
                number: place + 1,
                reason: written.reason().to_owned(),
                what,
            })?);
        }
        Ok(Self::new(rules, phrases))
    }

    fn new(rules: Vec<Rule>, phrases: Phrases) -> Self {
        let mut asked_by = Vec::new();
        let mut always = Bits::none_of(rules.len());
        for (place, rule) in rules.iter().enumerate() {
            if rule.needs().is_empty() {
                always.set(place);
            }
            for id in rule.needs() {
                if asked_by.len() <= id.place() {
                    asked_by.resize(id.place() + 1, Vec::new());
                }
                asked_by[id.place()].push(place);
            }
        }
        Self {
            rules,
            phrases,
            asked_by,
            always,
        }
    }

    /// Why a server refused, whose matter it is and what to do. `stage` is what it was asked, where
    /// that is known; `provider` its name, or the provider's, and may be empty.
    #[must_use]
    pub fn judge(&self, reply: &Reply, stage: Option<Stage>, provider: &str) -> Judgement {
        if reply.is_positive() {
            return judgement(Reason::Unknown, reply);
        }
        let reason = match self.rule_for(reply, stage, provider) {
            Some(place) => self.rules[place].reason,
            None => Reason::Unknown,
        };
        judgement(reason, reply)
    }

    /// The place of the first rule that fits.
    fn rule_for(&self, reply: &Reply, stage: Option<Stage>, provider: &str) -> Option<usize> {
        let plain = Plain::of(&reply.text);
        let found = self.phrases.find(&plain.words);
        let provider = provider.to_lowercase();
        let seen = Seen {
            code: reply.code,
            enhanced: reply.enhanced.or(plain.enhanced),
            plain: &plain,
            found: &found,
            stage,
            provider: &provider,
        };
        let mut open = self.always.clone();
        for phrase in found.all() {
            for rule in self.asked_by.get(phrase).into_iter().flatten() {
                open.set(*rule);
            }
        }
        open.all().find(|place| self.rules[*place].fits(&seen))
    }
}

impl Judge for Classifier {
    fn judge(&self, reply: &Reply, stage: Option<Stage>, provider: &str) -> Judgement {
        Self::judge(self, reply, stage, provider)
    }
}

/// What follows from a reason, with the delay the reply names.
fn judgement(reason: Reason, reply: &Reply) -> Judgement {
    Judgement {
        reason,
        blame: reason.blame(),
        action: reason.action(reply.is_permanent()),
        retry_after: named_delay(&reply.text),
    }
}

#[cfg(test)]
mod tests;
