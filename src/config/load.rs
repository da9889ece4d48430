//! The two ways in: from all sources to settings, and to a campaign.

use super::check::CHECK;
use super::delivery::DELIVERY;
use super::error::ConfigErrors;
use super::finish;
use super::loader::{ALL, Loader};
use super::mailbox::MAILBOXES;
use super::serve::SERVE;
use super::settings::SETTINGS;
use super::suppression::SUPPRESSION;
use crate::model::{Campaign, Settings};
use std::path::Path;

/// A TOML text, and what it is called in errors.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Shown in errors: the file's path.
    pub name: &'a str,
    /// What it holds.
    pub text: &'a str,
}

/// Reads the settings of a run. `env` may hold the whole environment: only names that begin with
/// `HIKYAKU_` are looked at. `sets` are the `KEY=VALUE` of `--set`. Relative paths of settings
/// resolve against `base`, the workspace's root, whichever source they stand in.
///
/// The campaign's own keys are checked as well, so that a person sees every error of a file at once.
///
/// # Errors
/// Every mistake of every source.
pub fn load(
    workspace: Option<Source<'_>>,
    campaign: Option<Source<'_>>,
    env: &[(String, String)],
    sets: &[String],
    base: &Path,
) -> Result<Settings, ConfigErrors> {
    let mut loader = Loader::default();
    if let Some(source) = workspace {
        loader.file(
            &source,
            &[SETTINGS, DELIVERY, SUPPRESSION, CHECK, SERVE, MAILBOXES],
        );
    }
    if let Some(source) = campaign {
        loader.file(&source, ALL);
    }
    loader.overrides(env, sets);
    if let Some(source) = campaign {
        loader.check_campaign(&source);
    }
    loader.check_settings();
    let draft = loader.end()?;
    Ok(finish::settings(draft, base))
}

/// Reads a campaign. Relative paths resolve against `folder`; `fallback_name` is its name where
/// the file gives none. Campaign keys in `env` and `sets` win over the file.
///
/// # Errors
/// Every mistake of the file, those in settings sections included, and of the overrides.
pub fn campaign(
    source: Source<'_>,
    folder: &Path,
    fallback_name: &str,
    env: &[(String, String)],
    sets: &[String],
) -> Result<Campaign, ConfigErrors> {
    let mut loader = Loader::default();
    loader.file(&source, ALL);
    loader.overrides(env, sets);
    loader.check_campaign(&source);
    let missing = loader.missing(&source);
    let draft = loader.end()?;
    finish::campaign(draft.campaign, folder, fallback_name).ok_or(ConfigErrors(missing))
}
