//! The program as scripts use it: exit codes, reports, the stream of events.

#![cfg(test)]

mod support;

use serde_json::Value;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Running, hikyaku, run};
use support::report::{COLUMNS, Status, csv, raw_controls, rows};
use support::workspace::{CAMPAIGN, Workspace};

const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

#[test]
fn the_report_has_exactly_its_columns() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(10);
    assert_eq!(run(workspace.path(), &SEND).code, Some(0));
    let csv = csv(workspace.path(), CAMPAIGN);
    assert_eq!(csv.lines().next(), Some(COLUMNS));
    assert_eq!(csv.lines().count(), 11);
    let json = run(workspace.path(), &["report", CAMPAIGN, "--format", "json"]).stdout;
    let mut at = 0;
    for column in COLUMNS.split(',') {
        let found = json[at..].find(&format!("\"{column}\":"));
        at += found.unwrap_or_else(|| panic!("{column} is not in its place: {json}"));
    }
    let keys = rows(workspace.path(), CAMPAIGN)[0]
        .as_object()
        .unwrap()
        .len();
    assert_eq!(keys, COLUMNS.split(',').count());
    let only = ["report", CAMPAIGN, "--only", "bounced", "--format", "csv"];
    assert_eq!(run(workspace.path(), &only).stdout.trim_end(), COLUMNS);
}

#[test]
fn the_event_stream_is_versioned_json_that_ends_in_the_counts() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(40);
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "json", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().all(|line| line["v"] == 1), "{}", ended.stdout);
    let names: Vec<_> = lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    for name in ["loading", "started", "settled", "finished"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    assert_eq!(names.iter().filter(|name| **name == "settled").count(), 40);
    let last = Status(lines.last().unwrap().clone());
    assert_eq!(last.count("delivered"), 40);
}

#[test]
fn exit_codes_tell_usage_from_errors() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(1);
    let cases: [(&[&str], i32); 5] = [
        (&["send"], 2),
        (&["send", CAMPAIGN, "--no-such-flag"], 2),
        (&["send", "no-such-campaign", "--yes"], 1),
        (&["status", "no-such-campaign"], 1),
        (&["send", CAMPAIGN, "--yes", "--set", "delivery.windw=3"], 1),
    ];
    for (arguments, code) in cases {
        let ended = run(workspace.path(), arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        assert!(ended.stdout.is_empty(), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn without_a_terminal_nothing_asks_and_nothing_draws() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(30);
    let ended = run(workspace.path(), &["send", CAMPAIGN]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let shown = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(raw_controls(&shown), [], "{shown:?}");
    assert_eq!(server.count(), 30);
}

/// As in `hikyaku send … --ui json | head -1`: the mail goes out all the same.
#[test]
fn a_reader_of_events_that_leaves_does_not_stop_the_mail() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(300);
    let arguments = ["send", CAMPAIGN, "--ui", "json", "--yes"];
    let mut sending = Running::start(hikyaku(workspace.path(), &arguments));
    sending.wait_for_line("\"event\"");
    assert_eq!(sending.wait_unheard(), Some(0));
    assert_eq!(server.count(), 300);
}
