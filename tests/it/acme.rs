//! The golden reports of a company with most of what can be wrong, and the laws that any report
//! has to keep.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::run::{check, conforms, name, root, schema, text};

static REPORT: LazyLock<Value> =
    LazyLock::new(|| check("testdata/acme --format json").run().exits(1).json());

static TEXT: LazyLock<String> =
    LazyLock::new(|| check("testdata/acme").env("COLUMNS", "80").run().exits(1).out);

fn list(key: &str) -> &'static [Value] {
    REPORT[key].as_array().unwrap()
}

/// The text of a line of a file, counted from one.
fn line(file: &str, number: &Value) -> String {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let at = usize::try_from(number.as_u64().unwrap())
        .unwrap()
        .checked_sub(1)
        .expect("lines count from 1");
    text.lines().nth(at).unwrap_or_else(|| panic!("{file} has no line {number}")).to_owned()
}

/// What the line that a finding points to has to hold: the id of the resource; of a task, its
/// system, and where the task is missing, its offboarding; of a source, its own id.
fn held(finding: &Value) -> String {
    let (resource, principal) = (&finding["resource"], &finding["principal"]);
    let id = match text(resource, "type") {
        "Revocation" => {
            let offboarding = text(principal, "id");
            let rest =
                text(resource, "id").strip_prefix(offboarding).unwrap().strip_prefix('/').unwrap();
            match rest.rsplit_once('/') {
                Some((system, _)) => system,
                None => offboarding,
            }
        }
        "Inventory" => text(principal, "id"),
        _ => text(resource, "id"),
    };
    format!("\"{id}\"")
}

#[test]
fn the_text_is_the_golden_one() {
    insta::assert_snapshot!("acme-text", *TEXT);
}

#[test]
fn the_findings_are_the_golden_ones() {
    let mut golden = String::new();
    for finding in list("findings") {
        let place = &finding["location"];
        let (principal, resource) = (name(&finding["principal"]), name(&finding["resource"]));
        let (severity, rule) = (text(finding, "severity"), text(finding, "rule"));
        let (file, line) = (text(place, "file"), &place["line"]);
        writeln!(golden, "{severity} {rule}: {principal} -> {resource}").unwrap();
        writeln!(golden, "    {file}:{line}:{} {}", place["column"], text(place, "pointer"))
            .unwrap();
    }
    insta::assert_snapshot!("acme-findings", golden);
}

#[test]
fn each_finding_points_to_the_record_that_it_is_about() {
    for finding in list("findings") {
        let place = &finding["location"];
        let line = line(text(place, "file"), &place["line"]);
        assert!(line.contains(&held(finding)), "{} is not in {line}", held(finding));
        // The column is where the record begins, the pointer leads to it.
        let column = usize::try_from(place["column"].as_u64().unwrap()).unwrap();
        let rest: String = line.chars().skip(column - 1).collect();
        assert!(rest.starts_with('{'), "column {column} of {line}");
        if !text(place, "file").ends_with(".jsonl") {
            let text_of_file = std::fs::read_to_string(root().join(text(place, "file"))).unwrap();
            let document: Value = serde_json::from_str(&text_of_file).unwrap();
            let record =
                document.pointer(text(place, "pointer")).expect("the pointer leads nowhere");
            assert!(record.to_string().contains(&held(finding)), "{record}");
        }
    }
}

#[test]
fn findings_are_sorted_and_told_apart() {
    let rank = |severity: &str| {
        ["critical", "high", "medium", "low"].iter().position(|one| *one == severity)
    };
    let thing = |thing: &Value| (text(thing, "type").to_owned(), text(thing, "id").to_owned());
    let key = |finding: &Value| {
        let (severity, rule) = (text(finding, "severity"), text(finding, "rule").to_owned());
        (rank(severity).unwrap(), rule, thing(&finding["resource"]), thing(&finding["principal"]))
    };
    let keys: Vec<_> = list("findings").iter().map(key).collect();
    assert!(keys.is_sorted(), "{keys:#?}");
    let ids: BTreeSet<&str> = list("findings").iter().map(|finding| text(finding, "id")).collect();
    assert_eq!(ids.len(), list("findings").len());
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
}

#[test]
fn every_finding_is_of_a_declared_rule_and_the_counts_are_theirs() {
    let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for finding in list("findings") {
        *counts
            .entry(text(finding, "rule"))
            .or_default()
            .entry(text(finding, "status"))
            .or_default() += 1;
    }
    for rule in list("rules") {
        let own = counts.remove(text(rule, "id")).unwrap_or_default();
        for (status, key) in
            [("violation", "violations"), ("waived", "waived"), ("indeterminate", "indeterminate")]
        {
            assert_eq!(
                rule[key],
                own.get(status).copied().unwrap_or(0),
                "{status} of {}",
                rule["id"]
            );
        }
        let found: u64 = own.values().sum();
        assert!(rule["asked"].as_u64().unwrap() >= found, "{rule}");
        assert_eq!(rule["enabled"], true);
        assert_eq!(rule["origin"], "bundled");
    }
    assert!(counts.is_empty(), "undeclared: {counts:?}");
}

#[test]
fn the_summary_adds_up() {
    let violations: Vec<&Value> =
        list("findings").iter().filter(|finding| finding["status"] == "violation").collect();
    let mut severities =
        BTreeMap::from(["critical", "high", "medium", "low"].map(|severity| (severity, 0)));
    let mut controls: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in &violations {
        *severities.get_mut(text(finding, "severity")).unwrap() += 1;
        for control in finding["controls"].as_array().unwrap() {
            *controls.entry(control.as_str().unwrap()).or_default() += 1;
        }
    }
    let summary = &REPORT["summary"];
    assert_eq!(summary["by_severity"], serde_json::to_value(&severities).unwrap());
    assert_eq!(summary["by_control"], serde_json::to_value(&controls).unwrap());
    let systems = summary["by_system"].as_object().unwrap();
    let total: u64 = systems.values().map(|count| count.as_u64().unwrap()).sum();
    assert!(total > 0 && total <= violations.len() as u64, "{systems:?}");
    let known = std::fs::read_to_string(root().join("testdata/acme/systems.json")).unwrap();
    assert!(
        systems.keys().all(|system| known.contains(&format!("\"id\": \"{system}\""))),
        "{systems:?}"
    );
}

#[test]
fn every_finding_carries_the_two_controls_and_all_of_its_rules() {
    let declared: BTreeSet<&str> =
        list("controls").iter().map(|control| text(control, "id")).collect();
    for finding in list("findings") {
        let controls: BTreeSet<&str> = finding["controls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|control| control.as_str().unwrap())
            .collect();
        assert!(controls.contains("NHI-03") && controls.contains("PR.AC-4"), "{finding}");
        assert!(controls.is_subset(&declared), "{finding}");
        let rule = list("rules").iter().find(|rule| rule["id"] == finding["rule"]).unwrap();
        assert_eq!(rule["controls"], finding["controls"]);
    }
}

#[test]
fn the_report_says_what_was_judged_and_when() {
    assert_eq!(
        REPORT["as_of"],
        serde_json::json!({"value": "2026-06-30T12:00:00Z", "origin": "--as-of"})
    );
    assert_eq!(REPORT["run_at"], "2026-06-30T12:00:00Z");
    assert_eq!(REPORT["verdict"], "fail");
    let files: Vec<&str> = list("inventory").iter().map(|file| text(file, "path")).collect();
    assert!(files.is_sorted() && files.len() == 7, "{files:?}");
    for parameter in REPORT["parameters"].as_object().unwrap().values() {
        assert_eq!(parameter["origin"], "default");
    }
}

#[test]
fn the_report_and_the_inventory_pass_their_published_schemas() {
    conforms(&schema("report"), &REPORT, "the report");
    let (documents, lines) = (schema("inventory"), schema("inventory-line"));
    for file in list("inventory").iter().map(|file| text(file, "path")) {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        if file.ends_with(".jsonl") {
            for (number, line) in text.lines().enumerate() {
                conforms(
                    &lines,
                    &serde_json::from_str(line).unwrap(),
                    &format!("{file}:{}", number + 1),
                );
            }
        } else {
            conforms(&documents, &serde_json::from_str(&text).unwrap(), file);
        }
    }
}

#[test]
fn the_schema_of_the_report_asks_for_all_of_it() {
    let schema = jsonschema::validator_for(&schema("report")).unwrap();
    assert!(schema.is_valid(&REPORT));
    for pointer in [
        "",
        "/as_of",
        "/rules/0",
        "/findings/0",
        "/findings/0/location",
        "/findings/0/accountable",
        "/inventory/0",
        "/summary",
    ] {
        for key in REPORT.pointer(pointer).unwrap().as_object().unwrap().keys() {
            let mut less = REPORT.clone();
            less.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
            let optional = [
                "severity_privileged",
                "since",
                "overdue_days",
                "exception",
                "mark",
                "system",
                "baseline",
                "systems",
                "principal_name",
            ];
            assert!(!schema.is_valid(&less) || optional.contains(&key.as_str()), "{pointer}/{key}");
            *less
                .pointer_mut(pointer)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .entry(key)
                .or_insert(Value::Null) = serde_json::json!([[1]]);
            assert!(!schema.is_valid(&less), "{pointer}/{key} may be anything");
        }
    }
}

#[test]
fn json_lines_say_the_same_as_the_document() {
    let lines = check("testdata/acme --format jsonl").run().exits(1).out;
    let mut whole = Map::new();
    let (mut rules, mut findings) = (Vec::new(), Vec::new());
    for line in lines.lines() {
        let line: Map<String, Value> = serde_json::from_str(line).unwrap();
        let (kind, value) = line.into_iter().next().unwrap();
        match kind.as_str() {
            "report" => whole = value.as_object().unwrap().clone(),
            "rule" => rules.push(value),
            "finding" => findings.push(value),
            other => panic!("a line of kind {other}"),
        }
    }
    whole.insert("rules".into(), rules.into());
    whole.insert("findings".into(), findings.into());
    assert_eq!(Value::Object(whole), *REPORT);
}

#[test]
fn sarif_points_to_what_it_claims_and_passes_its_schema() {
    let log = check("testdata/acme --format sarif").run().exits(1).json();
    let run = &log["runs"][0];
    let declared: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| text(rule, "id"))
        .collect();
    let findings: BTreeMap<String, &Value> = list("findings")
        .iter()
        .map(|finding| (format!("{}:1", text(finding, "id")), finding))
        .collect();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for result in results {
        let finding = findings[text(&result["partialFingerprints"], "primaryLocationLineHash")];
        assert_eq!(result["ruleId"], finding["rule"]);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(declared[index], text(result, "ruleId"));
        let place = &result["locations"][0]["physicalLocation"];
        let uri = text(&place["artifactLocation"], "uri");
        let line = line(uri, &place["region"]["startLine"]);
        assert!(line.contains(&held(finding)), "{} is not in {line}", held(finding));
    }
    let published = root().join("../shared/schemas/sarif/sarif-schema-2.1.0.json");
    if let Ok(published) = std::fs::read_to_string(published) {
        conforms(&serde_json::from_str(&published).unwrap(), &log, "SARIF");
    }
}

/// Words that no line can hold stand alone, after the label of their line.
#[test]
fn no_line_of_the_text_is_wider_than_the_page() {
    for line in TEXT.lines().filter(|line| line.chars().count() > 80) {
        let last = line.rsplit("  ").next().unwrap().trim_start_matches("-> ").trim();
        assert!(!last.contains(' '), "{} columns: {line}", line.chars().count());
    }
    assert!(!TEXT.contains('\u{1b}'));
    assert!(TEXT.lines().all(|line| line.trim_end() == line), "blanks at the end of a line");
}

#[test]
fn the_text_names_every_finding() {
    for finding in list("findings") {
        assert!(TEXT.contains(text(finding, "id")), "{finding}");
    }
}
