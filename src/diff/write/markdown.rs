//! A difference as Markdown, for the summary of a CI job or a comment.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{changes, counts, states, times, title};
use crate::diff::model::{Diff, Side, TimesPair};
use crate::report::gfm::{code, heading, plain, table};
use crate::report::words::thing;

/// How many rows a table has: a summary holds 1 MiB, and a comment 64 KiB of what is usual.
const ROWS: usize = 25;

/// How many characters a name, and how many a sentence may have.
const NAME: usize = 100;
const SENTENCE: usize = 300;

/// Writes it.
///
/// # Errors
/// Those of the output.
pub fn write(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    let (old, new) = (diff.old.verdict.name(), diff.new.verdict.name());
    writeln!(out, "## nhi-policy: {old} to {new}\n\n{}.\n", counts(diff))?;
    table(
        ["", "as of", "verdict", "violations:", "incomplete"],
        sides(diff).into_iter(),
        ROWS,
        out,
    )?;
    if !diff.warnings.is_empty() {
        writeln!(out)?;
    }
    for warning in &diff.warnings {
        writeln!(out, "- **warning:** {}", plain(warning, SENTENCE))?;
    }
    for (change, entries) in changes(diff) {
        heading(&format!("{} ({})", title(change), entries.len()), out)?;
        let rows = entries.into_iter().map(|entry| {
            [
                plain(&states(entry), NAME),
                code(&entry.rule, NAME),
                plain(&entry.message, SENTENCE),
                code(&thing(&entry.resource), NAME),
                plain(&entry.why.join("; "), SENTENCE),
            ]
        });
        table(["how", "rule", "what", "resource", "but"], rows, ROWS, out)?;
    }
    revocation("system", &diff.revocation_by_system, out)?;
    revocation("kind of event", &diff.revocation_by_kind, out)?;
    heading("Looked at", out)?;
    let rows = diff
        .population
        .iter()
        .map(|(kind, count)| [plain(kind, NAME), count.old.to_string(), count.new.to_string()]);
    table(["what", "old:", "new:"], rows, ROWS, out)?;
    governed(diff, out)
}

fn sides(diff: &Diff) -> [[String; 5]; 2] {
    let row = |side: &Side| {
        let violations: u64 = side.violations.values().sum();
        [
            code(&side.path, NAME),
            plain(&side.as_of.value, NAME),
            side.verdict.name().to_owned(),
            violations.to_string(),
            plain(&side.incomplete.join("; "), SENTENCE),
        ]
    };
    [row(&diff.old), row(&diff.new)]
}

fn revocation(by: &str, all: &BTreeMap<String, TimesPair>, out: &mut dyn Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    heading(&format!("Time to revoke, by {by}"), out)?;
    let rows = all.iter().map(|(name, pair)| {
        let [done, open, p50, p95, max] = times(pair);
        [code(name, NAME), done, open, p50, p95, max]
    });
    table([by, "done:", "open:", "p50:", "p95:", "max:"], rows, ROWS, out)
}

/// Rules and thresholds that differ.
fn governed(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    if !diff.rules.is_empty() {
        heading("Rules that differ", out)?;
        let rows = diff.rules.iter().map(|rule| {
            let changes: Vec<&str> = rule.changes.iter().map(|change| change.name()).collect();
            [code(&rule.id, NAME), changes.join(", ")]
        });
        table(["rule", "what"], rows, ROWS, out)?;
    }
    if !diff.parameters.is_empty() {
        heading("Thresholds that differ", out)?;
        let rows = diff.parameters.iter().map(|(name, pair)| {
            let value = |parameter: &Option<crate::report::model::ParameterValue>| {
                let value = parameter.as_ref().and_then(|known| known.value.clone());
                plain(&value.unwrap_or("not set".to_owned()), NAME)
            };
            [code(name, NAME), value(&pair.old), value(&pair.new)]
        });
        table(["threshold", "old", "new"], rows, ROWS, out)?;
    }
    Ok(())
}
