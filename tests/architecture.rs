//! Modules import in one direction only. This test reads every `crate::` path of `src/` and holds
//! it against the table below, and does the same for the crates that have one home.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the source has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// A module and the modules it may name besides itself. In layer order.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("classify", &["model"]),
    ("config", &["model"]),
    ("dkim", &["model"]),
    ("list", &["model"]),
    ("pace", &["model"]),
    ("preflight", &["model"]),
    ("progress", &["model"]),
    ("proto", &["model"]),
    ("render", &["model"]),
    ("returned", &["model"]),
    ("route", &["model"]),
    ("secure", &["model"]),
    ("net", &["model", "proto", "secure"]),
    ("store", &["model"]),
    (
        "engine",
        &[
            "model", "classify", "list", "pace", "progress", "proto", "render", "route", "secure",
            "net", "store",
        ],
    ),
    (
        "intake",
        &["model", "classify", "returned", "render", "store"],
    ),
    ("sandbox", &["model", "proto", "net"]),
    (
        "serve",
        &["model", "progress", "proto", "net", "store", "intake"],
    ),
    ("dash", &["model", "progress"]),
    ("report", &["model", "progress"]),
];

/// Crates that live in few places, so that an edge stays an edge.
const HOMES: &[(&str, &[&str])] = &[
    ("async_imap", &["net"]),
    ("axum", &["serve"]),
    ("chardetng", &["list"]),
    ("comfy_table", &["report"]),
    ("csv", &["list", "report"]),
    ("csv_core", &["list"]),
    ("clap", &["cli"]),
    ("css_inline", &["render"]),
    ("encoding_rs", &["list", "render"]),
    ("governor", &["pace"]),
    ("hickory_resolver", &["net", "sandbox"]),
    ("html2text", &["render"]),
    ("html5ever", &["preflight"]),
    ("http_body_util", &["net", "serve"]),
    ("hyper", &["net", "serve"]),
    ("hyper_util", &["net", "serve"]),
    ("icu_datetime", &["render"]),
    ("icu_decimal", &["render"]),
    ("icu_plurals", &["render"]),
    ("indicatif", &["cli"]),
    ("mail_auth", &["dkim", "preflight"]),
    ("mail_builder", &["render"]),
    ("mail_parser", &["preflight", "render", "returned"]),
    ("md5", &["proto"]),
    ("mime_guess", &["render"]),
    ("minijinja", &["render"]),
    ("minijinja_contrib", &["render"]),
    ("mrml", &["render"]),
    ("pulldown_cmark", &["render"]),
    ("prometheus_client", &["serve"]),
    ("psl", &["preflight"]),
    ("ratatui", &["dash"]),
    ("rcgen", &["sandbox"]),
    ("rsa", &["dkim", "cli"]),
    ("rusqlite", &["store"]),
    ("rustls", &["net", "sandbox", "serve"]),
    ("sd_notify", &["cli"]),
    ("socket2", &["net"]),
    ("stringprep", &["proto"]),
    (
        "tokio",
        &["store", "net", "engine", "sandbox", "serve", "dash", "cli"],
    ),
    ("toml", &["classify", "config", "returned"]),
    ("webpki", &["net"]),
];

#[test]
fn modules_import_in_one_direction() {
    let mut wrong = Vec::new();
    for (module, line, place) in lines() {
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        for name in paths_after(&line, "crate::") {
            let known = MAY_NAME.iter().any(|(m, _)| *m == name) || name == "cli";
            if known && name != module && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{place}: {module} may not name {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn edge_crates_stay_at_the_edges() {
    let mut wrong = Vec::new();
    for (module, line, place) in lines() {
        for (krate, homes) in HOMES {
            let named = line.contains(&format!("use {krate}::"))
                || line.contains(&format!(" {krate}::"))
                || line.contains(&format!("({krate}::"))
                || line.contains(&format!("<{krate}::"));
            if named && !homes.contains(&module.as_str()) && module != "main.rs" {
                wrong.push(format!("{place}: {krate} belongs in {homes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_stands_in_the_table() {
    for entry in fs::read_dir(source()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let listed = MAY_NAME.iter().any(|(module, _)| *module == name);
        assert!(
            listed || ["cli", "lib.rs", "main.rs"].contains(&name.as_str()),
            "{name} has no layer"
        );
    }
}

/// Every line of code (no comments) below `src/`, with its module and its place.
fn lines() -> Vec<(String, String, String)> {
    let mut files = Vec::new();
    collect(&source(), &mut files);
    let mut lines = Vec::new();
    for file in files {
        let inside = file.strip_prefix(source()).unwrap();
        let module = inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .to_owned();
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if !line.trim_start().starts_with("//") {
                let place = format!("src/{}:{}", inside.display(), number + 1);
                lines.push((module.clone(), line.to_owned(), place));
            }
        }
    }
    assert!(lines.len() > 100, "the source was not found");
    lines
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The names right behind `prefix` in a line, braces at the first level included.
fn paths_after(line: &str, prefix: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut names = Vec::new();
    for (place, _) in line.match_indices(prefix) {
        let rest = &line[place + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group.split(',').map(word)),
            None => names.push(word(rest)),
        }
    }
    names
}
