//! Reads what the program says of itself: `status --json` and `report --format json`.

use super::program;
use serde_json::Value;
use std::path::Path;

/// The columns of the per-recipient report, in order. An interface: written out here so that a
/// change of the program's own list does not pass unseen.
pub(crate) const COLUMNS: &str = "email,domain,destination,state,reason,blame,stage,code,enhanced,\
diagnostic,attempts,first_attempt,last_attempt,next_attempt,mx,remote_ip,source_ip,tls,message_id";

/// `status CAMPAIGN --json`.
pub(crate) struct Status(pub(crate) Value);

impl Status {
    /// Asks for it.
    pub(crate) fn of(workspace: &Path, campaign: &str) -> Self {
        let ended = program::run(workspace, &["status", campaign, "--json"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        Self(serde_json::from_str(&ended.stdout).unwrap())
    }

    /// A number by its name: a state's count, `total` or `resent_in_doubt`.
    pub(crate) fn count(&self, name: &str) -> u64 {
        let found = self.0.get(name).or_else(|| self.0["counts"].get(name));
        let number = found.and_then(Value::as_u64);
        number.unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }
}

/// Every row of the report, as JSON objects.
pub(crate) fn rows(workspace: &Path, campaign: &str) -> Vec<Value> {
    let ended = program::run(workspace, &["report", campaign, "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    match serde_json::from_str(&ended.stdout) {
        Ok(Value::Array(rows)) => rows,
        _ => ended
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    }
}

/// The report as CSV.
pub(crate) fn csv(workspace: &Path, campaign: &str) -> String {
    let ended = program::run(workspace, &["report", campaign, "--format", "csv"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

/// The characters of a text that are more than text to a terminal: C0 and C1 but line ends and
/// tabs, and the marks that turn the direction of what follows.
pub(crate) fn raw_controls(text: &str) -> Vec<char> {
    let control = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| control(c) || turns(c)).collect()
}
