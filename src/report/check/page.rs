//! A preflight for people: findings, then shares and sizes, wrapped to the screen.

use super::facts::{CheckReport, Recipients};
use crate::model::{Detail, Finding, Severity};
use crate::progress::{text, words};
use std::io::{self, Write};

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
            report.count(Severity::Error),
            report.count(Severity::Warning),
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
    let hidden = detail.count > detail.examples.len() as u64;
    let more = if hidden { ", …" } else { "" };
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

/// Destinations told to people.
const FEW: usize = 8;
