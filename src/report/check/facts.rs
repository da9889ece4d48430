//! What there is to tell of a preflight.

use crate::model::{Finding, Severity};
use serde::Serialize;

/// A preflight's outcome.
#[derive(Debug, Clone, Copy)]
pub struct CheckReport<'a> {
    /// The campaign's name.
    pub campaign: &'a str,
    /// What the list's rows are.
    pub recipients: Recipients,
    /// What was found, in the order in which it is told.
    pub findings: &'a [Finding],
    /// Providers and domains with their recipients, the most first.
    pub destinations: &'a [(String, u64)],
    /// How large the letters are.
    pub sizes: Sizes,
    /// Whether DNS was asked.
    pub asked_dns: bool,
}

/// Rows of a list by what becomes of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Recipients {
    /// All of them.
    pub rows: u64,
    /// Recipients that would get a letter.
    pub valid: u64,
    /// Rows without a usable address.
    pub invalid: u64,
    /// Rows that name an address again.
    pub duplicates: u64,
    /// Recipients that are suppressed.
    pub suppressed: u64,
    /// Recipients whose letter could be made.
    pub rendered: u64,
}

/// Sizes in octets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The bodies of the smallest letter, of an average one, and of the largest.
    pub letter: Option<(u64, u64, u64)>,
    /// The smallest and the largest message on the wire, of the letters read closely.
    pub message: Option<(u64, u64)>,
    /// Letters that were read closely.
    pub samples: u64,
}

impl CheckReport<'_> {
    /// How many findings there are of a severity.
    pub(super) fn count(&self, severity: Severity) -> usize {
        let of = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(of).count()
    }
}
