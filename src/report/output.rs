//! Where reports go: standard output, or files that are there whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Format;
use crate::fault::{Fault, quote};
use crate::load::files::name_of;
use crate::temporary::TemporaryFile;

/// `FMT=FILE` of the command line.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
}

impl std::str::FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        use clap::ValueEnum;
        let names: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
            .collect();
        let all = names.join(", ");
        let (format, path) =
            text.split_once('=').ok_or(format!("write FORMAT=FILE, with a format of: {all}"))?;
        let format =
            Format::from_str(format, false).map_err(|_| format!("the formats are: {all}"))?;
        if path.is_empty() {
            return Err("the file has no name".into());
        }
        Ok(Self { format, path: PathBuf::from(path) })
    }
}

/// Writes a file: into a temporary one beside it, which then takes its name.
///
/// # Errors
/// A file that can't be written. What was there before is then still there.
pub fn whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Fault> {
    let failed = |error: &io::Error| {
        let path = quote(&name_of(path));
        Fault::new(
            format!("{path} can't be written: {error}"),
            "check the folder and its permissions",
        )
    };
    // A device or a pipe has no name to take.
    if path.exists() && !path.is_file() {
        let file = std::fs::OpenOptions::new().write(true).open(path);
        let written = file.and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        return written.map_err(|error| failed(&error));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(missing) = folder.filter(|folder| !folder.is_dir()) {
        let (path, folder) = (quote(&name_of(path)), quote(&name_of(missing)));
        return Err(Fault::new(
            format!("{path} can't be written: there is no folder {folder}"),
            "make the folder first",
        ));
    }
    let written = (|| {
        let file = TemporaryFile::new_in(folder.unwrap_or(Path::new(".")))?;
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)
    })();
    // The kind alone: the text would name the temporary file.
    let file = written.map_err(|error: io::Error| failed(&io::Error::from(error.kind())))?;
    named(file, path)
}

/// Gives a temporary file that is complete its name; it has to be in the same folder.
///
/// # Errors
/// A file that can't be written. What was there before is then still there.
pub fn named(file: TemporaryFile, path: &Path) -> Result<(), Fault> {
    let moved = readable(&file).and_then(|()| file.named(path));
    moved.map_err(|error| not_named(path, &error))
}

/// The same where nothing may be replaced.
///
/// # Errors
/// A file that can't be written, or is there already.
pub fn named_new(file: TemporaryFile, path: &Path) -> Result<(), Fault> {
    let moved = readable(&file).and_then(|()| file.named_new(path));
    moved.map_err(|error| not_named(path, &error))
}

fn not_named(path: &Path, error: &io::Error) -> Fault {
    let (path, kind) = (quote(&name_of(path)), io::Error::from(error.kind()));
    Fault::new(format!("{path} can't be written: {kind}"), "check the folder and its permissions")
}

/// A temporary file is its owner's alone; a report is as readable as any other file.
#[cfg(unix)]
fn readable(file: &TemporaryFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &TemporaryFile) -> io::Result<()> {
    Ok(())
}
