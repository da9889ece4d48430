//! What a preflight found, for people and for programs.

use crate::model::{Detail, Finding, Severity};
use crate::progress::{text, words};
use serde::Serialize;
use std::io::{self, Write};

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
        errors: count(report, Severity::Error),
        warnings: count(report, Severity::Warning),
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

/// Writes findings, shares and sizes for people, no wider than `columns`.
///
/// # Errors
/// Where it cannot be written.
pub fn write_check(
    report: &CheckReport<'_>,
    out: &mut impl Write,
    columns: usize,
    colour: bool,
) -> io::Result<()> {
    let page = Page {
        columns: columns.clamp(40, 120),
        colour,
    };
    for finding in report.findings {
        page.finding(finding, out)?;
        writeln!(out)?;
    }
    page.tail(report, out)
}

/// Writes the findings that stop a run, in few lines each.
///
/// # Errors
/// Where they cannot be written.
pub fn write_stopping<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    out: &mut impl Write,
    columns: usize,
    colour: bool,
) -> io::Result<()> {
    let page = Page {
        columns: columns.clamp(40, 120),
        colour,
    };
    findings
        .into_iter()
        .try_for_each(|finding| page.finding(finding, out))
}

/// How wide, and whether in colour.
struct Page {
    columns: usize,
    colour: bool,
}

impl Page {
    fn finding(&self, finding: &Finding, out: &mut impl Write) -> io::Result<()> {
        let word = match finding.severity {
            Severity::Error => self.painted("error", "1;31"),
            Severity::Warning => self.painted("warning", "33"),
            Severity::Notice => self.painted("notice", "36"),
        };
        writeln!(out, "{word} [{}]", finding.rule)?;
        self.wrapped(
            "  ",
            &format!("{}{}", finding.summary, extent(finding)),
            out,
        )?;
        for detail in &finding.details {
            self.wrapped("    ", &told(detail), out)?;
        }
        if finding.omitted > 0 {
            self.wrapped(
                "    ",
                &format!("… and {} more", words::count(finding.omitted)),
                out,
            )?;
        }
        let label = if finding.receivers.is_empty() {
            "  source: "
        } else {
            "  asked by: "
        };
        self.wrapped(label, &asked_by(finding), out)?;
        self.wrapped("  do: ", finding.remedy, out)
    }

    fn tail(&self, report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
        let Recipients {
            rows,
            valid,
            invalid,
            duplicates,
            suppressed,
            ..
        } = report.recipients;
        let c = words::count;
        let mut line = format!(
            "{}: {} rows, {} recipients",
            text::clean(report.campaign),
            c(rows),
            c(valid)
        );
        for (count, what) in [
            (invalid, "invalid"),
            (duplicates, "duplicates"),
            (suppressed, "suppressed"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {} {what}", c(count)));
            }
        }
        self.wrapped("", &line, out)?;
        if !report.destinations.is_empty() {
            self.wrapped("to: ", &shares(report), out)?;
        }
        if let Some((smallest, average, largest)) = report.sizes.letter {
            let sizes = [smallest, average, largest].map(octets);
            let mut line = format!(
                "{} smallest, {} average, {} largest",
                sizes[0], sizes[1], sizes[2]
            );
            if let Some((_, largest)) = report.sizes.message {
                line.push_str(&format!("; largest message {}", octets(largest)));
            }
            self.wrapped("letters: ", &line, out)?;
        }
        let read = words::count(report.sizes.samples);
        let made = words::count(report.recipients.rendered);
        let dns = if report.asked_dns {
            ""
        } else {
            "; DNS was not asked"
        };
        self.wrapped(
            "checked: ",
            &format!("{made} letters made, {read} of them read closely{dns}"),
            out,
        )?;
        let (errors, warnings) = (
            count(report, Severity::Error),
            count(report, Severity::Warning),
        );
        let many =
            |count: usize, what| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let verdict = format!("{}, {}", many(errors, "error"), many(warnings, "warning"));
        let code = match (errors, warnings) {
            (0, 0) => "32",
            (0, _) => "33",
            _ => "1;31",
        };
        writeln!(out, "{}", self.painted(&verdict, code))
    }

    /// A text in lines that fit, the later ones indented as far as the first.
    fn wrapped(&self, before: &str, line: &str, out: &mut impl Write) -> io::Result<()> {
        let indent = before.len();
        for (place, line) in text::wrap(line, self.columns - indent).iter().enumerate() {
            match place {
                0 => writeln!(out, "{before}{line}")?,
                _ => writeln!(out, "{:indent$}{line}", "")?,
            }
        }
        Ok(())
    }

    fn painted(&self, word: &str, code: &str) -> String {
        match self.colour {
            true => format!("\x1b[{code}m{word}\x1b[0m"),
            false => word.to_owned(),
        }
    }
}

/// In how many letters, and for how many recipients it matters.
fn extent(finding: &Finding) -> String {
    let c = words::count;
    match finding.among {
        Some(all) if finding.count < all => format!(" ({} of {})", c(finding.count), c(all)),
        Some(_) => format!(" (all {})", c(finding.count)),
        None => String::new(),
    }
}

fn told(detail: &Detail) -> String {
    let examples: Vec<String> = (detail.examples.iter())
        .map(|example| format!("row {} {}", example.row, example.recipient))
        .collect();
    let more = (detail.count > detail.examples.len() as u64)
        .then_some(", …")
        .unwrap_or_default();
    match examples.is_empty() {
        true => detail.text.clone(),
        false if detail.count == 1 => format!("{} ({})", detail.text, examples[0]),
        false => format!(
            "{}, {} times ({}{more})",
            detail.text,
            words::count(detail.count),
            examples.join(", ")
        ),
    }
}

fn asked_by(finding: &Finding) -> String {
    if finding.receivers.is_empty() {
        return finding.source.to_owned();
    }
    let concerned = finding
        .concerns
        .map_or_else(String::new, |count| match count {
            0 => " (no recipient of this list is there)".to_owned(),
            count => format!(" ({} recipients of this list)", words::count(count)),
        });
    format!(
        "{}{concerned}: {}",
        finding.receivers.join(", "),
        finding.source
    )
}

fn shares(report: &CheckReport<'_>) -> String {
    let all: u64 = report.destinations.iter().map(|(_, count)| count).sum();
    let share = |(name, count): &(String, u64)| {
        format!(
            "{name} {} ({:.1} %)",
            words::count(*count),
            *count as f64 * 100.0 / all.max(1) as f64
        )
    };
    let mut told: Vec<String> = report.destinations.iter().take(FEW).map(share).collect();
    let others = report.destinations.get(FEW..).unwrap_or_default();
    if !others.is_empty() {
        let rest: u64 = others.iter().map(|(_, count)| count).sum();
        told.push(share(&(
            format!("{} others", words::count(others.len() as u64)),
            rest,
        )));
    }
    told.join(", ")
}

fn octets(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} octets"),
        1_000..1_000_000 => format!("{:.1} KB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

fn count(report: &CheckReport<'_>, severity: Severity) -> usize {
    report
        .findings
        .iter()
        .filter(|finding| finding.severity == severity)
        .count()
}

/// Destinations told to people.
const FEW: usize = 8;
/// Destinations told to programs.
const MANY: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Example, Scope};

    fn findings() -> Vec<Finding> {
        let error = Finding {
            rule: "dmarc-missing",
            severity: Severity::Error,
            summary: "the domain of From has no DMARC record",
            count: 1,
            among: None,
            details: vec![Detail {
                text: "_dmarc.example.com".into(),
                count: 1,
                examples: Vec::new(),
            }],
            omitted: 0,
            receivers: vec!["Gmail", "Yahoo/AOL"],
            concerns: Some(12_345),
            source: "the bulk sender rules",
            remedy: "publish \"v=DMARC1; p=none; rua=mailto:…\" at _dmarc of the domain",
            scope: Scope::Receivers,
        };
        let example = |row| Example {
            row,
            recipient: format!("r{row}@\x1b[2J例え.jp"),
        };
        let warning = Finding {
            rule: "placeholder-left",
            severity: Severity::Warning,
            summary: "the letter holds a placeholder",
            count: 90,
            among: Some(100),
            details: vec![
                Detail {
                    text: "%FIRSTNAME%".into(),
                    count: 80,
                    examples: vec![example(1), example(2), example(3)],
                },
                Detail {
                    text: "*|FNAME|*".into(),
                    count: 1,
                    examples: vec![example(9)],
                },
            ],
            omitted: 9,
            receivers: Vec::new(),
            concerns: Some(90),
            source: "readers see it",
            remedy: "write the variable as {{ column }}",
            scope: Scope::Advice,
        };
        vec![error, warning]
    }

    fn shown(columns: usize) -> String {
        let (mut out, findings) = (Vec::new(), findings());
        let destinations: Vec<_> = (1..=11)
            .rev()
            .map(|n| (format!("d{n}.example"), n * 100))
            .collect();
        write_check(&report(&findings, &destinations), &mut out, columns, false).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn report<'a>(findings: &'a [Finding], destinations: &'a [(String, u64)]) -> CheckReport<'a> {
        CheckReport {
            campaign: "spring",
            recipients: Recipients {
                rows: 6700,
                valid: 6600,
                invalid: 60,
                duplicates: 40,
                suppressed: 0,
                rendered: 6600,
            },
            findings,
            destinations,
            sizes: Sizes {
                letter: Some((900, 3_100, 120_000)),
                message: Some((1_000, 1_230_000)),
                samples: 204,
            },
            asked_dns: false,
        }
    }

    #[test]
    fn for_people() {
        insta::assert_snapshot!(shown(80));
    }

    #[test]
    fn it_fits_and_is_harmless() {
        for columns in 40..120 {
            for line in shown(columns).lines() {
                assert!(text::width(line) <= columns, "{columns}: {line}");
                assert!(!line.contains('\x1b'), "{line:?}");
            }
        }
    }

    #[test]
    fn for_programs() {
        let findings = findings();
        let json = check_json(&report(&findings, &[("a.example".into(), 3)])).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&value["v"], &value["errors"], &value["warnings"]),
            (&1.into(), &1.into(), &1.into())
        );
        assert_eq!(value["findings"][0]["rule"], "dmarc-missing");
        assert_eq!(value["findings"][0]["severity"], "error");
        assert_eq!(value["findings"][1]["details"][0]["examples"][0]["row"], 1);
        assert_eq!(value["destinations"][0]["recipients"], 3);
        assert_eq!(value["sizes"]["largest_message"], 1_230_000);
        assert!(!json.contains('\n'));
    }
}
