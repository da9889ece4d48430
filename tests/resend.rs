//! A campaign is sent again to those it had given up.

#![cfg(test)]

mod support;

use std::time::Duration;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Running, end, hikyaku, run};
use support::report::{Status, rows};
use support::workspace::{CAMPAIGN, Workspace, closed_port};

const LIMIT: Duration = Duration::from_secs(60);
const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];
const RESEND: [&str; 5] = ["resend", CAMPAIGN, "--ui", "quiet", "--yes"];

/// A campaign whose recipients have all expired: nobody listened.
fn expired(list: usize) -> Workspace {
    let workspace = Workspace::new(closed_port(), 2)
        .with_config_changed("retry = [", "max_attempts = 2\nretry = [")
        .with_list(list);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        Status::of(workspace.path(), CAMPAIGN).count("expired"),
        list as u64
    );
    workspace
}

/// The same workspace with another server at the far end.
fn to(server: &LedgerServer) -> [String; 2] {
    let route = format!("route.override=\"{}\"", server.address());
    [String::from("--set"), route]
}

#[test]
fn a_letter_that_cannot_be_made_any_more_costs_nobody_their_place() {
    let workspace = expired(20);
    let server = LedgerServer::start(Manners::default());
    workspace.campaign_file("body.txt", "Dear {{ nmae }}\n");
    let mut again = hikyaku(workspace.path(), &RESEND);
    again.args(to(&server));
    let ended = end(again);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("`nmae`"), "{ended:?}");
    assert_eq!(server.count(), 0);
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("expired"), 20, "nobody was opened");
    workspace.campaign_file("body.txt", "Dear {{ name }}\n");
    let mut mended = hikyaku(workspace.path(), &RESEND);
    mended.args(to(&server));
    assert_eq!(end(mended).code, Some(0));
    assert_eq!(server.count(), 20);
}

#[test]
fn the_expired_get_their_letter_from_a_new_run() {
    let workspace = expired(20);
    let before: Vec<_> = rows(workspace.path(), CAMPAIGN);
    let server = LedgerServer::start(Manners::default());
    let dry = run(workspace.path(), &["resend", CAMPAIGN, "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(dry.stdout.contains("20 expired"), "{dry:?}");
    assert_eq!(Status::of(workspace.path(), CAMPAIGN).count("expired"), 20);
    let mut again = hikyaku(workspace.path(), &RESEND);
    again.args(to(&server));
    let ended = end(again);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("run 2, 20 recipients"), "{ended:?}");
    assert_eq!(server.copies().len(), 20);
    assert_eq!(server.count(), 20, "each exactly once");
    let after = rows(workspace.path(), CAMPAIGN);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after["state"], "delivered");
        assert_eq!(after["attempts"], 3, "two of the first run, one of this");
        assert_eq!(after["first_attempt"], before["first_attempt"]);
    }
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.0["runs"][0]["recipients"], 20, "{}", status.0);
    let none = run(workspace.path(), &RESEND);
    assert_eq!(none.code, Some(0), "{none:?}");
    assert!(none.stderr.contains("nobody to send to again"), "{none:?}");
    assert_eq!(server.count(), 20);
}

#[test]
fn what_has_arrived_is_refused_and_doubts_are_asked_about() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(5);
    let early = run(workspace.path(), &RESEND);
    assert_eq!(early.code, Some(1), "{early:?}");
    assert_eq!(run(workspace.path(), &SEND).code, Some(0));
    for (state, told) in [
        ("delivered", "nobody is mailed twice"),
        ("in_doubt", "--perhaps-twice"),
        ("suppressed", "not to be mailed"),
    ] {
        let mut command = hikyaku(workspace.path(), &RESEND);
        command.args(["--only", state]);
        let refused = end(command);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(told), "{refused:?}");
    }
    assert_eq!(server.count(), 5);
}

#[test]
fn a_resend_that_was_killed_goes_on_and_mails_nobody_twice() {
    let workspace = expired(300);
    let server = LedgerServer::start(Manners {
        delay: Duration::from_millis(10),
        ..Manners::default()
    });
    let mut first = hikyaku(workspace.path(), &RESEND);
    first.args(to(&server));
    let first = Running::start(first);
    assert!(server.wait_for(20, LIMIT));
    let busy = run(workspace.path(), &RESEND);
    assert_eq!(busy.code, Some(1), "{busy:?}");
    assert!(busy.stderr.contains("is sending"), "{busy:?}");
    first.kill();
    // Nothing is expired any more: what is left is the run's own, and the same command goes on with it.
    let mut rest = hikyaku(workspace.path(), &RESEND);
    rest.args(to(&server));
    let ended = end(rest);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), 300);
    assert_eq!(server.copies().len(), 300);
    let doubles = (server.count() - 300) as u64;
    assert!(doubles <= status.count("resent_in_doubt"));
}

#[test]
fn a_choice_that_was_cut_off_is_finished_by_the_same_command() {
    let workspace = expired(10);
    let ledger = rusqlite::Connection::open(workspace.store()).unwrap();
    // What a kill leaves between the choice and the first row.
    let cut = "INSERT INTO run (campaign_id, number, begun, states, recipients, choice)
         VALUES (1, 2, 1, 'expired', 0, '[{\"state\":\"expired\",\"reasons\":null}]');
         UPDATE campaign SET state = 'stopped', finished = NULL;";
    ledger.execute_batch(cut).unwrap();
    drop(ledger);
    let server = LedgerServer::start(Manners::default());
    let mut again = hikyaku(workspace.path(), &RESEND);
    again.args(to(&server));
    let ended = end(again);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("run 2 was cut off"), "{ended:?}");
    assert_eq!(server.count(), 10);
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.0["runs"].as_array().unwrap().len(), 1);
}
