//! Rows and counts as table, CSV, JSON and a summary in words.
//!
//! Everything streams from an iterator of rows into any writer, so that a report of a million
//! recipients takes no more memory than one of ten. It asks nothing of the store: whoever calls it
//! brings the rows, and whatever error they can have comes back in [`ReportError::Rows`].
//!
//! All text of other people is written through [`escape`](crate::progress::text::escape): control
//! characters stand there as `\r`, `\n` or `\x1b`, in CSV and JSON alike. What CSV does about
//! spreadsheets that take text for formulas is told at [`write_csv`].

mod by_reason;
mod cells;
mod check;
mod compare;
mod csv;
mod digest;
mod error;
mod filter;
mod html;
mod json;
mod plan;
mod status;
mod subscribers;
mod summary;
mod table;

pub use self::csv::write_csv;
pub use by_reason::{reasons_csv, reasons_json, reasons_table};
pub use check::{CheckReport, Recipients, Sizes, check_json, write_check, write_stopping};
pub use compare::{Compared, Comparison, comparison_csv, comparison_json, write_comparison_table};
pub use digest::Digest;
pub use error::ReportError;
pub use filter::RowFilter;
pub use html::{Listing, PageFacts, write_comparison, write_page};
pub use json::write_json;
pub use plan::{Pace, PlanReport, Planned, plan_json, write_plan};
pub use status::{CameBack, FurtherRun, Status, event_json, status_json};
pub use subscribers::{write_subscribers, write_suppressions};
pub use summary::{RunFacts, summary};
pub use table::write_table;

#[cfg(test)]
mod samples;
