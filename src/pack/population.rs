//! Who and what was looked at: for each rule every subject that it was asked about, with the
//! answer. The graph is walked again, so that those are listed that pass.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::rules::population_of;
use super::stage::{Stage, Writer};
use super::table::Table;
use crate::fault::Fault;
use crate::link::question::SUBJECTS;
use crate::link::{Graph, Node, NodeKind, Question};
use crate::policy::RuleSet;
use crate::policy::schema::Env;
use crate::pseudonym::Names;
use crate::report::model::{Finding, Report, RuleResult, Status};

/// The columns of a population.
pub const COLUMNS: [&str; 7] = [
    "action",
    "principal_type",
    "principal_id",
    "resource_type",
    "resource_id",
    "verdict",
    "finding",
];

/// The verdict of a subject with which nothing is wrong.
pub const PASS: &str = "pass";

/// How many files are open at a time.
const OPEN: usize = 128;

/// How many subjects a rule was asked about, and what was said of them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// All.
    pub asked: u64,
    /// Of them: what counts.
    pub violations: u64,
    /// What an exception waives.
    pub waived: u64,
    /// What could not be judged.
    pub indeterminate: u64,
}

impl Totals {
    /// Those that a report says.
    pub fn of(rule: &RuleResult) -> Self {
        let RuleResult { asked, violations, waived, indeterminate, .. } = *rule;
        Self { asked, violations, waived, indeterminate }
    }

    /// Counts a subject; says whether there is such a verdict.
    pub fn count(&mut self, verdict: &str) -> bool {
        self.asked += 1;
        let counts = [
            (Status::Violation, &mut self.violations),
            (Status::Waived, &mut self.waived),
            (Status::Indeterminate, &mut self.indeterminate),
        ];
        for (status, count) in counts {
            if status.name() == verdict {
                *count += 1;
                return true;
            }
        }
        verdict == PASS
    }
}

/// The findings of a rule, by what they are about.
type Found<'r> = FxHashMap<(&'r str, &'r str), Vec<&'r Finding>>;

/// A population that is being written.
struct Population<'r> {
    rule: &'r RuleResult,
    table: Table<Writer>,
    totals: Totals,
    found: Found<'r>,
}

/// Writes the population of each rule that is on.
///
/// # Errors
/// Those of the output, and a population that isn't the one that was judged.
pub fn write(
    graph: &Graph,
    rules: &RuleSet,
    report: &Report,
    names: Names<'_>,
    stage: &mut Stage,
) -> Result<(), Fault> {
    let mut found: FxHashMap<&str, Found<'_>> = FxHashMap::default();
    for finding in &report.findings {
        let of_rule = found.entry(finding.rule.as_str()).or_default();
        let about = (finding.resource.kind.as_str(), finding.resource.id.as_str());
        of_rule.entry(about).or_default().push(finding);
    }
    let on: Vec<(usize, &RuleResult)> =
        report.rules.iter().enumerate().filter(|(_, rule)| rule.enabled).collect();
    for some in on.chunks(OPEN) {
        let mut by_env: FxHashMap<Env, Vec<usize>> = FxHashMap::default();
        let mut populations = Vec::new();
        for (number, result) in some {
            let rule = rules.rules.get(*number).filter(|rule| rule.id == result.id);
            let rule = rule.ok_or_else(|| disagrees(&result.id, "the rules are others"))?;
            for env in &rule.envs {
                by_env.entry(*env).or_default().push(populations.len());
            }
            let table = Table::new(stage.open(&population_of(&rule.id))?, &COLUMNS)
                .map_err(|error| unwritten(&rule.id, &error))?;
            populations.push(Population {
                rule: result,
                table,
                totals: Totals::default(),
                found: found.remove(rule.id.as_str()).unwrap_or_default(),
            });
        }
        walk(graph, names, &by_env, &mut populations)?;
        for Population { rule, table, totals, .. } in populations {
            stage.close(table.finish().map_err(|error| unwritten(&rule.id, &error))?)?;
            if totals != Totals::of(rule) {
                let said = format!("{totals:?} is not {:?}", Totals::of(rule));
                return Err(disagrees(&rule.id, &said));
            }
        }
    }
    Ok(())
}

fn unwritten(rule: &str, error: &std::io::Error) -> Fault {
    Fault::new(
        format!("{} can't be written: {}", population_of(rule), std::io::Error::from(error.kind())),
        "check how much room there is",
    )
}

fn disagrees(rule: &str, said: &str) -> Fault {
    Fault::new(
        format!("the population of `{rule}` is not the one that was judged: {said}"),
        "this is an error of nhi-policy itself: please report it",
    )
}

fn walk(
    graph: &Graph,
    names: Names<'_>,
    by_env: &FxHashMap<Env, Vec<usize>>,
    populations: &mut [Population<'_>],
) -> Result<(), Fault> {
    let mut wrong = None;
    for kind in SUBJECTS.into_iter().chain([NodeKind::Exception]) {
        for row in 0..graph.population(kind) {
            graph.questions(Node::new(kind, row), |question| {
                let Question { action, principal, resource } = question;
                let env = Env { action, principal: principal.kind, resource: resource.kind };
                let Some(numbers) = by_env.get(&env) else { return };
                let called = [principal, resource].map(|one| names.id(one.kind, graph.id(one)));
                for number in numbers {
                    let Some(population) = populations.get_mut(*number) else { continue };
                    if let Err(error) = population.put(graph, question, &called) {
                        wrong = Some(unwritten(&population.rule.id, &error));
                    }
                }
            });
            if let Some(fault) = wrong.take() {
                return Err(fault);
            }
        }
    }
    Ok(())
}

impl Population<'_> {
    /// A row, with the ids of principal and resource as they are written.
    fn put(
        &mut self,
        graph: &Graph,
        question: Question,
        [called, called_resource]: &[Cow<'_, str>; 2],
    ) -> std::io::Result<()> {
        let Question { action, principal, resource } = question;
        let (kind, id) = (resource.kind.name(), graph.id(resource));
        let (principal_kind, principal_id) = (principal.kind.name(), graph.id(principal));
        let finding = self.found.get(&(kind, id)).and_then(|found| {
            found.iter().find(|finding| {
                finding.action == action.name()
                    && finding.principal.kind == principal_kind
                    && finding.principal.id == principal_id
            })
        });
        let verdict = finding.map_or(PASS, |finding| finding.status.name());
        self.totals.count(verdict);
        let finding = finding.map_or("", |finding| finding.id.as_str());
        let row = [action.name(), principal_kind, called, kind, called_resource, verdict, finding];
        self.table.row(&row)
    }
}
