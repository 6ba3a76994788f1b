//! The rules: read, validated and linted before anything is judged.
//!
//! In come the bundled set and the user's packs, out comes a [`RuleSet`], or every fault of every
//! file with its place.

use std::path::PathBuf;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::fault::{Fault, Faults, Text};

pub mod annotation;
pub mod controls;
pub mod lint;
pub mod pack;
pub mod parameters;
mod read;
pub mod rule;
pub mod schema;

pub use rule::{Rule, Severity};

/// The files of a pack that are no rules.
const PARAMETERS: &str = "parameters.toml";
const CONTROLS: &str = "controls.toml";
const SETTINGS: [&str; 2] = [PARAMETERS, CONTROLS];

/// Where rules are taken from.
#[derive(Clone, Debug, Default)]
pub struct Packs {
    /// Whether the bundled rules are left out. Their parameters and controls stay.
    pub no_bundled: bool,
    /// The user's packs: later ones replace rules of the same id.
    pub dirs: Vec<PathBuf>,
}

/// All rules that can be judged, and what they rest on.
pub struct RuleSet {
    /// The rules, sorted by id.
    pub rules: Vec<Rule>,
    /// The schema with its types.
    pub types: schema::Types,
    /// The thresholds.
    pub parameters: parameters::Parameters,
    /// The control catalogue.
    pub controls: controls::Controls,
    /// The files of cases, of all packs.
    pub cases: Vec<pack::PackFile>,
    /// The files of parameters and controls, of all packs, in the order in which they were read.
    pub settings: Vec<pack::PackFile>,
}

impl RuleSet {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// All faults of all files.
    pub fn load(packs: &Packs) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut files = pack::bundled();
        if packs.no_bundled {
            files
                .retain(|file| file.stem(".cedar").is_none() && file.stem(".cases.json").is_none());
        }
        for dir in &packs.dirs {
            let own = pack::from_disk(dir, &mut faults);
            if own.iter().all(|file| file.stem(".cedar").is_none()) && faults.count == 0 {
                let dir = crate::fault::quote(&crate::load::files::name_of(dir));
                faults.push(Fault::new(
                    format!("there are no rules in {dir}"),
                    "a rule is a .cedar file",
                ));
            }
            // A rule of a later pack replaces an earlier one, and so do its cases.
            for ending in [".cedar", ".cases.json"] {
                let replaced = |file: &pack::PackFile| {
                    let stem = file.stem(ending);
                    stem.is_some() && own.iter().any(|other| other.stem(ending) == stem)
                };
                files.retain(|file| !replaced(file));
            }
            twice(&own, &mut faults);
            files.extend(own);
        }
        faults.into_result()?;
        Self::from_files(files)
    }

    /// Reads and checks files that are in memory, the bundled ones among them.
    ///
    /// # Errors
    /// All faults of all files.
    pub fn from_files(files: Vec<pack::PackFile>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut parameters = parameters::Parameters::default();
        let mut controls = controls::Controls::default();
        for file in &files {
            let source = Text { name: &file.path, text: &file.text };
            match file.name() {
                PARAMETERS => {
                    let bundled = file.origin == pack::BUNDLED_ORIGIN;
                    let origin = if bundled { parameters::DEFAULT_ORIGIN } else { &file.origin };
                    parameters.read(source, origin, &mut faults);
                }
                CONTROLS => controls.read(source, &mut faults),
                _ => {}
            }
        }
        faults.into_result()?;
        let types = schema::Types::new(&parameters).map_err(Faults::from)?;
        let one = |file: &pack::PackFile| {
            let source = read::Source {
                file: Text { name: &file.path, text: &file.text },
                stem: file.stem(".cedar")?,
                theme: file.theme(),
                origin: &file.origin,
            };
            let mut faults = Faults::default();
            Some((read::read(&source, &types, &controls, &mut faults), faults))
        };
        let mut faults = Faults::default();
        let mut rules: Vec<Rule> = Vec::new();
        for (rule, own) in files.par_iter().filter_map(one).collect::<Vec<_>>() {
            rules.extend(rule);
            faults.merge(own);
        }
        faults.into_result()?;
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let is_case = |file: &pack::PackFile| file.stem(".cases.json").is_some();
        let (cases, others): (Vec<_>, Vec<_>) = files.into_iter().partition(is_case);
        let is_setting = |file: &pack::PackFile| SETTINGS.contains(&file.name());
        let settings = others.into_iter().filter(is_setting).collect();
        Ok(Self { rules, types, parameters, controls, cases, settings })
    }

    /// A rule by its number in [`RuleSet::rules`].
    #[expect(clippy::indexing_slicing, reason = "the number comes from the set it is used on")]
    pub fn numbered(&self, number: usize) -> &Rule {
        &self.rules[number]
    }

    /// A rule by its id.
    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.rules
            .binary_search_by(|rule| rule.id.as_str().cmp(id))
            .ok()
            .and_then(|at| self.rules.get(at))
    }

    /// The digest of all rules and whether they are on.
    pub fn sha256(&self) -> String {
        digest(self.rules.iter().map(|rule| (rule.id.as_str(), rule.sha256.as_str(), rule.enabled)))
    }
}

/// The digest of rules in the order of their ids: of each its id, its digest and whether it is on.
pub(crate) fn digest<'a>(rules: impl Iterator<Item = (&'a str, &'a str, bool)>) -> String {
    let mut digest = Sha256::new();
    for (id, sha256, enabled) in rules {
        digest.update(format!("{id} {sha256} {enabled}\n"));
    }
    crate::load::files::hex(&digest.finalize())
}

/// Two rules of one pack with the same name.
fn twice(files: &[pack::PackFile], faults: &mut Faults) {
    for (at, file) in files.iter().enumerate() {
        let earlier = files
            .iter()
            .take(at)
            .find(|other| file.stem(".cedar").is_some() && other.name() == file.name());
        if let Some(earlier) = earlier {
            faults.push(Fault::new(
                format!("`{}` and `{}` are the same rule", earlier.path, file.path),
                "keep one of the two: a rule's id is the name of its file",
            ));
        }
    }
}
