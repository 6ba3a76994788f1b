//! SARIF 2.1.0, as GitHub code scanning reads it (its documentation: "SARIF support for code
//! scanning", and the limits under "SARIF results exceed one or more limits").
//!
//! What an exception waives is left out, since suppressions are ignored there; a run without results
//! closes the alerts of the run before. Results are written one by one: there can be many.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::{Value, json};

use super::findings::{Findings, each};
use super::model::{Finding, Report, RuleResult, Status};
use crate::fault::printable;
use crate::policy::Severity;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a consumer takes: results in a run, and runs in a file.
struct Limits {
    results: usize,
    runs: usize,
}

const GITHUB: Limits = Limits { results: 25_000, runs: 20 };

/// How many tags of a rule are shown.
const TAGS: usize = 10;

/// How many characters a description may have.
const DESCRIPTION: usize = 1024;

/// Writes it.
pub(super) fn write<F: Findings>(report: &Report<F>, out: &mut dyn Write) -> io::Result<()> {
    within(&GITHUB, report, out)
}

fn within<F: Findings>(limits: &Limits, report: &Report<F>, out: &mut dyn Write) -> io::Result<()> {
    let head = |number: &usize| report.findings.head(*number);
    let shown = |number: &usize| head(number).is_some_and(|head| head.status != Status::Waived);
    let mut findings: Vec<usize> = (0..report.findings.count()).filter(shown).collect();
    findings.sort_by_key(|number| head(number).map(|head| Reverse(head.severity)));
    let dropped = findings.len().saturating_sub(limits.results.saturating_mul(limits.runs));
    findings.truncate(findings.len() - dropped);

    let named: BTreeSet<&str> = findings.iter().filter_map(head).map(|head| head.rule).collect();
    let rules = report.rules.iter().filter(|rule| rule.enabled || named.contains(rule.id.as_str()));
    let rules: Vec<&RuleResult> = rules.collect();
    let places: BTreeMap<&str, i64> = rules.iter().map(|rule| rule.id.as_str()).zip(0..).collect();
    let tool = json!({ "driver": {
        "name": report.tool.name,
        "version": report.tool.version,
        "rules": rules.iter().map(|rule| descriptor(rule, report)).collect::<Vec<_>>(),
    }});
    let invocations = json!([invocation(report, dropped)]);
    let properties = json!({
        "verdict": report.verdict,
        "failOn": report.fail_on,
        "asOf": report.as_of,
        "policies": report.policies,
    });

    write!(out, "{{\n\"version\": \"2.1.0\",\n\"$schema\": \"{SCHEMA}\",\n\"runs\": [")?;
    let mut chunks: Vec<&[usize]> = findings.chunks(limits.results).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    for (number, chunk) in (1..).zip(chunks) {
        // A category ends at the last slash, and no two runs may have the same.
        let category = if number == 1 { String::new() } else { format!("{number}/") };
        let comma = if number == 1 { "" } else { "," };
        write!(out, "{comma}\n{{\n\"tool\": {tool},\n\"invocations\": {invocations},\n")?;
        writeln!(out, "\"automationDetails\": {{\"id\": \"nhi-policy/{category}\"}},")?;
        write!(out, "\"columnKind\": \"unicodeCodePoints\",\n\"properties\": {properties},\n")?;
        write!(out, "\"results\": [")?;
        each(&report.findings, chunk, out, |at, finding, text| {
            text.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
            let place = places.get(finding.rule.as_str()).copied();
            serde_json::to_writer(&mut *text, &result(finding, place))?;
            Ok(())
        })?;
        write!(out, "\n]\n}}")?;
    }
    write!(out, "\n]\n}}\n")
}

fn descriptor<F>(rule: &RuleResult, report: &Report<F>) -> Value {
    let weight = weight(rule.severity);
    let tags: Vec<Cow<str>> = std::iter::once("security".into())
        .chain(rule.controls.iter().map(|control| printable(control).into()))
        .take(TAGS)
        .collect();
    json!({
        "id": rule.id,
        "name": pascal(&rule.id),
        "shortDescription": { "text": cut(&message(&rule.title), DESCRIPTION) },
        "fullDescription": { "text": cut(&message(why(rule)), DESCRIPTION) },
        "help": {
            "text": help(rule, report, "", message),
            "markdown": help(rule, report, "## ", markdown),
        },
        "defaultConfiguration": { "level": weight.level },
        "properties": {
            "tags": tags,
            "security-severity": weight.score,
            "problem.severity": weight.problem,
        },
    })
}

fn why(rule: &RuleResult) -> &str {
    if rule.rationale.is_empty() { &rule.title } else { &rule.rationale }
}

fn help<F>(
    rule: &RuleResult,
    report: &Report<F>,
    mark: &str,
    escape: fn(&str) -> String,
) -> String {
    let (why, remediation) = (escape(why(rule)), escape(&rule.remediation));
    let control = |id: &String| {
        let known = report.controls.iter().find(|control| control.id == *id);
        let said = known.map_or(String::new(), |control| {
            let relation = control.relation.iter().map(String::as_str);
            let about: Vec<&str> =
                std::iter::once(control.framework.as_str()).chain(relation).collect();
            format!(": {} ({})", control.title, about.join("; "))
        });
        format!("- {}{}", escape(id), escape(&said))
    };
    let controls: Vec<String> = rule.controls.iter().map(control).collect();
    let controls = controls.join("\n");
    format!("{why}\n\n{mark}Remediation\n\n{remediation}\n\n{mark}Controls\n\n{controls}")
}

/// When it ran, and why the results may not be all.
fn invocation<F>(report: &Report<F>, dropped: usize) -> Value {
    let dropped = (dropped > 0).then(|| {
        format!("{dropped} results of the least severity are left out: the format takes no more; JSON has them all")
    });
    let reasons = report.incomplete.iter().cloned().chain(dropped);
    let notification =
        |reason: String| json!({ "level": "warning", "message": { "text": message(&reason) } });
    json!({
        "executionSuccessful": true,
        "startTimeUtc": report.run_at,
        "endTimeUtc": report.run_at,
        "toolExecutionNotifications": reasons.map(notification).collect::<Vec<_>>(),
    })
}

fn result(finding: &Finding, rule: Option<i64>) -> Value {
    let (place, weight) = (&finding.location, weight(finding.severity));
    let (line, column) = (place.line.max(1), place.column.max(1));
    let said = message(&finding.message);
    // Of a result that isn't a failure, only the level `none` would be valid, and consumers drop it.
    let (level, said) = match finding.status {
        Status::Indeterminate => {
            ("warning", format!("Not judged, so neither violated nor in order: {said}"))
        }
        _ => (weight.level, said),
    };
    json!({
        "ruleId": finding.rule,
        // -1 is SARIF's "unknown".
        "ruleIndex": rule.unwrap_or(-1),
        "level": level,
        "rank": weight.rank,
        "message": { "text": said },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&place.file) },
                "region": {
                    "startLine": line,
                    "startColumn": column,
                    "endLine": line,
                    "endColumn": column.saturating_add(1),
                },
            },
            "logicalLocations": [{ "fullyQualifiedName": printable(&place.pointer) }],
        }],
        "partialFingerprints": { "primaryLocationLineHash": format!("{}:1", finding.id) },
        "properties": {
            "status": finding.status,
            "severity": finding.severity,
            "security-severity": weight.score,
            "accountable": printable(&finding.accountable.name),
            "since": finding.since,
            "overdueDays": finding.overdue_days,
        },
    })
}

/// How bad something is, in the words of the format and its consumers.
struct Weight {
    level: &'static str,
    problem: &'static str,
    /// As GitHub reads it: over 9.0 is critical, from 7.0 high, from 4.0 medium.
    score: &'static str,
    /// The same out of a hundred.
    rank: f64,
}

fn weight(severity: Severity) -> Weight {
    let (level, problem, score, rank) = match severity {
        Severity::Critical => ("error", "error", "9.5", 95.0),
        Severity::High => ("error", "error", "8.0", 80.0),
        Severity::Medium => ("warning", "warning", "5.5", 55.0),
        Severity::Low => ("note", "recommendation", "2.0", 20.0),
    };
    Weight { level, problem, score, rank }
}

/// Plain text as a message string: braces are doubled (SARIF 3.11.5), and brackets, which could make
/// a name a link (3.11.6), are escaped, with the backslashes before them. Other backslashes stand for
/// themselves, as in `DOMAIN\user`.
fn message(text: &str) -> String {
    let (mut out, mut backslashes) = (String::new(), 0);
    for c in printable(text).chars() {
        match c {
            '{' | '}' => out.push(c),
            '[' | ']' => out.extend(std::iter::repeat_n('\\', backslashes + 1)),
            _ => {}
        }
        out.push(c);
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
    }
    out
}

/// Plain text as Markdown, which may have code in backticks.
fn markdown(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '{' | '}' => out.push(c),
            '[' | ']' | '<' | '>' | '*' | '_' | '#' | '|' | '\\' => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

/// At most so many characters, and no half of an escape.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().count() <= most {
        return text.into();
    }
    let end = text.char_indices().nth(most - 1).map_or(text.len(), |(at, _)| at);
    let kept = text.get(..end).unwrap_or("").trim_end_matches(['\\', '{', '}']);
    format!("{kept}…").into()
}

/// `LeaverAccountLive` of `leaver-account-live`.
fn pascal(id: &str) -> String {
    let mut starts = true;
    let letter = |c: char| {
        let upper = std::mem::replace(&mut starts, !c.is_alphanumeric());
        c.is_alphanumeric().then(|| if upper { c.to_ascii_uppercase() } else { c })
    };
    id.chars().filter_map(letter).collect()
}

/// A path as a URI: relative where the path is.
pub(super) fn uri(path: &str) -> String {
    if path == "-" {
        return "stdin".into();
    }
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let path = path.strip_prefix("./").unwrap_or(&path);
    let drive = cfg!(windows) && path.chars().nth(1) == Some(':');
    let root = if drive { "file:///" } else { "" };
    let root = if path.starts_with('/') { "file://" } else { root };
    let encode = |(at, byte): (usize, u8)| match byte {
        b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).into(),
        b':' if drive && at == 1 => ":".into(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).into(),
        _ => format!("%{byte:02X}"),
    };
    std::iter::once(root.to_owned()).chain(path.bytes().enumerate().map(encode)).collect()
}

#[cfg(test)]
mod tests {
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
        let log = written(&Limits { results: 9, runs: 4 }, &mixed());
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
}
