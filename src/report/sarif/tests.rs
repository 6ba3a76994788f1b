use super::*;
use crate::report::sample::{HOSTILE, finding, report};

fn written(limits: &Limits, report: &Report) -> Value {
    let mut out = Vec::new();
    within(limits, report, &mut out).expect("memory takes it");
    let value = serde_json::from_slice(&out).expect("JSON");
    conforms(&value);
    value
}

/// Holds it against the published schema, where that is at hand.
fn conforms(value: &Value) {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/schemas/sarif/sarif-schema-2.1.0.json");
    let Ok(schema) = std::fs::read(path) else { return };
    let schema = serde_json::from_slice(&schema).expect("JSON");
    let options = jsonschema::options().should_validate_formats(true);
    let schema = options.build(&schema).expect("a schema");
    let errors: Vec<_> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn mixed() -> Report {
    let severity = |n: usize| Severity::ALL[n % 4];
    let mut findings: Vec<_> = (0..40).map(|n| finding(n, n % 7, severity(n))).collect();
    findings[1].status = Status::Indeterminate;
    findings[2].status = Status::Waived;
    findings[3].location.line = 0;
    let mut report = report(findings);
    report.incomplete = vec!["1 question could not be judged".into()];
    report
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).expect(pointer)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).expect(pointer)
}

const NOTES: &str = "/runs/0/invocations/0/toolExecutionNotifications";

#[test]
fn results_point_to_their_rules_and_places_and_are_told_apart() {
    let log = written(&GITHUB, &mixed());
    let rules = list(&log, "/runs/0/tool/driver/rules");
    let results = list(&log, "/runs/0/results");
    // Neither rules that are off nor what is waived.
    assert_eq!((rules.len(), results.len()), (7, 39));
    let mut prints = BTreeSet::new();
    for result in results {
        assert_eq!(
            text(&log, &format!("/runs/0/tool/driver/rules/{}/id", result["ruleIndex"])),
            result["ruleId"]
        );
        let region = &result["locations"][0]["physicalLocation"]["region"];
        for field in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(region[field].as_u64() >= Some(1), "{region}");
        }
        assert!(prints.insert(text(result, "/partialFingerprints/primaryLocationLineHash")));
        assert!(result.get("kind").is_none() && result["level"] != "none");
    }
    let ranks: Vec<_> = results.iter().map(|result| result["rank"].as_f64()).collect();
    assert!(ranks.is_sorted_by(|a, b| a >= b), "{ranks:?}");
    for rule in rules {
        assert!(text(rule, "/fullDescription/text").chars().count() <= DESCRIPTION);
        assert!(list(rule, "/properties/tags").len() <= TAGS);
    }
    assert_eq!(list(&log, NOTES).len(), 1);
}

#[test]
fn a_clean_report_is_one_run_without_results() {
    let log = written(&GITHUB, &report(Vec::new()));
    assert_eq!((list(&log, "/runs").len(), list(&log, "/runs/0/results").len()), (1, 0));
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "nhi-policy/");
}

#[test]
fn too_many_results_fill_several_runs_and_the_least_severe_are_left_out_loudly() {
    let log = written(&Limits { results: 9, runs: 4, ..GITHUB }, &mixed());
    let runs = list(&log, "/runs");
    let sizes: Vec<usize> = runs.iter().map(|run| list(run, "/results").len()).collect();
    assert_eq!(sizes, [9, 9, 9, 9]);
    let ids: Vec<&str> = runs.iter().map(|run| text(run, "/automationDetails/id")).collect();
    assert_eq!(ids, ["nhi-policy/", "nhi-policy/2/", "nhi-policy/3/", "nhi-policy/4/"]);
    let left: Vec<&Value> = runs.iter().flat_map(|run| list(run, "/results")).collect();
    assert_eq!(left.iter().filter(|result| result["rank"] == 20.0).count(), 10 - 3);
    assert!(text(&list(&log, NOTES)[1], "/message/text").starts_with("3 results"));
}

#[test]
fn names_of_the_inventory_are_neither_links_nor_placeholders() {
    let mut one = finding(1, 1, Severity::High);
    one.message = HOSTILE.into();
    one.location.file = format!("./a b/{HOSTILE}");
    let mut report = report(vec![one]);
    report.rules[1].rationale = HOSTILE.repeat(100);
    let log = written(&GITHUB, &report);
    let result = &log["runs"][0]["results"][0];
    let said = "e\\u{{1b}}\\[31mvil\\u{{a}}name\\u{{202e}} \\[x\\](http://y) {{0}} C\\d \\\\\\[x\\\\\\](u) \\u{{3a}}:error::";
    assert_eq!(text(result, "/message/text"), said);
    let uri = text(result, "/locations/0/physicalLocation/artifactLocation/uri");
    assert!(uri.starts_with("a%20b/e%1B%5B31mvil%0Aname"), "{uri}");
}

#[test]
fn paths_become_uris() {
    assert_eq!(uri("-"), "stdin");
    assert_eq!(uri("/a/b.json"), "file:///a/b.json");
    assert_eq!(uri("./a:ü.json"), "a%3A%C3%BC.json");
    assert_eq!(uri("../a"), "../a");
}

#[test]
fn what_a_consumer_can_not_take_for_its_size_is_left_out_loudly() {
    let findings = (0..3000).map(|n| finding(n, n % 7, Severity::ALL[n % 4])).collect();
    let report = report(findings);
    let mut out = Vec::new();
    within(&GITHUB, &report, &mut out).expect("memory takes it");
    let most = size::compressed(&out).expect("memory takes it") / 2;
    let log = written(&Limits { bytes: most, ..GITHUB }, &report);
    let results = list(&log, "/runs/0/results").len();
    assert!((1200..1550).contains(&results), "{results} of 3000 for half of the size");
    let last = &log["runs"][0]["results"][results - 1];
    assert_eq!(last["rank"], 80.0, "the severe ones come first: 750 of each");
    let left_out = format!("{} results", 3000 - results);
    assert!(text(&list(&log, NOTES)[0], "/message/text").starts_with(&left_out));
}
