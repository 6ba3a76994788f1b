//! The report as JSON: one document with a rule or finding on each line, or JSON Lines.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::findings::{Findings, each};
use super::model::{Finding, Report};
use crate::json::write;

/// One document.
pub(super) fn document<F: Findings>(report: &Report<F>, out: &mut dyn Write) -> io::Result<()> {
    let mut first = true;
    out.write_all(b"{")?;
    for (key, value) in header(report)? {
        let comma = if first { "" } else { "," };
        first = false;
        write!(out, "{comma}\n  {}: ", serde_json::to_string(&key)?)?;
        match (&value, key.as_str()) {
            // These are long: a line for each entry.
            (Value::Array(list), "controls" | "inventory" | "sources" | "exceptions") => {
                array(list, out)?;
            }
            (Value::Object(map), "parameters") => object(map, out)?,
            _ => write::compact(&mut *out, &value)?,
        }
    }
    out.write_all(b",\n  \"rules\": ")?;
    array(&report.rules, out)?;
    out.write_all(b",\n  \"findings\": ")?;
    findings(&report.findings, out)?;
    out.write_all(b"\n}\n")
}

/// A header line, then one line for each rule and each finding.
pub(super) fn lines<F: Findings>(report: &Report<F>, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |kind: &str, value: Value| {
        let line = Value::Object(Map::from_iter([(kind.to_owned(), value)]));
        write::compact(&mut *out, &line)?;
        out.write_all(b"\n")
    };
    line("report", Value::Object(header(report)?))?;
    for rule in &report.rules {
        line("rule", serde_json::to_value(rule)?)?;
    }
    let numbers: Vec<usize> = (0..report.findings.count()).collect();
    each(&report.findings, &numbers, out, |_, finding, text| {
        text.extend_from_slice(b"{\"finding\":");
        write::compact(&mut *text, finding)?;
        text.extend_from_slice(b"}\n");
        Ok(())
    })
}

/// The list of findings, an entry on each line.
fn findings(findings: &impl Findings, out: &mut dyn Write) -> io::Result<()> {
    let numbers: Vec<usize> = (0..findings.count()).collect();
    out.write_all(b"[")?;
    each(findings, &numbers, out, |at, finding: &Finding, text| {
        text.extend_from_slice(if at == 0 { b"\n    " } else { b",\n    " });
        write::compact(&mut *text, finding)?;
        Ok(())
    })?;
    out.write_all(if numbers.is_empty() { b"]" } else { b"\n  ]" })
}

/// Everything but rules and findings, which may be many.
fn header<F>(report: &Report<F>) -> io::Result<Map<String, Value>> {
    let header = json!({
        "version": report.version,
        "tool": report.tool,
        "as_of": report.as_of,
        "run_at": report.run_at,
        "verdict": report.verdict,
        "fail_on": report.fail_on,
        "incomplete": report.incomplete,
        "inventory": report.inventory,
        "sources": report.sources,
        "systems": report.systems,
        "population": report.population,
        "policies": report.policies,
        "parameters": report.parameters,
        "controls": report.controls,
        "summary": report.summary,
        "exceptions": report.exceptions,
        "revocation": report.revocation,
        "baseline": report.baseline,
    });
    match header {
        Value::Object(map) => Ok(map),
        _ => Err(io::Error::other("a report is an object")),
    }
}

/// A list with an entry on each line.
pub(crate) fn array<T: Serialize>(list: &[T], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (at, item) in list.iter().enumerate() {
        out.write_all(if at == 0 { b"\n    " } else { b",\n    " })?;
        write::compact(&mut *out, item)?;
    }
    out.write_all(if list.is_empty() { b"]" } else { b"\n  ]" })
}

fn object(map: &Map<String, Value>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{")?;
    for (at, (key, value)) in map.iter().enumerate() {
        out.write_all(if at == 0 { b"\n    " } else { b",\n    " })?;
        write::compact(&mut *out, key)?;
        out.write_all(b": ")?;
        write::compact(&mut *out, value)?;
    }
    out.write_all(if map.is_empty() { b"}" } else { b"\n  }" })
}
