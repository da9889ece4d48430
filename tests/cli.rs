//! The program as people and scripts use it: exit codes, signals, steering from another terminal,
//! reports.

#![cfg(test)]

mod support;

use serde_json::Value;
use std::time::Duration;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Running, end, hikyaku, run};
use support::report::{COLUMNS, Status, csv, rows};
use support::workspace::{CAMPAIGN, Workspace};

const LIMIT: Duration = Duration::from_secs(60);
const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

/// Slow enough that a test can act in the middle of a campaign.
fn slow_server() -> LedgerServer {
    LedgerServer::start(Manners {
        delay: Duration::from_millis(10),
        ..Manners::default()
    })
}

fn start(workspace: &Workspace) -> Running {
    Running::start(hikyaku(workspace.path(), &SEND))
}

#[test]
fn a_second_process_is_refused_with_the_pid_of_the_first() {
    let server = slow_server();
    let workspace = Workspace::new(server.address(), 2).with_list(2000);
    let first = start(&workspace);
    assert!(server.wait_for(5, LIMIT));
    let second = run(workspace.path(), &SEND);
    assert_eq!(second.code, Some(1), "{second:?}");
    let pid = first.pid().to_string();
    assert!(
        second.stderr.contains(&pid),
        "no {pid} in {}",
        second.stderr
    );
    first.kill();
}

#[test]
fn a_lock_dies_with_its_holder() {
    let server = slow_server();
    let workspace = Workspace::new(server.address(), 2).with_list(30);
    let first = start(&workspace);
    assert!(server.wait_for(1, LIMIT));
    first.kill();
    let second = run(workspace.path(), &SEND);
    assert_eq!(second.code, Some(0), "{second:?}");
}

#[test]
fn pause_stops_the_mail_and_resume_lets_it_go_on() {
    let server = slow_server();
    let workspace = Workspace::new(server.address(), 2).with_list(600);
    let mut sending = start(&workspace);
    assert!(server.wait_for(20, LIMIT));
    let paused = run(workspace.path(), &["pause", CAMPAIGN]);
    assert_eq!(paused.code, Some(0), "{paused:?}");
    server.wait_for_silence(Duration::from_millis(1500));
    let at_rest = server.count();
    assert!(at_rest < 600, "it did not pause");
    assert!(!sending.has_ended(), "a paused run waits");
    assert!(!server.wait_for(at_rest + 1, Duration::from_millis(500)));
    let resumed = run(workspace.path(), &["resume", CAMPAIGN]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let ended = sending.wait(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 600, "each exactly once");
}

#[test]
fn cancel_gives_up_what_was_not_sent() {
    let server = slow_server();
    let workspace = Workspace::new(server.address(), 2).with_list(3000);
    let sending = start(&workspace);
    assert!(server.wait_for(20, LIMIT));
    let cancelled = run(workspace.path(), &["cancel", CAMPAIGN]);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    let ended = sending.wait(LIMIT);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), server.count() as u64);
    assert_eq!(status.count("delivered") + status.count("cancelled"), 3000);
    assert!(status.count("cancelled") > 0);
}

#[test]
fn an_interrupted_run_drains_and_the_next_one_finishes() {
    for signal in ["INT", "TERM"] {
        let server = slow_server();
        let workspace = Workspace::new(server.address(), 3).with_list(500);
        let sending = start(&workspace);
        assert!(server.wait_for(20, LIMIT));
        sending.signal(signal);
        let ended = sending.wait(LIMIT);
        assert_eq!(ended.code, Some(130), "{signal}: {ended:?}");
        let left = Status::of(workspace.path(), CAMPAIGN);
        assert_eq!(left.count("delivered"), server.count() as u64, "{signal}");
        assert_eq!(left.count("sending"), 0, "{signal}");
        assert!(left.count("pending") > 0, "{signal}: it did not stop");
        let told = format!("{} still open", left.count("pending"));
        assert!(ended.stdout.contains(&told), "{signal}: {ended:?}");
        let again = run(workspace.path(), &SEND);
        assert_eq!(again.code, Some(0), "{signal}: {again:?}");
        assert_eq!(server.count(), 500, "{signal}: each exactly once");
        let done = Status::of(workspace.path(), CAMPAIGN);
        assert_eq!(done.count("resent_in_doubt"), 0, "{signal}");
    }
}

#[test]
fn a_second_interrupt_aborts_without_waiting_for_answers() {
    let server = LedgerServer::start(Manners {
        delay: Duration::from_secs(25),
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 1).with_list(3);
    let mut command = hikyaku(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "json", "--yes"],
    );
    command.arg("-v");
    let mut sending = Running::start(command);
    sending.wait_for_line("\"started\"");
    while !server.commands().iter().any(|line| line == "DATA") {
        server.wait_for(1, Duration::from_millis(10));
    }
    sending.signal("INT");
    sending.wait_for_line("\"draining\"");
    sending.signal("INT");
    let ended = sending.wait(Duration::from_secs(10));
    assert_eq!(ended.code, Some(130), "{ended:?}");
}

#[test]
fn a_limit_is_exact_and_the_rest_follows_later() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 4).with_list(200);
    let mut limited = hikyaku(workspace.path(), &SEND);
    limited.args(["--limit", "50"]);
    let ended = end(limited);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(server.count(), 50);
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(
        (status.count("delivered"), status.count("pending")),
        (50, 150)
    );
    let rest = run(workspace.path(), &SEND);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    assert_eq!(server.count(), 200);
}

#[test]
fn a_finished_campaign_sends_nothing_again() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(20);
    assert_eq!(run(workspace.path(), &SEND).code, Some(0));
    let again = run(workspace.path(), &SEND);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(server.count(), 20);
}

/// 4xx once for `soft…`, 5xx for `gone…`, always 4xx for `never…`.
fn moody(local: &str, before: u32) -> Option<&'static str> {
    match local {
        _ if local.starts_with("soft") && before == 0 => Some("451 4.7.1 Greylisted, try again"),
        _ if local.starts_with("gone") => Some("550 5.1.1 User unknown"),
        _ if local.starts_with("never") => Some("452 4.2.2 Mailbox full"),
        _ => None,
    }
}

#[test]
fn outcomes_are_kept_with_the_words_of_the_server() {
    let server = LedgerServer::start(Manners {
        refuse: moody,
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 2)
        .with_config_changed("retry = [", "max_attempts = 3\nretry = [");
    let list = "email,name,city\nfine@a.test,A,X\nsoft@a.test,B,X\ngone@b.test,C,X\n\
                never@b.test,D,X\nnot an address,E,X\nfine@A.test,F,X\n";
    workspace.campaign_file("recipients.csv", list);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut copies: Vec<_> = server.copies().into_iter().collect();
    copies.sort();
    let expected = [("fine@a.test".to_owned(), 1), ("soft@a.test".to_owned(), 1)];
    assert_eq!(copies, expected);
    let rows = rows(workspace.path(), CAMPAIGN);
    let row = |email: &str| rows.iter().find(|row| row["email"] == email).unwrap();
    let facts = |email: &str| {
        let row = row(email);
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        (
            text("state"),
            text("reason"),
            row["attempts"].as_u64().unwrap(),
        )
    };
    let fact =
        |state: &str, reason: &str, attempts| (state.to_owned(), reason.to_owned(), attempts);
    assert_eq!(facts("fine@a.test"), fact("delivered", "", 1));
    assert_eq!(facts("soft@a.test"), fact("delivered", "", 2));
    assert_eq!(facts("gone@b.test"), fact("bounced", "mailbox_unknown", 1));
    assert_eq!(facts("never@b.test"), fact("expired", "mailbox_full", 3));
    assert_eq!(row("not an address")["state"], "invalid");
    let gone = row("gone@b.test");
    assert_eq!(gone["code"], 550);
    assert_eq!(gone["enhanced"], "5.1.1");
    assert_eq!(gone["stage"], "rcpt");
    assert_eq!(gone["blame"], "recipient");
    assert!(
        gone["diagnostic"]
            .as_str()
            .unwrap()
            .contains("User unknown")
    );
    assert_eq!(rows.len(), 5, "a duplicate is dropped once per campaign");
}

#[test]
fn a_server_that_closes_early_costs_nobody_the_letter() {
    let server = LedgerServer::start(Manners {
        goodbye_after: Some(7),
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 3).with_list(300);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), 300);
    assert_eq!(server.copies().len(), 300);
    let doubles = (server.count() - 300) as u64;
    assert!(doubles <= status.count("resent_in_doubt"));
}

#[test]
fn a_lost_answer_is_a_doubt_that_is_counted() {
    let server = LedgerServer::start(Manners {
        silent_every: Some(25),
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 2).with_list(200);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(server.copies().len(), 200);
    let doubles = (server.count() - 200) as u64;
    assert!(doubles > 0);
    assert!(
        doubles <= status.count("resent_in_doubt"),
        "{doubles} against {}",
        status.0
    );
}

#[test]
fn a_server_without_pipelining_gets_one_command_at_a_time() {
    let server = LedgerServer::start(Manners {
        pipelining: false,
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 2).with_list(50);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 50);
}

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
    assert_eq!(support::report::raw_controls(&shown), [], "{shown:?}");
    assert_eq!(server.count(), 30);
}
