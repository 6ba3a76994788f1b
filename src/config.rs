//! `nhi-policy.toml`: the organisation's thresholds, rules and expectations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use sha2::{Digest as _, Sha256};

use crate::fault::{self, Fault, Faults, Text};
use crate::import::setting;
use crate::inventory::Kind;
use crate::judge::Terms;
use crate::load::files::{hex, name_of};
use crate::policy::{RuleSet, Severity};
use crate::settings::{self, Section};

/// The name of the file that is looked for, from the working directory upward.
pub const FILE: &str = "nhi-policy.toml";

/// The configuration of nhi-policy: what an organisation asks of its identities.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Configuration")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct Document {
    /// Folders of rule packs, relative to this file.
    #[schemars(default)]
    policies: Vec<String>,
    /// Whether the bundled rules are judged.
    #[schemars(default = "yes")]
    bundled: bool,
    /// The least severity that fails the check; default low.
    #[schemars(default)]
    fail_on: Option<Severity>,
    /// Values of parameters, such as `leaver_grace = "24h"`.
    #[schemars(default)]
    parameters: BTreeMap<String, String>,
    /// Changes to rules, by id.
    #[schemars(default)]
    rules: BTreeMap<String, RuleChange>,
    /// How many records of a kind there are at least; fewer make the verdict incomplete. Default 1
    /// for people, accounts and credentials, 0 for the others.
    #[schemars(default)]
    expect: BTreeMap<String, u32>,
    /// What there is to say of exports that are imported.
    #[schemars(default)]
    import: Vec<setting::Document>,
}

fn yes() -> bool {
    true
}

/// A change to a rule.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct RuleChange {
    /// Whether it is judged.
    #[schemars(default = "yes")]
    enabled: bool,
    /// Its severity, also where the thing is privileged unless that is set too.
    #[schemars(default)]
    severity: Option<Severity>,
    /// Its severity where the thing is privileged.
    #[schemars(default)]
    severity_privileged: Option<Severity>,
}

/// A configuration file.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its path.
    pub path: PathBuf,
    text: String,
}

/// What a configuration says besides its effect on the rules.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The least severity that fails the check.
    pub fail_on: Severity,
    /// How many records there must be of each kind, at least.
    pub expect: BTreeMap<&'static str, usize>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { fail_on: Severity::Low, expect: Terms::least() }
    }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let text = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => Err(std::io::Error::other("it is not a file")),
            _ => std::fs::read_to_string(path),
        };
        let text = text.map_err(|error| {
            let path = fault::quote(&name_of(path));
            Fault::new(
                format!("the configuration {path} can't be read: {error}"),
                "check the path and its permissions",
            )
        })?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Finds and reads the nearest configuration, from a folder upward.
    ///
    /// # Errors
    /// A file that is there and can't be read.
    pub fn discover(from: &Path) -> Result<Option<Self>, Fault> {
        // A link that leads nowhere is a configuration that can't be read, not none.
        let found = from.ancestors().map(|folder| folder.join(FILE));
        let found = found.into_iter().find(|path| path.symlink_metadata().is_ok());
        found.map(|path| Self::read(&path)).transpose()
    }

    /// The same, named as seen from a folder: shorter, and the same on every machine.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> Self {
        let path = self.path.strip_prefix(folder).map(Path::to_owned).unwrap_or(self.path);
        Self { path, text: self.text }
    }

    /// The same under another name.
    #[must_use]
    pub fn called(self, path: &str) -> Self {
        Self { path: path.into(), text: self.text }
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.text))
    }

    fn name(&self) -> String {
        name_of(&self.path)
    }

    /// The rule packs that it names, whether the bundled rules stay, and what is wrong with these.
    /// [`Config::apply`] says that again, with all the rest.
    ///
    /// # Errors
    /// A file that isn't TOML.
    pub fn packs(&self) -> Result<(Vec<PathBuf>, bool, Faults), Faults> {
        let name = self.name();
        let source = Text { name: &name, text: &self.text };
        let document = settings::parse(source)?;
        let mut faults = Faults::default();
        let mut root = Section::new(source, document.get_ref());
        let packs = root.strings("policies", &mut faults).into_iter();
        let packs = packs.map(|(path, _)| self.folder().join(path)).collect();
        let bundled = root.bool("bundled", &mut faults).unwrap_or(true);
        Ok((packs, bundled, faults))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// What it says of exports; [`Config::apply`] says what is wrong with the rest.
    ///
    /// # Errors
    /// All that is wrong with what it says of exports.
    pub fn imports(&self) -> Result<Vec<(PathBuf, setting::Setting)>, Faults> {
        let name = self.name();
        let source = Text { name: &name, text: &self.text };
        let document = settings::parse(source)?;
        let mut faults = Faults::default();
        let mut root = Section::new(source, document.get_ref());
        let settings = setting::read(&mut root, self.folder(), &mut faults);
        faults.into_result().map(|()| settings)
    }

    /// Changes parameters and rules, and tells the rest.
    ///
    /// # Errors
    /// All that is wrong with the file.
    pub fn apply(&self, rules: &mut RuleSet) -> Result<Wishes, Faults> {
        let name = self.name();
        let source = Text { name: &name, text: &self.text };
        let document = settings::parse(source)?;
        let mut faults = Faults::default();
        let mut wishes = Wishes::default();
        let mut root = Section::new(source, document.get_ref());
        root.strings("policies", &mut faults);
        root.bool("bundled", &mut faults);
        if let Some(severity) = severity(&mut root, "fail_on", &mut faults) {
            wishes.fail_on = severity;
        }
        if let Some(section) = root.table("parameters", &mut faults) {
            rules.parameters.set(&section, &name, &mut faults);
        }
        if let Some(section) = root.table("rules", &mut faults) {
            change_rules(&section, rules, &mut faults);
        }
        if let Some(section) = root.table("expect", &mut faults) {
            for (key, value) in section.entries() {
                let word = key.get_ref().as_ref();
                let kind = Kind::ALL.iter().find(|kind| kind.plural() == word);
                if let Some(kind) = kind {
                    let count = section.count(word, value, &mut faults);
                    count.into_iter().for_each(|count| {
                        wishes.expect.insert(kind.plural(), count);
                    });
                } else {
                    let help = fault::suggest(word, Kind::ALL.iter().map(|kind| kind.plural()));
                    let said = format!("there is no kind of record called {}", fault::quote(word));
                    faults.push(section.fault(key.span(), said, help));
                }
            }
        }
        // Its own command reads it; that it is right is said by all.
        setting::read(&mut root, self.folder(), &mut faults);
        root.finish(&mut faults);
        faults.into_result().map(|()| wishes)
    }
}

fn severity(section: &mut Section<'_>, key: &'static str, faults: &mut Faults) -> Option<Severity> {
    let (word, span) = section.string(key, faults)?;
    let found = Severity::from_name(word);
    if found.is_none() {
        let help = fault::suggest(word, Severity::ALL.iter().map(|severity| severity.name()));
        faults.push(section.fault(span, format!("unknown severity {}", fault::quote(word)), help));
    }
    found
}

fn change_rules(section: &Section<'_>, rules: &mut RuleSet, faults: &mut Faults) {
    for (key, value) in section.entries() {
        let id = key.get_ref().as_ref();
        let Some(mut change) = section.as_table(id, value, faults) else { continue };
        let enabled = change.bool("enabled", faults);
        let plain = severity(&mut change, "severity", faults);
        let privileged = severity(&mut change, "severity_privileged", faults);
        change.finish(faults);
        let known: Vec<String> = rules.rules.iter().map(|rule| rule.id.clone()).collect();
        let Some(rule) = rules.rules.iter_mut().find(|rule| rule.id == id) else {
            let near = fault::nearest(id, known.iter().map(String::as_str));
            let help = near.map_or("`nhi-policy rules` lists them".into(), |near| {
                format!("did you mean `{near}`?")
            });
            faults.push(section.fault(
                key.span(),
                format!("there is no rule {}", fault::quote(id)),
                help,
            ));
            continue;
        };
        rule.enabled = enabled.unwrap_or(rule.enabled);
        if let Some(severity) = plain {
            rule.severity = severity;
            rule.severity_privileged = None;
        }
        rule.severity_privileged = privileged.or(rule.severity_privileged);
    }
}
