//! Load: from files to an inventory whose records are each right by themselves.
//!
//! In come paths, out comes an [`Inventory`], or every fault of every file, with its place. What
//! the records say of each other is the next step's.

use std::path::PathBuf;

use crate::fault::{Faults, Text};
use crate::inventory::{File, Inventory};
use crate::link::{Graph, link};
use crate::time::Instant;

mod complain;
mod document;
pub mod files;
mod form;
mod place;
mod reader;

pub use form::{Form, form_of};

/// What was read.
pub struct Loaded {
    /// The records.
    pub inventory: Inventory,
    /// The files.
    pub selection: files::Selection,
    /// The files' names and texts, for faults that are only found later.
    texts: Vec<(String, String)>,
}

/// A text that is in memory: a name, the text, the digest of its bytes.
pub type NamedText = (String, String, String);

/// Reads all files behind the paths into one inventory.
///
/// # Errors
/// All faults of all files.
pub fn load(paths: &[PathBuf]) -> Result<Loaded, Faults> {
    let selection = files::select(paths)?;
    let mut faults = Faults::default();
    let mut texts = Vec::new();
    for path in &selection.files {
        match files::read(path) {
            Ok(contents) => texts.push((files::name_of(path), contents.text, contents.sha256)),
            Err(fault) => faults.push(fault),
        }
    }
    let loaded = from_texts(texts.into_iter());
    match loaded {
        Ok(loaded) if faults.count == 0 => Ok(Loaded { selection, ..loaded }),
        Ok(_) => Err(faults),
        Err(others) => {
            faults.merge(others);
            Err(faults)
        }
    }
}

/// Reads texts that are in memory.
///
/// # Errors
/// All faults of all texts.
pub fn from_texts(texts: impl Iterator<Item = NamedText>) -> Result<Loaded, Faults> {
    let mut inventory = Inventory::empty(Instant::EPOCH);
    let mut faults = Faults::default();
    let mut kept = Vec::new();
    for (number, (name, text, sha256)) in (0..).zip(texts) {
        let mut own = Faults::default();
        // Until a file has said when it was made, nothing depends on it.
        inventory.files.push(File { path: name.clone(), sha256, generated_at: Instant::EPOCH });
        let source = Text { name: &name, text: &text };
        let form = form_of(&name, &text);
        let made = reader::Reader::new(source, number, &mut inventory, &mut own).read(form);
        if let (Some(made), Some(file)) = (made, inventory.files.last_mut()) {
            file.generated_at = made;
        }
        faults.merge(own);
        kept.push((name, text));
    }
    faults.into_result()?;
    let latest = inventory.files.iter().map(|file| file.generated_at).max();
    inventory.generated_at = latest.unwrap_or(Instant::EPOCH);
    Ok(Loaded { inventory, selection: files::Selection::default(), texts: kept })
}

impl Loaded {
    /// The texts of the files, in the order of [`Inventory::files`].
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|(_, text)| text.as_str())
    }

    /// Links what was read. Faults that are only found then get their place.
    ///
    /// # Errors
    /// References that could mean two things.
    pub fn link(self, now: Instant) -> Result<Graph, Faults> {
        let texts = self.texts;
        link(self.inventory, now).map_err(|faults| {
            faults.map(|fault| {
                let Some((place, field)) = fault.record.clone() else { return fault };
                let text = texts.get(place.file as usize);
                let excerpt = text.and_then(|(name, text)| {
                    place::excerpt_of_field(Text { name, text }, place, &field)
                });
                match excerpt {
                    Some(excerpt) => fault.at(excerpt),
                    None => fault,
                }
            })
        })
    }
}
