//! Pack: the evidence of a check in one folder or archive, which anybody can verify.
//!
//! In come the graph, the rules and the report, out come files: the `reports`, every subject that
//! a rule was asked about (`population`), the `rules` as they were, a `sample` of leavers, a
//! `manifest` of it all with digests, and an in-toto `statement` of the result, which can be
//! signed (`sign`). They are put together on a `stage`, and take the name of the pack when all
//! of them are there. `verify` holds a pack against its manifest, and `agree` its
//! files against each other; made `again` of the same inputs, it has to be the same bytes.

use crate::fault::Fault;
use crate::link::Graph;
use crate::policy::RuleSet;
use crate::pseudonym::{Names, Pseudonyms};
use crate::report::model::Report;

pub mod again;
mod agree;
pub mod archive;
pub mod manifest;
pub mod open;
mod origins;
mod population;
mod reports;
mod rest;
mod rules;
mod sample;
pub mod sign;
pub mod stage;
mod statement;
mod table;
pub mod verify;

pub use manifest::{Input, Manifest, Options, Role};
pub use rules::Packed;

use stage::Stage;

/// The list of everything else.
pub const MANIFEST: &str = "manifest.json";
/// The result as an in-toto statement. It names the digest of the manifest.
pub const STATEMENT: &str = "statement.json";
/// The same in an envelope with a signature.
pub const ENVELOPE: &str = "statement.dsse.json";
/// The inventory that was made of exports: what they become depends on when that is done.
pub const IMPORTED: &str = "inventory/imported.json";

const README: &str = "README.md";
const READ_ME: &str = include_str!("readme.md");

/// What a pack is made of.
pub struct Material<'a> {
    /// The graph that was judged, exceptions included.
    pub graph: &'a Graph,
    /// The rules that judged it.
    pub rules: &'a RuleSet,
    /// What came of that. Once the pack is built, it names nobody whom the pack doesn't name.
    pub report: &'a mut Report,
    /// How it was asked for.
    pub options: Options,
    /// The files that were read.
    pub inputs: Vec<Input>,
    /// The id of the key that signs the pack.
    pub signed_by: Option<String>,
    /// What stands for people; without it they are named.
    pub pseudonyms: Option<&'a Pseudonyms>,
}

/// Puts the files of a pack on a stage, and gives the statement that can be signed.
///
/// # Errors
/// A file that can't be written, and a population that isn't the report's.
pub fn build(material: Material<'_>, stage: &mut Stage) -> Result<Vec<u8>, Fault> {
    let Material { graph, rules, report, options, mut inputs, signed_by, pseudonyms } = material;
    let names = Names(pseudonyms);
    rules::write(rules, names, stage)?;
    // Findings are found by the ids of the graph, so nothing is hidden in the report before.
    population::write(graph, rules, report, names, stage)?;
    let leavers = sample::write(graph, &options, names, stage)?;
    if let Some(pseudonyms) = pseudonyms {
        pseudonyms.apply(report);
    }
    for input in &mut inputs {
        input.path = names.text(&input.path).into_owned();
    }
    for part in reports::parts(report) {
        stage.write(&part.name, |out| part.write(out))?;
    }
    stage.write(README, |out| out.write_all(READ_ME.as_bytes()))?;
    let manifest = Manifest {
        pseudonym_key: pseudonyms.map(Pseudonyms::key_id),
        signed_by,
        inputs,
        files: stage.files(),
        ..Manifest::of(report, options, leavers)
    };
    let manifest_bytes = manifest.bytes();
    stage.write(MANIFEST, |out| out.write_all(&manifest_bytes))?;
    let statement = statement::of(report, &manifest, &manifest_bytes);
    stage.write(STATEMENT, |out| out.write_all(&statement))?;
    Ok(statement)
}
