//! A difference for people, in a terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{both, changes, counts, states, times, title};
use crate::diff::model::{Change, Diff, Entry, Side, TimesPair};
use crate::fault::printable;
use crate::policy::Severity;
use crate::report::text::finding::paint;
use crate::report::text::page::{Page, Paint, Row};

/// How many findings of a change are shown.
const SHOWN: usize = 50;

/// Writes it.
///
/// # Errors
/// Those of the output.
pub fn write(diff: &Diff, width: usize, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, width, color);
    side("OLD  ", &diff.old, &mut page)?;
    side("NEW  ", &diff.new, &mut page)?;
    for warning in &diff.warnings {
        page.text(Paint::Yellow, &format!("warning: {}", printable(warning)), 2)?;
    }
    page.blank()?;
    for (change, entries) in changes(diff) {
        page.text(Paint::Bold, &format!("{} ({})", title(change), entries.len()), 2)?;
        for entry in entries.iter().take(SHOWN) {
            finding(entry, &mut page)?;
        }
        match entries.len().saturating_sub(SHOWN) {
            0 => {}
            more => page.line(Paint::Plain, &format!("  and {more} more: --format json"))?,
        }
        page.blank()?;
    }
    revocation("by system", &diff.revocation_by_system, &mut page)?;
    revocation("by kind of event", &diff.revocation_by_kind, &mut page)?;
    tables(diff, &mut page)?;
    page.text(Paint::Bold, &format!("findings: {}", counts(diff)), 2)
}

fn side(label: &str, side: &Side, page: &mut Page<'_>) -> io::Result<()> {
    let count = |severity: &Severity| {
        let count = side.violations.get(severity.name()).copied().unwrap_or_default();
        (count > 0).then(|| format!("{count} {}", severity.name()))
    };
    let found: Vec<String> = Severity::ALL.iter().filter_map(count).collect();
    let found = if found.is_empty() { "no violations".to_owned() } else { found.join(", ") };
    let incomplete = if side.incomplete.is_empty() { "" } else { "; incomplete" };
    let said = format!(
        "{} as of {}: {} ({found}{incomplete})",
        printable(&side.path),
        printable(&side.as_of.value),
        side.verdict.name(),
    );
    page.pieces(label, [said], usize::MAX)?;
    let reasons = side.incomplete.iter().take(SHOWN);
    reasons
        .into_iter()
        .try_for_each(|reason| page.pieces("       incomplete: ", [printable(reason)], usize::MAX))
}

fn finding(entry: &Entry, page: &mut Page<'_>) -> io::Result<()> {
    let state = entry.new.as_ref().or(entry.old.as_ref());
    let severity = state.map_or(Severity::Low, |state| state.severity);
    let look = match entry.change {
        Change::Resolved => Paint::Green,
        Change::NotSeen | Change::Unclear => Paint::Yellow,
        _ => paint(severity),
    };
    page.text(look, &format!("  {} [{}]", printable(&states(entry)), printable(&entry.rule)), 4)?;
    page.pieces("    ", [printable(&entry.message)], usize::MAX)?;
    if !entry.why.is_empty() {
        page.pieces("    but ", [printable(&entry.why.join("; "))], usize::MAX)?;
    }
    page.pieces("    id ", [printable(&entry.id)], usize::MAX)
}

fn revocation(
    by: &str,
    times_of: &BTreeMap<String, TimesPair>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    if times_of.is_empty() {
        return Ok(());
    }
    page.line(Paint::Bold, &format!("Time to revoke, {by}"))?;
    let plain = |text: String| (text, Paint::Plain);
    let rows = times_of.iter().map(|(name, pair)| {
        let [done, open, p50, p95, max] = times(pair).map(plain);
        Row { cells: [plain(printable(name)), done, open, p50, p95, max], note: Vec::new() }
    });
    let rows: Vec<Row<6>> = rows.collect();
    page.table([by, "done", "open", "p50", "p95", "max"], 1, &rows)?;
    page.blank()
}

fn tables(diff: &Diff, page: &mut Page<'_>) -> io::Result<()> {
    let plain = |text: String| (text, Paint::Plain);
    let rows = diff.population.iter().filter(|(_, count)| count.old > 0 || count.new > 0);
    let rows: Vec<Row<3>> = rows
        .map(|(kind, count)| {
            let [old, new] = [count.old, count.new].map(|count| plain(count.to_string()));
            Row { cells: [plain(printable(kind)), old, new], note: Vec::new() }
        })
        .collect();
    if !rows.is_empty() {
        page.table(["looked at", "old", "new"], 1, &rows)?;
        page.blank()?;
    }
    let mut list = |label: &str, lines: Vec<String>| -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        page.line(Paint::Bold, label)?;
        lines.iter().try_for_each(|line| page.pieces("  ", [printable(line)], usize::MAX))?;
        page.blank()
    };
    let rules = diff.rules.iter().map(|rule| {
        let changes: Vec<&str> = rule.changes.iter().map(|change| change.name()).collect();
        format!("{}: {}", rule.id, changes.join(", "))
    });
    list("Rules that differ", rules.collect())?;
    let parameters = diff.parameters.iter().map(|(name, pair)| {
        let value = |parameter: &Option<crate::report::model::ParameterValue>| {
            let value = parameter.as_ref().map(|known| known.value.clone());
            value.map_or("not known".to_owned(), |value| value.unwrap_or("not set".to_owned()))
        };
        format!("{name}: {}", both(&value(&pair.old), &value(&pair.new)))
    });
    list("Thresholds that differ", parameters.collect())
}
