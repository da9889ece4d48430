//! `bounces read` as people run it: files, folders, mbox, Maildir, standard input.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot run the program has failed"
)]

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const BOUNCE: &str = "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nI could not deliver it.\n\n\
                      <ada@receiver.example>:\n550 5.1.1 no such user\n\n--- Below this line is a copy of the message.\n\n\
                      X-Hikyaku-Campaign: autumn\nSubject: Tea\n";
const AWAY: &str = "From: bob@receiver.example\nSubject: Out of office\n\nBack on Monday.\n";

fn bounces(arguments: &[&str], folder: &Path, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hikyaku"))
        .args(["bounces", "read"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn names(output: &Output) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines(output)
        .iter()
        .map(|line| (text(&line["file"]), text(&line["kind"])))
        .collect()
}

#[test]
fn a_line_has_the_keys_of_the_interface_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), BOUNCE).unwrap();
    let output = bounces(&["a", "--format", "json"], folder.path(), b"");
    assert!(output.status.success());
    let expected = "{\"file\":\"a\",\"kind\":\"bounce\",\"recipient\":\"ada@receiver.example\",\"action\":\"failed\",\
                    \"status\":\"5.1.1\",\"reason\":\"mailbox_unknown\",\"blame\":\"recipient\",\"suppress\":true,\
                    \"diagnostic\":\"550 5.1.1 no such user\",\"campaign\":\"autumn\"}\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn folders_mbox_and_maildir_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in [
        "box/b.eml",
        "box/a/x",
        "mail/cur/1:2,S",
        "mail/new/2",
        "mail/tmp/3",
        "mail/.Sub/new/4",
    ] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, if name.contains('b') { BOUNCE } else { AWAY }).unwrap();
    }
    fs::create_dir_all(root.join("mail/.Sub/cur")).unwrap();
    fs::write(root.join("mail/dovecot-uidlist"), "3 V1\n").unwrap();
    let separator = "From x@y.example Thu Jan  1 00:00:00 1970\n";
    fs::write(
        root.join("folder"),
        format!("{separator}{BOUNCE}\n{separator}{AWAY}\n"),
    )
    .unwrap();
    fs::write(root.join("lone"), format!("{separator}{AWAY}\n")).unwrap();
    let output = bounces(
        &["folder", "lone", "box", "mail", "--format", "json"],
        root,
        b"",
    );
    let expected = [
        ("folder#1", "bounce"),
        ("folder#2", "auto_reply"),
        ("lone", "auto_reply"),
        ("box/a/x", "bounce"),
        ("box/b.eml", "bounce"),
        ("mail/.Sub/new/4", "bounce"),
        ("mail/cur/1:2,S", "auto_reply"),
        ("mail/new/2", "auto_reply"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
        .collect();
    assert_eq!(names(&output), expected);
}

#[test]
fn standard_input_and_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), AWAY).unwrap();
    let output = bounces(
        &["none", "-", "a", "--format", "json"],
        folder.path(),
        BOUNCE.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(1));
    let expected = [("-", "bounce"), ("a", "auto_reply")];
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
        .collect();
    assert_eq!(names(&output), expected);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("none"), "{said}");
}

#[test]
fn people_get_columns_and_a_summary_and_no_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("a"),
        BOUNCE.replace("no such", "no \u{1b}[31msuch"),
    )
    .unwrap();
    let output = bounces(&["a"], folder.path(), b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("mailbox_unknown") && text.contains("ada@receiver.example"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("bounce mailbox_unknown")
    );
}
