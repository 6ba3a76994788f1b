//! Reports that are made by hand, for the tests of the writers.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::Severity;
use crate::report::model::{
    Accountable, AsOf, BaselineResult, ControlSummary, Digest, ExceptionResult, ExceptionState,
    FactValue, Finding, InventoryFile, KnownFinding, Location, Mark, ParameterValue, Report,
    RevocationTimes, RuleResult, SourceSummary, Status, Summary, Thing, Times, Tool, VERSION,
    Verdict,
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
        principal_name: Some("Ada L.".into()),
        action: "hold".into(),
        system: Some("aws".into()),
        mark: None,
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
            theme: "leaver".into(),
            waivable: true,
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
        version: VERSION.into(),
        tool: Tool { name: "nhi-policy".into(), version: "0.1.0".into() },
        as_of: AsOf { value: "2026-03-01T12:00:00Z".into(), origin: "generated_at".into() },
        run_at: "2026-03-02T08:00:00Z".into(),
        verdict: if fails { Verdict::Fail } else { Verdict::Pass },
        fail_on: Severity::Low,
        incomplete: Vec::new(),
        inventory: Vec::new(),
        sources: Vec::new(),
        systems: None,
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
        exceptions: Vec::new(),
        revocation: RevocationTimes::default(),
        baseline: None,
        findings,
    }
}

fn exception(id: &str, state: ExceptionState, why: &[&str]) -> ExceptionResult {
    ExceptionResult {
        id: id.into(),
        rule: "rule-1".into(),
        resource: thing("Account", "okta:1"),
        principal: Some(thing("Person", "Ada Lovelace")),
        kind: Some("legal_hold".into()),
        reason: Some("The mailbox is evidence.".into()),
        approved_by: Some("e-17".into()),
        approved_at: Some("2026-02-01T00:00:00Z".into()),
        expires_at: Some("2026-04-01T00:00:00Z".into()),
        ticket: Some("GRC-12".into()),
        compensating_control: Some("The account can't sign in from outside.".into()),
        state,
        refused_by: why.iter().map(|_| "exception-expired".to_owned()).collect(),
        why: why.iter().map(|why| (*why).to_owned()).collect(),
        matched: 1,
        waived: u64::from(state == ExceptionState::Active),
        renewals: 2,
        location: Location {
            file: "exceptions.json".into(),
            pointer: "/exceptions/0".into(),
            line: 3,
            column: 5,
        },
    }
}

/// A report that has something of everything: each status and mark, exceptions in each state, a
/// baseline, times to revoke, parameters, a reason why it is incomplete.
pub fn everything() -> Report {
    let mut findings: Vec<Finding> = (0..12)
        .map(|number| {
            let severity = Severity::ALL.get(number % 4).copied().unwrap_or(Severity::Low);
            finding(number, number % 3, severity)
        })
        .collect();
    for (at, finding) in findings.iter_mut().enumerate() {
        finding.mark = Some(if at % 2 == 0 { Mark::New } else { Mark::Known });
        match at {
            1 => (finding.status, finding.exception) = (Status::Waived, Some("ex-1".into())),
            2 => finding.status = Status::Indeterminate,
            3 => (finding.since, finding.overdue_days, finding.system) = (None, None, None),
            _ => {}
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut report = report(findings);
    report.incomplete = vec!["the source hr is truncated".into()];
    report.inventory = vec![InventoryFile {
        path: "exports/accounts.json".into(),
        sha256: "ab".repeat(32),
        generated_at: "2026-03-01T12:00:00Z".into(),
    }];
    report.sources = vec![SourceSummary {
        id: "hr".into(),
        kind: Some("hr-csv".into()),
        exported_at: Some("2026-03-01T11:00:00Z".into()),
        records: 12,
        expected_rows: Some(13),
        truncated: Some(true),
    }];
    let systems: BTreeSet<&String> =
        report.findings.iter().filter_map(|finding| finding.system.as_ref()).collect();
    report.population.insert("systems".into(), systems.len() as u64);
    report.systems = Some(systems.into_iter().cloned().collect());
    report.parameters = BTreeMap::from([(
        "leaver_grace".into(),
        ParameterValue { value: Some("24h".into()), origin: "default".into() },
    )]);
    for (id, state, why) in [
        ("ex-1", ExceptionState::Active, &[][..]),
        ("ex-2", ExceptionState::Expired, &["It ended on 2026-02-01."]),
        ("ex-3", ExceptionState::Refused, &["Nobody has approved it."]),
        ("ex-4", ExceptionState::Unused, &["It fits nothing that was found."]),
    ] {
        report.exceptions.push(exception(id, state, why));
    }
    let times = Times { done: 3, open: 1, p50: Some(4.0), p95: Some(30.5), max: Some(48.0) };
    report.revocation = RevocationTimes {
        by_system: BTreeMap::from([("aws".into(), times.clone())]),
        by_kind: BTreeMap::from([("termination".into(), times)]),
    };
    report.baseline = Some(BaselineResult {
        path: "baseline.json".into(),
        as_of: "2026-02-01T12:00:00Z".into(),
        known: 6,
        new: 6,
        resolved: vec![KnownFinding {
            id: "ff".repeat(16),
            rule: "rule-1".into(),
            severity: Severity::High,
            principal: thing("Person", "Ada Lovelace"),
            resource: thing("Account", "okta:99"),
        }],
    });
    report
}

/// The same, with a text in every field that can hold one.
pub fn with_text_everywhere(text: &str) -> Report {
    use serde_json::Value;
    /// Words that are read back as such, and what is nobody's text.
    const WORDS: [&str; 9] = [
        "version",
        "verdict",
        "fail_on",
        "severity",
        "severity_privileged",
        "status",
        "state",
        "mark",
        "sha256",
    ];
    fn fill(value: &mut Value, text: &str) {
        match value {
            Value::String(old) => *old = format!("{old}{text}"),
            Value::Array(list) => list.iter_mut().for_each(|value| fill(value, text)),
            Value::Object(map) => {
                let words = |(key, _): &(&String, &mut Value)| !WORDS.contains(&key.as_str());
                map.iter_mut().filter(words).for_each(|(_, value)| fill(value, text));
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(everything()).unwrap_or_default();
    fill(&mut value, text);
    // Instants are checked where they are read, so no text gets there.
    value["run_at"] = "2026-03-02T08:00:00Z".into();
    value["as_of"]["value"] = "2026-03-01T12:00:00Z".into();
    value["baseline"]["as_of"] = "2026-02-01T12:00:00Z".into();
    value["sources"][0]["exported_at"] = "2026-03-01T11:00:00Z".into();
    for exception in value["exceptions"].as_array_mut().expect("it has some") {
        exception["approved_at"] = "2026-02-01T00:00:00Z".into();
        exception["expires_at"] = "2026-04-01T00:00:00Z".into();
    }
    value["parameters"]["leaver_grace"]["value"] = "24h".into();
    serde_json::from_value(value).expect("it is still a report")
}
