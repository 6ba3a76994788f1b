//! Where rules come from: the bundled set in the binary, and the folders of the user's rule packs.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use walkdir::WalkDir;

use crate::fault::{Fault, Faults, quote};
use crate::load::files::name_of;

/// The policies folder of the source tree, embedded.
static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies");

/// The origin of bundled rules in reports.
pub const BUNDLED_ORIGIN: &str = "bundled";

/// A file of a pack.
pub struct PackFile {
    /// Its path: as the user would find it, or within `policies/`.
    pub path: String,
    /// `bundled`, or its path.
    pub origin: String,
    /// Its text.
    pub text: String,
}

impl PackFile {
    /// Whether it is in the binary.
    pub fn is_bundled(&self) -> bool {
        self.origin == BUNDLED_ORIGIN
    }

    /// Its name without folders.
    pub fn name(&self) -> &str {
        Path::new(&self.path).file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// Its name without the extension, if it has that one.
    pub fn stem(&self, extension: &str) -> Option<&str> {
        self.name().strip_suffix(extension)
    }

    /// The name of its folder.
    pub fn theme(&self) -> &str {
        let parent = Path::new(&self.path).parent().and_then(Path::file_name);
        parent.and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// The files of the bundled set, in path order.
pub fn bundled() -> Vec<PackFile> {
    fn collect(dir: &Dir<'_>, files: &mut Vec<PackFile>) {
        for file in dir.files() {
            files.push(PackFile {
                path: format!("policies/{}", file.path().display()),
                origin: BUNDLED_ORIGIN.to_owned(),
                text: file.contents_utf8().unwrap_or_default().to_owned(),
            });
        }
        dir.dirs().for_each(|dir| collect(dir, files));
    }
    let mut files = Vec::new();
    collect(&BUNDLED, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The files of a user's pack: a folder, walked in path order without dotfiles, or one file.
pub fn from_disk(root: &PathBuf, faults: &mut Faults) -> Vec<PackFile> {
    let mut files = Vec::new();
    let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
    let entries = WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || visible(entry.file_name()));
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let root = quote(&name_of(root));
                faults.push(Fault::new(
                    format!("the policies in {root} can't be read: {error}"),
                    "check the path and its permissions",
                ));
                continue;
            }
        };
        let path = entry.path();
        let wanted =
            path.extension().is_some_and(|ext| ext == "cedar" || ext == "json" || ext == "toml");
        if !entry.file_type().is_file() || !wanted {
            continue;
        }
        match fs::read_to_string(path) {
            Ok(text) => files.push(PackFile { path: name_of(path), origin: name_of(path), text }),
            Err(error) => {
                let path = quote(&name_of(path));
                faults.push(Fault::new(
                    format!("{path} can't be read: {error}"),
                    "a policy is a UTF-8 text",
                ));
            }
        }
    }
    files
}
