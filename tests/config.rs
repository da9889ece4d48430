//! Every file of `config/valid` is taken whole; of `config/invalid` every message is kept.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of these tests fail as the tests do"
)]

use hikyaku::config::{self, ConfigErrors, Source};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/config")
        .join(name)
}

fn read(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    (name, fs::read_to_string(path).unwrap())
}

/// Reads a text as the one kind of file or the other, by its name.
fn errors_of(name: &str, text: &str) -> ConfigErrors {
    let source = Source { name, text };
    if name.starts_with("campaign") {
        config::campaign(source, Path::new("/w/c"), "c", &[], &[]).unwrap_err()
    } else {
        config::load(Some(source), None, &[], &[], Path::new("/w")).unwrap_err()
    }
}

#[test]
fn every_wrong_file_is_explained() {
    let mut paths: Vec<_> = fs::read_dir(folder("invalid"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    paths.sort();
    assert!(paths.len() > 10);
    let mut told = String::new();
    for path in paths {
        let (name, text) = read(&path);
        told.push_str(&format!("{}\n\n", errors_of(&name, &text)));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_whole_workspace_file_is_read() {
    let (name, text) = read(&folder("valid/workspace.toml"));
    let source = Source {
        name: &name,
        text: &text,
    };
    let settings = config::load(Some(source), None, &[], &[], Path::new("/w")).unwrap();
    insta::assert_debug_snapshot!(settings);
}

#[test]
fn a_whole_campaign_file_is_read() {
    let (name, text) = read(&folder("valid/campaign.toml"));
    let source = Source {
        name: &name,
        text: &text,
    };
    let campaign = config::campaign(source, Path::new("/w/c"), "c", &[], &[]).unwrap();
    insta::assert_debug_snapshot!(campaign);
    let settings = config::load(None, Some(source), &[], &[], Path::new("/w")).unwrap();
    assert_eq!(settings.limits.connections, 3);
}

#[test]
fn a_campaign_without_a_name_has_the_one_of_its_folder() {
    let (name, text) = read(&folder("valid/smallest.toml"));
    let source = Source {
        name: &name,
        text: &text,
    };
    let campaign = config::campaign(source, Path::new("/w/c"), "c", &[], &[]).unwrap();
    assert_eq!(campaign.name, "c");
}

#[test]
fn later_sources_win() {
    let workspace = "[delivery]\nwindow = 1\nchunk = 1000\nmax_attempts = 1\nretry_jitter = 0.1\n\
                     [[destination]]\nmx = \"*\"\n[[destination]]\nmx = \"a.example\"";
    let campaign = "from = \"a@example.com\"\nsubject = \"s\"\nlist = \"l\"\ntext = \"t\"\n\
                    [delivery]\nwindow = 2\nchunk = 2000\nmax_attempts = 2\n\
                    [[destination]]\nmx = \"b.example\"";
    let env = [
        ("HIKYAKU_DELIVERY__WINDOW".to_owned(), "3".to_owned()),
        ("HIKYAKU_DELIVERY__CHUNK".to_owned(), "3000".to_owned()),
        ("HIKYAKU_LOG".to_owned(), "debug".to_owned()),
        ("PATH".to_owned(), "/bin".to_owned()),
    ];
    let sets = ["delivery.window=4".to_owned(), "subject = other".to_owned()];
    let workspace = Source {
        name: "hikyaku.toml",
        text: workspace,
    };
    let campaign = Source {
        name: "campaign.toml",
        text: campaign,
    };
    let base = Path::new("/w");
    let settings = config::load(Some(workspace), Some(campaign), &env, &sets, base).unwrap();
    assert_eq!(settings.delivery.window, 4);
    assert_eq!(settings.delivery.chunk, 3000);
    assert_eq!(settings.delivery.max_attempts, Some(2));
    assert_eq!(settings.delivery.retry_jitter, 0.1);
    assert_eq!(
        settings.destinations.len(),
        1,
        "a list replaces the earlier list"
    );
    assert_eq!(settings.store.path, Path::new("/w/.hikyaku/state.db"));
    let campaign = config::campaign(campaign, base, "c", &env, &sets).unwrap();
    assert_eq!(campaign.subject, "other");
}

#[test]
fn text_outside_files_needs_no_quotes() {
    let sets = [
        "route.override=127.0.0.1:2525",
        "delivery.retry=[\"1s\"]",
        "delivery.give_up_after=48h",
        "delivery.timeouts={ connect = \"1s\" }",
        "delivery.chunk=64KiB",
        "limits.rate=\"5/s\"",
        "identity.hostname=2026",
        "tls.policy=off",
        "destination=[{ mx = \"*\", connections = 1 }]",
    ]
    .map(str::to_owned);
    let settings = config::load(None, None, &[], &sets, Path::new("/w")).unwrap();
    assert_eq!(
        settings.route.override_to,
        Some(("127.0.0.1".to_owned(), 2525))
    );
    assert_eq!(settings.delivery.retry.len(), 1);
    assert_eq!(settings.delivery.timeouts.connect.as_secs(), 1);
    assert_eq!(settings.identity.hostname.as_deref(), Some("2026"));
    assert_eq!(settings.destinations.len(), 1);
}

#[test]
fn wrong_overrides_are_explained() {
    let sets = [
        "delivery.window",
        "delivery.windwo=8",
        "delivery.window=eight",
        "delivery.retry=1m",
        "limits.rate=500",
        "schedule.start=tomorrow",
        "=5",
    ]
    .map(str::to_owned);
    let env = [
        ("HIKYAKU_DELIVERY_WINDOW", "8"),
        ("HIKYAKU_DELIVERY__PIPELINE", "fast"),
        ("HIKYAKU_", "x"),
        ("HIKYAKU_FLAVOUR", "x"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let errors = config::load(None, None, &env, &sets, Path::new("/w")).unwrap_err();
    insta::assert_snapshot!(errors);
}

#[test]
fn the_reference_names_what_holds() {
    let mut text = String::new();
    for entry in config::reference() {
        if entry.campaign {
            continue;
        }
        if let Some(default) = entry.default.filter(|_| !entry.key.contains("[]")) {
            text.push_str(&format!("{} = {default}\n", entry.key));
        }
    }
    let source = Source {
        name: "reference",
        text: &text,
    };
    let written = config::load(Some(source), None, &[], &[], Path::new("/w")).unwrap();
    let silent = config::load(None, None, &[], &[], Path::new("/w")).unwrap();
    let silent = format!("{silent:?}");
    assert_eq!(
        format!("{written:?}"),
        silent,
        "a default of the reference is not the built-in one"
    );
    assert!(text.lines().count() > 15);
}

#[test]
fn the_reference_is_a_file_that_changes_nothing() {
    let text = config::reference_toml(false);
    let source = Source {
        name: "reference",
        text: &text,
    };
    let settings = config::load(Some(source), None, &[], &[], Path::new("/w")).unwrap();
    let silent = config::load(None, None, &[], &[], Path::new("/w")).unwrap();
    assert_eq!(format!("{settings:?}"), format!("{silent:?}"));
    insta::assert_snapshot!(format!(
        "{text}\n\n--- campaign.toml ---\n\n{}",
        config::reference_toml(true)
    ));
}

#[test]
fn examples_of_the_reference_are_accepted() {
    for entry in config::reference() {
        let Some(example) = entry.example else {
            continue;
        };
        if entry.key.contains("[]") || example.starts_with("[[") {
            continue;
        }
        if ["schedule.window.", "attachments_from."]
            .iter()
            .any(|table| entry.key.starts_with(table))
        {
            continue; // keys of an inline table, which is accepted as a whole
        }
        let sets = [format!("{}={example}", entry.key)];
        let result = config::load(None, None, &[], &sets, Path::new("/w"));
        assert!(result.is_ok(), "{}: {}", entry.key, result.unwrap_err());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(?s).{0,200}") {
        let source = Source { name: "x", text: &text };
        let _ = config::load(Some(source), Some(source), &[], std::slice::from_ref(&text), Path::new("/w"));
        let _ = config::campaign(source, Path::new("/w"), "c", &[], &[]);
    }

    #[test]
    fn no_value_of_any_key_panics(place in 0_usize..60, value in "(?s)([0-9a-z.:/<>@*\"'\\[\\]{}= -]{0,20}|.{0,12})") {
        let keys = config::reference();
        let key = keys[place % keys.len()].key.replace("[]", "");
        let text = format!("{key} = {value}\n");
        let source = Source { name: "x", text: &text };
        let _ = config::load(None, Some(source), &[], &[format!("{key}={value}")], Path::new("/w"));
        let env = [(format!("HIKYAKU_{}", key.replace('.', "__").to_uppercase()), value)];
        let _ = config::load(None, None, &env, &[], Path::new("/w"));
    }
}
