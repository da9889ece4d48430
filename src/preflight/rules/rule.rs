//! What there is to know of a rule.

use crate::model::{Scope, Severity};
use crate::preflight::Receiver;

/// A rule: what it finds wrong, who says so, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name, one of [`crate::model::CHECK_RULES`].
    pub name: &'static str,
    /// How bad it is. An error of receivers that no recipient is with counts as a warning.
    pub severity: Severity,
    /// Whose rule it is.
    pub asked_by: AskedBy,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// Where the rule is written.
    pub source: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Who asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy {
    /// The standards of mail: no receiver could take or read the message otherwise.
    Everybody,
    /// Every receiver that looks the sender up.
    AnyReceiver,
    /// These receivers.
    Receivers(&'static [Receiver]),
    /// A law.
    Law,
    /// Good practice.
    Nobody,
}

impl Rule {
    /// Whose rule it is, as findings have it.
    pub(in crate::preflight) const fn scope(&self) -> Scope {
        match self.asked_by {
            AskedBy::Everybody => Scope::Letter,
            AskedBy::AnyReceiver => Scope::Sender,
            AskedBy::Receivers(_) => Scope::Receivers,
            AskedBy::Law => Scope::Law,
            AskedBy::Nobody => Scope::Advice,
        }
    }

    /// The receivers that ask for it.
    pub(in crate::preflight) const fn receivers(&self) -> &'static [Receiver] {
        match self.asked_by {
            AskedBy::Receivers(receivers) => receivers,
            _ => &[],
        }
    }
}

/// Names rules and lists them: `NAME = "name", severity, asked by, summary, source, remedy;`.
macro_rules! rules {
    ($($name:ident = $word:literal, $severity:ident, $by:expr, $summary:literal, $source:expr, $remedy:literal;)*) => {
        $(pub(in crate::preflight) const $name: Rule = Rule {
            name: $word,
            severity: Severity::$severity,
            asked_by: $by,
            summary: $summary,
            source: $source,
            remedy: $remedy,
        };)*
        /// The rules of this file, in the order in which they are reported.
        pub(super) const ALL: &[&Rule] = &[$(&$name),*];
    };
}

pub(super) use rules;
