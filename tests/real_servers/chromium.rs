//! The unsubscribe page in a real browser, on a phone's screen and without scripts.

use crate::ground::open_folder;
use crate::support::program::run;
use crate::support::service::{Sent, Service, sent};
use crate::support::workspace::email;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const CHROMIUM: &str = "/usr/bin/chromium";

/// Opens the page and presses its button: what was seen.
fn press(sent: &Sent, language: &str, picture: &Path) -> Value {
    let service = Service::start(sent, &[]);
    let url = format!("http://{}/u/{}", service.address("http"), sent.token);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_servers/press_button.py");
    let mut python = Command::new("python3");
    python
        .arg(script)
        .args([CHROMIUM, &url, language])
        .arg(picture);
    let output = python.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn is_suppressed(sent: &Sent) -> bool {
    let exported = run(sent.workspace.path(), &["suppress", "export"]);
    exported.stdout.contains(&email(0))
}

#[test]
#[ignore = "Chromium; see install.sh"]
fn a_reader_presses_the_button() {
    let folder = open_folder();
    for (language, title, done) in [
        ("en-GB,en", "Unsubscribe", "You are unsubscribed"),
        ("ja", "配信停止", "配信を停止しました"),
    ] {
        let sent = sent();
        let picture = folder.path().join(format!("{}.png", &language[..2]));
        let seen = press(&sent, language, &picture);
        assert_eq!(seen["before"]["title"], title, "{seen}");
        assert_eq!(seen["before"]["language"], language[..2], "{seen}");
        assert_eq!(seen["before"]["buttons"], 1, "{seen}");
        assert!(
            seen["before"]["button_height"].as_u64() >= Some(44),
            "{seen}"
        );
        assert_eq!(seen["before"]["wider_than_screen"], false, "{seen}");
        assert_eq!(seen["before"]["requests"], 0, "{seen}");
        assert_ne!(seen["before"]["background"], seen["dark"], "{seen}");
        assert_eq!(seen["after"]["heading"], done, "{seen}");
        assert_eq!(seen["after"]["buttons"], 0, "{seen}");
        assert_eq!(seen["after"]["cookies"], "", "{seen}");
        assert_eq!(seen["complaints"], Value::Array(Vec::new()), "{seen}");
        assert!(is_suppressed(&sent));
        assert!(fs::metadata(&picture).unwrap().len() > 5_000);
        if let Some(keep) = std::env::var_os("KEEP_PICTURES") {
            for ending in ["", "-dark", "-done"] {
                let name = format!("{}{ending}.png", &language[..2]);
                fs::copy(folder.path().join(&name), Path::new(&keep).join(&name)).unwrap();
            }
        }
    }
}
