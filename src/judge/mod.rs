//! Judge: from answers to findings and one verdict.
//!
//! In come the answers of the rules, out comes the [`Report`] that all formats are written from.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::ask::condition::Setting;
use crate::ask::{Answers, Depth, Hit, Tally, ask};
use crate::exceptions::Exception;
use crate::fault::Faults;
use crate::inventory::Kind;
use crate::link::Graph;
use crate::link::question::SUBJECTS;
use crate::policy::{RuleSet, Severity};
use crate::report::findings::{Findings, Head};
use crate::report::model::{
    AsOf, ControlSummary, Digest, ExceptionResult, InventoryFile, ParameterValue, Report,
    SourceSummary, Status, Tool, VERSION, Verdict,
};
use crate::time::Span;

pub mod evidence;
mod human;
mod made;
mod sums;
pub mod times;
mod waive;

pub use made::{Kept, Made, id_of};
pub(crate) use sums::summarize;

/// What the user asked of the verdict.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The least severity that fails the check.
    pub fail_on: Severity,
    /// How many records there must be of each kind, at least.
    pub expect: BTreeMap<&'static str, usize>,
    /// Where `as_of` is from.
    pub as_of_origin: &'static str,
}

/// The kinds of record without which nothing can be judged.
pub const NEEDED: [Kind; 3] = [Kind::Person, Kind::Account, Kind::Credential];

impl Terms {
    /// At least one of each kind that is needed.
    pub fn least() -> BTreeMap<&'static str, usize> {
        NEEDED.iter().map(|kind| (kind.plural(), 1)).collect()
    }
}

/// All that was found.
pub struct Judged {
    /// What the rules were asked.
    pub tallies: Vec<Tally>,
    /// The findings, exceptions taken into account.
    pub kept: Vec<Kept>,
    /// The ids of the exceptions that waive some.
    pub waivers: Vec<String>,
    /// The register of exceptions.
    pub exceptions: Vec<ExceptionResult>,
}

/// Asks every question, and then of each exception whether it may be honoured.
///
/// # Errors
/// Where Cedar says something else than a compiled condition.
pub fn find(
    graph: &mut Graph,
    rules: &RuleSet,
    setting: Setting<'_>,
    depth: Depth,
    exceptions: &[Exception],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Judged, Faults> {
    let answers = ask(graph, rules, setting, depth, &SUBJECTS, progress);
    answers.agreed(graph, rules)?;
    let Answers { hits, tallies, .. } = answers;
    let kept = kept(graph, rules, setting, hits);
    let mut judged = Judged { tallies, kept, waivers: Vec::new(), exceptions: Vec::new() };
    waive::waive(graph, rules, setting, depth, exceptions, &mut judged)?;
    Ok(judged)
}

/// What is kept of some answers.
fn kept(graph: &Graph, rules: &RuleSet, setting: Setting<'_>, hits: Vec<Vec<Hit>>) -> Vec<Kept> {
    let mut kept = Vec::with_capacity(hits.iter().map(Vec::len).sum());
    for part in hits {
        kept.par_extend(part.into_par_iter().map(|hit| Kept::new(graph, rules, setting, hit)));
    }
    kept
}

/// Makes the report.
pub fn judge<'a>(
    graph: &'a Graph,
    rules: &'a RuleSet,
    judged: Judged,
    setting: Setting<'a>,
    terms: &Terms,
) -> Report<Made<'a>> {
    let Judged { tallies, kept, waivers, exceptions } = judged;
    let findings = Made::new(graph, rules, setting, kept, waivers);
    let summary = sums::of_made(&findings);
    let results = sums::results(&findings, &tallies);
    let asked = tallies.iter().map(|tally| tally.asked).sum();
    let incomplete = reasons(graph, rules, &findings, terms, asked, setting);
    let fails = |head: Head<'_>| head.status == Status::Violation && head.severity >= terms.fail_on;
    let verdict = if findings.heads().any(fails) {
        Verdict::Fail
    } else if incomplete.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Incomplete
    };
    let population = Kind::ALL.iter().map(|kind| {
        let own = *kind == Kind::Source && graph.inventory.is_own_source;
        let count = if own { 0 } else { graph.inventory.total(*kind) };
        (kind.plural().to_owned(), count as u64)
    });
    Report {
        version: VERSION.into(),
        tool: Tool {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        as_of: AsOf { value: setting.now.to_string(), origin: terms.as_of_origin.into() },
        run_at: setting.run_at.to_string(),
        verdict,
        fail_on: terms.fail_on,
        incomplete,
        inventory: graph
            .inventory
            .files
            .iter()
            .map(|file| InventoryFile {
                path: file.path.clone(),
                sha256: file.sha256.clone(),
                generated_at: file.generated_at.to_string(),
            })
            .collect(),
        sources: sources(graph),
        systems: Some(systems(graph)),
        population: population.collect(),
        policies: Digest { sha256: rules.sha256() },
        parameters: rules
            .parameters
            .0
            .iter()
            .map(|(name, parameter)| {
                let value = parameter.value.map(|value| value.to_string());
                (name.clone(), ParameterValue { value, origin: parameter.origin.clone() })
            })
            .collect(),
        controls: controls(rules),
        rules: results,
        summary,
        exceptions,
        revocation: times::of(graph),
        baseline: None,
        findings,
    }
}

fn controls(rules: &RuleSet) -> Vec<ControlSummary> {
    let used: std::collections::BTreeSet<&String> =
        rules.rules.iter().flat_map(|rule| &rule.controls).collect();
    let known = rules.controls.0.values().filter(|control| used.contains(&control.id));
    known
        .map(|control| ControlSummary {
            id: control.id.clone(),
            framework: control.edition(),
            title: control.title.clone(),
            relation: control.relation.clone(),
        })
        .collect()
}

fn sources(graph: &Graph) -> Vec<SourceSummary> {
    let inventory = &graph.inventory;
    let text = |word| inventory.words.text(word).to_owned();
    let rows = inventory.sources.rows.iter().filter(|_| !graph.inventory.is_own_source);
    let summary = |(source, records): (&crate::inventory::record::Source, &u32)| SourceSummary {
        id: text(source.id.0),
        kind: source.kind.map(|kind| text(kind.0)),
        exported_at: source.exported_at.map(|at| at.to_string()),
        records: u64::from(*records),
        expected_rows: source.expected_rows.and_then(|rows| u64::try_from(rows.0).ok()),
        truncated: source.truncated,
    };
    rows.zip(&graph.source_records).map(summary).collect()
}

fn systems(graph: &Graph) -> Vec<String> {
    let inventory = &graph.inventory;
    let mut ids: Vec<String> = (0..)
        .take(inventory.count(Kind::System))
        .map(|row| inventory.id(Kind::System, row).to_owned())
        .collect();
    ids.sort_unstable();
    ids
}

/// Why the verdict can't be `pass`.
fn reasons(
    graph: &Graph,
    rules: &RuleSet,
    findings: &Made<'_>,
    terms: &Terms,
    asked: u64,
    setting: Setting<'_>,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let indeterminate =
        findings.heads().filter(|head| head.status == Status::Indeterminate).count();
    if indeterminate > 0 {
        reasons.push(format!("{indeterminate} questions could not be judged"));
    }
    for kind in Kind::ALL {
        let least = terms.expect.get(kind.plural()).copied().unwrap_or(0);
        let found = match kind {
            Kind::Source if graph.inventory.is_own_source => 0,
            kind => graph.inventory.total(*kind),
        };
        if found < least {
            let (plural, expected) = (
                kind.plural(),
                if least == 1 { "some".into() } else { format!("at least {least}") },
            );
            reasons
                .push(format!("the inventory has {found} {plural}, and {expected} are expected"));
        }
    }
    for source in &graph.inventory.sources.rows {
        if source.truncated == Some(true) {
            let id = graph.inventory.words.text(source.id.0);
            reasons.push(format!("the source {} is truncated", crate::fault::quote(id)));
        }
        // With a clock that runs ahead, a dead export would never be stale.
        let skew = setting.parameters.value("clock_skew").unwrap_or(Span(0));
        if source.exported_at.is_some_and(|at| at.since(setting.run_at) > skew) {
            let id = graph.inventory.words.text(source.id.0);
            let id = crate::fault::quote(id);
            reasons.push(format!("the source {id} says that it was exported in the future"));
        }
    }
    if !rules.rules.iter().any(|rule| rule.enabled) {
        reasons.push("no rule is on".into());
    } else if asked == 0 {
        reasons.push("no rule was asked anything".into());
    }
    reasons
}
