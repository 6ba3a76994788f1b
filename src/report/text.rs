//! The report for people: what to do first, why, where and by whom, and one verdict at the end.
//!
//! Few findings are shown whole; of many, the worst of each rule. Either way the end counts them all
//! and says how much was looked at, so that an empty report can't be taken for a clean one.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use finding::{Group, counted, listed};
use page::{Page, Paint, Row};

use super::Style;
use super::findings::{Findings, Head};
use super::model::{BaselineResult, ExceptionResult, ExceptionState, Report, Status, Verdict};
use crate::fault::printable;
use crate::policy::Severity;
use crate::policy::parameters::DEFAULT_ORIGIN;

pub(crate) mod finding;
pub(crate) mod page;
#[cfg(test)]
mod tests;

/// With more findings than this, only the worst of each rule are shown.
const MANY: usize = 200;

/// How many of each rule are shown then.
const WORST: usize = 3;

/// With more groups than this, it's the worst one of each.
const MANY_GROUPS: usize = 40;

/// Writes it.
pub(super) fn write<F: Findings>(
    report: &Report<F>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(out, style.width, style.color);
    let look = match report.verdict {
        Verdict::Pass => Paint::Green,
        Verdict::Fail => Paint::Worst,
        Verdict::Incomplete => Paint::Yellow,
    };
    if style.quiet {
        return page.line(look, &verdict(report));
    }
    let violations = groups(report, Status::Violation);
    let unknown = groups(report, Status::Indeterminate);
    findings(report, &violations, &unknown, &mut page)?;
    if style.statistics {
        statistics(report, &mut page)?;
    }
    if !violations.is_empty() || !unknown.is_empty() {
        table(&violations, &unknown, &mut page)?;
    }
    totals(report, &mut page)?;
    page.blank()?;
    page.text(look, &verdict(report), 2)
}

/// The findings of a status by severity, the worst first, and rule.
fn groups<F: Findings>(report: &Report<F>, status: Status) -> Vec<Group<'_, F>> {
    let mut groups: BTreeMap<(Reverse<Severity>, &str), Vec<usize>> = BTreeMap::new();
    for number in 0..report.findings.count() {
        if let Some(head) = report.findings.head(number).filter(|head| head.status == status) {
            groups.entry((Reverse(head.severity), head.rule)).or_default().push(number);
        }
    }
    let rules: BTreeMap<&str, _> =
        report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let group = |((Reverse(severity), rule), findings)| Group {
        all: &report.findings,
        severity,
        rule,
        result: rules.get(rule).copied(),
        findings,
    };
    groups.into_iter().map(group).collect()
}

fn findings<F: Findings>(
    report: &Report<F>,
    violations: &[Group<'_, F>],
    unknown: &[Group<'_, F>],
    page: &mut Page<'_>,
) -> io::Result<()> {
    let all: usize = violations.iter().chain(unknown).map(|group| group.findings.len()).sum();
    let most = if violations.len() + unknown.len() > MANY_GROUPS { 1 } else { WORST };
    let show = |group: &Group<'_, F>, page: &mut Page<'_>| {
        if all > MANY { group.brief(most, page) } else { group.whole(page) }?;
        page.blank()
    };
    if violations.is_empty() {
        let judged =
            if report.verdict == Verdict::Incomplete { " in what could be judged" } else { "" };
        page.text(Paint::Bold, &format!("No violations found{judged}."), 0)?;
        page.blank()?;
    }
    for group in violations {
        show(group, page)?;
    }
    if !unknown.is_empty() {
        page.line(Paint::Bold, "Could not be judged")?;
        page.text(
            Paint::Plain,
            "Whether these are violations is unknown: evaluating the rule failed.",
            0,
        )?;
        page.blank()?;
    }
    for group in unknown {
        show(group, page)?;
    }
    waived(report, page)?;
    if all > MANY {
        let hint = format!("These are the worst of {all} findings; all of them:");
        page.pieces("", hint.split(' ').chain(["-o json=FILE"]), usize::MAX)?;
    }
    if all > 0 {
        page.text(
            Paint::Plain,
            "Why a finding is there: nhi-policy explain ID INVENTORY, with the same options",
            0,
        )?;
        page.blank()?;
    }
    Ok(())
}

/// What exceptions waive, by rule.
fn waived<F: Findings>(report: &Report<F>, page: &mut Page<'_>) -> io::Result<()> {
    let groups = groups(report, Status::Waived);
    if groups.is_empty() {
        return Ok(());
    }
    page.line(Paint::Bold, "Waived by exceptions")?;
    for Group { severity, rule, findings, .. } in groups {
        let head = |number: &usize| report.findings.head(*number);
        let mut exceptions: Vec<&str> =
            findings.iter().filter_map(|number| head(number)?.exception).collect();
        exceptions.sort_unstable();
        exceptions.dedup();
        let head = format!(
            "{}[{}]: {}",
            severity.name(),
            printable(rule),
            counted(findings.len() as u64, "violation")
        );
        let by = exceptions.iter().take(WORST).map(|id| printable(id));
        let more = exceptions.len().saturating_sub(WORST);
        let more = (more > 0).then(|| format!("and {more} more"));
        page.pieces("  ", listed(std::iter::once(head).chain(by).chain(more)), usize::MAX)?;
    }
    page.blank()
}

fn table<F>(
    violations: &[Group<'_, F>],
    unknown: &[Group<'_, F>],
    page: &mut Page<'_>,
) -> io::Result<()> {
    let mut counts: BTreeMap<(Reverse<Severity>, &str), [usize; 2]> = BTreeMap::new();
    for group in violations {
        counts.entry((Reverse(group.severity), group.rule)).or_default()[0] += group.findings.len();
    }
    for group in unknown {
        counts.entry((Reverse(group.severity), group.rule)).or_default()[1] += group.findings.len();
    }
    let row = |((Reverse(severity), rule), [violations, unknown]): (
        (Reverse<Severity>, &str),
        [usize; 2],
    )| {
        let cells = [
            (printable(rule), Paint::Plain),
            (severity.name().to_owned(), finding::paint(severity)),
            (violations.to_string(), Paint::Plain),
            (unknown.to_string(), Paint::Plain),
        ];
        Row { cells, note: Vec::new() }
    };
    let rows: Vec<Row<4>> = counts.into_iter().map(row).collect();
    page.table(["rule", "severity", "violations", "indeterminate"], 2, &rows)?;
    page.blank()
}

/// What each rule was asked and what it missed.
fn statistics<F>(report: &Report<F>, page: &mut Page<'_>) -> io::Result<()> {
    let rows: Vec<Row<4>> = report
        .rules
        .iter()
        .map(|rule| {
            let missing = rule.missing.iter().filter(|(_, count)| **count > 0);
            let missing = missing.map(|(path, count)| format!("{} {count}", printable(path)));
            let mut note = listed(missing);
            if let Some(first) = note.first_mut() {
                *first = format!("missing: {first}");
            }
            let asked = if rule.enabled { rule.asked.to_string() } else { "off".into() };
            let numbers = [asked, rule.violations.to_string(), rule.indeterminate.to_string()];
            let [asked, violations, unknown] = numbers.map(|number| (number, Paint::Plain));
            Row { cells: [(printable(&rule.id), Paint::Plain), asked, violations, unknown], note }
        })
        .collect();
    page.table(["rule", "asked", "violations", "indeterminate"], 1, &rows)?;
    page.blank()
}

/// How much was found and looked at, as of when, and what that leaves out.
fn totals<F: Findings>(report: &Report<F>, page: &mut Page<'_>) -> io::Result<()> {
    let mut row =
        |label: &str, pieces: Vec<String>| page.pieces(&format!("{label:<12}"), pieces, usize::MAX);
    let found = severities(report);
    row("violations", if found.is_empty() { vec!["none".into()] } else { listed(found) })?;
    for (label, status) in [("not judged", Status::Indeterminate), ("waived", Status::Waived)] {
        match count(report, status) {
            0 => {}
            some => row(label, vec![some.to_string()])?,
        }
    }
    let states = [
        ExceptionState::Active,
        ExceptionState::Expired,
        ExceptionState::Refused,
        ExceptionState::Unused,
    ];
    let exceptions = states.into_iter().map(|state| {
        let is = |exception: &&ExceptionResult| exception.state == state;
        (report.exceptions.iter().filter(is).count(), state.name())
    });
    let exceptions: Vec<String> = exceptions
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if !exceptions.is_empty() {
        row("exceptions", listed(exceptions))?;
    }
    if let Some(baseline) = &report.baseline {
        let BaselineResult { path, known, new, resolved, .. } = baseline;
        let counts = [(*known, "known"), (*new, "new"), (resolved.len() as u64, "resolved")];
        let counts = listed(counts.map(|(count, name)| format!("{count} {name}")));
        let from = format!("(by {})", printable(path));
        row("baseline", counts.into_iter().chain([from]).collect())?;
    }
    let population = report.population.iter().filter(|(_, count)| **count > 0);
    let population: Vec<String> =
        population.map(|(kind, count)| format!("{} {count}", printable(kind))).collect();
    row(
        "looked at",
        if population.is_empty() { vec!["nothing".into()] } else { listed(population) },
    )?;
    let (on, off): (Vec<_>, Vec<_>) = report.rules.iter().partition(|rule| rule.enabled);
    let asked: u64 = on.iter().map(|rule| rule.asked).sum();
    let rules = counted(on.len() as u64, "rule");
    let mut asked = vec![format!("{} in {rules}", counted(asked, "question"))];
    if !off.is_empty() {
        asked.push(format!("({} off)", off.len()));
    }
    row("asked", asked)?;
    // Those that nobody changed stand in the JSON report.
    let changed =
        report.parameters.iter().filter(|(_, parameter)| parameter.origin != DEFAULT_ORIGIN);
    let labels = std::iter::once("parameters").chain(std::iter::repeat(""));
    for (label, (name, parameter)) in labels.zip(changed) {
        let value = parameter.value.as_deref().unwrap_or("not set");
        let text = format!("{name} = {value} (from {})", parameter.origin);
        row(label, vec![printable(&text)])?;
    }
    row(
        "as of",
        vec![printable(&report.as_of.value), format!("(from {})", printable(&report.as_of.origin))],
    )?;
    row("run at", vec![printable(&report.run_at)])?;
    let labels = std::iter::once("incomplete").chain(std::iter::repeat(""));
    for (label, reason) in labels.zip(&report.incomplete) {
        row(label, vec![printable(reason)])?;
    }
    Ok(())
}

fn count<F: Findings>(report: &Report<F>, status: Status) -> usize {
    report.findings.heads().filter(|head| head.status == status).count()
}

/// How many violations there are of each severity, the worst first.
fn severities<F: Findings>(report: &Report<F>) -> Vec<String> {
    let count = |severity| {
        let is = |head: &Head<'_>| head.status == Status::Violation && head.severity == severity;
        report.findings.heads().filter(is).count()
    };
    let counts = Severity::ALL.into_iter().map(|severity| (count(severity), severity.name()));
    counts.filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect()
}

fn verdict<F: Findings>(report: &Report<F>) -> String {
    let mut found = severities(report);
    if found.is_empty() {
        found.push("no violations".into());
    }
    let unknown = count(report, Status::Indeterminate);
    if unknown > 0 {
        found.push(format!("{unknown} not judged"));
    }
    let known = report.baseline.as_ref().map_or(0, |baseline| baseline.known);
    if known > 0 {
        found.push(format!("{known} of these known to the baseline"));
    }
    // A failed check can be incomplete as well, and `fail` alone would hide it.
    if report.verdict == Verdict::Fail && !report.incomplete.is_empty() {
        found.push("incomplete".into());
    }
    let above = if report.fail_on == Severity::Critical { "" } else { " and above" };
    let (verdict, found, least) = (report.verdict.name(), found.join(", "), report.fail_on.name());
    format!("verdict: {verdict} ({found}; fails on {least}{above})")
}
