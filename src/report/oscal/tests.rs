use super::text::token;
use super::*;
use crate::report::model::Verdict;
use crate::report::sample::{HOSTILE, everything, report, with_text_everywhere};

fn written(report: &Report) -> Value {
    let mut out = Vec::new();
    write(report, &mut out).expect("memory takes it");
    let value: Value = serde_json::from_slice(&out).expect("JSON");
    conforms(&value);
    references(&value);
    value
}

/// Holds it against the published schema, where that is at hand.
fn conforms(value: &Value) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/schemas/oscal/oscal_assessment-results_schema.json"
    );
    let Ok(schema) = std::fs::read(path) else { return };
    let schema = serde_json::from_slice(&schema).expect("JSON");
    let options = jsonschema::options().should_validate_formats(true);
    let schema = options.build(&schema).expect("a schema");
    let errors: Vec<_> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// What is referred to is there, once.
fn references(value: &Value) {
    fn walk<'a>(value: &'a Value, ids: &mut Vec<&'a str>, named: &mut Vec<&'a str>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| walk(value, ids, named)),
            Value::Object(map) => {
                for (key, value) in map {
                    match (key.as_str(), value.as_str()) {
                        ("uuid", Some(id)) => ids.push(id),
                        ("href", Some(href)) => named.extend(href.strip_prefix('#')),
                        (key, Some(id)) if key.ends_with("-uuid") => named.push(id),
                        _ => walk(value, ids, named),
                    }
                }
            }
            _ => {}
        }
    }
    let (mut ids, mut named) = (Vec::new(), Vec::new());
    walk(value, &mut ids, &mut named);
    let all: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(all.len(), ids.len(), "ids are unique");
    for id in named {
        assert!(all.contains(id), "{id} is nowhere");
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let list = value["assessment-results"]["results"][0].get(name).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn prop<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    let props = value["props"].as_array().expect("properties");
    props.iter().find(|prop| prop["name"] == name).and_then(|prop| prop["value"].as_str())
}

fn states(value: &Value) -> Vec<(&str, &str)> {
    list(value, "findings")
        .iter()
        .map(|finding| {
            let status = &finding["target"]["status"];
            (status["state"].as_str().expect("a state"), status["reason"].as_str().expect("why"))
        })
        .collect()
}

#[test]
fn every_finding_is_observed_and_every_rule_that_is_on_has_a_state() {
    let report = everything();
    let value = written(&report);
    let observations = list(&value, "observations");
    assert_eq!(observations.len(), report.findings.len());
    for (observation, finding) in observations.iter().zip(&report.findings) {
        assert_eq!(prop(observation, "finding"), Some(finding.id.as_str()));
        assert_eq!(prop(observation, "status"), Some(finding.status.name()));
        assert_eq!(prop(observation, "severity"), Some(finding.severity.name()));
        assert_eq!(prop(observation, "exception"), finding.exception.as_deref());
        assert_eq!(observation["methods"], json!(["TEST"]));
        assert_eq!(observation["collected"], *report.as_of.value);
    }
    let findings = list(&value, "findings");
    let related: usize = findings
        .iter()
        .map(|finding| finding["related-observations"].as_array().unwrap().len())
        .sum();
    assert_eq!((findings.len(), related), (3, report.findings.len()));
    assert_eq!(states(&value), [("not-satisfied", "fail"); 3]);
    let risks: Vec<_> = list(&value, "risks").iter().map(|risk| risk["status"].as_str()).collect();
    assert_eq!(risks[0], Some("deviation-approved"));
    assert_eq!(risks[1..], [Some("deviation-requested"); 3]);
    let first = &list(&value, "risks")[0];
    assert_eq!(first["deadline"], "2026-04-01T00:00:00Z");
    assert_eq!(first["related-observations"].as_array().unwrap().len(), 1);
}

#[test]
fn only_what_was_asked_in_a_complete_check_is_satisfied() {
    let mut clean = report(Vec::new());
    // Nothing was on: a document nevertheless.
    assert!(states(&written(&clean)).is_empty());
    clean.rules.push(RuleResult { id: "on".into(), enabled: true, ..clean.rules[0].clone() });
    clean.rules.push(RuleResult { id: "idle".into(), asked: 0, ..clean.rules[1].clone() });
    let (pass, other) = (("satisfied", "pass"), ("not-satisfied", "other"));
    assert_eq!(states(&written(&clean)), [pass, other]);
    clean.incomplete.push("the source hr is truncated".into());
    let value = written(&clean);
    assert_eq!(states(&value), [other, other]);
    let said = value["assessment-results"]["results"][0]["description"].as_str().unwrap();
    assert!(said.contains("INCOMPLETE (the source hr is truncated)"), "{said}");
    clean.incomplete.clear();
    clean.verdict = Verdict::Incomplete;
    assert_eq!(states(&written(&clean)), [other, other]);
    clean.rules.clear();
    written(&clean);
}

#[test]
fn hostile_text_is_in_its_type_and_no_markup() {
    for text in [HOSTILE, "\0\u{202e}", "<script>{{ insert: x }}</script>", " ", "\n- [a](b)"] {
        let report = with_text_everywhere(text);
        let value = written(&report);
        assert_eq!(list(&value, "observations").len(), report.findings.len());
        let all = value.to_string();
        assert!(!all.contains(['\u{1b}', '\u{202e}', '\0']));
        let described = list(&value, "observations")[0]["description"].as_str().unwrap();
        let bare = described.replace("\\\\", "").replace("\\[", "").replace("\\<", "");
        assert!(!bare.contains(['[', '<']) && !described.contains("{{"), "{described}");
    }
}

#[test]
fn ids_become_tokens_and_stay_apart() {
    assert_eq!(token("NHI1:2025"), "NHI1_2025");
    assert_eq!(token("8.2.5"), "_8.2.5");
    let tokens = Tokens::of(["a:b", "a_b", "a b", "a.b"].into_iter());
    let all = ["a:b", "a_b", "a b", "a.b"].map(|id| tokens.get(id));
    assert_eq!(all, ["a_b_3", "a_b", "a_b_2", "a.b"]);
    let value = written(&everything());
    let selection = "/assessment-results/results/0/reviewed-controls/control-selections/0";
    assert_eq!(prop(value.pointer(selection).unwrap(), "control"), Some("NHI-03"));
}

#[test]
fn times_that_the_format_cannot_say_are_replaced() {
    assert_eq!(
        instant(["0001-01-01T00:00:00Z", "2026-01-01T00:00:00+05:20"]),
        "2025-12-31T18:40:00Z"
    );
    assert_eq!(instant(["?"]), "1970-01-01T00:00:00Z");
}
