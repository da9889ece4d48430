//! Who is not mailed: by scope, by what earlier campaigns met, and while a campaign runs.

#![cfg(test)]

mod support;

use std::collections::HashSet;
use std::time::Duration;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Running, hikyaku, run};
use support::report::Status;
use support::workspace::{CAMPAIGN, Workspace, email};

const LIMIT: Duration = Duration::from_secs(60);
const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

#[test]
fn who_is_suppressed_while_a_campaign_runs_gets_nothing_any_more() {
    let server = LedgerServer::start(Manners {
        delay: Duration::from_millis(20),
        ..Manners::default()
    });
    // One by one, so that many wait ready while the first are sent.
    let workspace = Workspace::new(server.address(), 1)
        .with_list(400)
        .with_config_changed("[delivery]\n", "[delivery]\npipeline = \"off\"\n");
    let sending = Running::start(hikyaku(workspace.path(), &SEND));
    assert!(server.wait_for(5, LIMIT));
    let late: Vec<String> = (200..300).map(email).collect();
    let mut add = vec!["suppress", "add", "@d3.test"];
    add.extend(late.iter().map(String::as_str));
    let added = run(workspace.path(), &add);
    assert_eq!(added.code, Some(0), "{added:?}");
    let ended = sending.wait(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let got: HashSet<String> = server.copies().into_keys().collect();
    // The first few of each domain may have been on their way.
    let spared = late.iter().filter(|address| got.contains(*address)).count();
    assert!(spared < 30, "{spared} of 100 were mailed all the same");
    let status = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(status.count("delivered"), got.len() as u64);
    assert_eq!(status.count("delivered") + status.count("suppressed"), 400);
    assert!(status.count("suppressed") > 100);
}

#[test]
fn what_a_server_says_of_an_address_is_remembered() {
    let server = LedgerServer::start(Manners {
        refuse: |local, _| match local {
            "user1" => Some("550 5.1.1 No such user"),
            "user2" => Some("552 5.2.2 Mailbox full"),
            "user3" => Some("550 5.7.1 Blocked using zen.spamhaus.org"),
            _ => None,
        },
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 1)
        .with_list(10)
        .with_config("\n[suppression]\nsoft_bounces = 2\n");
    let sent = run(workspace.path(), &SEND);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let listed = run(workspace.path(), &["suppress", "export"]);
    let lines: Vec<_> = listed.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{listed:?}");
    assert!(
        lines[1].starts_with("user1@d1.test,mailbox_unknown"),
        "{listed:?}"
    );
    assert!(
        lines[1].contains("refused in campaign spring"),
        "{listed:?}"
    );
}

#[test]
fn an_export_is_an_import_and_wrong_lines_keep_nothing_out() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 1);
    let file = "target,reason,source,added,scope\n\
                ann@x.example,\"left, angry\",page,2026-01-02T03:04:05.000Z,list:weekly\n\
                @y.example,closed,me,2026-01-03T00:00:00.000Z,everything\n";
    workspace.write("in.csv", file.as_bytes());
    let path = workspace.path().join("in.csv");
    let import = ["suppress", "import", path.to_str().unwrap()];
    let first = run(workspace.path(), &import);
    assert_eq!(first.code, Some(0), "{first:?}");
    let out = run(workspace.path(), &["suppress", "export"]);
    let mut lines: Vec<_> = out.stdout.lines().collect();
    lines.sort_unstable();
    let mut expected: Vec<_> = file.lines().collect();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    let again = run(workspace.path(), &import);
    assert!(
        again.stderr.contains("0 added, 2 suppressed already"),
        "{again:?}"
    );
    let weekly = run(
        workspace.path(),
        &["suppress", "export", "--list", "weekly"],
    );
    assert_eq!(weekly.stdout.lines().count(), 2, "{weekly:?}");
    workspace.write(
        "in.csv",
        b"bob@z.example\nno address at all\ncarol@z.example\n",
    );
    let mixed = run(workspace.path(), &import);
    assert_eq!(mixed.code, Some(1), "{mixed:?}");
    assert!(mixed.stderr.contains("in.csv:2: "), "{mixed:?}");
    assert!(mixed.stderr.contains("2 added"), "{mixed:?}");
}

#[test]
fn suppressions_are_chosen_by_what_is_known_of_them() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 1);
    let file = "target,reason,source,added,scope\n\
                a@x.example,complained,page,2026-01-02,list:weekly\n\
                例え.jp,Closed down,crm,2026-02-03,\n\
                b@sub.例え.jp,left,crm,2026-03-04,campaign:spring\n";
    workspace.write("in.csv", file.as_bytes());
    let path = workspace.path().join("in.csv");
    let import = run(
        workspace.path(),
        &["suppress", "import", path.to_str().unwrap()],
    );
    assert_eq!(import.code, Some(0), "{import:?}");
    for (filter, targets) in [
        (&["--list", "weekly"][..], &["a@x.example"][..]),
        (&["--campaign", "spring"], &["b@sub.xn--r8jz45g.jp"]),
        (&["--reason", "closed"], &["@xn--r8jz45g.jp"]),
        (
            &["--source", "CRM"],
            &["@xn--r8jz45g.jp", "b@sub.xn--r8jz45g.jp"],
        ),
        (&["--since", "2026-03-04"], &["b@sub.xn--r8jz45g.jp"]),
        (&["--before", "2026-02-03"], &["a@x.example"]),
        (
            &["--since", "2026-02-01", "--before", "2026-03-01"],
            &["@xn--r8jz45g.jp"],
        ),
        (&["--source", "nobody"], &[]),
    ] {
        for command in ["list", "export"] {
            let shown = run(workspace.path(), &[&["suppress", command], filter].concat());
            assert_eq!(shown.code, Some(0), "{shown:?}");
            let rows = shown
                .stdout
                .lines()
                .filter(|line| !line.starts_with("target,"));
            let rows: Vec<_> = rows.collect();
            assert_eq!(rows.len(), targets.len(), "{filter:?} {shown:?}");
            for target in targets {
                let found = rows.iter().any(|row| row.contains(target));
                assert!(found, "{filter:?} {shown:?}");
            }
        }
    }
    let wild = run(workspace.path(), &["suppress", "add", "*.x.example"]);
    assert_eq!(wild.code, Some(1), "{wild:?}");
    assert!(
        wild.stderr.contains("subdomains are named each"),
        "{wild:?}"
    );
}
