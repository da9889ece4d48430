//! Hostile cells and hostile servers, end to end: nothing in a list may become a header, a part, a
//! command or a terminal escape, and nothing a server says may either.

#![cfg(test)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write;
use support::ledger_server::{Accepted, LedgerServer, Manners};
use support::letter::Letter;
use support::program::run;
use support::report::{Status, csv, raw_controls};
use support::workspace::{CAMPAIGN, Workspace};

/// Cells that mean something to a mail server, a mail reader or a terminal.
const HOSTILE: &[&str] = &[
    "Eve\r\nBcc: everybody@victim.test",
    "Eve\nBcc: everybody@victim.test",
    "Eve\rBcc: everybody@victim.test",
    "Eve\r\n\r\nA body of her own",
    "Eve\r\n.\r\nMAIL FROM:<eve@evil.test>\r\nRCPT TO:<victim@victim.test>\r\nDATA\r\n",
    "Eve\n.\nMAIL FROM:<eve@evil.test>\nRCPT TO:<victim@victim.test>\nDATA\n",
    "\r\n.\r\n",
    ".",
    "..",
    "\n.\n..\n...\n",
    "nul\0nul",
    "\"quoted\" 'name' <eve@evil.test>",
    "Eve <eve@evil.test>, Victim",
    "=?utf-8?B?QmNjOiBldmU=?=",
    "=?utf-8?Q?=0D=0ABcc:_eve=40evil.test?=",
    "--boundary\r\nContent-Type: text/html\r\n\r\n<b>part</b>",
    "\r\n--=_NextPart--\r\n",
    "Content-Type: multipart/mixed; boundary=x",
    "\u{1b}[2J\u{1b}[1;1H\u{1b}]0;owned\u{7}",
    "\u{9b}2J\u{90}x\u{9c}",
    "\u{202e}gnp.exe\u{202c}",
    "\u{2028}\u{2029}\u{85}Bcc: eve@evil.test",
    "\u{feff}zero\u{200b}width",
    "{{ secrets }}{% for i in range(9) %}x{% endfor %}",
    "<script>alert(1)</script>",
    "\u{b}\u{c}\u{1c}\u{1d}\u{1e}Bcc: eve@evil.test",
    "飛脚\r\nBcc: 相手@例え.test",
    "tab\tand trailing space ",
];

/// Addresses that try the same with the envelope. Each is either refused or arrives as it is.
const ADDRESSES: &[&str] = &[
    "a\r\nRCPT TO:<victim@victim.test>@x.test",
    "\"a\r\nDATA\r\n\"@x.test",
    "a> SIZE=1\r\nRSET\r\n<b@x.test",
    "a@x.test>\r\nRCPT TO:<victim@victim.test",
    "<a@x.test>, victim@victim.test",
    "a b@x.test",
    "\"a b\"@x.test",
    "\u{1b}[2J@x.test",
    "\u{202e}tset.doog@x.test",
    "a\0b@x.test",
    "a@x.test\r\nBcc: victim@victim.test",
    "\"\\\"><victim@victim.test\"@x.test",
];

#[test]
fn no_cell_changes_the_shape_of_a_letter() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2);
    let mut list = row("plain@good.test", "Plain", "start");
    for (number, cell) in HOSTILE.iter().enumerate() {
        list += &row(&format!("name{number}@good.test"), cell, "city");
        list += &row(&format!("city{number}@good.test"), "name", cell);
    }
    workspace.campaign_file("recipients.csv", format!("email,name,city\n{list}"));
    workspace.campaign_file(
        "campaign.toml",
        r#"name = "spring"
from = "Example News <news@example.com>"
subject = "Hello {{ name }} of {{ city }}"
recipients = "recipients.csv"
html = "body.html"
text = "body.txt"
unsubscribe = "https://example.com/u/{{ name | urlencode }}"
"#,
    );
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "plain", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    expect_clean(&ended.stdout);
    expect_clean(&ended.stderr);

    let accepted = server.accepted();
    let plain = Letter::parse(&find(&accepted, "plain@good.test").content);
    assert_eq!(plain.parts().len(), 2);
    for (number, cell) in HOSTILE.iter().enumerate() {
        for (who, name, city) in [("name", *cell, "city"), ("city", "name", *cell)] {
            if cell.contains('\0') {
                continue; // Such a row is refused as a whole.
            }
            let message = find(&accepted, &format!("{who}{number}@good.test"));
            expect_same_shape(message, &plain, cell);
            expect_same_text(message, name, city);
        }
    }
    let with_nul = HOSTILE.iter().filter(|cell| cell.contains('\0')).count();
    let refused = Status::of(workspace.path(), CAMPAIGN).count("invalid");
    assert_eq!(refused, 2 * with_nul as u64);
    assert_eq!(accepted.len(), 1 + 2 * (HOSTILE.len() - with_nul));
    expect_only_our_commands(&server, &accepted);
    expect_clean_reports(&workspace);
}

#[test]
fn no_address_reaches_the_envelope_as_more_than_an_address() {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2);
    let mut list = String::from("email,name,city\n");
    for address in ADDRESSES {
        list += &row(address, "Eve", "here");
    }
    list += &row("plain@good.test", "Plain", "here");
    workspace.campaign_file("recipients.csv", list);
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "plain", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    expect_clean(&ended.stdout);
    expect_clean(&ended.stderr);
    let accepted = server.accepted();
    let plain = Letter::parse(&find(&accepted, "plain@good.test").content);
    for message in &accepted {
        expect_same_shape(message, &plain, &message.recipient);
        let domain = message.recipient.rsplit_once('@').unwrap().1;
        assert!(["x.test", "good.test"].contains(&domain), "{message:?}");
    }
    expect_only_our_commands(&server, &accepted);
    expect_clean_reports(&workspace);
}

#[test]
fn what_a_hostile_server_says_is_shown_without_its_controls() {
    let server = LedgerServer::start(Manners {
        refuse: |_, _| Some("550 5.1.1 \u{1b}[2J\u{1b}]0;owned\u{7} no\u{8}\r \u{9b}1m such user"),
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 2).with_list(20);
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "plain", "--yes"],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    expect_clean(&ended.stdout);
    expect_clean(&ended.stderr);
    expect_clean_reports(&workspace);
    let csv = csv(workspace.path(), CAMPAIGN);
    assert_eq!(raw_controls(&csv), [], "{csv:?}");
    assert!(csv.contains("such user"), "{csv}");
}

/// A line of CSV.
fn row(email: &str, name: &str, city: &str) -> String {
    let cells = [email, name, city].map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
    cells.join(",") + "\n"
}

fn find<'a>(accepted: &'a [Accepted], recipient: &str) -> &'a Accepted {
    let found = accepted
        .iter()
        .find(|message| message.recipient == recipient);
    found.unwrap_or_else(|| panic!("{recipient} got nothing"))
}

/// The same headers, the same parts, line ends and line lengths of RFC 5322 section 2.3.
fn expect_same_shape(message: &Accepted, plain: &Letter, cell: &str) {
    let letter = Letter::parse(&message.content);
    let text = String::from_utf8_lossy(&message.content);
    assert_eq!(
        letter.header_names(),
        plain.header_names(),
        "{cell:?}:\n{text}"
    );
    let kinds = |letter: &Letter| -> Vec<Vec<String>> {
        let names = |part: &Letter| part.header_names().into_iter().map(str::to_owned).collect();
        letter.parts().iter().map(names).collect()
    };
    assert_eq!(kinds(&letter), kinds(plain), "{cell:?}:\n{text}");
    for line in text.split("\r\n") {
        assert!(line.len() <= 998, "{cell:?}: a line of {}", line.len());
        assert!(
            !line.contains(['\r', '\n', '\0']),
            "{cell:?}: a bare one in {line:?}"
        );
    }
}

/// What the template says arrives whole; a cell without control characters arrives as it is.
fn expect_same_text(message: &Accepted, name: &str, city: &str) {
    let letter = Letter::parse(&message.content);
    let parts = letter.parts();
    let plain = |part: &&Letter| {
        let kind = part.header("content-type").unwrap_or("text/plain");
        kind.starts_with("text/plain")
    };
    let text = parts.iter().find(plain).unwrap().text();
    let ending = "\n\n.a line with a dot\n..\n.\nGoodbye\n";
    assert!(text.ends_with(ending), "{name:?} {city:?}: {text:?}");
    if raw_controls(&format!("{name}{city}")).is_empty() {
        assert_eq!(text, format!("Dear {name} of {city},{ending}"));
    }
}

/// The server was told who we are, envelopes of the list's own recipients, and nothing else.
fn expect_only_our_commands(server: &LedgerServer, accepted: &[Accepted]) {
    let recipients: BTreeSet<_> = accepted.iter().map(|m| m.recipient.as_str()).collect();
    let commands = server.commands();
    let data = commands.iter().filter(|line| *line == "DATA").count();
    assert_eq!(data, accepted.len());
    for line in &commands {
        let words = line.split(' ').collect::<Vec<_>>();
        let known = match words[0] {
            "EHLO" => *line == "EHLO sender.test",
            "MAIL" => line.starts_with("MAIL FROM:<news@example.com>"),
            "RCPT" => recipients
                .iter()
                .any(|recipient| line.starts_with(&format!("RCPT TO:<{recipient}>"))),
            "DATA" | "RSET" | "QUIT" => words.len() == 1,
            _ => false,
        };
        assert!(known, "the server was told {line:?}");
    }
}

/// What people look at in a terminal.
fn expect_clean_reports(workspace: &Workspace) {
    let commands: [&[&str]; 4] = [
        &["report", CAMPAIGN, "--format", "table"],
        &["report", CAMPAIGN],
        &["status", CAMPAIGN],
        &["status"],
    ];
    for command in commands {
        let ended = run(workspace.path(), command);
        assert_eq!(ended.code, Some(0), "{command:?}: {ended:?}");
        expect_clean(&ended.stdout);
        expect_clean(&ended.stderr);
    }
}

fn expect_clean(text: &str) {
    let mut shown = String::new();
    for line in text.lines().filter(|line| !raw_controls(line).is_empty()) {
        writeln!(shown, "{line:?}").unwrap();
    }
    assert!(shown.is_empty(), "control characters in:\n{shown}");
}
