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

mod size;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a consumer takes: results in a run, runs in a file, and bytes of the file when it has been
/// compressed.
struct Limits {
    results: usize,
    runs: usize,
    bytes: usize,
}

const GITHUB: Limits = Limits { results: 25_000, runs: 20, bytes: 10_000_000 };

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
    let all = findings.len();
    findings.truncate(limits.results.saturating_mul(limits.runs));

    let named: BTreeSet<&str> = findings.iter().filter_map(head).map(|head| head.rule).collect();
    let rules = report.rules.iter().filter(|rule| rule.enabled || named.contains(rule.id.as_str()));
    let rules: Vec<&RuleResult> = rules.collect();
    let places: BTreeMap<&str, i64> = rules.iter().map(|rule| rule.id.as_str()).zip(0..).collect();
    let tool = json!({ "driver": {
        "name": report.tool.name,
        "version": report.tool.version,
        "rules": rules.iter().map(|rule| descriptor(rule, report)).collect::<Vec<_>>(),
    }});
    let to_text = |finding: &Finding, text: &mut Vec<u8>| -> io::Result<()> {
        let place = places.get(finding.rule.as_str()).copied();
        Ok(serde_json::to_writer(text, &result(finding, place))?)
    };
    let runs = findings.len().div_ceil(limits.results);
    let overhead = size::compressed(tool.to_string().as_bytes())?.saturating_mul(runs);
    let fits = size::fitting(limits.bytes.saturating_sub(overhead), findings.len(), |sample| {
        let mut texts = Vec::new();
        for number in findings.get(sample).unwrap_or_default() {
            let finding = report.findings.finding(*number);
            finding.map_or(Ok(()), |finding| to_text(&finding, &mut texts))?;
        }
        Ok(texts)
    });
    findings.truncate(fits?);
    let invocations = json!([invocation(report, all - findings.len())]);
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
            to_text(finding, text)
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
        format!("{dropped} results of the least severity are left out: code scanning takes 500,000, and a file of 10 MB when it is compressed; JSON has them all")
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
mod tests;
