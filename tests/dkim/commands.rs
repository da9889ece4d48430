//! `dkim new` and `dkim show`.

use crate::support::program::run;
use crate::support::workspace::{Workspace, closed_port};
use hikyaku::dkim::{Match, PrivateKey, Published};
use serde_json::Value;
use std::fs;

fn workspace() -> Workspace {
    Workspace::new(closed_port(), 1)
}

/// The text between the quotes of a record in zone-file form.
fn strings(zone: &str) -> String {
    zone.split('"').skip(1).step_by(2).collect()
}

#[test]
fn a_new_key_is_one_that_its_record_matches_and_its_snippet_configures() {
    for (kind, name) in [("rsa", "RSA"), ("ed25519", "Ed25519")] {
        let workspace = workspace();
        let new = [
            "dkim",
            "new",
            "--domain",
            "Example.com",
            "--selector",
            "2026a",
            "--type",
            kind,
        ];
        let made = run(workspace.path(), &new);
        assert_eq!(made.code, Some(0), "{made:?}");
        let (zone, snippet) = made.stdout.split_once("\n\n").unwrap();
        assert!(
            zone.starts_with("2026a._domainkey.example.com. IN TXT "),
            "{zone}"
        );
        let file = workspace.path().join("dkim/example.com.2026a.pem");
        let key = PrivateKey::from_pem(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(
            key.published(&[strings(zone)]),
            Published::One(Match::Matches)
        );
        assert_eq!(
            snippet,
            "[[dkim]]\ndomain = \"example.com\"\nselector = \"2026a\"\nkey_file = \"dkim/example.com.2026a.pem\"\n"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let workspace = workspace.with_config(snippet);
        let shown = run(workspace.path(), &["dkim", "show"]);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        assert!(
            shown.stdout.starts_with(&format!("; {name} (")),
            "{shown:?}"
        );
        assert!(shown.stdout.contains(zone), "{shown:?}");
        let json = run(workspace.path(), &["dkim", "show", "--json"]).stdout;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json[0]["value"], strings(zone));
        assert_eq!(json[0]["name"], "2026a._domainkey.example.com");
    }
}

#[test]
fn no_key_is_overwritten() {
    let workspace = workspace();
    let new = [
        "dkim",
        "new",
        "--domain",
        "example.com",
        "--selector",
        "a",
        "--type",
        "ed25519",
        "-o",
    ];
    let file = workspace.path().join("keys/mine.pem");
    let new: Vec<&str> = new.into_iter().chain([file.to_str().unwrap()]).collect();
    assert_eq!(run(workspace.path(), &new).code, Some(0));
    let before = fs::read(&file).unwrap();
    let again = run(workspace.path(), &new);
    assert_eq!(again.code, Some(1));
    assert!(
        again.stderr.contains("there is a file already"),
        "{again:?}"
    );
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn what_makes_no_sense_is_a_matter_of_usage() {
    let workspace = workspace();
    for wrong in [
        &["--domain", "example", "--selector", "a"][..],
        &["--domain", "example.com", "--selector", "a b"],
        &[
            "--domain",
            "example.com",
            "--selector",
            "a.",
            "--type",
            "ed25519",
        ],
        &[
            "--domain",
            "example.com",
            "--selector",
            "a",
            "--bits",
            "1024",
        ],
        &[
            "--domain",
            "example.com",
            "--selector",
            "a",
            "--type",
            "ed25519",
            "--bits",
            "2048",
        ],
        &["--domain", "example.com"],
    ] {
        let arguments = [&["dkim", "new"], wrong].concat();
        let ended = run(workspace.path(), &arguments);
        assert_eq!(ended.code, Some(2), "{wrong:?}: {ended:?}");
    }
    assert!(!workspace.path().join("dkim").exists());
}

#[test]
fn show_says_where_there_is_nothing_to_show() {
    let ended = run(workspace().path(), &["dkim", "show"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("`hikyaku dkim new"), "{ended:?}");
    let missing =
        "\n[[dkim]]\ndomain = \"example.com\"\nselector = \"a\"\nkey_file = \"none.pem\"\n";
    let ended = run(workspace().with_config(missing).path(), &["dkim", "show"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("none.pem"), "{ended:?}");
}
