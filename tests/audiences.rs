//! Wherever a campaign's list is, it is sent to.

#![cfg(test)]

mod support;

use std::fs::File;
use std::process::{Command, Stdio};
use support::ledger_server::{LedgerServer, Manners};
use support::program::{end, hikyaku, run};
use support::workspace::{CAMPAIGN, Workspace};

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
