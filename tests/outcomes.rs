//! What servers answer, and what becomes of it in the report.

#![cfg(test)]

mod support;

use support::ledger_server::{LedgerServer, Manners};
use support::program::run;
use support::report::{Status, rows};
use support::workspace::{CAMPAIGN, Workspace};

const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

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
fn reports_tell_reasons_and_what_to_do() {
    let server = LedgerServer::start(Manners {
        refuse: moody,
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 2)
        .with_config_changed("retry = [", "max_attempts = 2\nretry = [");
    let list = "email,name,city\nfine@a.test,A,X\ngone@b.test,C,X\nnever@b.test,D,X\n";
    workspace.campaign_file("recipients.csv", list);
    assert_eq!(run(workspace.path(), &SEND).code, Some(0));
    let report = |more: &[&str]| {
        let ended = run(workspace.path(), &[&["report", CAMPAIGN], more].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout
    };
    let reasons = report(&["--by", "reason", "--format", "csv"]);
    let mut lines = reasons.lines();
    let head = "reason,blame,action,recipients,share,destinations,example,what_to_do";
    assert_eq!(lines.next(), Some(head));
    let line = lines.find(|line| line.starts_with("mailbox_unknown,"));
    assert!(line.is_some_and(|line| line.starts_with("mailbox_unknown,recipient,suppress,1,33.3")));
    for (filter, who) in [
        (["--action", "suppress"], "gone@b.test"),
        (["--action", "retry"], "never@b.test"),
        (["--reason", "mailbox_full,virus"], "never@b.test"),
    ] {
        let csv = report(&[&filter[..], &["--format", "csv"]].concat());
        assert_eq!(csv.lines().count(), 2, "{csv}");
        assert!(csv.contains(who), "{csv}");
    }
    let none = [
        "--only", "expired", "--action", "suppress", "--format", "csv",
    ];
    assert_eq!(report(&none).lines().count(), 1);
    let page = report(&["--format", "html", "--only", "bounced"]);
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("User unknown") && page.contains("gone@b.test"));
    assert!(!page.contains("<script"));
    let compared = report(&["--compare", CAMPAIGN, "--format", "json"]);
    let compared: serde_json::Value = serde_json::from_str(&compared).unwrap();
    assert_eq!(compared["campaigns"].as_array().unwrap().len(), 2);
    assert_eq!(compared["measures"][2]["values"][1]["significant"], false);
    let wrong = run(workspace.path(), &["report", CAMPAIGN, "--reason", "full"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("mailbox_full"), "{wrong:?}");
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
