//! `send --test-to`: real copies for a few, and a ledger that knows nothing of them.

#![cfg(test)]

mod support;

use support::ledger_server::{LedgerServer, Manners};
use support::letter::Letter;
use support::program::run;
use support::workspace::{CAMPAIGN, Workspace};

#[test]
fn test_copies_are_marked_and_leave_no_trace() {
    let server = LedgerServer::start(Manners {
        keep_content: true,
        refuse: |local, _| (local == "gone").then_some("550 5.1.1 User unknown"),
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 3);
    workspace.campaign_file(
        "recipients.csv",
        "email,name,city\na@a.test,Ann,Oslo\nb@a.test,Bo,Rome\n",
    );
    let tests = ["me@own.test", "gone@own.test", "you@own.test"];
    let mut command = vec!["send", CAMPAIGN, "--row", "2", "--test-to"];
    command.extend(tests);
    let ended = run(workspace.path(), &command);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("gone@own.test"), "{ended:?}");
    assert!(ended.stdout.contains("User unknown"), "{ended:?}");
    let mut copies: Vec<_> = server.copies().into_iter().collect();
    copies.sort();
    let expected = ["me@own.test", "you@own.test"].map(|to| (to.to_owned(), 1));
    assert_eq!(copies, expected);
    for accepted in server.accepted() {
        let letter = Letter::parse(&accepted.content);
        let subject = letter.header("subject").unwrap();
        assert!(subject.starts_with("[Test] "), "{subject}");
        let text = String::from_utf8_lossy(&accepted.content).into_owned();
        assert!(text.contains("Bo") && !text.contains("Ann"), "{text}");
    }
    // The campaign has not begun, and sends to all of its recipients afterwards.
    assert!(!workspace.store().exists(), "a test made the ledger");
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 4);
}

#[test]
fn a_test_names_what_is_wrong_before_it_sends() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 3).with_list(2);
    let ended = run(workspace.path(), &["send", CAMPAIGN, "--test-to", "nobody"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--row", "9", "--test-to", "a@a.test"],
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("no such recipient"), "{ended:?}");
    assert_eq!(server.count(), 0);
}
