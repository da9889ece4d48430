//! What people get wrong, one by one, and what they are told. In each case nothing is sent, or
//! everything that can be; a recipient is never blamed for what is wrong on our side.

#![cfg(test)]

mod support;

use std::process::Command;
use std::time::Duration;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Ended, Running, end, hikyaku, run};
use support::report::{Status, rows};
use support::workspace::{CAMPAIGN, Workspace, closed_port};

const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

/// A workspace and the server it would send to.
fn set_up(rows: usize) -> (LedgerServer, Workspace) {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(rows);
    (server, workspace)
}

/// Runs `send`, which must fail with each of these texts before it has sent anything.
fn expect_refusal(server: &LedgerServer, workspace: &Workspace, texts: &[&str]) -> Ended {
    expect_refusal_of(server, workspace, &SEND, texts)
}

/// The same, by the preflight, which has an exit code of its own.
fn expect_preflight(server: &LedgerServer, workspace: &Workspace, texts: &[&str]) -> Ended {
    expect_end(server, workspace, &SEND, 5, texts)
}

fn expect_refusal_of(
    server: &LedgerServer,
    workspace: &Workspace,
    arguments: &[&str],
    texts: &[&str],
) -> Ended {
    expect_end(server, workspace, arguments, 1, texts)
}

fn expect_end(
    server: &LedgerServer,
    workspace: &Workspace,
    arguments: &[&str],
    code: i32,
    texts: &[&str],
) -> Ended {
    let ended = run(workspace.path(), arguments);
    println!("{}", ended.stderr);
    assert_eq!(ended.code, Some(code), "{ended:?}");
    // Findings are wrapped to the width of the screen.
    let told = ended
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for text in texts {
        assert!(told.contains(text), "no {text:?} in:\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    assert_eq!(server.count(), 0, "something was sent");
    ended
}

#[test]
fn a_missing_list() {
    let (server, workspace) = set_up(1);
    std::fs::remove_file(workspace.path().join("campaigns/spring/recipients.csv")).unwrap();
    expect_refusal(
        &server,
        &workspace,
        &["recipients.csv", "No such file", "hint"],
    );
}

#[test]
fn a_missing_file_to_import() {
    let (server, workspace) = set_up(1);
    let import = ["import", "no/such.csv", "--list", "weekly"];
    expect_refusal_of(
        &server,
        &workspace,
        &import,
        &["no/such.csv", "No such file"],
    );
}

#[test]
fn a_missing_template() {
    let (server, workspace) = set_up(1);
    std::fs::remove_file(workspace.path().join("campaigns/spring/body.html")).unwrap();
    expect_refusal(&server, &workspace, &["body.html", "No such file"]);
}

#[test]
fn an_empty_list() {
    let (server, workspace) = set_up(1);
    for content in ["", "\n\n", "\u{feff}"] {
        workspace.campaign_file("recipients.csv", content);
        expect_refusal(
            &server,
            &workspace,
            &["recipients.csv", "the list is empty", "header"],
        );
    }
}

#[test]
fn a_list_without_rows_is_finished_at_once() {
    let (server, workspace) = set_up(0);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 0);
}

#[test]
fn no_column_for_the_address() {
    let (server, workspace) = set_up(1);
    workspace.campaign_file("recipients.csv", "vorname,ort\nAnn,Bonn\n");
    let texts = [
        "recipients.csv",
        "no column is called `email`",
        "vorname",
        "--map",
    ];
    expect_refusal(&server, &workspace, &texts);
}

#[test]
fn a_quote_that_nobody_closes() {
    let (server, workspace) = set_up(1);
    let list = "email,name,city\na@x.test,Ann,Bonn\nb@x.test,\"Bob,Bonn\nc@x.test,Cy,Bonn\n";
    workspace.campaign_file("recipients.csv", list);
    expect_refusal(&server, &workspace, &["recipients.csv", "line 3", "quote"]);
}

#[test]
fn an_encoding_nobody_knows_and_a_file_that_is_no_text() {
    let (server, workspace) = set_up(1);
    let mut arguments = SEND.to_vec();
    arguments.extend(["--encoding", "klingon"]);
    expect_refusal_of(
        &server,
        &workspace,
        &arguments,
        &["`klingon` is no encoding", "utf-8"],
    );
    workspace.campaign_file(
        "recipients.csv",
        b"PK\x03\x04\x14\x00\x06\x00a spreadsheet".as_slice(),
    );
    expect_refusal(&server, &workspace, &["recipients.csv", "not CSV"]);
}

/// Bytes that are no UTF-8 where the person says they are: the rows concerned are named, and the
/// others are sent.
#[test]
fn rows_in_another_encoding_than_was_said() {
    let (server, workspace) = set_up(1);
    let list = b"email,name,city\na@x.test,Ann,Bonn\nb@x.test,J\xfcrgen,K\xf6ln\n";
    workspace.campaign_file("recipients.csv", list.as_slice());
    let mut arguments = SEND.to_vec();
    arguments.extend(["--encoding", "utf-8"]);
    let ended = run(workspace.path(), &arguments);
    println!("{}", ended.stderr);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        server.copies().into_keys().collect::<Vec<_>>(),
        ["a@x.test"]
    );
    let rows = rows(workspace.path(), CAMPAIGN);
    let other = rows.iter().find(|row| row["email"] == "b@x.test").unwrap();
    assert_eq!(other["state"], "invalid");
    let told = other["diagnostic"].as_str().unwrap();
    assert!(told.contains("utf-8") || told.contains("UTF-8"), "{other}");
}

#[test]
fn a_field_of_ten_megabytes_rejects_its_row_and_no_other() {
    let (server, workspace) = set_up(1);
    let huge = "x".repeat(10 << 20);
    let list = format!(
        "email,name,city\na@x.test,Ann,Bonn\nb@x.test,{huge},Bonn\nc@x.test,\"{huge}\",Bonn\n\
         d@x.test,Dan,Bonn\n"
    );
    workspace.campaign_file("recipients.csv", list);
    let ended = run(workspace.path(), &SEND);
    println!("{}", ended.stderr);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut arrived: Vec<_> = server.copies().into_keys().collect();
    arrived.sort();
    assert_eq!(arrived, ["a@x.test", "d@x.test"]);
    assert_eq!(Status::of(workspace.path(), CAMPAIGN).count("invalid"), 2);
}

#[test]
fn a_template_that_cannot_be_parsed() {
    let (server, workspace) = set_up(3);
    workspace.campaign_file("body.html", "<p>\n{% if name %}\n</p>\n");
    expect_refusal(&server, &workspace, &["body.html:"]);
    workspace.campaign_file("body.html", "<p>\n{{ name | shout }}\n</p>\n");
    expect_preflight(&server, &workspace, &["body.html:2", "shout"]);
}

#[test]
fn a_variable_that_is_no_column() {
    let (server, workspace) = set_up(3);
    workspace.campaign_file("body.txt", "Dear {{ name }},\n\nhow is {{ cty }}?\n");
    let texts = ["body.txt:3", "`cty`", "city", "user0@d0.test", "row 1"];
    expect_preflight(&server, &workspace, &texts);
    assert_eq!(
        server.connections(),
        0,
        "it was found before anything went out"
    );
}

/// The variable exists for some rows only: the first row that lacks it is named, and the rows
/// before it have not been sent.
#[test]
fn a_variable_that_one_recipient_lacks() {
    let (server, workspace) = set_up(40);
    workspace.campaign_file(
        "body.txt",
        "Dear {{ name }}\n{% if name == 'Name 30' %}{{ surname }}{% endif %}\n",
    );
    let texts = ["body.txt:2", "`surname`", "user30@d2.test", "row 31"];
    expect_preflight(&server, &workspace, &texts);
}

#[test]
fn a_subject_with_an_unknown_variable() {
    let (server, workspace) = set_up(3);
    let file = workspace.path().join("campaigns/spring/campaign.toml");
    let toml = std::fs::read_to_string(file).unwrap();
    workspace.campaign_file("campaign.toml", toml.replace("{{ name }}", "{{ nmae }}"));
    expect_preflight(
        &server,
        &workspace,
        &["subject", "`nmae`", "did you mean `name`?"],
    );
}

#[test]
fn configuration_that_makes_no_sense() {
    let (server, workspace) = set_up(1);
    let cases: [(&str, &[&str]); 4] = [
        (
            "[limits]\nconections = 3\n",
            &["hikyaku.toml:", "conections", "connections"],
        ),
        (
            "[limits]\nrate = \"quick\"\n",
            &["hikyaku.toml:", "rate", "20/s"],
        ),
        (
            "[limits]\nconnections = \"many\"\n",
            &["hikyaku.toml:", "connections"],
        ),
        ("[limits\n", &["hikyaku.toml:"]),
    ];
    for (more, texts) in cases {
        let text = std::fs::read_to_string(workspace.path().join("hikyaku.toml")).unwrap();
        workspace.write("hikyaku.toml", format!("{text}\n{more}").as_bytes());
        expect_refusal(&server, &workspace, texts);
        workspace.write("hikyaku.toml", text.as_bytes());
    }
}

#[test]
fn a_store_that_cannot_be_written() {
    let (server, workspace) = set_up(3);
    let workspace = workspace.with_config("\n[store]\npath = \"hikyaku.toml/state.db\"\n");
    expect_refusal(&server, &workspace, &["hikyaku.toml", "Not a directory"]);
}

#[test]
fn a_store_that_is_something_else() {
    let (server, workspace) = set_up(3);
    workspace.write(
        ".hikyaku/state.db",
        &b"this is no database at all. ".repeat(100),
    );
    expect_refusal(&server, &workspace, &["state.db", "not a Hikyaku store"]);
}

/// A limit on the size of files stands for a full disk where no file system can be mounted.
#[test]
fn no_room_for_the_ledger() {
    let (server, workspace) = set_up(4000);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$@\"", "sh"]);
    let ended = end(through(command, &workspace));
    println!("{}", ended.stderr);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("state.db"), "{ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    let again = run(workspace.path(), &SEND);
    assert_eq!(again.code, Some(0), "with room it goes on: {again:?}");
    assert_eq!(server.count(), 4000, "each exactly once");
}

#[test]
#[ignore = "mounts a file system of its own: needs root or user namespaces"]
fn a_full_disk_in_the_middle_of_a_campaign() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2).with_list(20_000);
    let script = "mkdir -p .hikyaku && mount -t tmpfs -o size=1536k none .hikyaku && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args([
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
    ]);
    command.current_dir(workspace.path());
    let ended = end(through(command, &workspace));
    println!("{}", ended.stderr);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for text in ["state.db", "the disk is full"] {
        assert!(ended.stderr.contains(text), "no {text:?} in {ended:?}");
    }
}

/// `hikyaku send` behind another command.
fn through(mut command: Command, workspace: &Workspace) -> Command {
    let send = hikyaku(workspace.path(), &SEND);
    command.arg(send.get_program()).args(send.get_args());
    command
}

#[test]
fn nobody_answers_dns() {
    let (server, workspace) = set_up(30);
    let over = format!("override = \"{}\"", server.address());
    let workspace = workspace
        .with_config_changed(&over, "mode = \"mx\"")
        .with_config_changed("retry = [", "max_attempts = 2\nretry = [")
        .with_config(&format!("\n[dns]\nservers = [\"{}\"]\n", closed_port()));
    let sending = Running::start(hikyaku(workspace.path(), &SEND));
    let ended = sending.wait(Duration::from_secs(60));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    expect_unreachable(&workspace, 30, "resolve");
}

#[test]
fn every_destination_is_dead() {
    let workspace = Workspace::new(closed_port(), 2)
        .with_config_changed("retry = [", "max_attempts = 2\nretry = [")
        .with_list(300);
    let sending = Running::start(hikyaku(workspace.path(), &SEND));
    let ended = sending.wait(Duration::from_secs(60));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    expect_unreachable(&workspace, 300, "connect");
}

/// All recipients were given up after two attempts for a reason that is not theirs.
fn expect_unreachable(workspace: &Workspace, recipients: usize, stage: &str) {
    let rows = rows(workspace.path(), CAMPAIGN);
    assert_eq!(rows.len(), recipients);
    for row in rows {
        assert_eq!(row["state"], "expired", "{row}");
        assert_eq!(row["stage"], stage, "{row}");
        assert_eq!(row["attempts"], 2, "{row}");
        assert_ne!(row["blame"], "recipient", "{row}");
        assert_ne!(row["diagnostic"], "", "{row}");
    }
}

#[test]
fn a_port_that_is_in_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_, workspace) = set_up(1);
    let ended = run(workspace.path(), &["sandbox", "--dns-port", &port]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("the sandbox cannot start"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("another program has that port"),
        "{}",
        ended.stderr
    );
}
