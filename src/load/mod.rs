//! Load: from files to an inventory whose records are each right by themselves.
//!
//! In come paths, out comes an [`Inventory`], or every fault of every file, with its place. What
//! the records say of each other is the next step's.

use std::path::PathBuf;

use crate::fault::{Faults, Text};
use crate::inventory::{File, Inventory};
use crate::time::Instant;

pub mod files;
mod reader;

pub use reader::{Form, form_of};

/// Reads all files behind the paths into one inventory.
///
/// # Errors
/// All faults of all files.
pub fn load(paths: &[PathBuf]) -> Result<(Inventory, files::Selection), Faults> {
    let selection = files::select(paths)?;
    let mut faults = Faults::default();
    let mut texts = Vec::new();
    for path in &selection.files {
        match files::read(path) {
            Ok(contents) => texts.push((files::name_of(path), contents)),
            Err(fault) => faults.push(fault),
        }
    }
    faults.into_result()?;
    let texts = texts.into_iter().map(|(name, contents)| (name, contents.text, contents.sha256));
    Ok((from_texts(texts)?, selection))
}

/// Reads texts that are in memory: a name, the text, the digest of its bytes.
///
/// # Errors
/// All faults of all texts.
pub fn from_texts(
    texts: impl Iterator<Item = (String, String, String)>,
) -> Result<Inventory, Faults> {
    let mut inventory: Option<Inventory> = None;
    let mut faults = Faults::default();
    for (number, (name, text, sha256)) in texts.enumerate() {
        // Until a file has said when it was made, nothing depends on it.
        let inventory = inventory.get_or_insert_with(|| Inventory::empty(Instant::EPOCH));
        let mut own = Faults::default();
        inventory.files.push(File { path: name.clone(), sha256, generated_at: Instant::EPOCH });
        let source = Text { name: &name, text: &text };
        let file = u32::try_from(number).unwrap_or(u32::MAX);
        let form = form_of(&name, &text);
        let made = reader::Reader::new(source, file, inventory, &mut own).read(form);
        if let (Some(made), Some(file)) = (made, inventory.files.last_mut()) {
            file.generated_at = made;
        }
        faults.merge(own);
    }
    faults.into_result()?;
    let mut inventory = inventory.unwrap_or_else(|| Inventory::empty(Instant::EPOCH));
    let latest = inventory.files.iter().map(|file| file.generated_at).max();
    inventory.generated_at = latest.unwrap_or(Instant::EPOCH);
    Ok(inventory)
}
