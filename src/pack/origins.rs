//! Whether rules and thresholds are from where the pack says: what it calls bundled or a default is
//! what this version has, and all else is from an input that the manifest names.

use std::collections::{BTreeMap, BTreeSet};

use super::MANIFEST;
use super::manifest::{Manifest, Role};
use super::open::{Pack, Problem, digest_of_bytes};
use super::rules::{PARAMETERS, Packed, RULES};
use crate::judge::Terms;
use crate::policy::RuleSet;
use crate::policy::pack::{BUNDLED_ORIGIN, PackFile, bundled};
use crate::time::Span;

/// The files of thresholds and controls, without which no rule can be read.
const SETTINGS: [&str; 2] = ["parameters.toml", "controls.toml"];

/// What is not from where it is said to be; of a pack of this version.
pub fn check(pack: &mut Pack, manifest: &Manifest) -> Vec<Problem> {
    let packed = match Packed::read(pack) {
        Ok(packed) => packed,
        Err(fault) => return vec![Problem::new(RULES, fault.message)],
    };
    let written = match packed.as_written(None) {
        Ok(written) => written,
        Err(faults) => {
            let said = faults.shown().iter().map(|fault| fault.message.clone());
            return said.map(|said| Problem::new(RULES, said)).collect();
        }
    };
    let mut problems = files(&packed, manifest);
    problems.extend(thresholds(&packed, &written, manifest));
    if manifest.of_role(Role::Configuration).next().is_none() {
        problems.extend(unconfigured(&packed, &written, manifest));
    }
    problems
}

/// The files of rules: bundled ones as they are in this version, and others as in the manifest.
fn files(packed: &Packed, manifest: &Manifest) -> Vec<Problem> {
    let embedded = bundled();
    let embedded: BTreeMap<&str, &PackFile> =
        embedded.iter().map(|file| (file.name(), file)).collect();
    let mut problems = Vec::new();
    let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
    for file in &packed.files {
        if file.is_bundled() {
            let own = embedded.get(file.name());
            let same_theme =
                |own: &PackFile| file.stem(".cedar").is_none() || own.theme() == file.theme();
            if !own.is_some_and(|own| own.text == file.text && same_theme(own)) {
                let said = "it is said to be bundled, and this version has none like it";
                problems.push(Problem::new(&file.path, said));
            }
            continue;
        }
        let input = (file.origin.as_str(), digest_of_bytes(file.text.as_bytes()));
        if !manifest.of_role(Role::Policies).any(|one| one.path == input.0 && one.sha256 == input.1)
        {
            let said =
                format!("it is said to be of {}, which is no input of the manifest", input.0);
            problems.push(Problem::new(&file.path, said));
        }
        seen.insert(input);
    }
    for input in manifest.of_role(Role::Policies) {
        if !seen.contains(&(input.path.as_str(), input.sha256.clone())) {
            let said = format!("its input {} is not among the rules of the pack", input.path);
            problems.push(Problem::new(MANIFEST, said));
        }
    }
    // Either all of them are left out, or none is.
    let listed: BTreeSet<&str> = packed.listed.iter().map(|rule| rule.id.as_str()).collect();
    if packed.listed.iter().any(|rule| rule.origin == BUNDLED_ORIGIN) {
        let rules = embedded.values().filter_map(|file| file.stem(".cedar"));
        for id in rules.filter(|id| !listed.contains(id)) {
            problems.push(Problem::new(RULES, format!("the bundled rule {id} is missing")));
        }
    }
    for name in SETTINGS {
        let is = |file: &&PackFile| file.is_bundled() && file.name() == name;
        if packed.files.iter().filter(is).count() != 1 {
            problems.push(Problem::new(RULES, format!("the bundled {name} is missing")));
        }
    }
    problems
}

fn text(span: Option<Span>) -> Option<String> {
    span.map(|span| span.to_string())
}

/// The thresholds: those of the files, and other values only by a configuration.
fn thresholds(packed: &Packed, written: &RuleSet, manifest: &Manifest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |said: String| problems.push(Problem::new(PARAMETERS, said));
    let configured =
        |origin: &str| manifest.of_role(Role::Configuration).any(|one| one.path == origin);
    for (name, own) in &written.parameters.0 {
        let Some(kept) = packed.kept.get(name) else {
            wrong(format!("the parameter {name} is missing"));
            continue;
        };
        if kept.default != text(own.default) || kept.meaning != own.meaning {
            wrong(format!("{name} has another default or meaning than its file says"));
        } else if kept.origin == own.origin && kept.value != kept.default {
            wrong(format!("the value of {name} is said to be the default, and is another"));
        } else if kept.origin != own.origin && !configured(&kept.origin) {
            let said = format!("{name} is said to be of {}", kept.origin);
            wrong(format!("{said}, which is no input of the manifest"));
        }
    }
    for name in packed.kept.keys().filter(|name| !written.parameters.0.contains_key(*name)) {
        wrong(format!("no file has the parameter {name}"));
    }
    problems
}

/// What only a configuration can change.
fn unconfigured(packed: &Packed, written: &RuleSet, manifest: &Manifest) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in &packed.listed {
        let own = written.find(&rule.id);
        let same = own.is_some_and(|own| {
            own.severity == rule.severity && own.severity_privileged == rule.severity_privileged
        });
        if !(same && rule.enabled) {
            let said = format!(
                "{} is off, or of another severity than its file says, and no configuration is an input",
                rule.id
            );
            problems.push(Problem::new(RULES, said));
        }
    }
    let least: BTreeMap<String, u64> =
        Terms::least().into_iter().map(|(kind, count)| (kind.to_owned(), count as u64)).collect();
    if manifest.options.expect != least {
        let said = "it expects other numbers of records, and no configuration is an input";
        problems.push(Problem::new(MANIFEST, said));
    }
    problems
}
