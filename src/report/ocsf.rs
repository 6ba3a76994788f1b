//! OCSF Compliance Finding (class 2003), one event a line. What is written is valid in every version
//! of the schema from 1.5 on.
//!
//! `metadata.event_code` tells what a line is: `violation`, `waived`, `indeterminate` (a finding),
//! `rule` (a rule that has none), `check` (the check as a whole) or `resolved` (what only the
//! baseline has). A rule passes only if it was asked, in a complete check; else its status is 2, so
//! that nobody takes the absence of findings for their absence in the world.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::model::{ExceptionResult, Finding, KnownFinding, Report, RuleResult, Status, Verdict};
use super::outcome::{
    Ids, Outcome, Tally, by_rule, harmless, is_complete, reasons, register, tally, waiver,
};
use event::{CLOSE, CREATE, Event, FAIL, PASS, UNKNOWN, UPDATE, resource, with_owner};

mod event;
#[cfg(test)]
mod tests;

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let writer = Writer {
        report,
        ids: Ids::of(report)?,
        rules: report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect(),
        frameworks: report
            .controls
            .iter()
            .map(|control| (control.id.as_str(), control.framework.as_str()))
            .collect(),
        register: register(report),
    };
    let mut line = |event: Value| {
        serde_json::to_writer(&mut *out, &harmless(event))?;
        out.write_all(b"\n")
    };
    line(writer.check())?;
    let found = by_rule(report);
    for rule in report.rules.iter().filter(|rule| !found.contains_key(rule.id.as_str())) {
        line(writer.rule(rule))?;
    }
    for finding in &report.findings {
        line(writer.finding(finding))?;
    }
    for known in report.baseline.iter().flat_map(|baseline| &baseline.resolved) {
        let found = found.get(known.rule.as_str()).map_or(Tally::default(), |list| tally(list));
        line(writer.resolved(known, found))?;
    }
    Ok(())
}

struct Writer<'a> {
    report: &'a Report,
    ids: Ids,
    rules: BTreeMap<&'a str, &'a RuleResult>,
    frameworks: BTreeMap<&'a str, &'a str>,
    register: BTreeMap<&'a str, &'a ExceptionResult>,
}

impl Writer<'_> {
    fn finding(&self, finding: &Finding) -> Value {
        let (compliance, details) = match (finding.status, &finding.exception) {
            (Status::Violation, _) => (FAIL, Vec::new()),
            (Status::Waived, Some(id)) => (FAIL, vec![waiver(id, &self.register)]),
            (Status::Waived, None) => (FAIL, vec!["waived".into()]),
            (Status::Indeterminate, _) => {
                (UNKNOWN, vec!["not judged, so neither violated nor in order".into()])
            }
        };
        let exception = finding.exception.as_deref();
        let exception = exception.map(|id| match self.register.get(id) {
            Some(exception) => json!(exception),
            None => json!({ "id": id }),
        });
        let owned = resource(&finding.resource, finding.system.as_deref());
        let mut resources = vec![with_owner(owned, &finding.accountable)];
        if !matches!(finding.principal.kind.as_str(), "Nobody" | "Inventory") {
            resources.push(Value::Object(resource(&finding.principal, None)));
        }
        self.event(&Event {
            code: finding.status.name(),
            id: &finding.id,
            activity: CREATE,
            severity: Some(finding.severity),
            status: Some(if finding.status == Status::Waived { 3 } else { 1 }),
            compliance,
            details,
            title: &finding.title,
            message: &finding.message,
            rule: self.rules.get(finding.rule.as_str()).copied(),
            rule_id: &finding.rule,
            controls: &finding.controls,
            since: finding.since.as_deref(),
            resources,
            unmapped: json!({
                "status": finding.status,
                "severity": finding.severity,
                "principal": finding.principal,
                "action": finding.action,
                "system": finding.system,
                "location": finding.location,
                "facts": finding.facts,
                "since": finding.since,
                "overdue_days": finding.overdue_days,
                "accountable": finding.accountable,
                "path": finding.path,
                "exception": exception,
                "mark": finding.mark,
            }),
        })
    }

    /// A rule that has no findings.
    fn rule(&self, rule: &RuleResult) -> Value {
        let outcome = Tally::default().outcome(rule, self.report);
        let compliance = match outcome {
            Outcome::Clean => PASS,
            Outcome::Violated | Outcome::Waived => FAIL,
            _ => UNKNOWN,
        };
        self.event(&Event {
            code: "rule",
            id: &rule.id,
            activity: CREATE,
            severity: (compliance == FAIL).then_some(rule.severity),
            status: None,
            compliance,
            details: vec![outcome.why().into(), format!("It was asked {} questions.", rule.asked)],
            title: &rule.title,
            message: outcome.why(),
            rule: Some(rule),
            rule_id: &rule.id,
            controls: &rule.controls,
            since: None,
            resources: Vec::new(),
            unmapped: json!({
                "asked": rule.asked,
                "enabled": rule.enabled,
                "missing": rule.missing,
                "origin": rule.origin,
            }),
        })
    }

    /// The check as a whole.
    fn check(&self) -> Value {
        let report = self.report;
        let reasons = reasons(report).iter().map(ToString::to_string).collect();
        let worst = report.findings.iter().filter(|finding| finding.status == Status::Violation);
        let worst = worst.map(|finding| finding.severity).max();
        let (compliance, severity, message) = match report.verdict {
            Verdict::Fail => (FAIL, worst.or(Some(report.fail_on)), "The check failed."),
            Verdict::Pass if is_complete(report) => (PASS, None, "The check passed."),
            // What was not seen may be as bad as what fails a check.
            _ => (UNKNOWN, Some(report.fail_on), "The check is incomplete."),
        };
        self.event(&Event {
            code: "check",
            id: &report.policies.sha256,
            activity: CREATE,
            severity,
            status: None,
            compliance,
            details: reasons,
            title: "Check of the inventory",
            message,
            rule: None,
            rule_id: "",
            controls: &[],
            since: None,
            resources: Vec::new(),
            unmapped: json!({
                "verdict": report.verdict,
                "fail_on": report.fail_on,
                "as_of": report.as_of,
                "run_at": report.run_at,
                "incomplete": report.incomplete,
                "inventory": report.inventory,
                "population": report.population,
                "policies": report.policies,
                "parameters": report.parameters,
                "exceptions": report.exceptions,
                "revocation": report.revocation,
                "baseline": report.baseline.as_ref().map(|baseline| json!({
                    "path": baseline.path,
                    "as_of": baseline.as_of,
                    "known": baseline.known,
                    "new": baseline.new,
                    "resolved": baseline.resolved.len(),
                })),
            }),
        })
    }

    /// What the baseline has and the check doesn't: over only if the rule saw everything.
    fn resolved(&self, known: &KnownFinding, found: Tally) -> Value {
        let rule = self.rules.get(known.rule.as_str()).copied();
        let judged = rule
            .is_some_and(|rule| rule.enabled && found.indeterminate.max(rule.indeterminate) == 0);
        let (activity, status, compliance, message) = if judged && is_complete(self.report) {
            (CLOSE, Some(4), PASS, "The baseline knows it, and it is no longer found.")
        } else {
            let said = "The baseline knows it, and it is not found; but not everything was judged.";
            (UPDATE, None, UNKNOWN, said)
        };
        self.event(&Event {
            code: "resolved",
            id: &known.id,
            activity,
            severity: Some(known.severity),
            status,
            compliance,
            details: Vec::new(),
            title: rule.map_or(known.rule.as_str(), |rule| &rule.title),
            message,
            rule,
            rule_id: &known.rule,
            controls: rule.map_or(&[], |rule| &rule.controls),
            since: None,
            resources: vec![Value::Object(resource(&known.resource, None))],
            unmapped: json!({ "principal": known.principal, "severity": known.severity }),
        })
    }
}
