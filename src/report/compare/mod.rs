//! Campaigns side by side: what is compared, and which differences mean something.

mod measure;
mod significance;
mod write;

pub use measure::{Compared, Comparison};
pub(super) use measure::{Line, Value};
pub use write::{comparison_csv, comparison_json, write_comparison_table};
pub(super) use write::{difference, shown};

/// How a difference is judged, in one line.
pub(super) const JUDGED: &str = "* differs from the first campaign beyond chance: two-proportion \
     z-test, p < 0.01, at least 5 cases expected on each side";
