//! Reading a pack, which may have been made to harm its reader: names that lead elsewhere, entries
//! that are there twice, files that are larger than they say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;
use zip::ZipArchive;

use super::archive;
use crate::fault::{Fault, quote};
use crate::load::files::{hex, name_of};

/// A file that has no digest yet to be held against is no longer than this.
pub const MOST: u64 = 256 << 20;

/// SHA-256 in hexadecimal.
pub fn digest_of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 and length of what can be read.
///
/// # Errors
/// Those of the input.
pub fn digest_of(mut from: impl Read) -> io::Result<(String, u64)> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok((hex(&digest.finalize()), size));
        }
        digest.update(buffer.get(..count).unwrap_or_default());
        size += count as u64;
    }
}

/// SHA-256 of a file.
///
/// # Errors
/// A file that can't be read.
pub fn digest_of_file(path: &Path) -> Result<String, Fault> {
    let digest = File::open(path).and_then(digest_of);
    digest.map(|(sha256, _)| sha256).map_err(|error| unreadable(path, &error))
}

/// What is wrong with a pack: which file, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Its name in the pack; of the archive itself, how that is called.
    pub file: String,
    /// What is wrong.
    pub said: String,
}

impl Problem {
    /// That is wrong with that file.
    pub fn new(file: impl Into<String>, said: impl Into<String>) -> Self {
        Self { file: file.into(), said: said.into() }
    }
}

enum Store {
    Folder(PathBuf),
    /// The entries by name.
    Archive(Box<ZipArchive<File>>, BTreeMap<String, usize>),
    /// An archive of which nothing can be read.
    Broken,
}

/// A pack that can be read.
pub struct Pack {
    store: Store,
    path: PathBuf,
    /// The files in it that can be read.
    pub names: BTreeSet<String>,
    /// What is wrong with it already.
    pub problems: Vec<Problem>,
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let name = quote(&name_of(path));
    Fault::new(format!("{name} can't be read: {error}"), "check the path and its permissions")
}

/// Whether a name leads into the pack and nowhere else, on any system.
fn is_safe(name: &str) -> bool {
    let fine = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.split('/').all(fine) && !name.contains(['\\', ':']) && !name.contains(char::is_control)
}

impl Pack {
    /// Opens a folder or an archive.
    ///
    /// # Errors
    /// What is neither, or can't be read.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let there = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        let mut pack = Self {
            store: Store::Broken,
            path: path.to_owned(),
            names: BTreeSet::new(),
            problems: Vec::new(),
        };
        if there.is_dir() {
            pack.store = Store::Folder(path.to_owned());
            pack.walk()?;
            return Ok(pack);
        }
        let not_one = || {
            Fault::new(
                format!("{} is not an evidence pack", quote(&name_of(path))),
                "name a folder or a .zip that `nhi-policy pack` has written",
            )
        };
        // To open a pipe is to wait for whoever writes to it.
        if !there.is_file() {
            return Err(not_one());
        }
        let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut head = [0; 2];
        let begins = file.read_exact(&mut head).is_ok() && &head == b"PK";
        let zip = path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("zip"));
        if there.len() == 0 || !begins && !zip {
            return Err(not_one());
        }
        let entries = file
            .rewind()
            .and_then(|()| ZipArchive::new(file).map_err(io::Error::other))
            .map(|archive| (archive.central_directory_start(), archive))
            .and_then(|(start, archive)| {
                let mut again = File::open(path)?;
                Ok((archive::names(&mut again, start)?, archive))
            });
        match entries {
            Ok((names, archive)) => pack.list(&names, archive),
            Err(error) => pack.wrong(name_of(path), format!("the archive is damaged: {error}")),
        }
        Ok(pack)
    }

    fn wrong(&mut self, file: impl Into<String>, said: impl Into<String>) {
        self.problems.push(Problem::new(file, said));
    }

    fn walk(&mut self) -> Result<(), Fault> {
        let path = self.path.clone();
        let mut folders = Vec::new();
        for entry in WalkDir::new(&path).min_depth(1).sort_by_file_name() {
            let entry = entry.map_err(|error| unreadable(&path, &io::Error::from(error)))?;
            let relative = entry.path().strip_prefix(&path).unwrap_or(entry.path());
            let parts: Vec<String> =
                relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            let name = parts.join("/");
            if entry.file_type().is_dir() {
                folders.push(name);
            } else if entry.file_type().is_file() {
                self.names.insert(name);
            } else {
                self.wrong(name, "it is a link, or no file");
            }
        }
        for folder in folders {
            let within = format!("{folder}/");
            let first = self.names.range(within.clone()..).next();
            if !first.is_some_and(|name| name.starts_with(&within)) {
                self.wrong(folder, "it is an empty folder, which no pack has");
            }
        }
        Ok(())
    }

    fn list(&mut self, names: &[Vec<u8>], archive: ZipArchive<File>) {
        let mut seen = BTreeSet::new();
        for name in names {
            let Ok(name) = std::str::from_utf8(name) else {
                self.wrong(String::from_utf8_lossy(name), "its name is not UTF-8");
                continue;
            };
            if !seen.insert(name) {
                self.wrong(name, "it is in the archive more than once");
            } else if is_safe(name) {
                self.names.insert(name.to_owned());
            } else {
                self.wrong(name, "its name leads out of the pack, or is none");
            }
        }
        let all = (0..archive.len()).filter_map(|number| {
            let name = archive.name_for_index(number)?.ok()?.into_owned();
            Some((name, number))
        });
        let numbers: BTreeMap<String, usize> = all.collect();
        self.names.retain(|name| numbers.contains_key(name));
        self.store = Store::Archive(Box::new(archive), numbers);
    }

    /// Whether it is one file.
    pub fn is_archive(&self) -> bool {
        !matches!(self.store, Store::Folder(_))
    }

    /// Opens a file of the pack; no more than so many bytes come out.
    ///
    /// # Errors
    /// A file that isn't there, or is damaged.
    pub fn read(&mut self, name: &str, most: u64) -> io::Result<Box<dyn Read + '_>> {
        if !self.names.contains(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        match &mut self.store {
            Store::Folder(folder) => {
                let path = name.split('/').fold(folder.clone(), |path, part| path.join(part));
                Ok(Box::new(File::open(path)?.take(most)))
            }
            Store::Archive(archive, numbers) => {
                let number = numbers.get(name).ok_or(io::ErrorKind::NotFound)?;
                let entry = archive.by_index(*number).map_err(io::Error::other)?;
                Ok(Box::new(entry.take(most)))
            }
            Store::Broken => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The bytes of a file that is not large.
    ///
    /// # Errors
    /// A file that isn't there, or is damaged.
    pub fn bytes(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(name, MOST)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The text of a file that is not large.
    ///
    /// # Errors
    /// A file that isn't there, or is damaged.
    pub fn text(&mut self, name: &str) -> Result<String, Fault> {
        let bytes = self.bytes(name);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
        text.map_err(|error| unreadable(Path::new(name), &error))
    }

    /// Whether an archive is, byte for byte, what `pack` makes of its files: nothing hides between
    /// or behind them.
    ///
    /// # Errors
    /// Those of reading it, and of a temporary file.
    pub fn is_as_written(&mut self, sizes: &BTreeMap<String, u64>) -> io::Result<bool> {
        if !self.is_archive() {
            return Ok(true);
        }
        let mut made = tempfile::tempfile()?;
        let entries = sizes.iter().map(|(name, size)| (name.clone(), *size));
        let entries: Vec<(String, u64)> = entries.collect();
        archive::write(&mut made, entries.into_iter(), |name, out| {
            let size = sizes.get(name).copied().unwrap_or(0);
            io::copy(&mut self.read(name, size)?, out).map(|_| ())
        })?;
        made.rewind()?;
        Ok(digest_of(made)? == digest_of(File::open(&self.path)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out() {
        for name in ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "a\\b", "C:x", "a\n"]
        {
            assert!(!is_safe(name), "{name:?}");
        }
        for name in ["a", "a/b.csv", "rules/x y/..z"] {
            assert!(is_safe(name), "{name:?}");
        }
    }
}
