//! Every key, for documentation and for the files `init` writes.

use super::campaign::{CAMPAIGN, PERSONAL, WINDOW};
use super::check::CHECK;
use super::delivery::DELIVERY;
use super::destination::DESTINATION;
use super::key::{Key, Shown};
use super::mailbox::{MAILBOX, MAILBOXES};
use super::relay::{AUTH, RELAY};
use super::serve::SERVE;
use super::settings::SETTINGS;
use super::suppression::SUPPRESSION;
use super::tables::{DKIM, SOURCE};

/// What there is to know of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its dotted name; `[]` stands for each table of a list, as in `destination[].mx`.
    pub key: String,
    /// Whether it belongs to `campaign.toml` only. Settings may stand in both files.
    pub campaign: bool,
    /// What it takes, in words.
    pub takes: String,
    /// What holds where it is not set, in TOML.
    pub default: Option<&'static str>,
    /// How it could look where nothing holds by itself, in TOML.
    pub example: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
}

/// Every key in the order of the files, tables of lists behind their list.
#[must_use]
pub fn reference() -> Vec<Reference> {
    let mut all = Vec::new();
    for key in SETTINGS {
        all.push(entry("", key, false));
        match key.path {
            "route.relay" => {
                all.extend(RELAY.iter().map(|key| entry("route.relay[].", key, false)));
                all.extend(
                    AUTH.iter()
                        .map(|key| entry("route.relay[].auth.", key, false)),
                );
            }
            "route.source" => all.extend(
                SOURCE
                    .iter()
                    .map(|key| entry("route.source[].", key, false)),
            ),
            "destination" => {
                all.extend(
                    DESTINATION
                        .iter()
                        .map(|key| entry("destination[].", key, false)),
                );
                all.extend(DELIVERY.iter().map(|key| entry("", key, false)));
            }
            "dkim" => all.extend(DKIM.iter().map(|key| entry("dkim[].", key, false))),
            _ => {}
        }
    }
    all.extend(SUPPRESSION.iter().map(|key| entry("", key, false)));
    all.extend(CHECK.iter().map(|key| entry("", key, false)));
    all.extend(SERVE.iter().map(|key| entry("", key, false)));
    all.extend(MAILBOXES.iter().map(|key| entry("", key, false)));
    all.extend(MAILBOX.iter().map(|key| entry("mailbox[].", key, false)));
    all.extend(AUTH.iter().map(|key| entry("mailbox[].auth.", key, false)));
    for key in CAMPAIGN {
        all.push(entry("", key, true));
        if key.path == "schedule.window" {
            all.extend(
                WINDOW
                    .iter()
                    .map(|key| entry("schedule.window.", key, true)),
            );
        }
        if key.path == "attachments_from" {
            all.extend(
                PERSONAL
                    .iter()
                    .map(|key| entry("attachments_from.", key, true)),
            );
        }
    }
    all
}

/// Every key as a TOML file in which all of them are commented out: what it is for, what it takes,
/// and what holds. For `campaign.toml`, or for `hikyaku.toml`. Keys that this version does not
/// support are left out.
#[must_use]
pub fn reference_toml(campaign: bool) -> String {
    let mut text = String::new();
    let mut section = String::new();
    let all = reference();
    for entry in &all {
        if entry.campaign != campaign {
            continue;
        }
        let value = entry.default.or(entry.example).unwrap_or_default();
        let lists = value.starts_with("[[");
        let (at, name) = entry.key.rsplit_once('.').unwrap_or(("", &entry.key));
        if lists {
            section = format!("{}[]", entry.key);
            text.push_str(&format!("\n# {}\n#{value}\n", entry.about));
            continue;
        }
        // The example of an inline table shows its keys.
        if all.iter().any(|table| table.key == at) {
            continue;
        }
        if at != section {
            at.clone_into(&mut section);
            // A table within a list cannot stand open while its list is commented out.
            let shut = if at.contains("[]") { "#" } else { "" };
            text.push_str(&format!("\n{shut}[{}]\n", at.replace("[]", "")));
        }
        text.push_str(&format!(
            "# {} ({})\n#{name} = {value}\n",
            entry.about, entry.takes
        ));
    }
    text.trim_start().to_owned()
}

fn entry<T>(before: &str, key: &Key<T>, campaign: bool) -> Reference {
    let (default, example) = match key.shown {
        Shown::Default(value) => (Some(value), None),
        Shown::Example(value) => (None, Some(value)),
    };
    Reference {
        key: format!("{before}{}", key.path),
        campaign,
        takes: key.kind.takes(),
        default,
        example,
        about: key.about,
    }
}
