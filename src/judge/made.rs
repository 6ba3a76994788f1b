//! The findings of a check: of each is kept what it is about, and it is made when it is read.

use std::borrow::Cow;
use std::cmp::Reverse;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::evidence::Case;
use crate::ask::Hit;
use crate::ask::cedar::Verdict;
use crate::ask::compile::Target;
use crate::ask::condition::{Condition, Setting};
use crate::link::{Graph, Node, NodeKind};
use crate::load::files::hex;
use crate::policy::schema::Env;
use crate::policy::{Rule, RuleSet, Severity};
use crate::report::findings::{Findings, Head};
use crate::report::model::{Finding, Report, Status, Thing};

/// What is kept of a finding.
pub struct Kept {
    /// The question, the rule, and what Cedar said.
    pub hit: Hit,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it counts.
    pub status: Status,
    /// The exception that waives it, in [`Made::exceptions`].
    pub exception: Option<u32>,
}

impl Kept {
    /// What is kept of an answer.
    pub fn new(graph: &Graph, rules: &RuleSet, setting: Setting<'_>, hit: Hit) -> Self {
        let rule = rules.numbered(hit.rule);
        let case = Case { graph, question: hit.question, setting };
        let privileged = rule.severity_privileged.filter(|_| case.is_privileged());
        let status = match hit.verdict {
            Verdict::Violated => Status::Violation,
            Verdict::Failed(_) => Status::Indeterminate,
        };
        let severity = privileged.unwrap_or(rule.severity);
        Self { hit, severity, status, exception: None }
    }
}

/// Findings over a graph.
pub struct Made<'a> {
    /// What they are of.
    pub graph: &'a Graph,
    /// The rules.
    pub rules: &'a RuleSet,
    /// The instants and thresholds.
    pub setting: Setting<'a>,
    /// In the order in which they were found.
    pub kept: Vec<Kept>,
    /// Their numbers, in the order of the report: they are larger than these.
    order: Vec<u32>,
    /// The ids of exceptions.
    pub exceptions: Vec<String>,
    conditions: FxHashMap<(usize, Env), Condition>,
}

impl<'a> Made<'a> {
    /// Findings in the order of the report: by severity, rule, resource, principal.
    pub fn new(
        graph: &'a Graph,
        rules: &'a RuleSet,
        setting: Setting<'a>,
        kept: Vec<Kept>,
        exceptions: Vec<String>,
    ) -> Self {
        let order = in_order(graph, &kept);
        let target = Target { types: &rules.types, graph: Some(graph), setting };
        let mut conditions = FxHashMap::default();
        for Hit { rule: number, question, .. } in kept.iter().map(|kept| &kept.hit) {
            let env = Env::of(*question);
            let compile = || Condition::of(rules.numbered(*number), env, target);
            conditions.entry((*number, env)).or_insert_with(compile);
        }
        Self { graph, rules, setting, kept, order, exceptions, conditions }
    }

    /// What is kept of a finding, by its number in the report.
    fn kept(&self, number: usize) -> Option<&Kept> {
        self.kept.get(*self.order.get(number)? as usize)
    }

    fn case(&self, kept: &Kept) -> (&Rule, Case<'_>) {
        let (graph, setting) = (self.graph, self.setting);
        let case = Case { graph, question: kept.hit.question, setting };
        (self.rules.numbered(kept.hit.rule), case)
    }

    fn make(&self, kept: &Kept) -> Finding {
        let (rule, case) = self.case(kept);
        let question = kept.hit.question;
        let condition = self.conditions.get(&(kept.hit.rule, Env::of(question)));
        let (principal, resource) = (case.thing(question.principal), case.thing(question.resource));
        let (since, overdue_days) = case.overdue(rule);
        let message = match &kept.hit.verdict {
            Verdict::Violated => case.sentence(&rule.message),
            Verdict::Failed(reason) => {
                let about = &resource.id;
                format!("The rule could not be judged for {about}: {reason}.")
            }
        };
        let nobody = matches!(question.principal.kind, NodeKind::Nobody | NodeKind::Inventory);
        let exception = kept.exception.and_then(|number| self.exceptions.get(number as usize));
        Finding {
            id: id_of(&rule.id, question.action.name(), (!nobody).then_some(&principal), &resource),
            rule: rule.id.clone(),
            status: kept.status,
            severity: kept.severity,
            title: rule.title.clone(),
            message,
            principal,
            principal_name: case.name(question.principal),
            action: question.action.name().into(),
            resource,
            system: case.system().map(str::to_owned),
            location: case.location(),
            facts: condition.map(|condition| case.facts(condition)).unwrap_or_default(),
            since: since.map(|since| since.to_string()),
            overdue_days,
            accountable: case.accountable(rule),
            path: case.path(),
            controls: rule.controls.clone(),
            exception: exception.cloned(),
            mark: None,
        }
    }
}

impl Findings for Made<'_> {
    fn count(&self) -> usize {
        self.kept.len()
    }

    fn head(&self, number: usize) -> Option<Head<'_>> {
        let kept = self.kept(number)?;
        let exception = kept.exception.and_then(|number| self.exceptions.get(number as usize));
        Some(Head {
            rule: &self.rules.numbered(kept.hit.rule).id,
            severity: kept.severity,
            status: kept.status,
            exception: exception.map(String::as_str),
            known: false,
        })
    }

    fn overdue_days(&self, number: usize) -> Option<i64> {
        let (rule, case) = self.case(self.kept(number)?);
        case.overdue(rule).1
    }

    fn finding(&self, number: usize) -> Option<Cow<'_, Finding>> {
        self.kept(number).map(|kept| Cow::Owned(self.make(kept)))
    }

    fn held(report: &Report<Self>) -> Cow<'_, Report> {
        let made = &report.findings;
        let all = (0..made.count()).into_par_iter().filter_map(|number| made.kept(number));
        Cow::Owned(report.with(all.map(|kept| made.make(kept)).collect()))
    }
}

/// By severity, the worst first, then by rule: rules are sorted by id, so their numbers compare as
/// their ids do.
fn rank(kept: &Kept) -> (Reverse<Severity>, usize) {
    (Reverse(kept.severity), kept.hit.rule)
}

/// The numbers of findings in the order of the report.
#[expect(clippy::indexing_slicing, reason = "the numbers are those of the list")]
fn in_order(graph: &Graph, kept: &[Kept]) -> Vec<u32> {
    let number = |number: usize| u32::try_from(number).ok();
    let mut order: Vec<u32> = (0..kept.len()).map_while(number).collect();
    assert!(order.len() == kept.len(), "there are fewer than four billion findings");
    let kept = |number: &u32| &kept[*number as usize];
    // Of a rule they come in the order of the records, which often is that of the ids: to sort
    // each rule's by themselves takes far fewer looks at the ids.
    order.par_sort_unstable_by_key(|number| (rank(kept(number)), *number));
    let thing = |node: Node| (node.kind.name(), graph.id(node));
    let by_id = |a: &u32, b: &u32| {
        let (a, b) = (kept(a).hit.question, kept(b).hit.question);
        thing(a.resource)
            .cmp(&thing(b.resource))
            .then_with(|| thing(a.principal).cmp(&thing(b.principal)))
            .then_with(|| a.action.name().cmp(b.action.name()))
    };
    let of_rules: Vec<&mut [u32]> =
        order.chunk_by_mut(|a, b| rank(kept(a)) == rank(kept(b))).collect();
    of_rules.into_par_iter().for_each(|of_rule| of_rule.par_sort_by(by_id));
    order
}

/// The stable id of a finding: 128 bits of the digest of what it is about, in hexadecimal.
pub fn id_of(rule: &str, action: &str, principal: Option<&Thing>, resource: &Thing) -> String {
    let mut digest = Sha256::new();
    let principal = principal.map_or(["", ""], |thing| [thing.kind.as_str(), thing.id.as_str()]);
    for part in [rule, action, principal[0], principal[1], &resource.kind, &resource.id] {
        // With its length before it, no two lists of parts are the same bytes.
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex(digest.finalize().get(..16).unwrap_or_default())
}
