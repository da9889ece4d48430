//! One line of the per-recipient report.

use super::{Blame, Reason, Stage, State, Timestamp};

/// A recipient as reports show it. The fields stand in the order of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// The address, or the text of the list where it is none.
    pub email: String,
    /// Its domain; empty where there is none.
    pub domain: String,
    /// The MX group's name; empty before it was resolved.
    pub destination: String,
    /// Where it stands.
    pub state: State,
    /// Why it was not delivered.
    pub reason: Option<Reason>,
    /// Whose matter that is.
    pub blame: Blame,
    /// Where it was decided.
    pub stage: Option<Stage>,
    /// The server's code.
    pub code: Option<u16>,
    /// The server's enhanced code.
    pub enhanced: String,
    /// The server's own words; control characters are still in it.
    pub diagnostic: String,
    /// Attempts that have ended.
    pub attempts: u32,
    /// When the first was made.
    pub first_attempt: Option<Timestamp>,
    /// When the last was made.
    pub last_attempt: Option<Timestamp>,
    /// When the next is due.
    pub next_attempt: Option<Timestamp>,
    /// The mail server of the last attempt.
    pub mx: String,
    /// Its address.
    pub remote_ip: String,
    /// Ours.
    pub source_ip: String,
    /// How that connection was encrypted; empty for plain text.
    pub tls: String,
    /// The message's ID without angle brackets.
    pub message_id: String,
}

impl ReportRow {
    /// The columns' names: CSV header and JSON keys, in this order. An interface.
    pub const COLUMNS: [&'static str; 19] = [
        "email",
        "domain",
        "destination",
        "state",
        "reason",
        "blame",
        "stage",
        "code",
        "enhanced",
        "diagnostic",
        "attempts",
        "first_attempt",
        "last_attempt",
        "next_attempt",
        "mx",
        "remote_ip",
        "source_ip",
        "tls",
        "message_id",
    ];
}
