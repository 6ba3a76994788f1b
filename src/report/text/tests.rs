use std::time::Instant;

use super::*;
use crate::report::model::{FactValue, Finding, Thing};
use crate::report::sample::{HOSTILE, finding, report};

const STYLE: Style = Style { color: false, width: 80, quiet: false, statistics: false };

fn written(report: &Report, style: Style) -> String {
    let mut out = Vec::new();
    write(report, style, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("text")
}

fn mixed() -> Report {
    let severities = [Severity::Low, Severity::Critical, Severity::Medium, Severity::High];
    let mut findings: Vec<Finding> =
        (0..12).map(|n| finding(n, n % 5, severities[n % 4])).collect();
    findings[3].status = Status::Indeterminate;
    findings[5].status = Status::Waived;
    findings[5].exception = Some("EX-1".into());
    let mut report = report(findings);
    report.incomplete = vec!["1 question could not be judged".into()];
    report
}

#[test]
fn no_line_is_wider_than_the_page() {
    for report in [mixed(), report(Vec::new())] {
        for width in [0, 60, 72, 80, 120, 400] {
            let text = written(&report, Style { width, statistics: true, ..STYLE });
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width.clamp(60, 120)), "{width}: {text}");
            assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
        }
    }
}

#[test]
fn groups_come_in_the_order_of_their_severity_and_rule() {
    let text = written(&mixed(), STYLE);
    let heads = text.lines().filter(|line| !line.starts_with(' ') && line.contains("]: "));
    let key = |line: &str| {
        let (severity, rest) = line.split_once('[').expect("a heading");
        (Severity::from_name(severity).map(Reverse), rest.to_owned())
    };
    let heads: Vec<_> = heads.map(key).filter(|(severity, _)| severity.is_some()).collect();
    assert!(heads.len() > 5 && heads.is_sorted(), "{heads:?}");
    let order =
        ["critical[", "low[", "Could not be judged", "indeterminate[", "Waived by", "verdict: "];
    let places: Vec<_> = order.iter().map(|part| text.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
}

#[test]
fn a_finding_says_what_where_since_when_who_and_why() {
    let text = written(&report(vec![finding(10, 1, Severity::High)]), STYLE);
    let expected = "\
high[rule-1]: Account of a person who has left is still enabled (1 violation)
  remediation  Disable the account at its system, and have the task that should
               have done so mended.
  controls     NHI-03, PR.AC-4

  The account 10 on okta is enabled, but Ada Lovelace left on 2026-01-02.
    at           exports/accounts.json:12:5
    since        2026-01-02T00:00:00Z, 10 days overdue
    accountable  Grace Hopper (Person e-17)
    path         Person \"Ada Lovelace\" -> Account okta:10
    facts        principal.ended = true,
                 resource.known_to = {Person \"Ada Lovelace\",
                 Person \"Ada Lovelace\", Person \"Ada Lovelace\",
                 Person \"Ada Lovelace\", Person \"Ada Lovelace\", and 3 more},
                 resource.last_used_at = 2025-11-30T12:00:00Z,
                 resource.owner = (missing), resource.status = enabled
    id           0000000000000000000000000000000a

Why a finding is there: nhi-policy explain ID INVENTORY, with the same options

rule    severity  violations  indeterminate
rule-1  high               1              0

violations  1 high
looked at   accounts 40, people 12
asked       1234 questions in 1 rule (1 off)
as of       2026-03-01T12:00:00Z (from generated_at)
run at      2026-03-02T08:00:00Z

verdict: fail (1 high; fails on low and above)
";
    assert_eq!(text, expected);
}

#[test]
fn quiet_is_one_line_and_the_last_line_is_the_verdict() {
    let quiet = written(&mixed(), Style { quiet: true, statistics: true, ..STYLE });
    assert_eq!(quiet.lines().count(), 1);
    let counts = "2 critical, 2 high, 3 medium, 3 low, 1 not judged, incomplete";
    assert_eq!(quiet, format!("verdict: fail ({counts}; fails on low and above)\n"));
    let mut unknown = mixed();
    unknown.verdict = Verdict::Incomplete;
    unknown.findings.retain(|finding| finding.status == Status::Indeterminate);
    let last = "verdict: incomplete (no violations, 1 not judged; fails on low and above)";
    let text = written(&unknown, STYLE);
    assert_eq!(text.lines().last(), Some(last));
    assert!(text.starts_with("No violations found in what could be judged.\n"));
    let clean = written(&report(Vec::new()), STYLE);
    assert!(
        clean.starts_with("No violations found.\n") && clean.contains("looked at   accounts 40")
    );
    assert_eq!(clean.lines().last(), Some("verdict: pass (no violations; fails on low and above)"));
}

#[test]
fn names_of_the_inventory_cant_steer_the_terminal() {
    let mut one = finding(1, 1, Severity::High);
    let name = || HOSTILE.to_owned();
    (one.title, one.message, one.location.file, one.accountable.name) =
        (name(), name(), name(), name());
    (one.accountable.id, one.since, one.id, one.rule) = (name(), Some(name()), name(), name());
    one.path = vec![Thing { kind: name(), id: name() }];
    one.controls = vec![name()];
    one.facts =
        [(name(), FactValue::Texts(vec![name()])), ("x".into(), FactValue::Text(name()))].into();
    let mut waived = one.clone();
    waived.status = Status::Waived;
    waived.exception = Some(name());
    for copies in [1, 300] {
        let mut report = report(vec![one.clone(); copies]);
        report.findings.push(waived.clone());
        report.incomplete = vec![name()];
        report.population.insert(name(), 1);
        for rule in &mut report.rules {
            rule.remediation = name();
            rule.missing.insert(name(), 1);
        }
        let lines = written(&report, Style { statistics: true, ..STYLE });
        let hidden = |c: char| c != '\n' && printable(&c.to_string()) != c.to_string();
        assert!(!lines.contains(hidden), "{lines}");
        assert!(lines.contains("\\u{1b}[31mvil\\u{a}name") && !lines.contains("\nname"));
    }
}

#[test]
fn colors_change_nothing_but_colors() {
    let plain = written(&mixed(), STYLE);
    let mut colored = written(&mixed(), Style { color: true, ..STYLE });
    assert!(colored.contains("\u{1b}[1;31mcritical\u{1b}[0m\u{1b}[1m[rule-"), "{colored}");
    while let Some((before, after)) = colored.split_once('\u{1b}') {
        let (_, after) = after.split_once('m').expect("an end");
        colored = format!("{before}{after}");
    }
    assert_eq!(colored, plain);
}

#[test]
fn of_many_findings_the_worst_of_each_rule_are_shown_and_the_rest_counted() {
    for rules in [1, 30, 70] {
        let many = (0..10_000).map(|n| finding(n, n % rules, Severity::High)).collect();
        let text = written(&report(many), STYLE);
        assert!(text.lines().count() < 1000, "{rules}: {} lines", text.lines().count());
        assert!(text.contains(" more\n") && text.contains("-o json=FILE"), "{text}");
    }
    let many = (0..10_000).map(|n| finding(n, 1, Severity::High)).collect();
    let text = written(&report(many), STYLE);
    let shown: Vec<&str> = text.lines().filter(|line| line.contains("days overdue")).collect();
    assert!(
        shown.len() == 3 && shown.iter().all(|line| line.contains("96 days overdue")),
        "{text}"
    );
    assert!(text.contains("The account 96 on okta") && text.contains("and 9997 more"), "{text}");
}

#[test]
fn a_hundred_thousand_findings_take_no_time() {
    let many = report((0..100_000).map(|n| finding(n, n % 50, Severity::High)).collect());
    let start = Instant::now();
    let text = written(&many, STYLE);
    assert!(start.elapsed().as_secs() < 2 && text.contains("100000 high"));
}

#[test]
fn statistics_list_every_rule_with_what_it_missed() {
    let text = written(&mixed(), Style { statistics: true, ..STYLE });
    assert!(text.contains("rule    asked  violations  indeterminate\n"), "{text}");
    assert!(
        text.contains("off       off           0              0\n    missing: resource.owner 7\n"),
        "{text}"
    );
    assert!(text.contains("rule-3   1234"), "{text}");
}
