//! Where a command works: the workspace, its settings, its campaigns, its stores.

use super::args::{Color, Global};
use super::fail::Failure;
use crate::config::{self, Source};
use crate::model::{Campaign, Settings};
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The workspace and what holds for every command.
pub(super) struct Context {
    /// The workspace's folder: where hikyaku.toml is, or the current one.
    pub root: PathBuf,
    /// The text of hikyaku.toml and its path, where there is one.
    file: Option<(PathBuf, String)>,
    env: Vec<(String, String)>,
    set: Vec<String>,
    /// `--color`
    color: Color,
    /// `-q`
    pub quiet: bool,
    /// `-v`, how often.
    pub verbose: u8,
    /// `--log`
    pub log: Option<PathBuf>,
}

/// A campaign's folder, read and checked.
pub(super) struct Opened {
    /// What campaign.toml says.
    pub campaign: Campaign,
    /// The settings of its runs.
    pub settings: Settings,
}

impl Context {
    /// Finds and reads the workspace.
    pub(super) fn find(global: &Global) -> Result<Self, Failure> {
        let root = match &global.workspace {
            Some(dir) if dir.is_dir() => dir.clone(),
            Some(dir) => {
                let failure =
                    Failure::new(format_args!("{}: there is no such folder", dir.display()));
                return Err(failure.hint("`hikyaku init DIR` makes a workspace"));
            }
            None => walk_up()?,
        };
        let path = root.join("hikyaku.toml");
        let file = match fs::read_to_string(&path) {
            Ok(text) => Some((path, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::file(&path, &error)),
        };
        let env = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let (set, color, quiet) = (global.set.clone(), global.color, global.quiet);
        Ok(Self {
            root,
            file,
            env,
            set,
            color,
            quiet,
            verbose: global.verbose,
            log: global.log.clone(),
        })
    }

    /// The settings without a campaign.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        self.settings_with(&[])
    }

    /// The settings without a campaign; `more` are `KEY=VALUE`s behind those of `--set`.
    pub(super) fn settings_with(&self, more: &[String]) -> Result<Settings, Failure> {
        let named = self.named();
        let set = [self.set.as_slice(), more].concat();
        Ok(config::load(
            source(named.as_ref()),
            None,
            &self.env,
            &set,
            &self.root,
        )?)
    }

    /// Reads a campaign by folder or by name.
    pub(super) fn open(&self, name: &str) -> Result<Opened, Failure> {
        let folder = self
            .folder(name)
            .ok_or_else(|| self.no_such_campaign(name))?;
        let path = folder.join("campaign.toml");
        let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
        let shown = path.display().to_string();
        let source_of = Source {
            name: &shown,
            text: &text,
        };
        let named = self.named();
        let workspace = source(named.as_ref());
        let settings = config::load(workspace, Some(source_of), &self.env, &self.set, &self.root)?;
        let fallback = folder_name(&folder);
        let campaign = config::campaign(source_of, &folder, &fallback, &self.env, &self.set)?;
        Ok(Opened { campaign, settings })
    }

    /// The name a campaign has in the store. Its folder may be gone by now.
    pub(super) fn campaign_name(&self, name: &str) -> Result<String, Failure> {
        match self.folder(name) {
            Some(_) => Ok(self.open(name)?.campaign.name),
            None => Ok(folder_name(Path::new(name))),
        }
    }

    /// Where a sandbox run of a campaign keeps its ledger: never in the real one.
    pub(super) fn sandbox_store(&self, campaign: &str) -> PathBuf {
        let safe = |c: char| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        };
        let file: String = campaign.chars().map(safe).collect();
        self.root
            .join(".hikyaku")
            .join("sandbox")
            .join(file + ".db")
    }

    /// Whether to write colours to a stream.
    pub(super) fn colour(&self, stream: &impl IsTerminal) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                stream.is_terminal() && !refused
            }
        }
    }

    fn named(&self) -> Option<(String, &str)> {
        let (path, text) = self.file.as_ref()?;
        Some((path.display().to_string(), text))
    }

    /// The folder of a campaign: as it was given, or below `campaigns/`.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        [
            PathBuf::from(name),
            self.root.join(name),
            self.root.join("campaigns").join(name),
        ]
        .into_iter()
        .find(|folder| folder.join("campaign.toml").is_file())
    }

    /// The names of the campaigns below `campaigns/`.
    pub(super) fn campaigns(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.root.join("campaigns"))
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join("campaign.toml").is_file())
            .map(|path| folder_name(&path))
            .collect();
        names.sort();
        names
    }

    fn no_such_campaign(&self, name: &str) -> Failure {
        let campaigns = self.root.join("campaigns");
        let names = self.campaigns();
        let failure = Failure::new(format_args!(
            "there is no campaign {name:?}: neither {name}/campaign.toml nor {}",
            campaigns.join(name).join("campaign.toml").display(),
        ));
        if names.is_empty() {
            failure.hint("`hikyaku init` makes a workspace with a sample campaign")
        } else {
            failure.hint(format_args!("there are: {}", names.join(", ")))
        }
    }
}

fn source<'a>(named: Option<&'a (String, &str)>) -> Option<Source<'a>> {
    named.map(|(name, text)| Source { name, text })
}

/// The nearest folder upwards that has a hikyaku.toml; the current one where none has.
fn walk_up() -> Result<PathBuf, Failure> {
    let here = env::current_dir()
        .map_err(|error| Failure::new(format_args!("the current folder cannot be had: {error}")))?;
    let found = here
        .ancestors()
        .find(|folder| folder.join("hikyaku.toml").is_file());
    Ok(found.map_or_else(|| here.clone(), Path::to_owned))
}

fn folder_name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder
        .file_name()
        .unwrap_or(OsStr::new("campaign"))
        .to_string_lossy()
        .into_owned()
}
