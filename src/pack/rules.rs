//! The rule set as it was: every rule with its file, what the configuration made of it, and the
//! thresholds. A pack can be judged again by what is here.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::open::Pack;
use super::stage::Stage;
use crate::fault::{Fault, Faults, quote};
use crate::load::files::hex;
use crate::policy::pack::{BUNDLED_ORIGIN, PackFile};
use crate::policy::{RuleSet, Severity, schema};
use crate::pseudonym::Names;
use crate::time::Span;

/// What there is to know of each rule.
pub const RULES: &str = "rules/rules.json";
/// The thresholds in force.
pub const PARAMETERS: &str = "rules/parameters.json";

/// The rules of a pack.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// All rules, those that are off too.
    pub rules: Vec<ListedRule>,
    /// The files of parameters and controls, in the order in which they count.
    settings: Vec<ListedFile>,
}

/// A rule as it was judged.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedRule {
    /// Its id.
    pub id: String,
    /// Its file in the pack.
    pub file: String,
    /// SHA-256 of that.
    pub sha256: String,
    /// Where it was from.
    pub origin: String,
    /// What it is about.
    pub theme: String,
    /// Whether it was judged.
    pub enabled: bool,
    /// How bad a violation is.
    pub severity: Severity,
    /// How bad where the thing is privileged.
    pub severity_privileged: Option<Severity>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedFile {
    file: String,
    origin: String,
}

/// A threshold.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The value in force.
    pub value: Option<String>,
    /// The value where nobody sets another.
    pub default: Option<String>,
    /// Where the value is from.
    pub origin: String,
    /// What it means.
    pub meaning: String,
}

/// A name as a part of a path: what any file system takes, and no two names the same.
fn safe(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut out = String::new();
    for (at, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || b"_-".contains(&byte) || (byte == b'.' && at > 0) {
            out.push(byte.into());
        } else {
            out += &format!("%{byte:02x}");
        }
    }
    if out.len() > LONGEST {
        let digest = hex(&Sha256::digest(name));
        out.truncate(LONGEST - 17);
        out += &format!("~{}", digest.get(..16).unwrap_or_default());
    }
    out
}

/// The file of a rule's population.
pub fn population_of(rule: &str) -> String {
    format!("population/{}.csv", safe(rule))
}

fn pretty<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    crate::json::write::pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes the rules, their schema, and what they rest on.
pub fn write(rules: &RuleSet, names: Names<'_>, stage: &mut Stage) -> Result<(), Fault> {
    let mut listed = Listed { rules: Vec::new(), settings: Vec::new() };
    for rule in &rules.rules {
        let told = names.theme(&rule.origin, &rule.theme);
        let theme = Some(safe(&told)).filter(|theme| !theme.is_empty());
        let theme = theme.map_or(String::new(), |theme| theme + "/");
        let file = format!("rules/{theme}{}.cedar", safe(&rule.id));
        stage.write(&file, |out| out.write_all(rule.text.as_bytes()))?;
        listed.rules.push(ListedRule {
            id: rule.id.clone(),
            file,
            sha256: rule.sha256.clone(),
            origin: names.origin(&rule.origin),
            theme: told.into_owned(),
            enabled: rule.enabled,
            severity: rule.severity,
            severity_privileged: rule.severity_privileged,
        });
    }
    let mut brought = 0;
    for setting in &rules.settings {
        // The bundled ones are first; each other file has a folder of its own.
        let folder = if setting.is_bundled() {
            String::new()
        } else {
            brought += 1;
            format!("pack-{brought}/")
        };
        let file = format!("rules/{folder}{}", setting.name());
        stage.write(&file, |out| out.write_all(setting.text.as_bytes()))?;
        listed.settings.push(ListedFile { file, origin: names.origin(&setting.origin) });
    }
    let parameters = rules.parameters.0.iter().map(|(name, parameter)| {
        let text = |span: Option<Span>| span.map(|span| span.to_string());
        let kept = Kept {
            value: text(parameter.value),
            default: text(parameter.default),
            origin: names.origin(&parameter.origin),
            meaning: parameter.meaning.clone(),
        };
        (name, kept)
    });
    let parameters: BTreeMap<&String, Kept> = parameters.collect();
    stage.write(PARAMETERS, |out| pretty(&parameters, out))?;
    let text = schema::text_for(&rules.parameters);
    stage.write("rules/nhi.cedarschema", |out| out.write_all(text.as_bytes()))?;
    stage.write(RULES, |out| pretty(&listed, out))
}

/// Reads a small file of a pack.
pub fn json<T: DeserializeOwned>(pack: &mut Pack, name: &str) -> Result<T, Fault> {
    let text = pack.text(name)?;
    serde_json::from_str(&text).map_err(|error| {
        Fault::new(
            format!("{} can't be read: {error}", quote(name)),
            "take the pack as it was made",
        )
    })
}

/// The rules of a pack, before anything is made of them.
pub struct Packed {
    /// What the pack says of each rule.
    pub listed: Vec<ListedRule>,
    /// What it says of the thresholds.
    pub kept: BTreeMap<String, Kept>,
    /// The files of parameters and controls, and then those of the rules, in the order of `listed`.
    pub files: Vec<PackFile>,
}

impl Packed {
    /// Reads them.
    ///
    /// # Errors
    /// Files that are not what `pack` writes.
    pub fn read(pack: &mut Pack) -> Result<Self, Fault> {
        let Listed { rules, settings }: Listed = json(pack, RULES)?;
        let kept = json(pack, PARAMETERS)?;
        let mut files = Vec::new();
        for ListedFile { file, origin } in settings {
            let text = pack.text(&file)?;
            files.push(PackFile { path: file, origin, text });
        }
        for rule in &rules {
            let text = pack.text(&rule.file)?;
            let path = format!("{}/{}.cedar", rule.theme, rule.id);
            files.push(PackFile { path, origin: rule.origin.clone(), text });
        }
        Ok(Self { listed: rules, kept, files })
    }

    /// Whether bundled rules are among them.
    pub fn has_bundled(&self) -> bool {
        self.listed.iter().any(|rule| rule.origin == BUNDLED_ORIGIN)
    }

    /// The rules as their files say them, and in place of some files those that are brought.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn as_written(&self, brought: Option<Vec<PackFile>>) -> Result<RuleSet, Faults> {
        let copy = |file: &PackFile| PackFile {
            path: file.path.clone(),
            origin: file.origin.clone(),
            text: file.text.clone(),
        };
        let Some(brought) = brought else {
            return RuleSet::from_files(self.files.iter().map(copy).collect());
        };
        let replaced = |file: &PackFile| {
            let stem = file.stem(".cedar");
            stem.is_some() && brought.iter().any(|other| other.stem(".cedar") == stem)
        };
        let bundled = self.files.iter().filter(|file| file.is_bundled() && !replaced(file));
        let mut files: Vec<PackFile> = bundled.map(copy).collect();
        files.extend(brought);
        RuleSet::from_files(files)
    }

    /// Puts what the configuration had made of rules and thresholds.
    pub fn configure(self, rules: &mut RuleSet) {
        for kept in self.listed {
            let Some(rule) = rules.rules.iter_mut().find(|rule| rule.id == kept.id) else {
                continue;
            };
            rule.theme = kept.theme;
            rule.enabled = kept.enabled;
            rule.severity = kept.severity;
            rule.severity_privileged = kept.severity_privileged;
        }
        for (name, kept) in self.kept {
            let Some(parameter) = rules.parameters.0.get_mut(&name) else { continue };
            parameter.value = kept.value.and_then(|text| Span::parse(&text).ok());
            parameter.origin = kept.origin;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_part_of_a_path_and_no_other_names_part() {
        assert_eq!(safe("leaver-account-live"), "leaver-account-live");
        let long = "é".repeat(100);
        let names = ["..", ".", "a/b", "a%2fb", "a\\b", "A b", "C:", "\u{202e}", &long, &long[2..]];
        let made: std::collections::BTreeSet<String> = names.map(safe).into_iter().collect();
        assert_eq!(made.len(), names.len(), "{made:?}");
        for name in made {
            assert!(name.len() <= 120 && !name.starts_with('.'), "{name}");
            assert!(!name.contains(['/', '\\', ':', ' ']) && name.is_ascii(), "{name}");
        }
    }
}
