use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::report::sample::{HOSTILE, everything, report, with_text_everywhere};

fn written(report: &Report) -> Vec<Value> {
    let mut out = Vec::new();
    write(report, &mut out).expect("memory takes it");
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.ends_with('\n'));
    let events: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    events.iter().for_each(conforms);
    let ids: BTreeSet<&str> = events.iter().map(|event| text_at(event, "/metadata/uid")).collect();
    assert_eq!(ids.len(), events.len(), "every event has an id of its own");
    events
}

fn text_at<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).expect(pointer)
}

fn of<'a>(events: &'a [Value], code: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| text_at(event, "/metadata/event_code") == code).collect()
}

/// Holds it against the published classes and objects, where they are at hand: what is required is
/// there, and nothing is that they don't have.
fn conforms(event: &Value) {
    let id = |pointer: &str| event.pointer(pointer).and_then(Value::as_u64).expect(pointer);
    assert_eq!(id("/type_uid"), 200_300 + id("/activity_id"));
    let base: &[&str] = &[
        "activity_id",
        "activity_name",
        "category_name",
        "category_uid",
        "class_name",
        "class_uid",
        "message",
        "metadata",
        "severity",
        "severity_id",
        "time",
        "type_name",
        "type_uid",
        "unmapped",
    ];
    for (pointer, files, more) in [
        ("", &["events/findings/compliance_finding", "events/findings/finding"][..], base),
        ("/compliance", &["objects/compliance"][..], &[][..]),
        ("/compliance/checks/0", &["objects/check"][..], &[][..]),
        ("/finding_info", &["objects/finding_info"][..], &[][..]),
        ("/remediation", &["objects/remediation"][..], &[][..]),
        ("/resources/0/owner", &["objects/user"][..], &["type_id"][..]),
    ] {
        let mut known: BTreeSet<String> = more.iter().map(|name| (*name).to_owned()).collect();
        let Some(object) = event.pointer(pointer).and_then(Value::as_object) else { continue };
        for file in files {
            let path = format!("{}/../shared/schemas/ocsf/{file}.json", env!("CARGO_MANIFEST_DIR"));
            let Ok(schema) = std::fs::read(path) else { return };
            let schema: Value = serde_json::from_slice(&schema).expect("JSON");
            for (name, attribute) in schema["attributes"].as_object().expect("attributes") {
                if attribute["requirement"] == "required" {
                    assert!(object.contains_key(name), "{pointer} has no {name}");
                }
                if attribute.get("@deprecated").is_none() {
                    known.insert(name.clone());
                }
            }
        }
        let strange: Vec<&String> = object.keys().filter(|key| !known.contains(*key)).collect();
        assert!(strange.is_empty(), "{pointer}: {strange:?}");
    }
}

#[test]
fn every_finding_is_an_event_and_says_whether_it_counts() {
    let report = everything();
    let events = written(&report);
    for finding in &report.findings {
        let found = of(&events, finding.status.name());
        let event = found.iter().find(|event| event["finding_info"]["uid"] == *finding.id);
        let event = event.expect("it is there");
        let (compliance, life) = match finding.status {
            Status::Violation => (3, 1),
            Status::Waived => (3, 3),
            Status::Indeterminate => (2, 1),
        };
        assert_eq!(event["compliance"]["status_id"], compliance);
        assert_eq!(event["status_id"], life);
        assert_eq!(event["resources"][0]["uid"], *finding.resource.id);
        assert_eq!(event["resources"][0]["owner"]["name"], *finding.accountable.name);
        assert_eq!(event["unmapped"]["facts"], serde_json::to_value(&finding.facts).unwrap());
        let seen = event["finding_info"].get("first_seen_time").and_then(Value::as_i64);
        assert_eq!(seen, finding.since.as_deref().and_then(crate::report::outcome::millis));
    }
    let waived = of(&events, "waived");
    let said = text_at(waived[0], "/compliance/status_details/0");
    assert!(said.contains("ex-1") && said.contains("e-17") && said.contains("GRC-12"), "{said}");
    assert_eq!(waived[0]["unmapped"]["exception"]["ticket"], "GRC-12");
}

#[test]
fn only_a_complete_check_passes() {
    let mut clean = report(Vec::new());
    clean.rules.push(RuleResult { id: "on".into(), enabled: true, ..clean.rules[0].clone() });
    clean.rules.push(RuleResult { id: "idle".into(), asked: 0, ..clean.rules[1].clone() });
    let status = |events: &[Value]| -> Vec<u64> {
        events.iter().map(|event| event["compliance"]["status_id"].as_u64().unwrap()).collect()
    };
    // The check, and the rules: off, on, idle.
    assert_eq!(status(&written(&clean)), [1, 2, 1, 2]);
    clean.incomplete.push("the source hr is truncated".into());
    let events = written(&clean);
    assert_eq!(status(&events), [2, 2, 2, 2]);
    assert_eq!(events[0]["compliance"]["status_details"][0], "the source hr is truncated");
    clean.incomplete.clear();
    clean.verdict = Verdict::Incomplete;
    assert_eq!(status(&written(&clean)), [2, 2, 2, 2]);
}

#[test]
fn what_the_baseline_alone_has_is_closed_only_if_all_was_seen() {
    let mut report = everything();
    let closed = |report: &Report| {
        let events = written(report);
        let event = of(&events, "resolved")[0].clone();
        (event["activity_id"].as_u64(), event["compliance"]["status_id"].as_u64())
    };
    assert_eq!(closed(&report), (Some(2), Some(2)));
    report.incomplete.clear();
    assert_eq!(closed(&report), (Some(3), Some(1)));
    report.rules.iter_mut().for_each(|rule| rule.enabled = false);
    assert_eq!(closed(&report), (Some(2), Some(2)));
}

#[test]
fn hostile_text_is_escaped() {
    let plain = written(&everything()).len();
    for text in [HOSTILE, "\0\u{7f}\u{9b}", "\u{202e}\u{2028}"] {
        let events = written(&with_text_everywhere(text));
        assert_eq!(events.len(), plain);
        let all = Value::Array(events).to_string();
        assert!(!all.contains(['\u{1b}', '\u{202e}', '\u{2028}', '\u{9b}', '\u{7f}']));
        assert!(!all.contains("\\u00"), "no control character, escaped or not");
    }
}
