//! Files that differ by recipient, from the one folder they may come from.

use crate::render::{File, FileSource};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Larger files are no attachments: no large receiver takes a message over 25 MiB.
const LARGEST: u64 = 32 << 20;

/// A folder whose files cells of a list may name.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// Where a file is. A list may come from anywhere, so nothing outside of the folder is ever
    /// sent, links that lead out of it included.
    fn place(&self, name: &str) -> Result<PathBuf, String> {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if name.contains('\0') || !Path::new(name).components().all(inside) {
            return Err(format!("{name:?} is not a file of {}", self.0.display()));
        }
        let failed = |error| format!("{}: {error}", self.0.join(name).display());
        let folder = self.0.canonicalize().map_err(failed)?;
        let path = folder.join(name).canonicalize().map_err(failed)?;
        if !path.starts_with(&folder) {
            return Err(format!("{name:?} leads out of {}", self.0.display()));
        }
        let facts = fs::metadata(&path).map_err(failed)?;
        if !facts.is_file() {
            return Err(format!("{} is no file", path.display()));
        }
        if facts.len() > LARGEST {
            return Err(format!("{} is larger than 32 MiB", path.display()));
        }
        Ok(path)
    }
}

impl FileSource for Folder {
    fn get(&self, name: &str) -> Result<File, String> {
        read(&self.place(name)?).map_err(|error| format!("{name}: {error}"))
    }

    fn check(&self, name: &str) -> Result<(), String> {
        self.place(name).map(drop)
    }
}

/// A file with its name.
pub(super) fn read(path: &Path) -> std::io::Result<File> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(File {
        name: name.into_owned(),
        content: fs::read(path)?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_the_folder_is_given() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let inside = outside.path().join("files");
        fs::create_dir_all(inside.join("sub")).unwrap();
        fs::write(inside.join("sub/a b.pdf"), "pdf").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
        let folder = Folder(inside.clone());
        let file = folder.get("sub/a b.pdf").unwrap();
        assert_eq!(
            (file.name.as_str(), &file.content[..]),
            ("a b.pdf", &b"pdf"[..])
        );
        assert_eq!(folder.check("./sub/a b.pdf"), Ok(()));
        let absolute = outside.path().join("secret").display().to_string();
        for bad in [
            "../secret",
            "sub/../../secret",
            &absolute,
            "link",
            "sub",
            "",
            "none",
            "a\0b",
        ] {
            assert!(folder.get(bad).is_err(), "{bad:?}");
            assert!(folder.check(bad).is_err(), "{bad:?}");
        }
    }
}
