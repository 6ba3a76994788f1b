//! Load: from files to an inventory whose records are each right by themselves.
//!
//! In come paths, out comes an [`Inventory`], or every fault of every file, with its place. What
//! the records say of each other is the next step's.
//!
//! There are two ways in. The quick one (`stream`) takes texts that are plainly right: block by
//! block, on all cores, in little memory. Where anything is odd, the exact one (`reader`) reads
//! all texts from the beginning, one after the other, and says what is wrong where.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::fault::{Excerpt, Faults, Text};
use crate::inventory::{self, Inventory};
use crate::link::{Graph, link};
use crate::temporary::TemporaryFile;
use crate::time::Instant;

mod blocks;
mod complain;
mod document;
pub mod files;
mod form;
mod origin;
pub mod passes;
mod place;
mod reader;
mod record;
mod scan;
mod split;
mod stream;

pub use form::{Form, form_of};
use origin::Origin;
use split::Irregular;
use stream::Stream;

/// What was read.
pub struct Loaded {
    /// The records.
    pub inventory: Inventory,
    /// The files.
    pub selection: files::Selection,
    /// Where each of the inventory's files can be read again, for faults that are only found later.
    origins: Vec<Origin>,
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
    let mut origins = Vec::new();
    for path in &selection.files {
        match Origin::of(path) {
            Ok(origin) => origins.push(origin),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.count > 0 {
        exact(&origins, &mut faults);
        return Err(faults);
    }
    Ok(Loaded { selection, ..from_origins(origins)? })
}

/// Reads texts that are in memory.
///
/// # Errors
/// All faults of all texts.
pub fn from_texts(texts: impl Iterator<Item = NamedText>) -> Result<Loaded, Faults> {
    let origin = |(name, text, sha256)| Origin::Text { name, text, sha256 };
    from_origins(texts.map(origin).collect())
}

/// Reads a temporary file by that name, and keeps it for as long as it may be needed.
///
/// # Errors
/// All its faults.
pub fn from_temporary(name: String, file: TemporaryFile) -> Result<Loaded, Faults> {
    from_origins(vec![Origin::Temporary { name, file }])
}

fn from_origins(origins: Vec<Origin>) -> Result<Loaded, Faults> {
    let inventory = if let Ok(inventory) = quick(&origins, stream::BLOCK) {
        inventory
    } else {
        let mut faults = Faults::default();
        let inventory = exact(&origins, &mut faults);
        faults.into_result()?;
        inventory
    };
    Ok(Loaded { inventory, selection: files::Selection::default(), origins })
}

/// Reads texts that are plainly right.
fn quick(origins: &[Origin], block: usize) -> Result<Inventory, Irregular> {
    let mut stream = Stream::new(block);
    for origin in origins {
        let name = origin.name();
        if let Origin::Text { text, sha256, .. } = origin {
            stream.text(&name, text.as_bytes(), text.len() as u64, Some(sha256))?;
        } else {
            let file = File::open(origin.path()).map_err(|_| Irregular)?;
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            stream.text(&name, file, length, None)?;
        }
    }
    Ok(stream.finish())
}

/// Reads any texts. The faults of files that can't be read come before those of their texts.
fn exact(origins: &[Origin], faults: &mut Faults) -> Inventory {
    let mut inventory = Inventory::empty(Instant::EPOCH);
    let mut wrong = Faults::default();
    for origin in origins {
        let contents = match origin.contents() {
            Ok(contents) => contents,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let (name, mut own) = (origin.name().into_owned(), Faults::default());
        let number = u32::try_from(inventory.files.len()).unwrap_or(u32::MAX);
        // Until a file has said when it was made, nothing depends on it.
        inventory.files.push(inventory::File {
            path: name.clone(),
            sha256: contents.sha256.into_owned(),
            generated_at: Instant::EPOCH,
        });
        let source = Text { name: &name, text: &contents.text };
        let form = form_of(&name, &contents.text);
        let made = reader::Reader::new(source, number, &mut inventory, &mut own).read(form);
        if let (Some(made), Some(file)) = (made, inventory.files.last_mut()) {
            file.generated_at = made;
        }
        wrong.merge(own);
    }
    faults.merge(wrong);
    inventory.note_latest();
    inventory
}

impl Loaded {
    /// Writes the text of the inventory, where it is one text, as it was read.
    ///
    /// # Errors
    /// Those of the input and the output.
    pub fn copy_text(&self, to: &mut dyn Write) -> io::Result<()> {
        self.origins.first().map_or(Ok(()), |origin| origin.copy(to))
    }

    /// Links what was read. Faults that are only found then get their place.
    ///
    /// # Errors
    /// References that could mean two things.
    pub fn link(self, now: Instant) -> Result<Graph, Faults> {
        let files = self.inventory.files.clone();
        link(self.inventory, now).map_err(|faults| {
            let mut excerpts = excerpts(&faults, &self.origins, &files);
            let mut number = 0..;
            faults.map(|fault| match number.next().and_then(|number| excerpts.remove(&number)) {
                Some(excerpt) => fault.at(excerpt),
                None => fault,
            })
        })
    }
}

/// The places of faults that know only their record, each text read once more. A file that has
/// changed since it was read shows nothing: its line may be another's.
fn excerpts(
    faults: &Faults,
    origins: &[Origin],
    files: &[inventory::File],
) -> BTreeMap<usize, Excerpt> {
    let mut excerpts = BTreeMap::new();
    let shown = || faults.shown().iter().map(|fault| fault.record.as_ref()).enumerate();
    for (number, (origin, file)) in (0..).zip(origins.iter().zip(files)) {
        let mut here = shown().filter_map(|(fault, record)| Some((fault, record?)));
        let mut here = here.by_ref().filter(|(_, (place, _))| place.file == number).peekable();
        if here.peek().is_none() {
            continue;
        }
        let same = origin.contents().ok().filter(|contents| contents.sha256 == file.sha256);
        let Some(contents) = same else { continue };
        let source = Text { name: &file.path, text: &contents.text };
        excerpts.extend(here.filter_map(|(fault, (place, field))| {
            Some((fault, place::excerpt_of_field(source, *place, field)?))
        }));
    }
    excerpts
}

#[cfg(test)]
mod tests;
