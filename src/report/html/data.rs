//! The lists of the page as JSON, written as they are read: nothing is copied.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use serde::Serialize;
use serde_json::ser::Serializer;

use super::text::InPage;
use crate::report::model::{FactValue, Finding, Location, Report, RuleResult, Thing};

/// How many findings' details are in one block: the script reads a block when one of them is opened.
pub(super) const BLOCK: usize = 200;

/// The blocks of JSON.
pub(super) struct Data<'a> {
    pub(super) report: &'a Report,
}

/// What the list shows of a finding, and what it is filtered by.
#[derive(Serialize)]
struct Row<'a>(
    &'a str,
    &'a str,
    &'a str,
    &'a str,
    Option<&'a str>,
    &'a str,
    [&'a str; 2],
    [&'a str; 2],
    Option<&'a str>,
    [&'a str; 3],
    Option<i64>,
);

impl<'a> Row<'a> {
    fn of(finding: &'a Finding) -> Self {
        let owner = &finding.accountable;
        Self(
            &finding.id,
            &finding.rule,
            finding.status.name(),
            finding.severity.name(),
            finding.mark.map(super::super::model::Mark::name),
            &finding.message,
            pair(&finding.principal),
            pair(&finding.resource),
            finding.system.as_deref(),
            [&owner.kind, &owner.id, &owner.name],
            finding.overdue_days,
        )
    }
}

fn pair(thing: &Thing) -> [&str; 2] {
    [&thing.kind, &thing.id]
}

/// What is seen of a finding once it is open.
#[derive(Serialize)]
struct Details<'a> {
    action: &'a str,
    since: Option<&'a str>,
    exception: Option<&'a str>,
    location: &'a Location,
    path: &'a [Thing],
    controls: &'a [String],
    facts: &'a BTreeMap<String, FactValue>,
}

impl<'a> Details<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            action: &finding.action,
            since: finding.since.as_deref(),
            exception: finding.exception.as_deref(),
            location: &finding.location,
            path: &finding.path,
            controls: &finding.controls,
            facts: &finding.facts,
        }
    }
}

/// What is the same for all findings of a rule.
#[derive(Serialize)]
struct Rule<'a> {
    id: &'a str,
    title: &'a str,
    rationale: &'a str,
    remediation: &'a str,
    controls: &'a [String],
}

impl<'a> Rule<'a> {
    fn of(rule: &'a RuleResult) -> Self {
        let RuleResult { id, title, rationale, remediation, controls, .. } = rule;
        Self { id, title, rationale, remediation, controls }
    }
}

impl fmt::Display for Data<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rules, controls, exceptions, baseline, findings, .. } = self.report;
        let resolved = baseline.as_ref().map_or(&[][..], |baseline| &baseline.resolved);
        block(to, "id=\"data-rules\"", rules.iter().map(Rule::of))?;
        block(to, "id=\"data-controls\"", controls)?;
        block(to, "id=\"data-exceptions\"", exceptions)?;
        block(to, "id=\"data-resolved\"", resolved)?;
        block(to, "id=\"data-findings\"", findings.iter().map(Row::of))?;
        findings
            .chunks(BLOCK)
            .try_for_each(|chunk| block(to, "class=\"details\"", chunk.iter().map(Details::of)))
    }
}

fn block<T: Serialize>(
    to: &mut fmt::Formatter<'_>,
    name: &str,
    list: impl IntoIterator<Item = T>,
) -> fmt::Result {
    write!(to, "<script type=\"application/json\" {name}>[")?;
    for (at, item) in list.into_iter().enumerate() {
        to.write_str(if at == 0 { "\n" } else { ",\n" })?;
        let mut json = Serializer::with_formatter(Bytes(to), InPage::default());
        item.serialize(&mut json).map_err(|_| fmt::Error)?;
    }
    to.write_str("\n]</script>\n")
}

/// Lets JSON, which is UTF-8, be written to where text is written.
struct Bytes<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl io::Write for Bytes<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
