//! One rule: which replies it is for, and the reason it gives.

use super::phrase::{Found, Lists, PhraseId, Phrases};
use super::text::Plain;
use crate::model::{EnhancedCode, Reason, Stage};
use serde::Deserialize;

/// Why a text holds no rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It is no TOML of the form rules have.
    #[error("the rules cannot be read: {0}")]
    Form(String),
    /// A rule says something that cannot be.
    #[error("rule {number} ({reason}): {what}")]
    Rule {
        /// Counted from 1.
        number: usize,
        /// Its reason.
        reason: String,
        /// What is wrong.
        what: String,
    },
}

/// A rule as the file has it. Conditions that are left out always hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    reason: String,
    /// One of these phrases stands in the text ...
    #[serde(default)]
    any: Vec<String>,
    /// ... and one of these as well ...
    #[serde(default)]
    with: Vec<String>,
    /// ... and none of these.
    #[serde(default)]
    without: Vec<String>,
    /// One of these stands in a link of the text.
    #[serde(default)]
    link: Vec<String>,
    /// `"4"`, `"55"` or `"552"`.
    #[serde(default)]
    code: Vec<String>,
    /// `"x.1.1"`, `"5.7.x"`.
    #[serde(default)]
    enhanced: Vec<String>,
    #[serde(default)]
    stage: Vec<String>,
    /// Part of the server's or the provider's name, lower case.
    #[serde(default)]
    provider: Vec<String>,
    /// Only a test reads them.
    #[serde(default, rename = "samples")]
    _samples: serde::de::IgnoredAny,
}

impl Written {
    /// The reason as it was written.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }
}

/// A rule ready for use.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) reason: Reason,
    any: Vec<PhraseId>,
    with: Vec<PhraseId>,
    without: Vec<PhraseId>,
    link: Vec<String>,
    code: Vec<String>,
    enhanced: Vec<EnhancedPattern>,
    stage: Vec<Stage>,
    provider: Vec<String>,
}

/// What a rule looks at.
pub(super) struct Seen<'a> {
    pub(super) code: u16,
    pub(super) enhanced: Option<EnhancedCode>,
    pub(super) plain: &'a Plain,
    pub(super) found: &'a Found,
    pub(super) stage: Option<Stage>,
    /// Lower case.
    pub(super) provider: &'a str,
}

impl Rule {
    pub(super) fn compile(
        written: &Written,
        phrases: &mut Phrases,
        lists: &Lists,
    ) -> Result<Self, String> {
        let mut intern = |texts: &[String]| -> Result<Vec<PhraseId>, String> {
            texts
                .iter()
                .map(|text| phrases.intern(text, lists))
                .collect()
        };
        Ok(Self {
            reason: written.reason.parse()?,
            any: intern(&written.any)?,
            with: intern(&written.with)?,
            without: intern(&written.without)?,
            link: written.link.clone(),
            code: written.code.clone(),
            enhanced: read_all(&written.enhanced, EnhancedPattern::read)?,
            stage: read_all(&written.stage, |text| text.parse().ok())?,
            provider: written.provider.clone(),
        })
    }

    /// The phrases of which one must stand in the text; empty where any text will do.
    pub(super) fn needs(&self) -> &[PhraseId] {
        &self.any
    }

    /// Whether every condition holds.
    pub(super) fn fits(&self, seen: &Seen<'_>) -> bool {
        let code = |start: &String| {
            let text = [
                b'0' + digit(seen.code / 100),
                b'0' + digit(seen.code / 10),
                b'0' + digit(seen.code),
            ];
            text.starts_with(start.as_bytes())
        };
        one(&self.any, |id| seen.found.holds(*id))
            && one(&self.with, |id| seen.found.holds(*id))
            && !self.without.iter().any(|id| seen.found.holds(*id))
            && one(&self.code, code)
            && one(&self.enhanced, |pattern| {
                seen.enhanced.is_some_and(|code| pattern.fits(code))
            })
            && one(&self.stage, |stage| seen.stage == Some(*stage))
            && one(&self.provider, |name| seen.provider.contains(name.as_str()))
            && (self.link.is_empty() || self.links_to_one(&seen.plain.links))
    }

    fn links_to_one(&self, links: &str) -> bool {
        !links.is_empty() && self.link.iter().any(|text| links.contains(text.as_str()))
    }
}

/// The last digit of a number.
fn digit(number: u16) -> u8 {
    u8::try_from(number % 10).unwrap_or(0)
}

/// A condition that was left out holds; otherwise one of its alternatives must.
fn one<T>(alternatives: &[T], holds: impl Fn(&T) -> bool) -> bool {
    alternatives.is_empty() || alternatives.iter().any(holds)
}

fn read_all<T>(texts: &[String], read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    texts
        .iter()
        .map(|text| read(text).ok_or_else(|| format!("{text:?} cannot be read")))
        .collect()
}

/// An enhanced code whose parts may be `x`, anything.
#[derive(Debug)]
struct EnhancedPattern([Option<u16>; 3]);

impl EnhancedPattern {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| match part {
            "x" => Some(None),
            number => number.parse().ok().map(Some),
        });
        let pattern = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self(pattern))
    }

    fn fits(&self, code: EnhancedCode) -> bool {
        let parts = [u16::from(code.class), code.subject, code.detail];
        self.0
            .iter()
            .zip(parts)
            .all(|(want, part)| want.is_none_or(|want| want == part))
    }
}
