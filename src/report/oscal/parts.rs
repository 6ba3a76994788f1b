//! What assessment results are made of: each a value that stands on a line.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::text::{Tokens, instant, markup, string};
use super::{property, set};
use crate::report::model::{
    ControlSummary, ExceptionResult, ExceptionState, Finding, Mark, Report, RuleResult, Status,
    Thing,
};
use crate::report::outcome::{Ids, Outcome, tally, words};

/// What all parts are made with.
pub(super) struct Parts<'a> {
    pub report: &'a Report,
    pub ids: Ids,
    pub rules: Tokens<'a>,
    pub controls: Tokens<'a>,
    pub known: BTreeMap<&'a str, &'a ControlSummary>,
    pub files: BTreeSet<&'a str>,
}

impl Parts<'_> {
    /// What assesses.
    pub(super) fn tool(&self) -> Value {
        let tool = &self.report.tool;
        json!({
            "uuid": self.tool_id(),
            "type": "software",
            "title": markup(&tool.name),
            "description": "It asks Cedar policies of every edge of the identity graph.",
            "props": [property("version", &tool.version)],
            "status": { "state": "operational" },
        })
    }

    fn tool_id(&self) -> String {
        let tool = &self.report.tool;
        Ids::lasting("tool", &format!("{} {}", tool.name, tool.version))
    }

    fn origins(&self) -> Value {
        json!([{ "actors": [{ "type": "tool", "actor-uuid": self.tool_id() }] }])
    }

    /// The resource that stands for a file that was read.
    pub(super) fn file(&self, path: &str) -> String {
        self.ids.here("file", path)
    }

    /// A rule as an objective of its first control; the others are its properties.
    pub(super) fn objective(&self, rule: &RuleResult) -> Option<Value> {
        let first = rule.controls.first()?;
        let mut props = vec![property("rule", &rule.id), property("sha256", &rule.sha256)];
        props.extend(rule.controls.iter().map(|control| property("control", control)));
        Some(json!({
            "control-id": self.controls.get(first),
            "props": props,
            "parts": [{
                "id": self.rules.get(&rule.id),
                "name": "assessment-objective",
                "title": markup(&rule.title),
                "prose": markup(&rule.rationale),
            }],
        }))
    }

    /// A finding of the report.
    pub(super) fn observation(&self, finding: &Finding) -> Value {
        let (place, overdue) =
            (&finding.location, finding.overdue_days.map(|days| days.to_string()));
        let party = &finding.accountable;
        let accountable = format!("{} ({} {})", party.name, party.kind, party.id);
        let mut props = vec![
            property("finding", &finding.id),
            property("rule", &finding.rule),
            property("status", finding.status.name()),
            property("severity", finding.severity.name()),
            property("action", &finding.action),
            property("accountable", &accountable),
        ];
        for (name, value) in [
            ("system", finding.system.as_deref()),
            ("since", finding.since.as_deref()),
            ("overdue-days", overdue.as_deref()),
            ("exception", finding.exception.as_deref()),
            ("baseline", finding.mark.map(Mark::name)),
        ] {
            props.extend(value.map(|value| property(name, value)));
        }
        let message = markup(&finding.message);
        let said = match finding.status {
            Status::Violation => message,
            Status::Waived => {
                let id = markup(finding.exception.as_deref().unwrap_or("(unnamed)"));
                format!("Waived by exception {id}: {message}")
            }
            Status::Indeterminate => {
                format!("Not judged, so neither violated nor in order: {message}")
            }
        };
        let at = format!("{}:{}:{} {}", place.file, place.line, place.column, place.pointer);
        let mut evidence = json!({ "description": markup(&at) });
        if self.files.contains(place.file.as_str()) {
            set(&mut evidence, "href", format!("#{}", self.file(&place.file)));
        }
        let mut subjects = vec![subject(&finding.resource)];
        if finding.principal != finding.resource {
            subjects.push(subject(&finding.principal));
        }
        let path = finding.path.iter().map(|thing| format!("{} {}", thing.kind, thing.id));
        let path = path.collect::<Vec<_>>().join(" -> ");
        let facts = finding.facts.iter().map(|(path, value)| format!("{path} = {}", words(value)));
        let remarks = std::iter::once(format!("path: {path}")).chain(facts);
        let remarks: Vec<String> = remarks.map(|said| format!("- {}", markup(&said))).collect();
        json!({
            "uuid": self.ids.here("observation", &finding.id),
            "title": markup(&finding.title),
            "description": said,
            "props": props,
            "methods": ["TEST"],
            "types": ["finding"],
            "origins": self.origins(),
            "subjects": subjects,
            "relevant-evidence": [evidence],
            "collected": instant([self.report.as_of.value.as_str(), &self.report.run_at]),
            "remarks": remarks.join("\n"),
        })
    }

    /// Whether a rule is satisfied. Its observations are not in this value: they may be many.
    pub(super) fn finding(&self, rule: &RuleResult, findings: &[&Finding]) -> Value {
        let tally = tally(findings);
        let outcome = tally.outcome(rule, self.report);
        let (state, reason) = match outcome {
            Outcome::Clean => ("satisfied", "pass"),
            Outcome::Violated => ("not-satisfied", "fail"),
            _ => ("not-satisfied", "other"),
        };
        let mut props =
            vec![property("rule", &rule.id), property("severity", rule.severity.name())];
        for (name, count) in [
            ("asked", rule.asked),
            ("violations", tally.violations.max(rule.violations)),
            ("waived", tally.waived.max(rule.waived)),
            ("indeterminate", tally.indeterminate.max(rule.indeterminate)),
        ] {
            props.push(property(name, &count.to_string()));
        }
        let mut value = json!({
            "uuid": self.ids.here("finding", &rule.id),
            "title": markup(&rule.title),
            "description": format!("{} It was asked {} questions.", outcome.why(), rule.asked),
            "props": props,
            "origins": self.origins(),
            "target": {
                "type": "objective-id",
                "target-id": self.rules.get(&rule.id),
                "status": { "state": state, "reason": reason, "remarks": outcome.why() },
            },
        });
        if outcome != Outcome::Clean && !rule.remediation.is_empty() {
            set(&mut value, "remarks", format!("Remediation: {}", markup(&rule.remediation)));
        }
        let risks = self.report.exceptions.iter().filter(|exception| exception.rule == rule.id);
        let risks = risks.map(|risk| json!({ "risk-uuid": risk_id(risk) }));
        let risks: Vec<Value> = risks.collect();
        if !risks.is_empty() {
            set(&mut value, "related-risks", risks);
        }
        value
    }

    /// An exception: what it waives is a risk that somebody took.
    pub(super) fn risk(
        &self,
        exception: &ExceptionResult,
        waived: Option<&Vec<&Finding>>,
    ) -> Value {
        let mut props = vec![
            property("exception", &exception.id),
            property("state", exception.state.name()),
            property("rule", &exception.rule),
            property("waived", &exception.waived.to_string()),
            property("renewals", &exception.renewals.to_string()),
        ];
        for (name, value) in [
            ("kind", &exception.kind),
            ("approved-by", &exception.approved_by),
            ("approved-at", &exception.approved_at),
            ("expires-at", &exception.expires_at),
            ("ticket", &exception.ticket),
        ] {
            props.extend(value.iter().map(|value| property(name, value)));
        }
        props.extend(exception.refused_by.iter().map(|rule| property("refused-by", rule)));
        let resource = format!("{} {}", exception.resource.kind, exception.resource.id);
        let reason = exception.reason.as_deref().unwrap_or("No reason is given.");
        let why = match exception.why.as_slice() {
            [] => "It is honoured.".into(),
            why => format!("It is not honoured. {}", why.join(" ")),
        };
        let honoured = exception.state == ExceptionState::Active;
        let mut value = json!({
            "uuid": risk_id(exception),
            "title": markup(&format!("Exception {} to {} for {resource}", exception.id, exception.rule)),
            "description": markup(reason),
            "statement": markup(&why),
            "status": if honoured { "deviation-approved" } else { "deviation-requested" },
            "props": props,
            "origins": self.origins(),
        });
        if let Some(until) = &exception.expires_at {
            set(&mut value, "deadline", instant([until.as_str(), &self.report.run_at]));
        }
        if let Some(control) = &exception.compensating_control {
            let factor = json!([{
                "uuid": Ids::lasting("mitigation", &exception.id),
                "description": markup(control),
                "subjects": [subject(&exception.resource)],
            }]);
            set(&mut value, "mitigating-factors", factor);
        }
        if let Some(findings) = waived {
            let uuid = |finding: &&Finding| self.ids.here("observation", &finding.id);
            let related =
                findings.iter().map(|finding| json!({ "observation-uuid": uuid(finding) }));
            set(&mut value, "related-observations", related.collect::<Vec<_>>());
        }
        value
    }
}

/// A thing of the identity graph.
pub(super) fn item(thing: &Thing) -> Value {
    json!({
        "uuid": thing_id(thing),
        "description": markup(&format!("{} {}", thing.kind, thing.id)),
        "props": [property("type", &thing.kind), property("id", &thing.id)],
    })
}

fn subject(thing: &Thing) -> Value {
    json!({
        "subject-uuid": thing_id(thing),
        "type": "inventory-item",
        "title": string(&markup(&format!("{} {}", thing.kind, thing.id))),
    })
}

fn thing_id(thing: &Thing) -> String {
    Ids::lasting("thing", &format!("{}\0{}", thing.kind, thing.id))
}

fn risk_id(exception: &ExceptionResult) -> String {
    Ids::lasting("exception", &exception.id)
}
