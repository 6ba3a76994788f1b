use std::collections::BTreeSet;

use quick_xml::Reader;

use super::*;
use crate::report::sample::{HOSTILE, everything, report, with_text_everywhere};

/// A test suite as a reader has it.
#[derive(Default)]
struct Read {
    attributes: BTreeMap<String, String>,
    cases: Vec<(String, String)>,
}

impl Read {
    fn count(&self, name: &str) -> usize {
        self.attributes[name].parse().expect("a number")
    }

    fn results(&self, result: &str) -> usize {
        self.cases.iter().filter(|case| case.1 == result).count()
    }
}

fn text(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("UTF-8")
}

fn read(text: &str) -> Vec<Read> {
    let mut reader = Reader::from_str(text);
    let mut suites: Vec<Read> = Vec::new();
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref().as_bytes()).into_owned();
                let attributes: BTreeMap<String, String> = tag
                    .attributes()
                    .map(|attribute| {
                        let attribute = attribute.expect("an attribute");
                        let key = attribute.key.as_ref().to_owned();
                        let value = quick_xml::escape::unescape(&attribute.value).expect("escapes");
                        (key, value.into_owned())
                    })
                    .collect();
                match name.as_str() {
                    "testsuite" => suites.push(Read { attributes, cases: Vec::new() }),
                    "testcase" => {
                        let case = (attributes["name"].clone(), "passed".to_owned());
                        suites.last_mut().expect("a suite").cases.push(case);
                    }
                    "failure" | "error" | "skipped" => {
                        let suite = suites.last_mut().expect("a suite");
                        suite.cases.last_mut().expect("a case").1 = name;
                    }
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    for (number, suite) in suites.iter().enumerate() {
        assert_eq!(suite.count("id"), number);
        assert_eq!(suite.count("tests"), suite.cases.len());
        assert_eq!(suite.count("failures"), suite.results("failure"));
        assert_eq!(suite.count("errors"), suite.results("error"));
        assert_eq!(suite.count("skipped"), suite.results("skipped"));
        let names: BTreeSet<&str> = suite.cases.iter().map(|case| case.0.as_str()).collect();
        assert_eq!(names.len(), suite.cases.len(), "names tell test cases apart");
    }
    suites
}

#[test]
fn a_suite_for_each_rule_and_a_case_for_each_finding() {
    let report = everything();
    let suites = read(&text(&report));
    let (check, rules) = suites.split_first().expect("suites");
    assert_eq!(check.cases, [("it is complete".to_owned(), "error".to_owned())]);
    for (suite, rule) in rules.iter().zip(&report.rules) {
        assert_eq!(suite.attributes["name"], rule.id);
        let count = |status| {
            let is = |finding: &&Finding| finding.rule == rule.id && finding.status == status;
            report.findings.iter().filter(is).count()
        };
        assert_eq!(suite.results("failure"), count(Status::Violation));
        assert_eq!(suite.results("error"), count(Status::Indeterminate));
        let off = usize::from(!rule.enabled);
        assert_eq!(suite.results("skipped"), count(Status::Waived) + off);
    }
    assert_eq!(rules.len(), report.rules.len());
    assert!(text(&report).contains("waived by exception ex-1 until 2026-04-01"));
}

#[test]
fn a_rule_that_fired_nowhere_passes_and_one_that_was_not_judged_does_not() {
    let mut clean = report(Vec::new());
    clean.rules.push(RuleResult { id: "on".into(), enabled: true, ..clean.rules[0].clone() });
    clean.rules.push(RuleResult { id: "idle".into(), asked: 0, ..clean.rules[1].clone() });
    clean.rules.push(RuleResult { id: "less".into(), violations: 1, ..clean.rules[1].clone() });
    clean.rules.push(RuleResult {
        id: "unsure".into(),
        indeterminate: 1,
        ..clean.rules[1].clone()
    });
    let results: Vec<(String, String)> =
        read(&text(&clean)).into_iter().flat_map(|suite| suite.cases).collect();
    let results: Vec<(&str, &str)> =
        results.iter().map(|(name, result)| (name.as_str(), result.as_str())).collect();
    assert_eq!(
        results,
        [
            ("it is complete", "passed"),
            ("it was judged", "skipped"),
            ("it forbids none of 1234 that were asked", "passed"),
            ("it was judged", "skipped"),
            ("it was judged", "failure"),
            ("it was judged", "error"),
        ]
    );
}

#[test]
fn an_incomplete_check_is_an_error_also_where_nothing_was_found() {
    let mut report = report(Vec::new());
    report.verdict = crate::report::model::Verdict::Incomplete;
    assert_eq!(read(&text(&report))[0].count("errors"), 1);
    report.incomplete = vec!["hr is truncated".into(), "]]> is <b>".into()];
    let text = text(&report);
    assert_eq!(read(&text)[0].count("errors"), 1);
    assert!(text.contains("hr is truncated (and 1 more)") && text.contains("]]&gt; is &lt;b&gt;"));
}

#[test]
fn hostile_text_is_xml_and_names_stay_apart() {
    let plain = read(&text(&everything()));
    let long = "x".repeat(1_000_000);
    for hostile in [HOSTILE, "\0\u{b}\u{ffff}\u{fffe}", "]]><!--&\"'", "\u{202e}", "  \t ", &long] {
        let text = text(&with_text_everywhere(hostile));
        let suites = read(&text);
        assert_eq!(suites.len(), plain.len());
        let hidden =
            |c: char| c != '\n' && (c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c));
        assert!(!text.contains(hidden) && !text.contains('\u{202e}'));
        // Some readers take no text of ten megabytes.
        assert!(text.len() < 5_000_000, "{}", text.len());
    }
}

#[test]
fn findings_of_rules_that_the_report_lacks_are_there() {
    let mut report = everything();
    report.rules.clear();
    let cases: usize = read(&text(&report)).iter().map(|suite| suite.cases.len()).sum();
    assert_eq!(cases, report.findings.len() + 1);
}
