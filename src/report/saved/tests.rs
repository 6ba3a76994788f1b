use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::judge::{id_of, summarize};
use crate::policy::digest;
use crate::report::json;
use crate::report::model::Status;
use crate::report::sample::{HOSTILE, everything, report, with_text_everywhere};

/// Sums that agree, which those of the samples don't.
fn summed(mut report: Report) -> Report {
    // What a text was put into that is read as something else.
    report.as_of.origin = "generated_at".into();
    if report.inventory.is_empty() {
        report.inventory = everything().inventory;
    }
    for file in &mut report.inventory {
        file.generated_at.clone_from(&report.as_of.value);
    }
    let rules: Vec<String> = report.rules.iter().map(|rule| rule.id.clone()).collect();
    for exception in &mut report.exceptions {
        let waived =
            report.findings.iter().find(|one| one.exception.as_ref() == Some(&exception.id));
        match waived {
            Some(waived) => {
                exception.rule.clone_from(&waived.rule);
                exception.resource.clone_from(&waived.resource);
            }
            None => exception.matched = 0,
        }
        exception.refused_by.iter_mut().for_each(|rule| rule.clone_from(&rules[0]));
    }
    for finding in &mut report.findings {
        let rule = report.rules.iter().find(|rule| rule.id == finding.rule).unwrap();
        if Some(finding.severity) != rule.severity_privileged {
            finding.severity = rule.severity;
        }
        finding.action = "hold".into();
        finding.since = finding.since.as_ref().map(|_| "2026-01-02T00:00:00Z".into());
        let Finding { rule, principal, resource, .. } = &*finding;
        finding.id = id_of(rule, "hold", Some(principal), resource);
    }
    let systems = report.findings.iter().filter_map(|finding| finding.system.clone());
    let systems: BTreeSet<String> =
        systems.chain(report.revocation.by_system.keys().cloned()).collect();
    report.population.insert("systems".into(), systems.len() as u64);
    report.systems = Some(systems.into_iter().collect());
    report.rules.iter_mut().filter(|rule| !rule.enabled).for_each(|rule| rule.asked = 0);
    let rules = report.rules.iter();
    report.policies.sha256 =
        digest(rules.map(|rule| (rule.id.as_str(), rule.sha256.as_str(), rule.enabled)));
    report.summary = summarize(&report.findings);
    report
}

fn document_of(report: &Report) -> String {
    let mut out = Vec::new();
    json::document(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn lines_of(report: &Report) -> String {
    let mut out = Vec::new();
    json::lines(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn read(text: &str) -> Result<Report, Faults> {
    from_text(Text { name: "r.json", text })
}

/// What the first fault says, with its place.
fn fault(text: &str) -> (String, Option<(usize, usize)>) {
    let faults = read(text).err().unwrap_or_else(|| panic!("it was read:\n{text}"));
    let first = &faults.shown()[0];
    (first.message.clone(), first.place.as_ref().map(|place| (place.line, place.column)))
}

#[test]
fn both_forms_are_read_as_they_were_written() {
    let hostile = with_text_everywhere(HOSTILE);
    for sample in [report(Vec::new()), everything(), hostile] {
        let sample = summed(sample);
        let (document, lines) = (document_of(&sample), lines_of(&sample));
        assert_eq!(document_of(&read(&document).unwrap()), document);
        assert_eq!(document_of(&read(&lines).unwrap()), document);
        // As others write it: the order of keys, blanks and line ends are free.
        let value: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document_of(&read(&value.to_string()).unwrap()), document);
        assert_eq!(document_of(&read(&lines.replace('\n', "\r\n\n")).unwrap()), document);
    }
}

#[test]
fn each_kind_of_fact_comes_back_as_it_was() {
    use crate::report::model::{FactValue, Thing};
    let text = || "a".to_owned();
    let thing = || Thing { kind: "Person".into(), id: "a".into() };
    let mut sample = everything();
    for (number, fact) in [
        FactValue::Missing(()),
        FactValue::Bool(false),
        FactValue::Number(-1),
        FactValue::Text(text()),
        FactValue::Texts(Vec::new()),
        FactValue::Texts(vec![text()]),
        FactValue::Texts(vec![text(), text()]),
        FactValue::Things(vec![thing()]),
        FactValue::Things(vec![thing(), thing()]),
        FactValue::Thing(thing()),
    ]
    .into_iter()
    .enumerate()
    {
        sample.findings[0].facts.insert(format!("fact.{number}"), fact);
    }
    let document = document_of(&summed(sample));
    assert_eq!(document_of(&read(&document).unwrap()), document);
}

#[test]
fn a_report_that_is_cut_off_anywhere_is_refused() {
    let sample = summed(everything());
    let (document, lines) = (document_of(&sample), lines_of(&sample));
    for end in (0..document.trim_end().len()).filter(|end| document.is_char_boundary(*end)) {
        assert!(read(&document[..end]).is_err(), "{}", &document[..end]);
    }
    for end in (0..lines.trim_end().len()).filter(|end| lines.is_char_boundary(*end)) {
        assert!(read(&lines[..end]).is_err(), "{}", &lines[..end]);
    }
    // Nor with a line missing in the middle.
    for gone in 0..lines.lines().count() {
        let kept = lines.lines().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| line);
        assert!(read(&kept.collect::<Vec<_>>().join("\n")).is_err(), "line {gone}");
    }
}

#[test]
fn what_this_version_does_not_know_is_refused_at_its_place() {
    let document = document_of(&summed(everything()));
    let newer = document.replacen("\"version\": \"1\"", "\"version\": \"2\", \"more\": 1", 1);
    let (said, place) = fault(&newer);
    assert!(said.contains("version `\"2\"`"), "{said}");
    let line = document.lines().position(|line| line.contains("\"version\": \"1\"")).unwrap() + 1;
    assert_eq!(place, Some((line, 14)));

    let unknown = document.replacen("\"waivable\":true", "\"waivable\":true,\"more\":1", 1);
    let (said, place) = fault(&unknown);
    assert!(said.contains("unknown field `more`"), "{said}");
    let line = unknown.lines().position(|line| line.contains("\"more\"")).unwrap() + 1;
    assert_eq!(place.map(|place| place.0), Some(line));

    let lines = lines_of(&summed(everything()));
    let twice = format!("{lines}{lines}");
    let (said, place) = fault(&twice);
    assert_eq!(
        (said.as_str(), place),
        ("a second report begins here", Some((lines.lines().count() + 1, 1)))
    );
    let (said, _) = fault(&lines.replacen("\"version\":\"1\"", "\"version\":2", 1));
    assert!(said.contains("version `2`"), "{said}");
    let (said, place) = fault(&lines.replacen("{\"finding\"", "{\"found\"", 1));
    assert!(said.contains("unknown variant `found`") && place.is_some(), "{said}");
}

#[test]
fn what_does_not_add_up_is_refused() {
    type Change = fn(&mut Report);
    fn honoured(report: &mut Report) -> &mut ExceptionResult {
        for id in ["exception-expired", "exception-unapproved"] {
            let off = report.rules.iter().find(|rule| !rule.enabled).unwrap();
            report.rules.push(RuleResult { id: id.into(), ..off.clone() });
        }
        &mut report.exceptions[0]
    }
    fn resolved(report: &mut Report) -> &mut BaselineResult {
        report.baseline.as_mut().unwrap()
    }
    let changes: [(&str, Change); 29] = [
        ("is over", |report| honoured(report).expires_at = Some("2026-03-02T08:00:00Z".into())),
        ("approved by nobody", |report| honoured(report).approved_by = None),
        ("approved by nobody", |report| honoured(report).approved_at = None),
        ("`expires_at` is no time", |report| report.exceptions[1].expires_at = Some("x".into())),
        ("`approved_at` is no time", |report| report.exceptions[1].approved_at = Some("x".into())),
        ("`exported_at` is no time", |report| report.sources[0].exported_at = Some("x".into())),
        ("`generated_at` is no time", |report| report.inventory[0].generated_at = "x".into()),
        ("`as_of` is no time", |report| resolved(report).as_of = "x".into()),
        ("no rule of it", |report| report.exceptions[1].refused_by.push("x".into())),
        ("names by what", |report| {
            let open = |one: &&mut Finding| one.status == Status::Violation;
            report.findings.iter_mut().find(open).unwrap().exception = Some("x".into());
        }),
        ("another severity", |report| {
            let rule = report.findings[0].rule.clone();
            let rule = report.rules.iter_mut().find(|one| one.id == rule).unwrap();
            (rule.severity, rule.severity_privileged) = (Severity::Low, None);
        }),
        ("no duration", |report| {
            report.parameters.values_mut().for_each(|one| one.value = Some("365dx".into()));
        }),
        ("is said to be resolved", |report| {
            let id = report.findings[0].id.clone();
            resolved(report).resolved[0].id = id;
        }),
        ("the file", |report| report.inventory.extend(report.inventory.clone())),
        ("the source", |report| report.sources.extend(report.sources.clone())),
        ("can't fit 0 findings", |report| report.exceptions[0].matched = 0),
        ("can't fit 3 findings", |report| report.exceptions[2].matched = 3),
        ("there are 0", |report| report.exceptions[0].resource.id.push('x')),
        ("list of systems", |report| drop(report.systems.as_mut().unwrap().pop())),
        ("doesn't list", |report| report.systems.as_mut().unwrap()[0].push('0')),
        ("counts", |report| drop(report.findings.pop())),
        ("rules aren't", |report| drop(report.rules.pop())),
        ("rules aren't", |report| report.rules[1].enabled = false),
        ("twice", |report| report.findings[1].id = report.findings[0].id.clone()),
        ("not the rule", |report| report.findings[0].rule = "gone".into()),
        ("summary", |report| report.summary.by_system.clear()),
        ("verdict is pass", |report| report.verdict = Verdict::Pass),
        ("claims to be complete", |report| report.incomplete.clear()),
        ("`run_at` is no time", |report| report.run_at = "now".into()),
    ];
    for (says, change) in changes {
        let mut report = summed(everything());
        change(&mut report);
        for text in [document_of(&report), lines_of(&report)] {
            let faults = read(&text).err().unwrap_or_else(|| panic!("{says}: it was read"));
            let said: Vec<&str> =
                faults.shown().iter().map(|fault| fault.message.as_str()).collect();
            assert!(said.iter().any(|said| said.contains(says)), "{says}: {said:?}");
        }
    }
}
