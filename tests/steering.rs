//! One campaign and several processes: locks, pause, cancel, signals, limits, and two campaigns
//! side by side.

#![cfg(test)]

mod support;

use std::time::Duration;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Running, end, hikyaku, run};
use support::report::Status;
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

#[test]
fn two_campaigns_are_sent_side_by_side_from_one_store() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(400);
    for name in ["campaign.toml", "recipients.csv", "body.html", "body.txt"] {
        let file = workspace.path().join("campaigns").join(CAMPAIGN).join(name);
        let text = std::fs::read_to_string(file).unwrap();
        let other = text.replace("name = \"spring\"", "name = \"autumn\"");
        workspace.write(&format!("campaigns/autumn/{name}"), other.as_bytes());
    }
    let mut autumn = SEND;
    autumn[1] = "autumn";
    let first = start(&workspace);
    let second = run(workspace.path(), &autumn);
    let first = first.wait(LIMIT);
    assert_eq!(
        (first.code, second.code),
        (Some(0), Some(0)),
        "{first:?} {second:?}"
    );
    assert_eq!(server.count(), 800);
    for campaign in [CAMPAIGN, "autumn"] {
        let status = Status::of(workspace.path(), campaign);
        assert_eq!(status.count("delivered"), 400, "{campaign}");
    }
}

#[test]
fn a_store_is_made_by_one_of_many_that_open_it_at_once() {
    let workspace = Workspace::new("127.0.0.1:9".parse().unwrap(), 1);
    workspace.write("list.csv", b"email\nann@example.com\n");
    let importing: Vec<_> = (0..8)
        .map(|n| {
            let list = format!("list{n}");
            let arguments = ["import", "list.csv", "--list", &list];
            let mut command = hikyaku(workspace.path(), &arguments);
            command.current_dir(workspace.path());
            Running::start(command)
        })
        .collect();
    for import in importing {
        let ended = import.wait(LIMIT);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}
