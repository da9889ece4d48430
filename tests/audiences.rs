//! Wherever a campaign's list is, it is sent to.

#![cfg(test)]

mod support;

use std::fs::File;
use std::process::{Command, Stdio};
use support::ledger_server::{LedgerServer, Manners};
use support::program::{end, hikyaku, run};
use support::workspace::{CAMPAIGN, Workspace, closed_port};

const LIST: &str = "email,name,city\na@plain-a.example,A,X\nb@plain-b.example,B,X\n";

#[test]
fn a_list_that_can_be_read_once_is_read_once() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2);
    workspace.write("list.csv", LIST.as_bytes());
    let mut pipe = Command::new("cat")
        .stdin(File::open(workspace.path().join("list.csv")).unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let set = ["--set", "recipients=/dev/stdin"];
    let arguments = [&["send", CAMPAIGN, "--ui", "plain", "--yes"][..], &set].concat();
    let mut command = hikyaku(workspace.path(), &arguments);
    command.stdin(pipe.stdout.take().unwrap());
    let ended = end(command);
    pipe.wait().unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("not checked"), "{ended:?}");
    assert_eq!(server.count(), 2);
}

#[test]
fn an_imported_list_can_be_rehearsed() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2);
    workspace.write("list.csv", LIST.as_bytes());
    let file = workspace.path().join("list.csv");
    let imported = run(
        workspace.path(),
        &["import", file.to_str().unwrap(), "--list", "readers"],
    );
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let campaign = "from = \"news@example.com\"\nsubject = \"Hello\"\nlist = \"readers\"\ntext = \"body.txt\"\n";
    workspace.campaign_file("campaign.toml", campaign);
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--sandbox", "--ui", "quiet"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 0, "a rehearsal goes nowhere else");
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 2);
}

/// Imports a list of five, and sends the campaign to it; nobody listens, so all of them expire.
fn expired_readers() -> Workspace {
    let workspace = Workspace::new(closed_port(), 2)
        .with_config_changed("retry = [", "max_attempts = 1\nretry = [");
    let list = "email,name,city\na@x.example,A,X\nb@x.example,B,X\nc@x.example,C,X\n\
                d@x.example,D,X\ne@x.example,E,X\n";
    workspace.write("list.csv", list.as_bytes());
    let file = workspace.path().join("list.csv");
    let import = ["import", file.to_str().unwrap(), "--list", "readers"];
    assert_eq!(run(workspace.path(), &import).code, Some(0));
    of_list(&workspace, "list = \"readers\"");
    let send = ["send", CAMPAIGN, "--ui", "quiet", "--yes", "--skip-check"];
    let sent = run(workspace.path(), &send);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert!(!sent.stderr.contains("warning"), "{sent:?}");
    workspace
}

fn of_list(workspace: &Workspace, audience: &str) {
    let rest = "from = \"news@example.com\"\nsubject = \"Hello\"\ntext = \"body.txt\"\n";
    workspace.campaign_file("campaign.toml", format!("{rest}{audience}\n"));
}

#[test]
fn who_left_meanwhile_is_not_sent_to_again_and_is_counted() {
    let workspace = expired_readers();
    for left in [
        &["suppress", "add", "a@x.example"][..],
        &["lists", "remove", "readers", "--address", "b@x.example"],
        &["lists", "erase", "c@x.example", "--yes"],
    ] {
        let ended = run(workspace.path(), left);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let ask = ["resend", CAMPAIGN, "--dry-run", "--only", "expired"];
    let dry = run(workspace.path(), &ask);
    for row in [
        "1 left out   suppressed\n",
        "1 left out   erased\n",
        "1 left out   not in the list any more\n",
    ] {
        assert!(dry.stdout.contains(row), "{dry:?}");
    }
    assert!(dry.stderr.contains("2 recipients would be"), "{dry:?}");
    let server = LedgerServer::start(Manners::default());
    let route = format!("route.override=\"{}\"", server.address());
    let resend = [
        "resend", CAMPAIGN, "--ui", "quiet", "--yes", "--set", &route,
    ];
    let again = run(workspace.path(), &resend);
    assert_eq!(again.code, Some(0), "{again:?}");
    let told = "left out: 1 suppressed, 1 erased, 1 not in the list any more";
    assert!(again.stderr.contains(told), "{again:?}");
    assert!(again.stderr.contains("run 2, 2 recipients"), "{again:?}");
    assert_eq!(server.count(), 2);
}

#[test]
fn another_audience_in_the_file_of_a_loaded_campaign_is_warned_of() {
    let workspace = expired_readers();
    let commands = [
        &["check", CAMPAIGN, "--offline"][..],
        &["plan", CAMPAIGN, "--offline"],
        &["send", CAMPAIGN, "--yes", "--ui", "quiet"],
    ];
    let warned = |stderr: &str| stderr.matches("warning: spring: its recipients").count();
    for command in commands {
        let ended = run(workspace.path(), command);
        assert_eq!(warned(&ended.stderr), 0, "{ended:?}");
    }
    of_list(&workspace, "list = \"readers\"\nsegment = \"name == 'A'\"");
    for command in commands {
        let ended = run(workspace.path(), command);
        assert_eq!(warned(&ended.stderr), 1, "{ended:?}");
        let now = "campaign.toml says list `readers`, segment `name == 'A'` by now";
        assert!(ended.stderr.contains(now), "{ended:?}");
        assert!(ended.stderr.contains("another name"), "{ended:?}");
    }
}
