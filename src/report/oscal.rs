//! OSCAL assessment results, version 1.2.1: what an auditor's tools read.
//!
//! A rule is an objective of its controls, and a finding of OSCAL says whether it is satisfied. Each
//! finding of the report is an observation. An exception is a risk with a deviation: approved where
//! it is honoured. Only a rule that was asked in a complete check, and found nothing, is satisfied.
//! Ids that are no tokens are written as tokens, and properties have them as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::{Value, json};

use super::model::{ExceptionResult, Finding, InventoryFile, Report, RuleResult, Status, Thing};
use super::outcome::{Ids, by_rule, is_complete, reasons};
use super::sarif::uri;
use parts::Parts;
use text::{Tokens, instant, markup, string};

mod parts;
#[cfg(test)]
mod tests;
mod text;

const VERSION: &str = "1.2.1";

/// Whose words the properties are.
const NAMESPACE: &str = "urn:nhi-policy:oscal";

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let parts = Parts::of(report)?;
    let head = json!({
        "uuid": parts.ids.here("document", ""),
        "metadata": metadata(report),
        "import-ap": { "href": format!("#{}", parts.ids.here("resource", "plan")) },
    });
    writeln!(out, "{{\"assessment-results\": {{")?;
    members(&head, out)?;
    let objectives: Vec<Value> =
        report.rules.iter().filter_map(|rule| parts.objective(rule)).collect();
    if !objectives.is_empty() {
        write!(out, "\"local-definitions\": ")?;
        list("{\"objectives-and-methods\"", objectives.into_iter(), out)?;
        writeln!(out, "}},")?;
    }
    writeln!(out, "\"results\": [{{")?;
    result(&parts, out)?;
    write!(out, "}}],\n\"back-matter\": ")?;
    list("{\"resources\"", resources(&parts).into_iter(), out)?;
    writeln!(out, "}}\n}}}}")
}

/// A list as a member, one value a line.
fn list(name: &str, values: impl Iterator<Item = Value>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{name}: [")?;
    for (at, value) in values.enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &value)?;
    }
    write!(out, "\n]")
}

/// The members of an object, each followed by a comma.
fn members(object: &Value, out: &mut dyn Write) -> io::Result<()> {
    for (key, value) in object.as_object().into_iter().flatten() {
        writeln!(out, "\"{key}\": {value},")?;
    }
    Ok(())
}

fn metadata(report: &Report) -> Value {
    json!({
        "title": "Assessment of an identity inventory",
        "last-modified": instant([report.run_at.as_str()]),
        "version": string(&report.run_at),
        "oscal-version": VERSION,
        "props": [property("tool", &format!("{} {}", report.tool.name, report.tool.version))],
    })
}

/// Gives an object one more member.
fn set(object: &mut Value, key: &str, to: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.into(), to.into());
    }
}

/// One property in our words.
fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "ns": NAMESPACE, "value": string(value) })
}

fn result(parts: &Parts<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = parts.report;
    let (as_of, run_at) = (report.as_of.value.as_str(), report.run_at.as_str());
    let (from, to) = (instant([as_of, run_at]), instant([run_at, as_of]));
    let mut props = vec![
        property("verdict", report.verdict.name()),
        property("complete", if is_complete(report) { "true" } else { "false" }),
        property("fail-on", report.fail_on.name()),
        property("policies-sha256", &report.policies.sha256),
    ];
    props.extend(reasons(report).iter().map(|reason| property("incomplete", reason)));
    for (name, parameter) in &report.parameters {
        let value = parameter.value.as_deref().unwrap_or("(not set)");
        props.push(property("parameter", &format!("{name} = {value} ({})", parameter.origin)));
    }
    for (kind, count) in &report.population {
        props.push(property("population", &format!("{kind}: {count}")));
    }
    if let Some(baseline) = &report.baseline {
        for (name, count) in [
            ("baseline-new", baseline.new),
            ("baseline-known", baseline.known),
            ("baseline-resolved", baseline.resolved.len() as u64),
        ] {
            props.push(property(name, &count.to_string()));
        }
    }
    let said = if is_complete(report) {
        format!("Every rule that is on was judged. The verdict is {}.", report.verdict.name())
    } else {
        let reasons: Vec<String> = reasons(report).iter().map(|reason| markup(reason)).collect();
        format!(
            "THE CHECK IS INCOMPLETE ({}), so nothing is satisfied. The verdict is {}.",
            reasons.join("; "),
            report.verdict.name()
        )
    };
    members(
        &json!({
            "uuid": parts.ids.here("result", ""),
            "title": "Lifecycle rules asked of the inventory",
            "description": said,
            "start": from.clone().min(to.clone()),
            "end": from.max(to),
            "props": props,
            "reviewed-controls": reviewed(parts),
        }),
        out,
    )?;
    writeln!(out, "\"local-definitions\": {{")?;
    list("\"components\"", std::iter::once(parts.tool()), out)?;
    let things: BTreeSet<&Thing> = report
        .findings
        .iter()
        .flat_map(|finding| [&finding.resource, &finding.principal])
        .chain(report.exceptions.iter().map(|exception| &exception.resource))
        .collect();
    if !things.is_empty() {
        out.write_all(b",\n")?;
        list("\"inventory-items\"", things.into_iter().map(parts::item), out)?;
    }
    write!(out, "}}")?;
    if !report.findings.is_empty() {
        let observations = report.findings.iter().map(|finding| parts.observation(finding));
        list(",\n\"observations\"", observations, out)?;
    }
    if !report.exceptions.is_empty() {
        let mut waived: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in report.findings.iter().filter(|finding| finding.status == Status::Waived) {
            waived.entry(finding.exception.as_deref().unwrap_or("")).or_default().push(finding);
        }
        let risk =
            |exception: &ExceptionResult| parts.risk(exception, waived.get(exception.id.as_str()));
        list(",\n\"risks\"", report.exceptions.iter().map(risk), out)?;
    }
    findings(parts, out)
}

/// One for each rule. Of a rule with many findings, they are written one by one.
fn findings(parts: &Parts<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found = by_rule(parts.report);
    let mut first = true;
    for rule in &parts.report.rules {
        let findings = found.get(rule.id.as_str()).map_or(&[][..], Vec::as_slice);
        // What was not assessed has no finding.
        if !rule.enabled && findings.is_empty() {
            continue;
        }
        write!(out, "{}\n{{", if first { ",\n\"findings\": [" } else { "," })?;
        first = false;
        if !findings.is_empty() {
            let observation = |finding: &&Finding| json!({ "observation-uuid": parts.ids.here("observation", &finding.id) });
            list("\"related-observations\"", findings.iter().map(observation), out)?;
            out.write_all(b",\n")?;
        }
        let finding = parts.finding(rule, findings).to_string();
        // Without the brace that began above.
        out.write_all(finding.trim_start_matches('{').as_bytes())?;
    }
    if first { Ok(()) } else { out.write_all(b"\n]") }
}

fn reviewed(parts: &Parts<'_>) -> Value {
    let on = || parts.report.rules.iter().filter(|rule| rule.enabled);
    let mut controls: BTreeMap<String, Value> = BTreeMap::new();
    for id in on().flat_map(|rule| &rule.controls) {
        let token = parts.controls.get(id);
        let mut prop = property("control", id);
        if let Some(known) = parts.known.get(id.as_str()) {
            let about = [&known.framework, &known.title].into_iter().chain(&known.relation);
            let about: Vec<String> = about.map(|text| markup(text)).collect();
            set(&mut prop, "remarks", about.join("; "));
        }
        set(&mut prop, "class", token.as_str());
        controls.insert(token, prop);
    }
    let selection = if controls.is_empty() {
        json!({
            "description": "No control was reviewed: no rule that is on names one.",
            "include-controls": [{ "control-id": "_none" }],
        })
    } else {
        let ids = controls.keys().map(|id| json!({ "control-id": id }));
        json!({
            "props": controls.values().collect::<Vec<_>>(),
            "include-controls": ids.collect::<Vec<_>>(),
        })
    };
    let mut reviewed = json!({ "control-selections": [selection] });
    let objective = |rule: &RuleResult| json!({ "objective-id": parts.rules.get(&rule.id) });
    let asked: Vec<Value> = on().map(objective).collect();
    if !asked.is_empty() {
        set(
            &mut reviewed,
            "control-objective-selections",
            json!([{ "include-objectives": asked }]),
        );
    }
    let off: Vec<&str> = parts
        .report
        .rules
        .iter()
        .filter(|rule| !rule.enabled)
        .map(|rule| rule.id.as_str())
        .collect();
    if !off.is_empty() {
        set(&mut reviewed, "remarks", format!("Rules that are off: {}.", markup(&off.join(", "))));
    }
    reviewed
}

/// The plan that was followed, which is the rules, and the files that were read.
fn resources(parts: &Parts<'_>) -> Vec<Value> {
    let report = parts.report;
    let plan = json!({
        "uuid": parts.ids.here("resource", "plan"),
        "title": "The rules",
        "description": "There is no plan but the rules: each is asked of everything in its scope.",
        "props": [property("policies-sha256", &report.policies.sha256)],
    });
    let file = |file: &InventoryFile| {
        json!({
            "uuid": parts.file(&file.path),
            "title": markup(&file.path),
            "description": "A part of the inventory.",
            "props": [property("generated-at", &file.generated_at)],
            "rlinks": [{
                "href": uri(&file.path),
                "hashes": [{ "algorithm": "SHA-256", "value": string(&file.sha256) }],
            }],
        })
    };
    std::iter::once(plan).chain(report.inventory.iter().map(file)).collect()
}

impl<'a> Parts<'a> {
    fn of(report: &'a Report) -> io::Result<Self> {
        let rules = report.rules.iter().map(|rule| rule.id.as_str());
        let controls = report.rules.iter().flat_map(|rule| &rule.controls).map(String::as_str);
        Ok(Self {
            report,
            ids: Ids::of(report)?,
            rules: Tokens::of(rules),
            controls: Tokens::of(controls),
            known: report.controls.iter().map(|control| (control.id.as_str(), control)).collect(),
            files: report.inventory.iter().map(|file| file.path.as_str()).collect(),
        })
    }
}
