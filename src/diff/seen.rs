//! What the later report can have seen: a source or a system that is gone from it takes its findings
//! along, and a threshold that was changed hides them; nobody has resolved these.

use std::collections::{BTreeMap, BTreeSet};

use super::model::ParameterPair;
use crate::fault::quote;
use crate::inventory::Kind;
use crate::link::NodeKind;
use crate::report::model::{Finding, Report, Status};

/// What is gone from the later report.
pub struct Seen<'r> {
    /// Sources of which it has no record.
    sources: Vec<&'r str>,
    /// The systems that it doesn't know.
    systems: Gone<'r>,
    /// The systems of which it says something.
    named: BTreeSet<&'r str>,
    /// Thresholds that were others.
    thresholds: &'r BTreeMap<String, ParameterPair>,
}

/// Systems that are gone.
enum Gone<'r> {
    /// These.
    Known(BTreeSet<&'r str>),
    /// One of the reports doesn't list them: how many there were, and are, where there are fewer.
    Counted(Option<(u64, u64)>),
}

impl<'r> Seen<'r> {
    /// Holds a report against a later one.
    pub fn new(
        old: &'r Report,
        new: &'r Report,
        thresholds: &'r BTreeMap<String, ParameterPair>,
    ) -> Self {
        let on = new.findings.iter().filter_map(|finding| finding.system.as_deref());
        let timed = new.revocation.by_system.keys().map(String::as_str);
        Self {
            sources: sources(old, new),
            systems: systems(old, new),
            named: on.chain(timed).collect(),
            thresholds,
        }
    }

    /// Why a finding of the earlier report, which the later one doesn't have, can't be seen there; and
    /// why that isn't certain.
    pub fn of(&self, finding: &Finding) -> (Vec<String>, Vec<String>) {
        let (mut blind, mut unsure) = (Vec::new(), Vec::new());
        if !self.sources.is_empty() {
            blind.push(format!("NEW has no record of {}", list("source", &self.sources)));
        }
        let is_system = finding.resource.kind == NodeKind::System.name();
        let system = if is_system { Some(&finding.resource.id) } else { finding.system.as_ref() };
        match (&self.systems, system) {
            (Gone::Known(gone), Some(system)) if gone.contains(system.as_str()) => {
                blind.push(format!("NEW doesn't know the system {}", quote(system)));
            }
            // What is on no system may still follow from what was on one.
            (Gone::Known(gone), None) if !gone.is_empty() => unsure.push(unknown(gone)),
            (Gone::Known(_), _) => {}
            (Gone::Counted(fewer), system) => {
                let named = system.is_some_and(|system| self.named.contains(system.as_str()));
                unsure.extend(fewer.filter(|_| !named).map(|(old, new)| {
                    let of = system
                        .map_or(String::new(), |id| format!(", and says nothing of {}", quote(id)));
                    format!("NEW has {new} systems of {old}{of}")
                }));
            }
        }
        unsure.extend(self.thresholds(finding));
        (blind, unsure)
    }

    /// The thresholds that a finding follows from, and that were changed. Of what could not be judged
    /// nobody knows which these are.
    pub fn thresholds(&self, finding: &Finding) -> impl Iterator<Item = String> {
        let is_read = |name: &str| {
            finding.status == Status::Indeterminate
                || finding.facts.contains_key(&format!("context.sla.{name}"))
        };
        let read = self.thresholds.keys().filter(move |name| is_read(name));
        read.map(|name| format!("the threshold {} has changed", quote(name)))
    }
}

/// What there is to say of it at once.
pub fn warnings(old: &Report, new: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    let gone = sources(old, new);
    if !gone.is_empty() {
        warnings.push(format!(
            "NEW has no record of {}: nothing that it doesn't have is called resolved; an export \
             that is only called otherwise has to keep its name",
            list("source", &gone)
        ));
    }
    let said = match systems(old, new) {
        Gone::Known(gone) if !gone.is_empty() => Some(unknown(&gone)),
        Gone::Counted(Some((old, new))) => Some(format!("NEW has {new} systems of {old}")),
        _ => None,
    };
    warnings.extend(said.map(|said| format!("{said}: what was found there may still be")));
    warnings
}

fn unknown(gone: &BTreeSet<&str>) -> String {
    format!("NEW doesn't know {}", list("system", &gone.iter().copied().collect::<Vec<_>>()))
}

fn list(what: &str, ids: &[&str]) -> String {
    let shown: Vec<String> = ids.iter().take(5).map(|id| quote(id)).collect();
    let more = ids.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let s = if ids.len() == 1 { "" } else { "s" };
    format!("the {what}{s} {}{more}", shown.join(", "))
}

/// The sources of the earlier report that have no records in the later one.
fn sources<'r>(old: &'r Report, new: &Report) -> Vec<&'r str> {
    let there: BTreeSet<&str> = ids(new).collect();
    ids(old).filter(|id| !there.contains(id)).collect()
}

fn ids(report: &Report) -> impl Iterator<Item = &str> {
    let sources = report.sources.iter().filter(|source| source.records > 0);
    sources.map(|source| source.id.as_str())
}

fn systems<'r>(old: &'r Report, new: &Report) -> Gone<'r> {
    if let (Some(old), Some(new)) = (&old.systems, &new.systems) {
        let there: BTreeSet<&String> = new.iter().collect();
        let gone = old.iter().filter(|id| !there.contains(id)).map(String::as_str);
        return Gone::Known(gone.collect());
    }
    let count = |report: &Report| report.population.get(Kind::System.plural()).copied();
    let (old, new) = (count(old).unwrap_or(0), count(new).unwrap_or(0));
    Gone::Counted((new < old).then_some((old, new)))
}
