//! Judge: from answers to findings and one verdict.
//!
//! In come the answers of the rules, out comes the [`Report`] that all formats are written from.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::ask::cedar::Verdict as CedarVerdict;
use crate::ask::compile::Target;
use crate::ask::condition::{Condition, Setting};
use crate::ask::{Answers, Depth, Hit, ask};
use crate::exceptions::Exception;
use crate::inventory::Kind;
use crate::link::question::SUBJECTS;
use crate::link::{Graph, NodeKind};
use crate::load::files::hex;
use crate::policy::schema::Env;
use crate::policy::{Rule, RuleSet, Severity};
use crate::report::model::{
    AsOf, ControlSummary, Digest, ExceptionResult, Finding, InventoryFile, ParameterValue, Report,
    RuleResult, SourceSummary, Status, Summary, Thing, Tool, VERSION, Verdict,
};
use crate::time::Span;

pub mod evidence;
pub mod times;
mod waive;

use evidence::Case;

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
    /// What the rules said.
    pub answers: Answers,
    /// The findings, exceptions taken into account.
    pub findings: Vec<Finding>,
    /// The register of exceptions.
    pub exceptions: Vec<ExceptionResult>,
}

/// Asks every question, and then of each exception whether it may be honoured.
pub fn find(
    graph: &mut Graph,
    rules: &RuleSet,
    setting: Setting<'_>,
    depth: Depth,
    exceptions: &[Exception],
    progress: &(dyn Fn(u64) + Sync),
) -> Judged {
    let answers = ask(graph, rules, setting, depth, &SUBJECTS, progress);
    let findings = findings(graph, rules, &answers, setting);
    let mut judged = Judged { answers, findings, exceptions: Vec::new() };
    waive::waive(graph, rules, setting, depth, exceptions, &mut judged);
    judged
}

/// The findings of some answers.
fn findings(
    graph: &Graph,
    rules: &RuleSet,
    answers: &Answers,
    setting: Setting<'_>,
) -> Vec<Finding> {
    let conditions = conditions(graph, rules, answers, setting);
    let of = |hit: &Hit| {
        let rule = rules.rules.get(hit.rule)?;
        let case = Case { graph, question: hit.question, setting };
        let condition = conditions.get(&(hit.rule, Env::of(hit.question)))?;
        Some(finding(case, rule, hit, condition))
    };
    answers.hits.iter().filter_map(of).collect()
}

/// Makes the report.
pub fn judge(
    graph: &Graph,
    rules: &RuleSet,
    judged: Judged,
    setting: Setting<'_>,
    terms: &Terms,
) -> Report {
    let Judged { answers, mut findings, exceptions } = judged;
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.rule.clone());
        let things = |finding: &Finding| {
            (finding.resource.clone(), finding.principal.clone(), finding.action.clone())
        };
        key(a).cmp(&key(b)).then_with(|| things(a).cmp(&things(b)))
    });
    let summary = summarize(&findings);
    let results = results(rules, &answers, &findings);
    let asked = answers.tallies.iter().map(|tally| tally.asked).sum();
    let incomplete = reasons(graph, rules, &findings, terms, asked, setting);
    let fails = |finding: &&Finding| {
        finding.status == Status::Violation && finding.severity >= terms.fail_on
    };
    let verdict = if findings.iter().any(|finding| fails(&finding)) {
        Verdict::Fail
    } else if incomplete.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Incomplete
    };
    let population = Kind::ALL.iter().map(|kind| {
        let own = *kind == Kind::Source && graph.is_own_source;
        let count = if own { 0 } else { graph.inventory.count(*kind) };
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

/// The conditions of the rules that fired, for their facts.
fn conditions(
    graph: &Graph,
    rules: &RuleSet,
    answers: &Answers,
    setting: Setting<'_>,
) -> BTreeMap<(usize, Env), Condition> {
    let target = Target { types: &rules.types, graph: Some(graph), setting };
    let mut conditions = BTreeMap::new();
    for hit in &answers.hits {
        if let Some(rule) = rules.rules.get(hit.rule) {
            let env = Env::of(hit.question);
            conditions.entry((hit.rule, env)).or_insert_with(|| Condition::of(rule, env, target));
        }
    }
    conditions
}

fn finding(case: Case<'_>, rule: &Rule, hit: &Hit, condition: &Condition) -> Finding {
    let question = hit.question;
    let (principal, resource) = (case.thing(question.principal), case.thing(question.resource));
    let (since, overdue_days) = case.overdue(rule);
    let privileged = rule.severity_privileged.filter(|_| case.is_privileged());
    let (status, message) = match &hit.verdict {
        CedarVerdict::Violated => (Status::Violation, case.sentence(&rule.message)),
        CedarVerdict::Failed(reason) => {
            let about = &resource.id;
            (Status::Indeterminate, format!("The rule could not be judged for {about}: {reason}."))
        }
    };
    let nobody = matches!(question.principal.kind, NodeKind::Nobody | NodeKind::Inventory);
    Finding {
        id: id_of(&rule.id, question.action.name(), (!nobody).then_some(&principal), &resource),
        rule: rule.id.clone(),
        status,
        severity: privileged.unwrap_or(rule.severity),
        title: rule.title.clone(),
        message,
        principal,
        principal_name: case.name(question.principal),
        action: question.action.name().into(),
        resource,
        system: case.system().map(str::to_owned),
        location: case.location(),
        facts: case.facts(condition),
        since: since.map(|since| since.to_string()),
        overdue_days,
        accountable: case.accountable(rule),
        path: case.path(),
        controls: rule.controls.clone(),
        exception: None,
        mark: None,
    }
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
    hex(&digest.finalize()).chars().take(32).collect()
}

/// Counts violations.
pub(crate) fn summarize(findings: &[Finding]) -> Summary {
    let mut summary = Summary::default();
    for severity in Severity::ALL {
        summary.by_severity.insert(severity.name().into(), 0);
    }
    for finding in findings.iter().filter(|finding| finding.status == Status::Violation) {
        *summary.by_severity.entry(finding.severity.name().into()).or_default() += 1;
        for control in &finding.controls {
            *summary.by_control.entry(control.clone()).or_default() += 1;
        }
        if let Some(system) = &finding.system {
            *summary.by_system.entry(system.clone()).or_default() += 1;
        }
    }
    summary
}

fn results(rules: &RuleSet, answers: &Answers, findings: &[Finding]) -> Vec<RuleResult> {
    let mut counts: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for finding in findings {
        let [violations, waived, indeterminate] = counts.entry(&finding.rule).or_default();
        *match finding.status {
            Status::Violation => violations,
            Status::Waived => waived,
            Status::Indeterminate => indeterminate,
        } += 1;
    }
    let result = |(rule, tally): (&Rule, &crate::ask::Tally)| {
        let [violations, waived, indeterminate] =
            counts.get(rule.id.as_str()).copied().unwrap_or_default();
        RuleResult {
            id: rule.id.clone(),
            title: rule.title.clone(),
            severity: rule.severity,
            severity_privileged: rule.severity_privileged,
            controls: rule.controls.clone(),
            theme: rule.theme.clone(),
            waivable: rule.waivable,
            origin: rule.origin.clone(),
            sha256: rule.sha256.clone(),
            enabled: rule.enabled,
            asked: tally.asked,
            violations,
            waived,
            indeterminate,
            missing: tally.missing.clone(),
            rationale: rule.rationale.clone(),
            remediation: rule.remediation.clone(),
        }
    };
    rules.rules.iter().zip(&answers.tallies).map(result).collect()
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
    let rows = inventory.sources.rows.iter().filter(|_| !graph.is_own_source);
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

/// Why the verdict can't be `pass`.
fn reasons(
    graph: &Graph,
    rules: &RuleSet,
    findings: &[Finding],
    terms: &Terms,
    asked: u64,
    setting: Setting<'_>,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let indeterminate =
        findings.iter().filter(|finding| finding.status == Status::Indeterminate).count();
    if indeterminate > 0 {
        reasons.push(format!("{indeterminate} questions could not be judged"));
    }
    for kind in Kind::ALL {
        let least = terms.expect.get(kind.plural()).copied().unwrap_or(0);
        let found = match kind {
            Kind::Source if graph.is_own_source => 0,
            kind => graph.inventory.count(*kind),
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
