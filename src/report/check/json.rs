//! A preflight for programs.

use super::facts::{CheckReport, Recipients};
use crate::model::{Finding, Severity};
use serde::Serialize;

#[derive(Serialize)]
struct Flat<'a> {
    v: u8,
    campaign: &'a str,
    recipients: Recipients,
    errors: usize,
    warnings: usize,
    findings: &'a [Finding],
    destinations: Vec<Share<'a>>,
    other_destinations: OtherShares,
    sizes: FlatSizes,
    dns: bool,
}

#[derive(Serialize)]
struct Share<'a> {
    name: &'a str,
    recipients: u64,
}

#[derive(Serialize)]
struct OtherShares {
    count: usize,
    recipients: u64,
}

#[derive(Serialize)]
struct FlatSizes {
    smallest: Option<u64>,
    average: Option<u64>,
    largest: Option<u64>,
    smallest_message: Option<u64>,
    largest_message: Option<u64>,
    samples: u64,
}

/// One line of JSON without the line end: `v`, `campaign`, `recipients`, `errors`, `warnings`,
/// `findings`, `destinations` (the largest hundred), `other_destinations`, `sizes` (octets of
/// bodies, and of messages of the `samples` read closely), `dns` (whether it was asked).
///
/// # Errors
/// Never in fact: every key is a string and every value a number, a text or `null`.
pub fn check_json(report: &CheckReport<'_>) -> serde_json::Result<String> {
    let (told, others) = report
        .destinations
        .split_at(report.destinations.len().min(MANY));
    let sizes = report.sizes;
    serde_json::to_string(&Flat {
        v: 1,
        campaign: report.campaign,
        recipients: report.recipients,
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        findings: report.findings,
        destinations: told
            .iter()
            .map(|(name, recipients)| Share {
                name,
                recipients: *recipients,
            })
            .collect(),
        other_destinations: OtherShares {
            count: others.len(),
            recipients: others.iter().map(|(_, recipients)| recipients).sum(),
        },
        sizes: FlatSizes {
            smallest: sizes.letter.map(|(smallest, _, _)| smallest),
            average: sizes.letter.map(|(_, average, _)| average),
            largest: sizes.letter.map(|(_, _, largest)| largest),
            smallest_message: sizes.message.map(|(smallest, _)| smallest),
            largest_message: sizes.message.map(|(_, largest)| largest),
            samples: sizes.samples,
        },
        dns: report.asked_dns,
    })
}

/// Destinations told to programs.
const MANY: usize = 100;
