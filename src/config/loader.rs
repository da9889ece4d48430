//! Reads the sources in their order, and checks what only makes sense together.

use super::campaign::{CAMPAIGN, CampaignDraft};
use super::check::CHECK;
use super::delivery::DELIVERY;
use super::error::{ConfigError, ConfigErrors, Fault};
use super::finish;
use super::key::{Groups, Walk, apply, find, walk};
use super::load::Source;
use super::mailbox::MAILBOXES;
use super::near::nearest;
use super::serve::SERVE;
use super::settings::{Mode, SETTINGS};
use super::suppression::SUPPRESSION;
use super::syntax;
use super::value::one_of;
use crate::model::{Relay, Settings};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Variables that begin with `HIKYAKU_` and are no settings: they belong to the command line.
pub const RESERVED: &[&str] = &["HIKYAKU_COLOR", "HIKYAKU_LOG", "HIKYAKU_WORKSPACE"];

/// Everything that is being read.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) settings: Settings,
    pub(super) mode: Option<Mode>,
    pub(super) relays: Vec<Relay>,
    pub(super) campaign: CampaignDraft,
}

/// What may stand in `campaign.toml`, in the environment and in `--set`.
pub(super) const ALL: Groups<'_, Draft> = &[
    SETTINGS,
    DELIVERY,
    SUPPRESSION,
    CHECK,
    SERVE,
    MAILBOXES,
    CAMPAIGN,
];

/// Where a key was set.
#[derive(Clone)]
struct Place {
    source: String,
    line: Option<usize>,
}

/// Reads sources one after the other and keeps every mistake.
#[derive(Default)]
pub(super) struct Loader {
    draft: Draft,
    errors: Vec<ConfigError>,
    places: BTreeMap<&'static str, Place>,
}

impl Loader {
    /// Reads a file whose keys are `groups`.
    pub(super) fn file(&mut self, source: &Source<'_>, groups: Groups<'_, Draft>) {
        let (table, broken) = DeTable::parse_recoverable(source.text);
        if !broken.is_empty() {
            // Half a table would only draw errors that follow from the first one.
            self.errors.extend(syntax::errors(source, &broken));
            return;
        }
        let mut out = Walk::default();
        walk(table.get_ref(), "", "", groups, &mut self.draft, &mut out);
        for fault in &mut out.faults {
            if find(groups, &fault.key).is_none() && find(ALL, &fault.key).is_some() {
                fault.hint = Some("it belongs in the campaign.toml of a campaign".to_owned());
            }
        }
        self.keep(source.name, Some(source.text), out);
    }

    /// Reads the environment, then `--set`.
    pub(super) fn overrides(&mut self, env: &[(String, String)], sets: &[String]) {
        let mut env: Vec<_> = env.iter().filter(|(name, _)| is_ours(name)).collect();
        env.sort();
        for (name, text) in env {
            self.variable(name, text);
        }
        for set in sets {
            match set.split_once('=') {
                Some((key, text)) => self.set("--set", key.trim(), text.trim()),
                None => self.errors.push(ConfigError {
                    source: "--set".to_owned(),
                    line: None,
                    key: set.clone(),
                    what: format!("{set:?} is no KEY=VALUE"),
                    hint: Some("write --set delivery.window=16".to_owned()),
                }),
            }
        }
    }

    fn variable(&mut self, name: &str, text: &str) {
        let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
        let known = ALL.iter().flat_map(|group| group.iter());
        let is_key = known
            .clone()
            .any(|k| k.path == key || k.path.starts_with(&format!("{key}.")));
        if is_key {
            return self.set(name, &key, text);
        }
        let near = nearest(&key, known.map(|key| key.path)).map(variable_name);
        self.errors.push(ConfigError {
            source: name.to_owned(),
            line: None,
            key,
            what: "no setting has this variable".to_owned(),
            hint: Some(match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!(
                    "a variable is named as {}",
                    variable_name("delivery.window")
                ),
            }),
        });
    }

    /// Reads one value that stands outside any file: TOML, or the bare text where the key takes text.
    fn set(&mut self, source: &str, path: &str, text: &str) {
        let parsed = DeValue::parse(text);
        let bare = find(ALL, path).is_some_and(|key| key.kind.is_text())
            && !parsed.as_ref().is_ok_and(|value| value.get_ref().is_str());
        let value = match parsed {
            _ if bare => Spanned::new(0..text.len(), DeValue::String(Cow::Borrowed(text))),
            Ok(value) => value,
            Err(_) => {
                let takes = find(ALL, path).map(|key| key.kind.takes());
                let fault = Fault {
                    span: 0..0,
                    key: path.to_owned(),
                    what: format!("{path}: {text:?} is no TOML value"),
                    hint: takes.map(|takes| format!("it takes {takes}")),
                };
                self.errors.push(fault.into_error(source, None));
                return;
            }
        };
        let mut out = Walk::default();
        apply(path, path, 0..0, &value, ALL, &mut self.draft, &mut out);
        self.keep(source, None, out);
    }

    /// Takes over what reading a text came to.
    fn keep(&mut self, source: &str, text: Option<&str>, mut out: Walk) {
        let line = |span: &Range<usize>| text.map(|text| syntax::line(text, span.start));
        out.faults.sort_by_key(|fault| fault.span.start);
        for fault in out.faults {
            let line = line(&fault.span);
            self.errors.push(fault.into_error(source, line));
        }
        for (key, span) in out.set {
            let place = Place {
                source: source.to_owned(),
                line: line(&span),
            };
            self.places.insert(key, place);
        }
    }

    /// Settings that only make sense together.
    pub(super) fn check_settings(&mut self) {
        let relays = !self.draft.relays.is_empty();
        match self.draft.mode {
            Some(Mode::Relay) if !relays => self.fault_at(
                "route.mode",
                "route.mode is \"relay\", and there is no relay",
                "add [[route.relay]] with its host below it",
            ),
            None if relays => self.fault_at(
                "route.relay",
                "there is a [[route.relay]], and route.mode is not set",
                "add mode = \"relay\" below [route], or mode = \"mx\" to leave the relay unused",
            ),
            Some(Mode::Mx | Mode::Relay) | None => {}
        }
    }

    /// What a campaign needs, and keys of it that only make sense together.
    pub(super) fn check_campaign(&mut self, source: &Source<'_>) {
        let missing = self.missing(source);
        self.errors.extend(missing);
        let place = |key| {
            self.places
                .get(key)
                .map(|place: &Place| place.source.as_str())
        };
        if place("recipients").is_some() && place("recipients") == place("list") {
            self.fault_at(
                "list",
                "there are both recipients and list",
                "keep one of them: a CSV file, or a list that was imported",
            );
        }
        let markups = ["html", "mjml", "markdown"];
        let files = markups.map(|key| self.places.get(key).map(|place| place.source.clone()));
        for (at, file) in files.iter().enumerate().skip(1) {
            if file.is_some() && files[..at].contains(file) {
                self.fault_at(
                    markups[at],
                    "html, mjml and markdown are three ways to write one part",
                    "keep one of them",
                );
            }
        }
        let schedule = &self.draft.campaign.schedule;
        if let (Some(start), Some(end)) = (schedule.start, schedule.not_after)
            && end <= start
        {
            self.fault_at(
                "schedule.not_after",
                "schedule.not_after is not later than schedule.start",
                "write a later time, or leave one of them out",
            );
        }
    }

    /// Keys a campaign needs and does not have. A key that is there with a wrong value has an error
    /// of its own, and where the text is no TOML every key would seem to be missing.
    pub(super) fn missing(&self, source: &Source<'_>) -> Vec<ConfigError> {
        if self.errors.iter().any(|error| error.key.is_empty()) {
            return Vec::new();
        }
        let failed = |key: &&str| self.errors.iter().any(|error| error.key == **key);
        finish::missing(&self.draft.campaign)
            .filter(|(keys, _)| !keys.iter().any(failed))
            .map(|(keys, example)| ConfigError {
                source: source.name.to_owned(),
                line: None,
                key: keys[0].to_owned(),
                what: format!("{} is missing", one_of(keys)),
                hint: Some(format!("add {example}")),
            })
            .collect()
    }

    fn fault_at(&mut self, key: &'static str, what: &str, hint: &str) {
        let place = self.places.get(key).cloned();
        self.errors.push(ConfigError {
            source: place
                .as_ref()
                .map_or_else(|| key.to_owned(), |place| place.source.clone()),
            line: place.and_then(|place| place.line),
            key: key.to_owned(),
            what: what.to_owned(),
            hint: Some(hint.to_owned()),
        });
    }

    pub(super) fn end(self) -> Result<Draft, ConfigErrors> {
        if self.errors.is_empty() {
            Ok(self.draft)
        } else {
            Err(ConfigErrors(self.errors))
        }
    }
}

const PREFIX: &str = "HIKYAKU_";

/// Whether a variable is meant for the settings.
fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) && !RESERVED.contains(&name)
}

/// The variable of a key.
fn variable_name(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}
