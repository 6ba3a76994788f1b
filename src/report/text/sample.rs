//! Reports that are made by hand, for the tests of the writers.

use std::collections::BTreeMap;

use crate::policy::Severity;
use crate::report::model::{
    Accountable, AsOf, ControlSummary, Digest, FactValue, Finding, Location, Report, RuleResult,
    Status, Summary, Thing, Tool, VERSION, Verdict,
};

/// Characters that steer a terminal, end a line, mark up a message, or hide text.
pub const HOSTILE: &str =
    "e\u{1b}[31mvil\nname\u{202e} [x](http://y) {0} C\\d \\[x\\](u) ::error::";

fn thing(kind: &str, id: &str) -> Thing {
    Thing { kind: kind.into(), id: id.into() }
}

/// A violation of `rule-N`.
pub fn finding(number: usize, rule: usize, severity: Severity) -> Finding {
    let account = thing("Account", &format!("okta:{number}"));
    let person = thing("Person", "Ada Lovelace");
    let facts = [
        ("resource.status", FactValue::Text("enabled".into())),
        ("resource.owner", FactValue::Missing(())),
        ("resource.last_used_at", FactValue::Text("2025-11-30T12:00:00Z".into())),
        ("principal.ended", FactValue::Bool(true)),
        ("resource.known_to", FactValue::Things(vec![person.clone(); 8])),
    ];
    Finding {
        id: format!("{number:032x}"),
        rule: format!("rule-{rule}"),
        status: Status::Violation,
        severity,
        title: "Account of a person who has left is still enabled".into(),
        message: format!(
            "The account {number} on okta is enabled, but Ada Lovelace left on 2026-01-02."
        ),
        principal: person.clone(),
        action: "hold",
        resource: account.clone(),
        location: Location {
            file: "exports/accounts.json".into(),
            pointer: format!("/accounts/{number}"),
            line: 12,
            column: 5,
        },
        facts: facts.map(|(path, value)| (path.to_owned(), value)).into(),
        since: Some("2026-01-02T00:00:00Z".into()),
        overdue_days: Some(i64::try_from(number % 97).expect("small")),
        accountable: Accountable {
            kind: "Person".into(),
            id: "e-17".into(),
            name: "Grace Hopper".into(),
        },
        path: vec![person, account],
        controls: vec!["NHI-03".into(), "PR.AC-4".into()],
        exception: None,
    }
}

/// A report of these findings, with every rule that they name and one that is off.
pub fn report(findings: Vec<Finding>) -> Report {
    let mut rules: BTreeMap<String, RuleResult> = BTreeMap::new();
    for id in findings.iter().map(|finding| finding.rule.clone()).chain(["off".to_owned()]) {
        let count = |status| {
            let is = |finding: &&Finding| finding.rule == id && finding.status == status;
            findings.iter().filter(is).count() as u64
        };
        let rule = || {
            RuleResult {
            id: id.clone(),
            title: "Account of a person who has left is still enabled".into(),
            severity: Severity::High,
            severity_privileged: Some(Severity::Critical),
            controls: vec!["NHI-03".into(), "PR.AC-4".into()],
            origin: "bundled".into(),
            sha256: "00".into(),
            enabled: id != "off",
            asked: 1234,
            violations: count(Status::Violation),
            waived: count(Status::Waived),
            indeterminate: count(Status::Indeterminate),
            missing: BTreeMap::from([("resource.owner".into(), 7)]),
            rationale: "Access that outlives its reason is what an attacker finds first. ".repeat(40),
            remediation: "Disable the account at its system, and have the task that should have done so mended.".into(),
        }
        };
        rules.entry(id.clone()).or_insert_with(rule);
    }
    let fails = findings.iter().any(|finding| finding.status == Status::Violation);
    Report {
        version: VERSION,
        tool: Tool { name: "nhi-policy", version: "0.1.0" },
        as_of: AsOf { value: "2026-03-01T12:00:00Z".into(), origin: "generated_at" },
        run_at: "2026-03-02T08:00:00Z".into(),
        verdict: if fails { Verdict::Fail } else { Verdict::Pass },
        fail_on: Severity::Low,
        incomplete: Vec::new(),
        inventory: Vec::new(),
        population: BTreeMap::from([
            ("people".into(), 12),
            ("accounts".into(), 40),
            ("teams".into(), 0),
        ]),
        policies: Digest { sha256: "00".into() },
        parameters: BTreeMap::new(),
        controls: vec![ControlSummary {
            id: "NHI-03".into(),
            framework: "OWASP NHI unversioned".into(),
            title: "Residual credentials".into(),
            relation: vec!["published as NHI1:2025".into()],
        }],
        rules: rules.into_values().collect(),
        summary: Summary::default(),
        findings,
    }
}
