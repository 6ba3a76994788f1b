//! A difference as JSON, as text for people, and as Markdown.

use std::io::{self, Write};

use serde_json::Value;

use super::model::{Change, Diff, Entry, State, TimesPair};
use crate::json;
use crate::report::json::array;
use crate::report::model::Times;

mod markdown;
mod text;

pub use markdown::write as markdown;
pub use text::write as text;

/// One document, with a finding on each line.
///
/// # Errors
/// Those of the output.
pub fn json(mut diff: Diff, out: &mut dyn Write) -> io::Result<()> {
    let (findings, rules) = (std::mem::take(&mut diff.findings), std::mem::take(&mut diff.rules));
    let Value::Object(header) = serde_json::to_value(&diff)? else {
        return Err(io::Error::other("a difference is an object"));
    };
    out.write_all(b"{")?;
    for (key, value) in
        header.iter().filter(|(key, _)| !["findings", "rules"].contains(&key.as_str()))
    {
        write!(out, "\n  {}: ", serde_json::to_string(key)?)?;
        json::write::compact(&mut *out, value)?;
        out.write_all(b",")?;
    }
    out.write_all(b"\n  \"rules\": ")?;
    array(&rules, out)?;
    out.write_all(b",\n  \"findings\": ")?;
    array(&findings, out)?;
    out.write_all(b"\n}\n")
}

/// The counts alone, in a line.
///
/// # Errors
/// Those of the output.
pub fn brief(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "findings: {}", counts(diff))
}

/// What a change is called, over the list of its findings.
fn title(change: Change) -> &'static str {
    match change {
        Change::Resurrected => "Back: was waived or resolved, and is a violation again",
        Change::New => "New",
        Change::Status => "Another status",
        Change::Severity => "Another severity",
        Change::NotSeen => {
            "Not seen: NEW could not have found it, so nobody knows whether it is resolved"
        }
        Change::Unclear => "Unclear: no longer found, but not looked at as before",
        Change::Resolved => "Resolved",
    }
}

/// How a finding was and is.
fn states(entry: &Entry) -> String {
    let state = |state: &State| {
        let by = state.exception.as_ref().map_or(String::new(), |id| format!(" by {id}"));
        format!("{} {}{by}", state.severity.name(), state.status.name())
    };
    match (&entry.old, &entry.new) {
        (Some(old), Some(new)) => format!("{} -> {}", state(old), state(new)),
        (Some(one), None) | (None, Some(one)) => state(one),
        (None, None) => String::new(),
    }
}

/// Of each change that there is, how many findings.
fn changes(diff: &Diff) -> impl Iterator<Item = (Change, Vec<&Entry>)> {
    Change::ALL.into_iter().filter_map(|change| {
        let of: Vec<&Entry> = diff.findings.iter().filter(|entry| entry.change == change).collect();
        (!of.is_empty()).then_some((change, of))
    })
}

/// How many findings there are of each change, in a line.
fn counts(diff: &Diff) -> String {
    let counts = diff.counts;
    format!(
        "{} back, {} new, {} of another status, {} of another severity, {} not seen, {} unclear, \
         {} resolved, {} unchanged",
        counts.resurrected,
        counts.new,
        counts.status,
        counts.severity,
        counts.not_seen,
        counts.unclear,
        counts.resolved,
        counts.unchanged,
    )
}

/// `old -> new`, or one where both are the same.
fn both(old: &str, new: &str) -> String {
    if old == new { new.to_owned() } else { format!("{old} -> {new}") }
}

/// Done, open, p50, p95 and the longest, in both reports.
fn times(pair: &TimesPair) -> [String; 5] {
    let hours = |hours: Option<f64>| hours.map_or("-".to_owned(), |hours| format!("{hours:.1}h"));
    let of = |times: &Option<Times>| {
        times.as_ref().map_or(["-"; 5].map(str::to_owned), |times| {
            [
                times.done.to_string(),
                times.open.to_string(),
                hours(times.p50),
                hours(times.p95),
                hours(times.max),
            ]
        })
    };
    let (old, mut new) = (of(&pair.old), of(&pair.new));
    for (new, old) in new.iter_mut().zip(&old) {
        *new = both(old, new);
    }
    new
}
