//! The comparison as a page of its own.

use super::escape::Esc;
use super::page::{footer, head};
use super::sections::section;
use crate::model::Timestamp;
use crate::progress::text;
use crate::report::compare::{Comparison, JUDGED, Line, difference, shown};
use std::fmt::Write as _;
use std::io;

/// Columns of a campaign's or a destination's name that a table shows.
const NAME: usize = 60;

/// Writes the page.
///
/// # Errors
/// Where it cannot be written.
pub fn write_comparison(
    comparison: &Comparison,
    made: Timestamp,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let title = comparison.campaigns.join(" and ");
    out.write_all(head(&format!("{title}: comparison")).as_bytes())?;
    write!(
        out,
        "<header>\n<p class=\"eyebrow\">Comparison of campaigns</p>\n<h1><bdi>{}</bdi></h1>\n\
         <p class=\"soft\">Shares of outcomes are of the recipients that were to be mailed; \
         differences are in percentage points to {}.</p>\n</header>\n<main>\n",
        Esc(&title),
        Esc(comparison.campaigns.first().map_or("", String::as_str))
    )?;
    let (places, whole): (Vec<_>, Vec<_>) = comparison
        .lines
        .iter()
        .partition(|line| !line.destination.is_empty());
    out.write_all(part("Outcomes", comparison, &whole).as_bytes())?;
    if !places.is_empty() {
        out.write_all(part("Delivered by destination", comparison, &places).as_bytes())?;
    }
    write!(out, "<p class=\"note\">{}.</p>\n</main>\n", Esc(JUDGED))?;
    out.write_all(footer(made).as_bytes())
}

fn part(title: &str, comparison: &Comparison, lines: &[&Line]) -> String {
    let mut table = String::from("<div class=\"scroll\"><table><thead><tr><td></td>");
    for name in &comparison.campaigns {
        let _ = write!(
            table,
            "<th scope=\"col\" class=\"n\"><bdi>{}</bdi></th>",
            Esc(&text::cut(name, NAME))
        );
    }
    table.push_str("</tr></thead>\n<tbody>\n");
    for line in lines {
        let title = line.title();
        let inner = if title.starts_with(' ') {
            " class=\"soft\""
        } else {
            ""
        };
        let _ = write!(
            table,
            "<tr><th scope=\"row\"{inner}><bdi>{}</bdi></th>",
            Esc(&text::cut(title.trim_start(), NAME))
        );
        for (place, value) in line.values.iter().enumerate() {
            let differs = difference(line, place);
            let class = match differs.ends_with('*') {
                true => "n mark-yes",
                false => "n",
            };
            let _ = write!(
                table,
                "<td class=\"{class}\">{}<small>{}</small></td>",
                Esc(&shown(*value)),
                Esc(&differs)
            );
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody></table></div>\n");
    section("compare whole", title, &table)
}
