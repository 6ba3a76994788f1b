//! What the later report can have seen: a source or a system that is gone from it takes its findings
//! along, and nobody has resolved these.

use std::collections::BTreeSet;

use crate::fault::quote;
use crate::inventory::Kind;
use crate::link::NodeKind;
use crate::report::model::{Finding, Report};

/// What is gone from the later report.
pub struct Seen<'r> {
    /// Sources of which it has no record.
    sources: Vec<&'r str>,
    /// How many systems there were, and are, where there are fewer.
    systems: Option<(u64, u64)>,
    /// The systems of which it says something.
    named: BTreeSet<&'r str>,
}

impl<'r> Seen<'r> {
    /// Holds a report against a later one.
    pub fn new(old: &'r Report, new: &'r Report) -> Self {
        let on = new.findings.iter().filter_map(|finding| finding.system.as_deref());
        let timed = new.revocation.by_system.keys().map(String::as_str);
        Self {
            sources: sources(old, new),
            systems: systems(old, new),
            named: on.chain(timed).collect(),
        }
    }

    /// Why a finding of the earlier report, which the later one doesn't have, can't be seen there; and
    /// why that isn't certain.
    pub fn of(&self, finding: &Finding) -> (Vec<String>, Vec<String>) {
        let blind = if self.sources.is_empty() {
            Vec::new()
        } else {
            vec![format!("NEW has no record of {}", list(&self.sources))]
        };
        let is_system = finding.resource.kind == NodeKind::System.name();
        let system = if is_system { Some(&finding.resource.id) } else { finding.system.as_ref() };
        let named = system.is_some_and(|system| self.named.contains(system.as_str()));
        let unsure = self.systems.filter(|_| !named).map(|(old, new)| {
            let of =
                system.map_or(String::new(), |id| format!(", and says nothing of {}", quote(id)));
            format!("NEW has {new} systems of {old}{of}")
        });
        (blind, unsure.into_iter().collect())
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
            list(&gone)
        ));
    }
    if let Some((old, new)) = systems(old, new) {
        warnings.push(format!(
            "NEW has {new} systems of {old}: what was found on the others may still be there"
        ));
    }
    warnings
}

fn list(sources: &[&str]) -> String {
    let shown: Vec<String> = sources.iter().take(5).map(|source| quote(source)).collect();
    let more = sources.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = if sources.len() == 1 { "the source" } else { "the sources" };
    format!("{what} {}{more}", shown.join(", "))
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

fn systems(old: &Report, new: &Report) -> Option<(u64, u64)> {
    let count = |report: &Report| report.population.get(Kind::System.plural()).copied();
    let (old, new) = (count(old).unwrap_or(0), count(new).unwrap_or(0));
    (new < old).then_some((old, new))
}
