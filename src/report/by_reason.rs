//! One line for each reason: how many, whose matter it is, what to do.

use super::csv::guarded;
use super::digest::{self, Digest, ReasonSum};
use crate::model::{Action, Reason};
use crate::progress::{text, words};
use serde_json::{Value, json};
use std::io::{self, Write};

/// The columns of the CSV and the keys of the JSON, in this order. `share` is in percent of all
/// recipients, `example` one answer in the server's own words.
const COLUMNS: [&str; 8] = [
    "reason",
    "blame",
    "action",
    "recipients",
    "share",
    "destinations",
    "example",
    "what_to_do",
];

/// Writes a line for each reason and action, the most frequent first.
///
/// # Errors
/// Where it cannot be written.
pub fn reasons_csv(digest: &Digest, out: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for (sum, _) in digest.reasons.ranked() {
        writer.write_record([
            name(sum).to_owned(),
            sum.blame.to_string(),
            action(sum).unwrap_or("").to_owned(),
            sum.recipients.to_string(),
            format!("{:.4}", share(sum, digest)),
            sum.destinations().to_string(),
            guarded(example(sum)),
            remedy(sum).to_owned(),
        ])?;
    }
    writer.flush()
}

/// Writes a JSON array with an object for each reason and action.
///
/// # Errors
/// Where it cannot be written.
pub fn reasons_json(digest: &Digest, out: &mut impl Write) -> io::Result<()> {
    let reasons: Vec<Value> = digest
        .reasons
        .ranked()
        .into_iter()
        .map(|(sum, _)| {
            let reason = sum.reason.map(Reason::as_str);
            json!({
                "reason": reason,
                "blame": sum.blame.as_str(),
                "action": action(sum),
                "recipients": sum.recipients,
                "share": share(sum, digest),
                "destinations": sum.destinations(),
                "example": text::escape(example(sum)),
                "what_to_do": remedy(sum),
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &reasons)?;
    writeln!(out)
}

/// Writes two or three lines for each reason and action, for a screen of `columns`.
///
/// # Errors
/// Where it cannot be written.
pub fn reasons_table(digest: &Digest, out: &mut impl Write, columns: usize) -> io::Result<()> {
    let columns = columns.max(20);
    let ranked = digest.reasons.ranked();
    if ranked.is_empty() {
        return writeln!(out, "nobody was refused");
    }
    let head = format!(
        "{:>12} {:>7}  {:<23}{:<11}{:<10}{:>12}",
        "recipients", "share", "reason", "blame", "action", "destinations"
    );
    writeln!(out, "{}", text::cut(head.trim_end(), columns))?;
    for (sum, _) in ranked {
        let line = format!(
            "{:>12} {:>5.1} %  {:<23}{:<11}{:<10}{:>12}",
            words::count(sum.recipients),
            share(sum, digest),
            sum.reason.map_or("no reason given", words::reason),
            sum.blame.as_str(),
            action(sum).unwrap_or("decide"),
            words::count(sum.destinations() as u64)
        );
        writeln!(out, "{}", text::cut(line.trim_end(), columns))?;
        for more in [remedy(sum), example(sum)] {
            if !more.is_empty() {
                let more = text::cell(more, columns.saturating_sub(22));
                writeln!(out, "{:22}{more}", "")?;
            }
        }
    }
    Ok(())
}

fn name(sum: &ReasonSum) -> &'static str {
    sum.reason.map_or("", |reason| reason.as_str())
}

fn action(sum: &ReasonSum) -> Option<&'static str> {
    sum.action.map(Action::as_str)
}

fn remedy(sum: &ReasonSum) -> &'static str {
    match (sum.action, sum.reason) {
        (action @ Some(_), Some(reason)) => digest::remedy(reason, action),
        _ => "decide: it may have arrived, or no reason is known",
    }
}

fn example(sum: &ReasonSum) -> &str {
    sum.examples.first().map_or("", |one| one.words.as_str())
}

fn share(sum: &ReasonSum, digest: &Digest) -> f64 {
    100.0 * sum.recipients as f64 / digest.counts.total().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ReportRow;
    use crate::report::samples;

    fn digest() -> Digest {
        let mut rows = samples::rows();
        rows.push(ReportRow {
            diagnostic: "=HYPERLINK(\"x\")\x1b[2J".to_owned(),
            code: None,
            enhanced: String::new(),
            destination: "other.example".to_owned(),
            ..rows[1].clone()
        });
        Digest::from_rows(rows.into_iter().map(Ok::<_, ()>)).unwrap()
    }

    #[test]
    fn a_line_for_each_reason() {
        let (mut csv, mut json, mut table) = (Vec::new(), Vec::new(), Vec::new());
        reasons_csv(&digest(), &mut csv).unwrap();
        reasons_json(&digest(), &mut json).unwrap();
        reasons_table(&digest(), &mut table, 100).unwrap();
        insta::assert_snapshot!("csv", String::from_utf8(csv).unwrap());
        insta::assert_snapshot!("table", String::from_utf8(table).unwrap());
        let json: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json[0]["recipients"], 2);
        assert_eq!(json[0]["destinations"], 2);
        assert_eq!(json[0]["action"], "suppress");
    }

    #[test]
    fn words_of_strangers_are_no_formulas() {
        let hostile = ReportRow {
            diagnostic: "=HYPERLINK(\"x\")\x1b[2J".to_owned(),
            code: None,
            enhanced: String::new(),
            ..samples::rows().remove(1)
        };
        let digest = Digest::from_rows([Ok::<_, ()>(hostile)]).unwrap();
        let mut out = Vec::new();
        reasons_csv(&digest, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r"\x3dHYPERLINK"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn nothing_is_said_plainly() {
        let mut out = Vec::new();
        reasons_table(&Digest::default(), &mut out, 80).unwrap();
        assert_eq!(out, b"nobody was refused\n");
    }
}
