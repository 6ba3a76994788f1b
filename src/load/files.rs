//! Which files make an inventory, and their bytes.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::fault::{Fault, Faults, Text};

/// Standard input, among paths.
pub const STDIN: &str = "-";

/// The files of an inventory.
#[derive(Debug, Default)]
pub struct Selection {
    /// What to read, in this order; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// What lay in a directory and is no inventory by its name.
    pub ignored: Vec<PathBuf>,
}

/// Finds the files behind the paths of the command line: of a directory every `*.json` and
/// `*.jsonl` in path order, without dotfiles and without links that lead out of it.
///
/// # Errors
/// A path that can't be read, and paths behind which there is nothing to read.
pub fn select(paths: &[PathBuf]) -> Result<Selection, Faults> {
    let mut selection = Selection::default();
    let mut faults = Faults::default();
    for path in paths {
        if path.as_os_str() == STDIN {
            selection.files.push(path.clone());
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let (files, wrong) = (selection.files.len(), faults.count);
                walk(path, &mut selection, &mut faults);
                // Beside other paths an empty folder would be a part that is missing in silence.
                if selection.files.len() == files && faults.count == wrong {
                    faults.push(nothing_in(std::slice::from_ref(path)));
                }
            }
            Ok(_) => selection.files.push(path.clone()),
            Err(error) => faults.push(unreadable(path, &error)),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    selection.files.retain(|path| {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        seen.insert(real)
    });
    if selection.files.is_empty() && faults.count == 0 {
        faults.push(nothing_in(paths));
    }
    faults.into_result().map(|()| selection)
}

fn nothing_in(paths: &[PathBuf]) -> Fault {
    let all: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
    Fault::new(
        format!("there is no inventory in {}", all.join(", ")),
        "name a .json or .jsonl file, or a directory that has some",
    )
}

fn walk(root: &Path, selection: &mut Selection, faults: &mut Faults) {
    let real_root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
    let mut entries = WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || visible(entry.file_name()));
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            // A link that leads in a circle has been walked already.
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                faults.push(unreadable(&path, &io::Error::from(error)));
                continue;
            }
        };
        let (path, is_file) = (entry.path().to_owned(), entry.file_type().is_file());
        let leads_out = entry.path_is_symlink()
            && entry.depth() > 0
            && !fs::canonicalize(&path).is_ok_and(|real| real.starts_with(&real_root));
        if leads_out && !is_file {
            entries.skip_current_dir();
        }
        if leads_out || is_file {
            let named = path.extension().is_some_and(|ext| ext == "json" || ext == "jsonl");
            let wanted = named && !leads_out;
            let list = if wanted { &mut selection.files } else { &mut selection.ignored };
            list.push(path);
        }
    }
}

/// A path as it is shown and written to reports.
pub fn name_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let name = crate::fault::quote(&name_of(path));
    Fault::new(format!("{name} can't be read: {error}"), "check the path and its permissions")
}

/// A file's text and its digest.
pub struct Contents {
    /// Its text, without a byte order mark.
    pub text: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Reads a file, or standard input.
///
/// # Errors
/// What can't be read, is empty, or isn't UTF-8.
pub fn read(path: &Path) -> Result<Contents, Fault> {
    let mut bytes = Vec::new();
    let outcome = if path.as_os_str() == STDIN {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    outcome.map_err(|error| unreadable(path, &error))?;
    let sha256 = hex(&Sha256::digest(&bytes));
    let name = name_of(path);
    let text = text_of(&name, bytes)?;
    if text.trim().is_empty() {
        let empty = Text { name: &name, text: "" };
        return Err(Fault::new(
            format!("{} is empty", crate::fault::quote(&name)),
            "an inventory has at least `version` and `generated_at`; check the export that wrote it",
        )
        .at(empty.excerpt(0..0, &[], "nothing here".into())));
    }
    Ok(Contents { text, sha256 })
}

fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, Fault> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        let utf16 = matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let end = (at + 1..bytes.len()).take(200).find(|at| bytes.get(*at) == Some(&b'\n'));
        let shown = bytes.get(..end.unwrap_or((at + 200).min(bytes.len()))).unwrap_or(&[]);
        // Up to `at` it is valid, so the place is the same in the repaired text.
        let shown = String::from_utf8_lossy(shown);
        let help = if utf16 {
            "it looks like UTF-16: save or convert it as UTF-8"
        } else {
            "save or convert it as UTF-8"
        };
        Fault::new(format!("{} is not UTF-8 at byte {at}", crate::fault::quote(name)), help)
            .at(Text { name, text: &shown }.excerpt(at..at + 1, &[], "not UTF-8 from here".into()))
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
