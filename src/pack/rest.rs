//! What stands in a pack besides the report and the populations: it follows from what the pack itself
//! says of rules and leavers, or is always the same. Nothing else is in a pack.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::Manifest;
use super::open::{Pack, Problem};
use super::rules::{Packed, json, population_of};
use super::sample::{Drawn, SAMPLE};
use super::stage::Stage;
use super::{IMPORTED, READ_ME, README, reports, rules};
use crate::fault::Faults;
use crate::pseudonym::Names;
use crate::report::model::Report;

/// Makes these files again, and names those that are others, are missing or don't belong.
pub fn check(pack: &mut Pack, report: &Report, manifest: &Manifest) -> Vec<Problem> {
    // What can't be read is told by whoever looks into it.
    let Ok(made) = make(pack) else { return Vec::new() };
    let listed: BTreeMap<&str, &str> =
        manifest.files.iter().map(|file| (file.path.as_str(), file.sha256.as_str())).collect();
    let mut problems = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for file in made.files() {
        let said = match listed.get(file.path.as_str()) {
            Some(sha256) if **sha256 == file.sha256 => None,
            Some(_) => Some("it is not what comes of the other files"),
            None => Some("it is missing"),
        };
        problems.extend(said.map(|said| Problem::new(&file.path, said)));
        known.insert(file.path);
    }
    known.extend(reports::parts(report).into_iter().map(|part| part.name));
    let on = report.rules.iter().filter(|rule| rule.enabled);
    known.extend(on.map(|rule| population_of(&rule.id)));
    known.extend(manifest.options.imported.then(|| IMPORTED.to_owned()));
    let more = listed.keys().filter(|name| !known.contains(**name));
    problems.extend(more.map(|name| Problem::new(*name, "nothing in a pack is called that")));
    problems
}

fn make(pack: &mut Pack) -> Result<Stage, Faults> {
    let mut stage = Stage::passing()?;
    stage.write(README, |out| out.write_all(READ_ME.as_bytes()))?;
    let drawn: Drawn = json(pack, SAMPLE)?;
    drawn.write(&mut stage)?;
    let packed = Packed::read(pack)?;
    let mut set = packed.as_written(None)?;
    packed.configure(&mut set);
    // They are called as they are written here.
    rules::write(&set, Names(None), &mut stage)?;
    Ok(stage)
}
