//! The comparison as a table, CSV and JSON.

use super::{Comparison, JUDGED, Line, Value};
use crate::progress::{text, words};
use crate::report::csv::guarded;
use serde_json::{Map, Value as Json, json};
use std::io::{self, Write};
use std::time::Duration;

/// Columns of a campaign's values in the table.
const CELL: usize = 24;

impl Line {
    /// What is compared, in words.
    pub(in crate::report) fn title(&self) -> String {
        let reason = self.measure.strip_prefix("failed.");
        match (self.measure.as_str(), reason) {
            (_, Some(reason)) => match reason.parse() {
                Ok(reason) => format!("  {}", words::reason(reason)),
                Err(_) => reason.to_owned(),
            },
            ("destination.delivered", _) => self.destination.clone(),
            ("mailable", _) => "to be mailed".to_owned(),
            ("in_doubt", _) => "in doubt".to_owned(),
            ("complaints" | "unsubscribes", _) => format!("{} of delivered", self.measure),
            ("active", _) => "  with first or last attempts".to_owned(),
            ("rate", _) => "rate in that time".to_owned(),
            (measure, _) => measure.to_owned(),
        }
    }
}

/// A value in words.
pub(in crate::report) fn shown(value: Value) -> String {
    match value {
        Value::Count(count) => words::count(count),
        Value::Share { count, of } => match value.share() {
            Some(share) => format!("{:.2} %", 100.0 * share),
            None if of == 0 && count == 0 => "–".to_owned(),
            None => words::count(count),
        },
        Value::Seconds(seconds) => {
            words::duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
        }
        Value::Rate(rate) => words::rate(rate),
    }
}

/// How a value differs from the first: `+1.20 pp *`; empty where it does not, or it cannot be said.
pub(in crate::report) fn difference(line: &Line, place: usize) -> String {
    let against = |value: &Value| value.against(*line.values.first()?);
    match line
        .values
        .get(place)
        .filter(|_| place > 0)
        .and_then(against)
    {
        Some(found) if found.points.abs() >= 0.005 => {
            let mark = if found.significant { " *" } else { "" };
            format!("{:+.2} pp{mark}", found.points)
        }
        Some(_) | None => String::new(),
    }
}

/// Writes a table for a screen.
///
/// # Errors
/// Where it cannot be written.
pub fn write_comparison_table(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let titles: Vec<_> = comparison.lines.iter().map(Line::title).collect();
    let widest = titles.iter().map(|title| text::width(title)).max();
    let widest = widest.unwrap_or(0).clamp(12, 34);
    let mut head = padded("", widest);
    for name in &comparison.campaigns {
        let name = text::cell(name, CELL - 2);
        let gap = CELL.saturating_sub(text::width(&name));
        head.push_str(&format!("{:gap$}{name}", ""));
    }
    writeln!(out, "{}", head.trim_end())?;
    let mut by_place = false;
    for (line, title) in comparison.lines.iter().zip(&titles) {
        if !line.destination.is_empty() && !by_place {
            by_place = true;
            writeln!(out, "\ndelivered by destination")?;
        }
        let mut row = padded(title, widest);
        for (place, value) in line.values.iter().enumerate() {
            let (value, differs) = (shown(*value), difference(line, place));
            row.push_str(&match place {
                0 => format!("{value:>CELL$}"),
                _ => format!("{value:>12}{differs:>12}"),
            });
        }
        writeln!(out, "{}", row.trim_end())?;
    }
    writeln!(out, "\n{JUDGED}")
}

/// Writes `measure,destination,campaign,value,of,share,difference,significant`: a line for each
/// measure and campaign; shares in percent, differences in percentage points to the first campaign.
///
/// # Errors
/// Where it cannot be written.
pub fn comparison_csv(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record([
        "measure",
        "destination",
        "campaign",
        "value",
        "of",
        "share",
        "difference",
        "significant",
    ])?;
    for line in &comparison.lines {
        for (place, (value, campaign)) in line.values.iter().zip(&comparison.campaigns).enumerate()
        {
            let (number, of) = numbers(*value);
            let share = value.share().map(|share| format!("{:.4}", 100.0 * share));
            let first = line.values.first().filter(|_| place > 0);
            let found = first.and_then(|first| value.against(*first));
            writer.write_record([
                line.measure.clone(),
                guarded(&line.destination),
                guarded(campaign),
                number,
                of,
                share.unwrap_or_default(),
                found.map_or_else(String::new, |one| format!("{:.4}", one.points)),
                found.map_or_else(String::new, |one| one.significant.to_string()),
            ])?;
        }
    }
    writer.flush()
}

/// A text cut to `width` columns, with spaces behind it.
fn padded(word: &str, width: usize) -> String {
    let word = text::cell(word, width);
    let gap = width.saturating_sub(text::width(&word));
    format!("{word}{:gap$}", "")
}

fn numbers(value: Value) -> (String, String) {
    match value {
        Value::Count(count) => (count.to_string(), String::new()),
        Value::Share { count, of } => (count.to_string(), of.to_string()),
        Value::Seconds(number) | Value::Rate(number) => (format!("{number:.3}"), String::new()),
    }
}

/// One object: `campaigns` and `measures`, each with its values in the order of the campaigns.
/// Shares are in percent, differences in percentage points to the first campaign.
///
/// # Errors
/// Where it cannot be written.
pub fn comparison_json(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let names = comparison.campaigns.iter().map(|name| text::escape(name));
    let measures: Vec<Json> = comparison.lines.iter().map(measure).collect();
    let object = json!({
        "v": 1,
        "campaigns": names.collect::<Vec<_>>(),
        "test": JUDGED,
        "measures": measures,
    });
    serde_json::to_writer_pretty(&mut *out, &object)?;
    writeln!(out)
}

fn measure(line: &Line) -> Json {
    let values = line.values.iter().enumerate().map(|(place, value)| {
        let mut object = Map::new();
        match *value {
            Value::Count(count) => object.insert("value".to_owned(), json!(count)),
            Value::Share { count, of } => {
                object.insert("value".to_owned(), json!(count));
                object.insert("of".to_owned(), json!(of));
                object.insert(
                    "share".to_owned(),
                    json!(value.share().map(|share| 100.0 * share)),
                )
            }
            Value::Seconds(number) | Value::Rate(number) => {
                object.insert("value".to_owned(), json!(number))
            }
        };
        let first = line.values.first().filter(|_| place > 0);
        if let Some(found) = first.and_then(|first| value.against(*first)) {
            object.insert("difference".to_owned(), json!(found.points));
            object.insert("significant".to_owned(), json!(found.significant));
        }
        Json::Object(object)
    });
    let values: Vec<_> = values.collect();
    let mut object = Map::new();
    object.insert("measure".to_owned(), json!(line.measure));
    if !line.destination.is_empty() {
        let name = text::escape(&line.destination);
        object.insert("destination".to_owned(), json!(name));
    }
    object.insert("values".to_owned(), json!(values));
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ReportRow, State};
    use crate::report::digest::Digest;
    use crate::report::{CameBack, Compared, samples};

    fn compared() -> Comparison {
        let campaign = |name: &str, delivered: usize, bounced: usize| {
            let gone = samples::rows().remove(1);
            let mut rows = vec![samples::delivered(); delivered];
            rows.extend(vec![gone; bounced]);
            rows.push(ReportRow {
                state: State::Suppressed,
                ..samples::delivered()
            });
            Compared {
                campaign: name.to_owned(),
                digest: Digest::from_rows(rows.into_iter().map(Ok::<_, ()>)).unwrap(),
                came_back: CameBack {
                    complaints: 2,
                    ..CameBack::default()
                },
            }
        };
        let spring = campaign("spring", 950, 50);
        let autumn = campaign("=autumn\x1b[2J", 880, 120);
        Comparison::of(&[spring, autumn, campaign("none", 0, 0)])
    }

    fn written(write: impl Fn(&Comparison, &mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&compared(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn differences_stand_beside_the_values() {
        insta::assert_snapshot!(written(write_comparison_table));
    }

    #[test]
    fn spreadsheets_get_a_line_for_each_value() {
        let text = written(comparison_csv);
        let mut lines = text.lines();
        let bounced = lines.find(|line| line.starts_with("bounced,") && line.contains("autumn"));
        assert_eq!(
            bounced,
            Some("bounced,,\\x3dautumn\\x1b[2J,120,1000,12.0000,7.0000,true")
        );
    }

    #[test]
    fn programs_get_numbers() {
        let text = written(comparison_json);
        let object: Json = serde_json::from_str(&text).unwrap();
        let measures = object["measures"].as_array().unwrap();
        let delivered = measures.iter().find(|one| one["measure"] == "delivered");
        let delivered = &delivered.unwrap()["values"];
        assert_eq!(delivered[0]["share"], 95.0);
        assert_eq!(delivered[1]["significant"], true);
        assert_eq!(delivered[2]["share"], Json::Null);
        assert_eq!(delivered[2].get("difference"), None);
    }
}
