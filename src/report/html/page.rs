//! The page of one campaign.

use super::escape::Esc;
use super::figures::figures;
use super::list::Listing;
use super::{sections, todo};
use crate::model::{RunState, Timestamp};
use crate::progress::words;
use crate::report::digest::Digest;
use crate::report::{CameBack, FurtherRun};
use std::io;
use std::time::Duration;

/// What is known of a campaign besides its rows.
#[derive(Debug, Clone, Default)]
pub struct PageFacts {
    /// The campaign's name.
    pub campaign: String,
    /// Its subject, a template, where its folder is still there.
    pub subject: Option<String>,
    /// Whom it is from, where its folder is still there.
    pub from: Option<String>,
    /// How its latest run stands.
    pub state: Option<RunState>,
    /// Whether it is the sandbox's run.
    pub sandbox: bool,
    /// When the page is made.
    pub made: Timestamp,
    /// Rows of the list that named an address again and were left out.
    pub duplicates: u64,
    /// Messages that were sent again because it was in doubt whether they had arrived.
    pub resent_in_doubt: u64,
    /// What came back after messages had been taken.
    pub came_back: CameBack,
    /// The campaign's further runs.
    pub runs: Vec<FurtherRun>,
}

/// Writes the page.
///
/// # Errors
/// Where it cannot be written.
pub fn write_page(
    digest: &Digest,
    facts: &PageFacts,
    listing: Option<&Listing>,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let title = format!("{}: campaign report", facts.campaign);
    out.write_all(head(&title).as_bytes())?;
    out.write_all(header(digest, facts).as_bytes())?;
    out.write_all(b"<main>\n")?;
    for part in [
        figures(digest, facts),
        sections::outcomes(digest),
        sections::over_time(digest),
        sections::destinations(digest),
        sections::reasons(digest),
        todo::what_to_do(digest, facts),
        todo::in_doubt(digest, facts),
        sections::runs(&facts.runs),
    ] {
        out.write_all(part.as_bytes())?;
    }
    if let Some(listing) = listing {
        listing.write(out)?;
    }
    out.write_all(b"</main>\n")?;
    out.write_all(footer(facts.made).as_bytes())
}

/// Everything before the body's content.
pub(super) fn head(title: &str) -> String {
    const POLICY: &str =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        Esc(title),
        include_str!("style.css")
    )
}

fn header(digest: &Digest, facts: &PageFacts) -> String {
    let mut lines = String::new();
    if let Some(subject) = &facts.subject {
        lines.push_str(&format!(
            "<p class=\"lead\"><bdi>{}</bdi></p>\n",
            Esc(subject)
        ));
    }
    let mut told: Vec<String> = Vec::new();
    if let Some(from) = &facts.from {
        told.push(format!("from <bdi>{}</bdi>", Esc(from)));
    }
    told.extend(facts.state.map(|state| words::run(state).to_owned()));
    if let (Some(first), Some(last)) = (digest.first, digest.last) {
        told.push(times(first, last));
    }
    if facts.sandbox {
        told.push("in the sandbox: no real mail".to_owned());
    }
    format!(
        "<header>\n<p class=\"eyebrow\">Campaign report</p>\n<h1><bdi>{}</bdi></h1>\n{lines}\
         <p class=\"soft\">{}</p>\n</header>\n",
        Esc(&facts.campaign),
        told.join(" · ")
    )
}

/// From the first attempt to the last.
fn times(first: Timestamp, last: Timestamp) -> String {
    let took = last.since(first);
    if took < Duration::from_secs(1) {
        return format!("attempts at {}", clock(first));
    }
    let (first, last) = (clock(first), clock(last));
    // The day is not said twice.
    let shorter = last.get(11..).filter(|_| first.get(..10) == last.get(..10));
    format!(
        "attempts from {} to {} ({})",
        first.trim_end_matches(" UTC"),
        shorter.unwrap_or(&last),
        words::duration(took)
    )
}

/// A time for readers: `2026-11-22 07:05:30 UTC`.
pub(super) fn clock(at: Timestamp) -> String {
    words::time(at).replace('T', " ").replace('Z', " UTC")
}

/// Everything behind the body's content.
pub(super) fn footer(made: Timestamp) -> String {
    format!(
        "<footer>\n<p>Shares are of all recipients unless it says otherwise. Delivered means that the \
         receiving server took the message; whether it reached the inbox, no server tells.</p>\n\
         <p>Made {} by Hikyaku {}.</p>\n</footer>\n</body>\n</html>\n",
        clock(made),
        env!("CARGO_PKG_VERSION")
    )
}

/// A share in percent; what is there is never shown as nothing, and what is missing never as all.
pub(super) fn share(count: u64, total: u64) -> String {
    let percent = 100.0 * count as f64 / total.max(1) as f64;
    match percent {
        p if p > 0.0 && p < 0.05 => "&lt;0.1 %".to_owned(),
        p if (99.95..100.0).contains(&p) => "&gt;99.9 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}
