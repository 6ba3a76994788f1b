//! A folder beside the pack, in which it is put together: a pack is there whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::archive;
use super::manifest::PackedFile;
use crate::fault::{Fault, quote};
use crate::load::files::{hex, name_of};
use crate::report::output;
use crate::temporary::{TemporaryFile, TemporaryFolder};
use sha2::{Digest, Sha256};

/// Where the files of a pack are until all of them are there.
pub struct Stage {
    folder: TemporaryFolder,
    files: BTreeMap<String, PackedFile>,
}

/// A file that is being written.
pub struct Writer {
    name: String,
    out: BufWriter<File>,
    digest: Sha256,
    size: u64,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.digest.update(bytes.get(..count).unwrap_or_default());
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn failed(name: &str, error: &io::Error) -> Fault {
    // The kind alone: the text would name the temporary folder.
    let kind = io::Error::from(error.kind());
    Fault::new(
        format!("{} of the pack can't be written: {kind}", quote(name)),
        "check the folder, its permissions and how much room there is",
    )
}

/// The folder that a new file or folder is put in.
fn folder_of(target: &Path) -> &Path {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Refuses a target that is there and has something in it.
///
/// # Errors
/// Such a target, and one without a folder to stand in.
pub fn is_free(target: &Path) -> Result<(), Fault> {
    let name = quote(&name_of(target));
    let folder = folder_of(target);
    if !folder.is_dir() {
        return Err(Fault::new(
            format!("{name} can't be written: there is no folder {}", quote(&name_of(folder))),
            "make the folder first",
        ));
    }
    let there = target.symlink_metadata().ok();
    let empty = |target: &Path| fs::read_dir(target).is_ok_and(|mut all| all.next().is_none());
    match there {
        None => Ok(()),
        Some(there) if there.is_dir() && !is_zip(target) && empty(target) => Ok(()),
        Some(_) => Err(Fault::new(
            format!("{name} is there already, and a pack replaces nothing"),
            "name a new file or folder, or an empty folder",
        )),
    }
}

/// Whether a pack of that name is an archive.
pub fn is_zip(target: &Path) -> bool {
    target.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("zip"))
}

impl Stage {
    /// A stage in the same folder as what will be made of it.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn beside(target: &Path) -> Result<Self, Fault> {
        Self::within(folder_of(target), &name_of(target))
    }

    /// A stage for what is only looked at.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn passing() -> Result<Self, Fault> {
        Self::within(&std::env::temp_dir(), "temporary files")
    }

    fn within(folder: &Path, name: &str) -> Result<Self, Fault> {
        let folder = TemporaryFolder::new_in(folder, ".nhi-policy-pack-");
        let folder = folder.map_err(|error| failed(name, &error))?;
        Ok(Self { folder, files: BTreeMap::new() })
    }

    /// Writes a file.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Fault> {
        let mut writer = self.open(name)?;
        write(&mut writer).map_err(|error| failed(name, &error))?;
        self.close(writer)
    }

    /// Begins a file, for those that are written side by side.
    ///
    /// # Errors
    /// Those of the output, and a second file of that name.
    pub fn open(&self, name: &str) -> Result<Writer, Fault> {
        let path = self.path(name);
        let out = self.folder.create(&path).map_err(|error| failed(name, &error))?;
        let out = BufWriter::new(out);
        Ok(Writer { name: name.to_owned(), out, digest: Sha256::new(), size: 0 })
    }

    /// Ends a file.
    ///
    /// # Errors
    /// Those of the output.
    pub fn close(&mut self, mut writer: Writer) -> Result<(), Fault> {
        writer.flush().map_err(|error| failed(&writer.name, &error))?;
        let Writer { name, digest, size, .. } = writer;
        let sha256 = hex(&digest.finalize());
        self.files.insert(name.clone(), PackedFile { path: name, sha256, size });
        Ok(())
    }

    /// Where a file of the stage is.
    pub fn path(&self, name: &str) -> PathBuf {
        name.split('/').fold(self.folder.path().to_owned(), |path, part| path.join(part))
    }

    /// What is there, sorted by name.
    pub fn files(&self) -> Vec<PackedFile> {
        self.files.values().cloned().collect()
    }

    /// Gives what is there its name.
    ///
    /// # Errors
    /// A target that has come to be in the meantime, and those of the output.
    pub fn publish(self, target: &Path) -> Result<(), Fault> {
        is_free(target)?;
        let wrong = |error: &io::Error| failed(&name_of(target), error);
        if is_zip(target) {
            let file = TemporaryFile::new_in(folder_of(target)).map_err(|error| wrong(&error))?;
            let entries = self.files.values().map(|file| (file.path.clone(), file.size));
            archive::write(file.as_file(), entries, |name, out| {
                io::copy(&mut File::open(self.path(name))?, out).map(|_| ())
            })
            .map_err(|error| wrong(&error))?;
            return output::named_new(file, target);
        }
        // What stands there is an empty folder; that can't be replaced everywhere.
        if target.is_dir() {
            fs::remove_dir(target).map_err(|error| wrong(&error))?;
        }
        listable(self.folder.path()).map_err(|error| wrong(&error))?;
        self.folder.named(target).map_err(|error| wrong(&error))
    }
}

/// A temporary folder is its owner's alone; a pack is as readable as any other folder.
#[cfg(unix)]
fn listable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn listable(_: &Path) -> io::Result<()> {
    Ok(())
}
