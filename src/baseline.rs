//! Baselines: the findings that are known, so that only new ones fail a check.
//!
//! A baseline is no exception: nobody has approved what is in it. It changes the marks of findings
//! and the exit status, never the verdict, and it hides neither what has become worse, nor what
//! could not be judged, nor what says whether the check itself can be relied on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Text, quote};
use crate::json;
use crate::link::Action;
use crate::load::files::{self, name_of};
use crate::policy::pack;
use crate::pseudonym::Pseudonyms;
use crate::report::model::{BaselineResult, Finding, KnownFinding, Mark, Report, Status};

/// The version of this format.
const VERSION: &str = "1";

/// The theme of the rules that say whether a check can be relied on.
const GOVERNANCE: &str = "governance";

/// A baseline: what was found once, by which rules, in what kind of inventory.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of this format: `1`.
    version: String,
    /// As of when its findings were judged.
    as_of: String,
    /// The rules that were judged, with the digests of their files.
    rules: BTreeMap<String, String>,
    /// The ids of the sources of the inventory that had records, by their kind; of a source without
    /// a kind, by its id.
    sources: BTreeMap<String, BTreeSet<String>>,
    /// The ids of the systems of the inventory; null in one from before they were listed.
    systems: Option<BTreeSet<String>>,
    /// The values of the thresholds; null in one from before they were listed.
    parameters: Option<BTreeMap<String, Option<String>>>,
    /// The findings.
    pub findings: Vec<KnownFinding>,
}

impl Baseline {
    /// Reads one.
    ///
    /// # Errors
    /// A file that isn't one.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let contents = files::read(path)?;
        let name = name_of(path);
        let source = Text { name: &name, text: &contents.text };
        let help = "`nhi-policy schema baseline` shows the format; --write-baseline writes one";
        let baseline: Self = json::read(source, 0, &contents.text, help)?;
        if baseline.version != VERSION {
            return Err(Fault::new(
                format!("{}: unknown version {}", quote(&name), quote(&baseline.version)),
                "write the baseline again with --write-baseline",
            ));
        }
        Ok(baseline)
    }

    /// The violations of a report that are not about the check itself. Of an earlier baseline stays
    /// what an incomplete check can't have seen.
    pub fn of(report: &Report) -> Self {
        let governance = governance(report);
        let known = report.findings.iter().filter(|finding| {
            finding.status == Status::Violation && !governance.contains(finding.rule.as_str())
        });
        Self {
            version: VERSION.into(),
            as_of: report.as_of.value.clone(),
            rules: rules(report),
            sources: sources(report),
            systems: report.systems.as_ref().map(|ids| ids.iter().cloned().collect()),
            parameters: Some(parameters(report)),
            findings: known
                .map(|finding| KnownFinding {
                    id: finding.id.clone(),
                    rule: finding.rule.clone(),
                    severity: finding.severity,
                    principal: finding.principal.clone(),
                    resource: finding.resource.clone(),
                })
                .collect(),
        }
    }

    /// The same with what an earlier one knows and this check could not see.
    #[must_use]
    pub fn keeping(mut self, earlier: Option<&Self>, report: &Report) -> Self {
        if let Some(earlier) = earlier.filter(|earlier| !earlier.is_all_seen(report)) {
            let seen: BTreeSet<&str> =
                report.findings.iter().map(|finding| finding.id.as_str()).collect();
            let unseen = earlier.findings.iter().filter(|known| !seen.contains(known.id.as_str()));
            let before = self.findings.len();
            self.findings.extend(unseen.cloned());
            if self.findings.len() > before {
                self.remember(earlier);
            }
        }
        self
    }

    /// What is kept unseen stays unseen: what it was found in has to come back first.
    fn remember(&mut self, earlier: &Self) {
        for (kind, ids) in &earlier.sources {
            let now = self.sources.entry(kind.clone()).or_default();
            if !ids.is_subset(now) {
                now.clone_from(ids);
            }
        }
        if let (Some(now), Some(before)) = (&mut self.systems, &earlier.systems) {
            now.extend(before.iter().cloned());
        } else {
            self.systems = None;
        }
    }

    /// Whether what is no longer found is resolved: the check is complete, and has every source and
    /// every system that there was, and the same thresholds.
    fn is_all_seen(&self, report: &Report) -> bool {
        let now = sources(report);
        let mut before = self.sources.iter();
        let systems: BTreeSet<&String> = report.systems.iter().flatten().collect();
        let is_there =
            |before: &BTreeSet<String>| before.iter().all(|system| systems.contains(system));
        report.incomplete.is_empty()
            && self.systems.as_ref().is_some_and(is_there)
            && self.parameters.is_some()
            && before.all(|(kind, ids)| now.get(kind).is_some_and(|now| ids.is_subset(now)))
    }

    /// Puts tokens in place of people.
    pub fn hide(&mut self, pseudonyms: &Pseudonyms) {
        self.findings.iter_mut().for_each(|known| pseudonyms.known(known));
        let hidden = std::mem::take(&mut self.sources).into_iter().map(|(kind, ids)| {
            let ids = ids.iter().map(|id| pseudonyms.text(id)).collect();
            (pseudonyms.text(&kind), ids)
        });
        self.sources = hidden.collect();
    }

    /// Reads one, and marks the findings of a report by it.
    ///
    /// # Errors
    /// A file that is no baseline, or one of other rules or thresholds or of another kind of
    /// inventory.
    pub fn hold(path: &Path, report: &mut Report) -> Result<Self, Fault> {
        let baseline = Self::read(path)?;
        baseline.fits(path, report)?;
        baseline.mark(path, report);
        Ok(baseline)
    }

    /// Why it can't be held against this report.
    fn fits(&self, path: &Path, report: &Report) -> Result<(), Fault> {
        let refuse = |what: String| {
            let name = quote(&name_of(path));
            Err(Fault::new(
                format!("the baseline {name} {what}"),
                "look at what is found without it, and write it again with --write-baseline",
            ))
        };
        let now = rules(report);
        let changed: BTreeSet<&String> = self
            .rules
            .iter()
            .chain(&now)
            .filter(|(id, _)| self.rules.get(*id) != now.get(*id))
            .map(|(id, _)| id)
            .collect();
        if !changed.is_empty() {
            let changed = changed.into_iter().map(|id| quote(id)).collect();
            return refuse(format!(
                "is of another rule set: added, removed or changed since are {}",
                some(&changed)
            ));
        }
        let now = parameters(report);
        let before = self.parameters.as_ref().unwrap_or(&now);
        let changed = before.keys().chain(now.keys()).filter(|name| {
            // With a looser one, what it hides would be called resolved.
            before.get(*name) != now.get(*name)
        });
        let changed: BTreeSet<String> = changed
            .map(|name| {
                let value = |of: &BTreeMap<String, Option<String>>| {
                    let value = of.get(name).and_then(Option::as_ref);
                    value.map_or("unset".into(), |value| quote(value))
                };
                format!("{} ({}, now {})", quote(name), value(before), value(&now))
            })
            .collect();
        if !changed.is_empty() {
            return refuse(format!("is of other thresholds: {}", some(&changed)));
        }
        let now = sources(report);
        // What one of two sources of a kind had found would else be called resolved.
        let fewer = |(kind, ids): (&String, &BTreeSet<String>)| {
            now.get(kind).is_none_or(|now| now.len() < ids.len())
        };
        if !self.sources.keys().eq(now.keys()) || self.sources.iter().any(fewer) {
            let list = |sources: &BTreeMap<String, BTreeSet<String>>| {
                let quoted = sources.iter().map(|(kind, ids)| match ids.len() {
                    0 => format!("{} without records", quote(kind)),
                    1 => quote(kind),
                    count => format!("{count} x {}", quote(kind)),
                });
                let quoted: Vec<String> = quoted.collect();
                if quoted.is_empty() { "no sources".into() } else { quoted.join(", ") }
            };
            return refuse(format!(
                "is of an inventory of {}, and this one is of {}",
                list(&self.sources),
                list(&now)
            ));
        }
        Ok(())
    }

    /// Marks the findings of a report.
    pub fn mark(&self, path: &Path, report: &mut Report) {
        let known: BTreeMap<&str, &KnownFinding> =
            self.findings.iter().map(|known| (known.id.as_str(), known)).collect();
        let governance: BTreeSet<String> =
            governance(report).into_iter().map(str::to_owned).collect();
        let mut result = BaselineResult {
            path: name_of(path),
            as_of: self.as_of.clone(),
            known: 0,
            new: 0,
            resolved: Vec::new(),
        };
        let is_known = |finding: &Finding| {
            finding.status == Status::Violation
                && !governance.contains(&finding.rule)
                && known
                    .get(finding.id.as_str())
                    .is_some_and(|known| finding.severity <= known.severity)
        };
        for finding in report.findings.iter_mut().filter(|one| one.status != Status::Waived) {
            let (mark, count) = if is_known(finding) {
                (Mark::Known, &mut result.known)
            } else {
                (Mark::New, &mut result.new)
            };
            finding.mark = Some(mark);
            *count += 1;
        }
        // What a check could not see may still be there.
        if self.is_all_seen(report) {
            let found: BTreeSet<&str> =
                report.findings.iter().map(|finding| finding.id.as_str()).collect();
            let gone = self.findings.iter().filter(|known| !found.contains(known.id.as_str()));
            result.resolved = gone.cloned().collect();
        }
        report.baseline = Some(result);
    }

    /// Writes it, so that a difference of two shows which findings it is.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        json::write::pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// A pack can replace such a rule from a folder of any name.
fn governance(report: &Report) -> BTreeSet<&str> {
    let bundled: BTreeSet<String> = pack::bundled()
        .iter()
        .filter(|file| file.theme() == GOVERNANCE)
        .filter_map(|file| Some(file.stem(".cedar")?.to_owned()))
        .collect();
    let rules = report.rules.iter();
    let rules = rules.filter(|rule| rule.theme == GOVERNANCE || bundled.contains(&rule.id));
    let of_the_run = report.findings.iter().filter(|finding| {
        Action::ALL
            .iter()
            .any(|action| action.is_about_the_run() && action.name() == finding.action)
    });
    let of_the_run = of_the_run.map(|finding| finding.rule.as_str());
    rules.map(|rule| rule.id.as_str()).chain(of_the_run).collect()
}

/// The first of them, and how many more there are.
fn some(all: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = all.iter().take(5).map(String::as_str).collect();
    let more = all.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn parameters(report: &Report) -> BTreeMap<String, Option<String>> {
    let all = report.parameters.iter();
    all.map(|(name, parameter)| (name.clone(), parameter.value.clone())).collect()
}

fn rules(report: &Report) -> BTreeMap<String, String> {
    let on = report.rules.iter().filter(|rule| rule.enabled);
    on.map(|rule| (rule.id.clone(), rule.sha256.clone())).collect()
}

/// The ids of the sources, by kind; those without a record are as good as none.
fn sources(report: &Report) -> BTreeMap<String, BTreeSet<String>> {
    let mut sources: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in &report.sources {
        let kind = source.kind.as_ref().unwrap_or(&source.id);
        let ids = sources.entry(kind.clone()).or_default();
        ids.extend((source.records > 0).then(|| source.id.clone()));
    }
    sources
}
