//! Import: from the exports of many vendors to one inventory, losing nothing in silence.
//!
//! ```text
//! find -> recognise -> rows -> records -> merge -> write
//! ```
//!
//! [`files`] finds the exports and tells by their content which importer of [`kinds`] reads each.
//! [`frame`] cuts them into values of which a few are in memory at a time; [`convert`] finds the
//! rows in these and gives each to its importer, which puts records into a [`sink`]. There,
//! accounts are linked to [`people`], and secrets are held back. [`store`] keeps the records on
//! disk and merges those that several rows speak of. What came of every row is counted, and the
//! counts have to agree, or nothing is written.

use std::path::{Path, PathBuf};

use crate::fault::{Fault, Faults, quote};
use crate::load::files::name_of;
use crate::temporary::TemporaryFile;
use crate::time::Instant;

mod assemble;
pub mod batch;
mod breaks;
pub mod columns;
pub mod context;
pub mod convert;
pub mod files;
pub mod frame;
mod index;
pub mod kinds;
mod linking;
mod links;
mod members;
mod merge;
pub mod pages;
mod part;
pub mod people;
mod reading;
pub mod report;
pub mod row;
mod secrets;
pub mod setting;
pub mod sink;
pub mod store;
mod survey;
mod table;
pub mod value;
mod votes;
pub mod when;
mod wrapper;
mod write;
mod yaml;

use batch::Batch;
use context::Export;
use files::Form;
use kinds::Importer;
use members::Members;
use pages::{Heard, Pages};
use reading::Reading;
use report::{Origin, Report};
use setting::Settings;

/// What was imported.
pub struct Imported {
    /// The inventory, in a temporary file.
    pub inventory: TemporaryFile,
    /// What came of each export.
    pub report: Report,
}

/// An export and who reads it.
struct Source {
    path: PathBuf,
    form: Form,
    importer: &'static Importer,
    export: Export,
    /// Whether the export or the user says when it was made.
    origin: Origin,
    batch: Batch,
    heard: Heard,
    pages: Pages,
    /// The members of objects that were read piece by piece.
    members: Members,
    /// Why it is known to be a part only, besides what its pages say.
    incomplete: Vec<String>,
    notes: Vec<String>,
}

/// Reads all exports behind the paths, and makes one inventory of them in a temporary file of that
/// folder.
///
/// # Errors
/// Files that can't be read or are no exports, and secrets in what would be written.
pub fn import(
    paths: &[PathBuf],
    settings: &Settings,
    form: store::Form,
    folder: &Path,
    run_at: Instant,
) -> Result<Imported, Faults> {
    let (sources, skipped) = sources(paths, settings)?;
    let count = sources.len();
    let mut reading = Reading::new(sources, form, folder)?;
    let mut faults = Faults::default();
    for number in 0..count {
        if let Err(fault) = reading.source(number) {
            faults.push(fault);
        }
    }
    faults.into_result()?;
    reading.held()?;
    reading.finish(run_at, &skipped)
}

/// Tells what each file is, people and links first.
fn sources(paths: &[PathBuf], settings: &Settings) -> Result<(Vec<Source>, Vec<PathBuf>), Faults> {
    let (mut sources, mut unknown, mut faults) = (Vec::new(), Vec::new(), Faults::default());
    for (path, _) in settings.files.iter().filter(|(path, _)| !path.exists()) {
        faults.push(Fault::new(
            format!("there is no export {}", quote(&name_of(path))),
            "something is said of it with --kind or in [[import]]: check the path",
        ));
    }
    for path in files::find(paths)? {
        let setting = settings.of(&path);
        let recognised = match files::recognise(&path, &setting, settings.skip_unknown) {
            Ok(recognised) => recognised,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let Some(importer) = recognised.importer else {
            unknown.push(path);
            continue;
        };
        let copied = settings.copies.get(&path);
        let modified = copied.and_then(|copied| copied.modified).or_else(|| {
            let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
            modified.ok().and_then(Instant::of_file)
        });
        let (exported_at, origin) = match (setting.exported_at, modified) {
            (Some(at), _) => (at, Origin::Configuration),
            (None, Some(at)) => (at, Origin::FileTime),
            (None, None) => (Instant::EPOCH, Origin::FileTime),
        };
        if importer.kind != "hr-csv" && !(setting.columns.is_empty() && setting.statuses.is_empty())
        {
            faults.push(Fault::new(
                format!("{} has no columns or statuses to explain", quote(&name_of(&path))),
                format!("it is read as {}: only an HR export takes them", importer.kind),
            ));
        }
        let id = copied.map_or_else(|| name_of(&path), |copied| copied.name.clone());
        let export = Export { id, kind: importer.kind, exported_at, setting, plan: None };
        sources.push(Source {
            path,
            form: recognised.form,
            importer,
            export,
            origin,
            batch: Batch::default(),
            heard: Heard::default(),
            pages: Pages::new(),
            members: Members::default(),
            incomplete: Vec::new(),
            notes: Vec::new(),
        });
    }
    if !settings.skip_unknown {
        for path in &unknown {
            let kinds: Vec<&str> = kinds::ALL.iter().map(|importer| importer.kind).collect();
            faults.push(Fault::new(
                format!("{} is no export that is known by its content", quote(&name_of(path))),
                format!("say what it is with --kind KIND={}, or pass over such files with --skip-unknown; the kinds are {}", name_of(path), kinds.join(", ")),
            ));
        }
    }
    faults.into_result()?;
    if sources.is_empty() {
        return Err(Fault::new(
            "there is no export that is known",
            "`nhi-policy import --kinds` lists them",
        )
        .into());
    }
    // Accounts are linked to people, so people come first; the order of files is kept otherwise.
    sources.sort_by_key(|source| match source.importer.kind {
        "hr-csv" => 0,
        "links" => 1,
        _ if source.export.setting.people => 2,
        _ => 3,
    });
    Ok((sources, unknown))
}
