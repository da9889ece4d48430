//! `init`: a new workspace with a sample campaign.

use super::args::Init as Args;
use super::fail::{DONE, Failure, Outcome};
use super::output::say;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// `hikyaku init`
pub(super) fn run(args: &Args) -> Outcome {
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let file = dir.join("hikyaku.toml");
    if file.exists() {
        let failure = Failure::new(format_args!(
            "{}: there is a workspace already",
            dir.display()
        ));
        return Err(failure.hint("nothing was changed"));
    }
    write(&file, SETTINGS)?;
    let campaign = dir.join("campaigns").join("hello");
    for (name, content) in FILES {
        write(&campaign.join(name), content)?;
    }
    let dir = dir.display();
    say(format_args!(
        "{dir}: hikyaku.toml and campaigns/hello; now try"
    ));
    say(format_args!("  hikyaku -C {dir} send hello --sandbox"));
    Ok(DONE)
}

/// Writes a file that is not there yet.
fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let wrong = |error: io::Error| Failure::file(path, &error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(wrong)?;
    }
    if path.exists() {
        say(format_args!("{}: left as it is", path.display()));
        return Ok(());
    }
    fs::write(path, content).map_err(wrong)
}

const SETTINGS: &str = include_str!("init/hikyaku.toml");
const FILES: [(&str, &str); 4] = [
    ("campaign.toml", include_str!("init/campaign.toml")),
    ("recipients.csv", include_str!("init/recipients.csv")),
    ("body.html", include_str!("init/body.html")),
    ("body.txt", include_str!("init/body.txt")),
];
