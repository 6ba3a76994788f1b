//! A saved report is read back: one document, or JSON Lines.
//!
//! It is read strictly. What this version doesn't know, it would leave out of other formats, and a
//! report that is cut off would look cleaner than it was; so all that a report says of itself has to
//! agree with what it holds.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::model::{
    AsOf, BaselineResult, ControlSummary, Digest, ExceptionResult, Finding, InventoryFile,
    ParameterValue, Report, RevocationTimes, RuleResult, SourceSummary, Summary, Tool, VERSION,
    Verdict,
};
use crate::fault::{Fault, Faults, Text, quote};
use crate::inventory::field::check::without_place;
use crate::json;
use crate::load::files::{self, name_of};
use crate::policy::Severity;

mod sums;

pub use sums::wrong;

/// What to do about a text that is no report.
const HELP: &str = "name a report that `nhi-policy check -o json=FILE` or `-o jsonl=FILE` wrote; \
                    `nhi-policy schema report` shows the format";

/// Reads a report from a file, or from standard input.
///
/// # Errors
/// What can't be read, isn't a report of this version, is cut off, or doesn't add up.
pub fn read(path: &Path) -> Result<Report, Faults> {
    let contents = files::read(path).map_err(|fault| {
        let empty = fault.message.ends_with(" is empty");
        Fault { help: if empty { Some(HELP.to_owned()) } else { fault.help }, ..fault }
    })?;
    from_text(Text { name: &name_of(path), text: &contents.text })
}

/// Reads a report.
///
/// # Errors
/// What isn't a report of this version, is cut off, or doesn't add up.
pub fn from_text(source: Text<'_>) -> Result<Report, Faults> {
    let report = if is_lines(source.text) { lines(source)? } else { document(source)? };
    let wrong = sums::wrong(&report);
    let mut faults = Faults::default();
    for said in wrong {
        faults.push(Fault::new(
            format!("{} doesn't add up: {said}", quote(source.name)),
            "it is cut off, or was changed: let `nhi-policy check` write it again",
        ));
    }
    faults.into_result().map(|()| report)
}

/// Whether the first key is one of a line, which no document has.
fn is_lines(text: &str) -> bool {
    let Some(key) = text.trim_start().strip_prefix('{') else { return false };
    let key = key.trim_start();
    ["\"report\"", "\"rule\"", "\"finding\""].iter().any(|line| key.starts_with(line))
}

fn document(source: Text<'_>) -> Result<Report, Fault> {
    // A list of as many values would be read as one, by their order.
    let start = source.text.len() - source.text.trim_start().len();
    if !source.text.trim_start().starts_with('{') {
        let place = source.excerpt(start..start + 1, &[], String::new());
        return Err(Fault::new("this is no report: it doesn't begin with `{`", HELP).at(place));
    }
    let read = parse(source, 0, source.text);
    let peek = || serde_json::from_str::<Versioned<'_>>(source.text).ok();
    of_this_version(source, peek, read, |report: &Report| &report.version)
}

/// A version, whatever else there is.
#[derive(Deserialize)]
struct Versioned<'a> {
    #[serde(borrow)]
    version: Option<&'a RawValue>,
}

/// A line with a version in it, whatever else there is.
#[derive(Deserialize)]
struct VersionedLine<'a> {
    #[serde(borrow)]
    report: Option<Versioned<'a>>,
}

/// Says of another version's report that it is one, before anything of what follows from it.
fn of_this_version<'a, T>(
    source: Text<'a>,
    peek: impl FnOnce() -> Option<Versioned<'a>>,
    read: Result<T, Fault>,
    version: impl FnOnce(&T) -> &str,
) -> Result<T, Fault> {
    if read.as_ref().is_ok_and(|read| version(read) == VERSION) {
        return read;
    }
    let Some(found) = peek().and_then(|peek| peek.version) else { return read };
    if found.get() == format!("\"{VERSION}\"") {
        return read;
    }
    // The value is a part of the text, so its place is known.
    let at = (found.get().as_ptr() as usize).saturating_sub(source.text.as_ptr() as usize);
    let said =
        format!("a report of version {}: this program reads version {VERSION}", quote(found.get()));
    let place = source.excerpt(at..at + found.get().len(), &[], String::new());
    Err(Fault::new(said, "read it with the version of nhi-policy that wrote it").at(place))
}

/// All of a report but rules and findings, which have lines of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: String,
    tool: Tool,
    as_of: AsOf,
    run_at: String,
    verdict: Verdict,
    fail_on: Severity,
    incomplete: Vec<String>,
    inventory: Vec<InventoryFile>,
    sources: Vec<SourceSummary>,
    systems: Option<Vec<String>>,
    population: std::collections::BTreeMap<String, u64>,
    policies: Digest,
    parameters: std::collections::BTreeMap<String, ParameterValue>,
    controls: Vec<ControlSummary>,
    summary: Summary,
    exceptions: Vec<ExceptionResult>,
    revocation: RevocationTimes,
    baseline: Option<BaselineResult>,
}

impl Header {
    fn report(self) -> Report {
        Report {
            version: self.version.into(),
            tool: self.tool,
            as_of: self.as_of,
            run_at: self.run_at,
            verdict: self.verdict,
            fail_on: self.fail_on,
            incomplete: self.incomplete,
            inventory: self.inventory,
            sources: self.sources,
            systems: self.systems,
            population: self.population,
            policies: self.policies,
            parameters: self.parameters,
            controls: self.controls,
            rules: Vec::new(),
            summary: self.summary,
            exceptions: self.exceptions,
            revocation: self.revocation,
            baseline: self.baseline,
            findings: Vec::new(),
        }
    }
}

/// One line after the first.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Report(Box<Header>),
    Rule(Box<RuleResult>),
    Finding(Box<Finding>),
}

fn lines(source: Text<'_>) -> Result<Report, Fault> {
    let mut report: Option<Report> = None;
    let mut start = 0;
    for text in source.text.split_inclusive('\n') {
        let at = start;
        start += text.len();
        if text.trim().is_empty() {
            continue;
        }
        let peek = || serde_json::from_str::<VersionedLine<'_>>(text).ok()?.report;
        let line = of_this_version(source, peek, parse(source, at, text), |line| match line {
            Line::Report(header) => &header.version,
            _ => VERSION,
        })?;
        let place = |said: &str, help: &str| {
            Fault::new(said, help).at(source.excerpt(at..at + 1, &[], String::new()))
        };
        match (line, &mut report) {
            (Line::Report(header), None) => report = Some(header.report()),
            (Line::Report(_), Some(_)) => {
                return Err(place("a second report begins here", "give each a file of its own"));
            }
            (_, None) => {
                return Err(place("the report doesn't begin with its `report` line", HELP));
            }
            (Line::Rule(rule), Some(report)) => report.rules.push(*rule),
            (Line::Finding(finding), Some(report)) => report.findings.push(*finding),
        }
    }
    report.ok_or_else(|| Fault::new(format!("{} has no report", quote(source.name)), HELP))
}

/// Reads a part of a text, and says where it isn't what is wanted.
fn parse<T: DeserializeOwned>(source: Text<'_>, start: usize, part: &str) -> Result<T, Fault> {
    serde_json::from_str(part).map_err(|error| {
        let said = without_place(&error);
        let (said, help) = if error.is_eof() {
            (format!("the report ends too early: {said}"), "it is cut off: copy or write it again")
        } else if error.is_data() {
            (said, HELP)
        } else {
            (format!("this is not JSON: {said}"), HELP)
        };
        Fault::new(said, help).at(json::place(source, start, part, &error))
    })
}

#[cfg(test)]
mod tests;
