//! What a finding says, for people.

use std::io;

use super::page::{Page, Paint};
use crate::fault::printable;
use crate::policy::Severity;
use crate::report::findings::Findings;
use crate::report::model::{FactValue, Finding, RuleResult, Status, Thing};

/// How many members of a set are shown.
const MEMBERS: usize = 5;

/// How many characters of a text fact are shown.
const CHARACTERS: usize = 100;

/// Findings of one rule and one severity that are all violations or all indeterminate.
pub(super) struct Group<'a, F> {
    /// The findings of the report.
    pub all: &'a F,
    pub severity: Severity,
    pub rule: &'a str,
    /// What is known of the rule.
    pub result: Option<&'a RuleResult>,
    /// Their numbers, in the order of the report; there is at least one.
    pub findings: Vec<usize>,
}

/// How a severity looks.
pub(crate) fn paint(severity: Severity) -> Paint {
    match severity {
        Severity::Critical => Paint::Worst,
        Severity::High => Paint::Red,
        Severity::Medium => Paint::Yellow,
        Severity::Low => Paint::Cyan,
    }
}

impl<F: Findings> Group<'_, F> {
    /// Every finding with all that is known of it.
    pub(super) fn whole(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.head(page)?;
        let controls = self.result.map(|rule| &rule.controls);
        if let Some(controls) = controls.filter(|controls| !controls.is_empty()) {
            page.pieces("  controls     ", names(controls), usize::MAX)?;
        }
        for finding in self.findings.iter().filter_map(|number| self.all.finding(*number)) {
            page.blank()?;
            whole(&finding, controls.is_none_or(|controls| *controls != finding.controls), page)?;
        }
        Ok(())
    }

    /// The worst few in brief, and how many more there are.
    pub(super) fn brief(&self, most: usize, page: &mut Page<'_>) -> io::Result<()> {
        self.head(page)?;
        let mut worst = self.findings.clone();
        worst.sort_by_cached_key(|number| std::cmp::Reverse(self.all.overdue_days(*number)));
        for finding in worst.iter().take(most).filter_map(|number| self.all.finding(*number)) {
            brief(&finding, page)?;
        }
        match worst.len().saturating_sub(most) {
            0 => Ok(()),
            more => page.line(Paint::Plain, &format!("  and {more} more")),
        }
    }

    fn head(&self, page: &mut Page<'_>) -> io::Result<()> {
        let Self { all, severity, rule, result, findings } = self;
        let first = findings.first().and_then(|number| all.finding(*number));
        let first = first.as_deref();
        let judged = first.is_none_or(|finding| finding.status != Status::Indeterminate);
        let title = printable(first.map_or("", |finding| &finding.title));
        let rule = printable(rule);
        let (severity_name, heading) = (severity.name(), format!("[{rule}]: {title}"));
        let count = findings.len() as u64;
        if !judged {
            let count = counted(count, "question");
            let end = format!("({count}; {severity_name} if so)");
            return page.heading((Paint::Bold, "indeterminate"), &heading, &end);
        }
        let count = counted(count, "violation");
        page.heading((paint(*severity), severity_name), &heading, &format!("({count})"))?;
        match result {
            Some(rule) if !rule.remediation.is_empty() => {
                page.pieces("  remediation  ", [printable(&rule.remediation)], usize::MAX)
            }
            _ => Ok(()),
        }
    }
}

fn whole(finding: &Finding, with_controls: bool, page: &mut Page<'_>) -> io::Result<()> {
    page.pieces("  ", [printable(&finding.message)], usize::MAX)?;
    let mut row = |label: &str, pieces: Vec<String>| {
        if pieces.is_empty() {
            Ok(())
        } else {
            page.pieces(&format!("    {label:<13}"), pieces, usize::MAX)
        }
    };
    row("at", vec![place(finding)])?;
    row("since", listed(times(finding, "", usize::MAX)))?;
    let party = &finding.accountable;
    let mut accountable = vec![printable(&party.name)];
    if party.kind != "Role" && party.id != party.name {
        accountable.push(format!("({} {})", printable(&party.kind), word(&party.id)));
    }
    row("accountable", accountable)?;
    let arrows = std::iter::once("").chain(std::iter::repeat("-> "));
    let path = arrows.zip(&finding.path).map(|(arrow, step)| arrow.to_owned() + &thing(step));
    row("path", path.collect())?;
    let mut facts: Vec<String> = Vec::new();
    for (path, value) in &finding.facts {
        if let Some(last) = facts.last_mut() {
            last.push(',');
        }
        facts.extend(fact(path, value));
    }
    row("facts", facts)?;
    if with_controls {
        row("controls", names(&finding.controls))?;
    }
    row("id", vec![printable(&finding.id)])
}

fn brief(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    page.pieces("  - ", [printable(&finding.message)], 2)?;
    let mut details = vec![place(finding)];
    // The day is enough here.
    details.extend(times(finding, "since ", 10));
    details.push(printable(&finding.accountable.name));
    details.push(format!("id {}", printable(&finding.id)));
    page.pieces("    ", listed(details), 3)
}

/// As editors and terminals take it.
fn place(finding: &Finding) -> String {
    let location = &finding.location;
    format!("{}:{}:{}", printable(&location.file), location.line, location.column)
}

/// Since when, in so many characters, and for how long too long.
fn times(finding: &Finding, prefix: &str, characters: usize) -> Vec<String> {
    let since = finding.since.iter().map(|since| since.chars().take(characters).collect());
    let overdue = finding.overdue_days.filter(|days| *days > 0);
    let overdue = overdue.map(|days| format!("{} overdue", counted(days, "day")));
    since.map(|since: String| prefix.to_owned() + &printable(&since)).chain(overdue).collect()
}

fn thing(thing: &Thing) -> String {
    format!("{} {}", printable(&thing.kind), word(&thing.id))
}

/// A fact in pieces: a set can be long.
fn fact(path: &str, value: &FactValue) -> Vec<String> {
    let (path, one) = (printable(path), |value: String| vec![value]);
    let mut pieces = match value {
        FactValue::Missing(()) => one("(missing)".into()),
        FactValue::Bool(value) => one(value.to_string()),
        FactValue::Number(value) => one(value.to_string()),
        FactValue::Text(text) => one(word(text)),
        FactValue::Thing(value) => one(thing(value)),
        FactValue::Texts(texts) => set(texts, |text| word(text)),
        FactValue::Things(things) => set(things, thing),
    };
    if let Some(first) = pieces.first_mut() {
        *first = format!("{path} = {first}");
    }
    pieces
}

fn set<T>(members: &[T], show: impl Fn(&T) -> String) -> Vec<String> {
    let more = members.len().saturating_sub(MEMBERS);
    let more = (more > 0).then(|| format!("and {more} more"));
    let mut pieces = listed(members.iter().take(MEMBERS).map(show).chain(more));
    let Some(first) = pieces.first_mut() else { return vec!["{}".into()] };
    first.insert(0, '{');
    if let Some(last) = pieces.last_mut() {
        last.push('}');
    }
    pieces
}

/// A name or a text, in quotes where it could be taken for more than one.
fn word(text: &str) -> String {
    let mut shown: String = text.chars().take(CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let shown = printable(&shown);
    let ambiguous = |c: char| c.is_whitespace() || "\",=<>(){}".contains(c);
    if shown.is_empty() || shown.contains(ambiguous) {
        return format!("\"{}\"", shown.replace('"', "\\\""));
    }
    shown
}

/// Names with commas between them.
pub(super) fn names(names: &[String]) -> Vec<String> {
    listed(names.iter().map(|name| printable(name)))
}

/// Pieces with commas between them.
pub(crate) fn listed(pieces: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut pieces: Vec<String> = pieces.into_iter().collect();
    let commas = pieces.len().saturating_sub(1);
    pieces.iter_mut().take(commas).for_each(|piece| piece.push(','));
    pieces
}

/// `1 day`, `2 days`.
pub(crate) fn counted(count: impl Into<i128>, what: &str) -> String {
    let count = count.into();
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
