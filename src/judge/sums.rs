//! Counts of findings: by severity, control and system, and of each rule.

use rustc_hash::FxHashMap;

use super::evidence::Case;
use super::made::Made;
use crate::ask::Tally;
use crate::inventory::Row;
use crate::policy::{Rule, Severity};
use crate::report::model::{Finding, RuleResult, Status, Summary};

/// Counts the violations of a report that was saved.
pub(crate) fn summarize(findings: &[Finding]) -> Summary {
    let mut summary = empty();
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

fn empty() -> Summary {
    let mut summary = Summary::default();
    for severity in Severity::ALL {
        summary.by_severity.insert(severity.name().into(), 0);
    }
    summary
}

/// The same of findings that aren't made: counted by rule and by row first.
pub(super) fn of_made(findings: &Made<'_>) -> Summary {
    let mut summary = empty();
    let mut by_rule = vec![0_u64; findings.rules.rules.len()];
    let mut by_system: FxHashMap<Row, u64> = FxHashMap::default();
    for kept in findings.kept.iter().filter(|kept| kept.status == Status::Violation) {
        *summary.by_severity.entry(kept.severity.name().into()).or_default() += 1;
        by_rule.get_mut(kept.hit.rule).into_iter().for_each(|count| *count += 1);
        let (graph, setting) = (findings.graph, findings.setting);
        let case = Case { graph, question: kept.hit.question, setting };
        if let Some(system) = case.system_row() {
            *by_system.entry(system).or_default() += 1;
        }
    }
    for (rule, count) in findings.rules.rules.iter().zip(by_rule).filter(|(_, count)| *count > 0) {
        for control in &rule.controls {
            *summary.by_control.entry(control.clone()).or_default() += count;
        }
    }
    let systems = by_system.into_iter().map(|(row, count)| {
        let id = findings.graph.inventory.id(crate::inventory::Kind::System, row);
        (id.to_owned(), count)
    });
    summary.by_system = systems.collect();
    summary
}

/// What came of each rule.
pub(super) fn results(findings: &Made<'_>, tallies: &[Tally]) -> Vec<RuleResult> {
    let mut counts = vec![[0_u64; 3]; findings.rules.rules.len()];
    for kept in &findings.kept {
        let Some([violations, waived, indeterminate]) = counts.get_mut(kept.hit.rule) else {
            continue;
        };
        *match kept.status {
            Status::Violation => violations,
            Status::Waived => waived,
            Status::Indeterminate => indeterminate,
        } += 1;
    }
    let result = |((rule, tally), counts): ((&Rule, &Tally), [u64; 3])| {
        let [violations, waived, indeterminate] = counts;
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
    findings.rules.rules.iter().zip(tallies).zip(counts).map(result).collect()
}
