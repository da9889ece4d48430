//! Template files, and the library that they call each other by.

use super::fail::Failure;
use crate::render::TemplateFile;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What templates may call: these are read, other files are left alone.
const EXTENSIONS: [&str; 9] = [
    "html", "htm", "mjml", "md", "markdown", "txt", "j2", "jinja", "css",
];
/// A larger file is no template.
const LARGEST: u64 = 4 << 20;
/// Folders within folders; deeper ones are no library.
const DEEPEST: usize = 8;

/// Reads a template.
pub(super) fn template(path: &Path) -> Result<TemplateFile, Failure> {
    let text = fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let text = String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at]
            .iter()
            .filter(|octet| **octet == b'\n')
            .count();
        Failure::new(format_args!("{}:{line}: not UTF-8", path.display()))
            .hint("templates are UTF-8; `iconv -f CP932 -t UTF-8` converts from Shift_JIS")
    })?;
    let text = text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text);
    Ok(TemplateFile::new(path.display().to_string(), text))
}

/// What a campaign's templates may extend and include: the files of its own folder, by their path
/// in it, and those of folders beside it whose names begin with an underscore, as in
/// `_layouts/letter.html`. Its own files win.
pub(super) fn library(campaign: &Path) -> Result<BTreeMap<String, TemplateFile>, Failure> {
    let mut library = BTreeMap::new();
    if let Some(beside) = campaign
        .canonicalize()
        .ok()
        .as_deref()
        .and_then(Path::parent)
    {
        for (name, path) in entries(beside)? {
            if name.starts_with('_') && path.is_dir() {
                collect(&path, &name, DEEPEST, &mut library)?;
            }
        }
    }
    collect(campaign, "", DEEPEST, &mut library)?;
    Ok(library)
}

fn collect(
    folder: &Path,
    called: &str,
    deeper: usize,
    library: &mut BTreeMap<String, TemplateFile>,
) -> Result<(), Failure> {
    for (name, path) in entries(folder)? {
        let name = match called {
            "" => name,
            _ => format!("{called}/{name}"),
        };
        if path.is_dir() {
            if deeper > 0 {
                collect(&path, &name, deeper - 1, library)?;
            }
        } else if is_template(&path)
            && let Ok(template) = template(&path)
        {
            // A list in another encoding may lie beside the templates: what cannot be read is
            // missed where it is called.
            library.insert(name, template);
        }
    }
    Ok(())
}

fn is_template(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    EXTENSIONS.iter().any(|known| extension == *known)
        && fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.len() <= LARGEST)
}

/// Names and paths of what is in a folder, hidden entries left out.
fn entries(folder: &Path) -> Result<Vec<(String, std::path::PathBuf)>, Failure> {
    let failed = |error| Failure::file(folder, &error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
        {
            entries.push((name, entry.path()));
        }
    }
    Ok(entries)
}
