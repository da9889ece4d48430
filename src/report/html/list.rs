//! Recipients one by one, as far as a page can hold them.

use super::escape::Esc;
use crate::model::ReportRow;
use crate::progress::words;
use std::io;

/// Recipients that a page holds at most.
const MOST: usize = 10_000;
/// Octets of an answer that are shown.
const WORDS: usize = 300;

/// The recipients that were asked for.
#[derive(Debug, Default)]
pub struct Listing {
    rows: Vec<String>,
    all: u64,
}

impl Listing {
    /// Takes a recipient in: all are counted, and the first 10,000 shown.
    pub fn add(&mut self, row: &ReportRow) {
        self.all += 1;
        if self.rows.len() < MOST {
            self.rows.push(line(row));
        }
    }

    /// Writes the part of the page.
    pub(super) fn write(&self, out: &mut impl io::Write) -> io::Result<()> {
        let (shown, all) = (self.rows.len() as u64, self.all);
        let told = match all > shown {
            true => format!(
                "The first {} of {}; CSV has all of them.",
                words::count(shown),
                words::count(all)
            ),
            false => format!("All {} that were asked for.", words::count(all)),
        };
        write!(
            out,
            "<section class=\"list\">\n<h2>Recipients</h2>\n<p class=\"note\">{told}</p>\n\
             <table class=\"fold\"><thead><tr><th scope=\"col\">Address</th><th \
             scope=\"col\">State</th><th scope=\"col\">Reason</th><th scope=\"col\" \
             class=\"n\">Attempts</th><th scope=\"col\">The server’s words</th></tr></thead>\n<tbody>\n"
        )?;
        for row in &self.rows {
            out.write_all(row.as_bytes())?;
        }
        out.write_all(b"</tbody></table>\n</section>\n")
    }
}

fn line(row: &ReportRow) -> String {
    use crate::progress::text::clip;
    let code = row.code.map_or_else(String::new, |code| format!("{code} "));
    format!(
        "<tr><th scope=\"row\"><bdi>{}</bdi></th><td><span class=\"swatch {}\"></span>{}</td>\
         <td>{}</td><td class=\"n\" data-of=\"attempts\">{}</td><td class=\"why\"><bdi>{}{}</bdi></td></tr>\n",
        Esc(clip(&row.email, 320)),
        row.state,
        words::state(row.state),
        row.reason.map_or("", words::reason),
        row.attempts,
        code,
        Esc(clip(&row.diagnostic, WORDS))
    )
}
