//! What came of each export: for the eye, and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::batch::Counts;
use super::context::Export;
use super::merge::Conflicts;
use super::pages::{Page, Pages};
use super::row::Columns;
use crate::fault::{conceal, printable};
use crate::time::Instant;

/// Where the time of an export is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The export says so.
    Export,
    /// When the file was last written: the export doesn't say.
    FileTime,
    /// The configuration says so.
    Configuration,
}

/// The conversion report of an import.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportReport")]
pub struct Report {
    /// The version of this format.
    pub version: &'static str,
    /// The exports, in the order in which they were read: people first.
    pub sources: Vec<SourceReport>,
    /// Files that are no known export and were passed over.
    pub skipped: Vec<String>,
    /// How many records were written, by kind.
    pub records: BTreeMap<&'static str, u64>,
    /// How many people accounts could be linked to.
    pub people: u64,
    /// What two exports of the same time say differently of one record. What gives access was kept.
    pub conflicts: Vec<Conflict>,
    /// The places of links of the user's that no account asked for.
    pub unused_links: Vec<String>,
}

/// What two exports say differently.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Conflict {
    /// The kind of record.
    pub kind: &'static str,
    /// The field.
    pub field: String,
    /// How often.
    pub count: u64,
    /// The ids of the first records.
    pub ids: Vec<String>,
}

/// What came of one export. `read` is `written` + `merged` + all that was refused.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceReport {
    /// Its path.
    pub path: String,
    /// Its kind.
    pub kind: &'static str,
    /// When it was made.
    pub exported_at: Instant,
    /// How that is known.
    pub exported_at_from: Origin,
    /// Rows that were read.
    pub read: u64,
    /// Rows that made a record.
    pub written: u64,
    /// Rows whose facts are in records of other rows.
    pub merged: u64,
    /// Rows that made nothing.
    pub refused: Vec<Refused>,
    /// Whether some of what the vendor has isn't in the inventory, where its source says the same.
    pub truncated: bool,
    /// Why: a page that names another one, rows that the vendor counts and that aren't there, no
    /// column that says who has left, rows that were refused, records that contradict others.
    pub incomplete: Vec<String>,
    /// How many rows more the vendor says there are.
    pub missing: u64,
    /// How many of its records contradict another row that speaks of the same thing, so that one of
    /// the two is not in the inventory.
    pub contradicting: u64,
    /// The rows that were written or merged, by what they are.
    pub rows: BTreeMap<&'static str, u64>,
    /// Words and dates that mean that there is no time.
    pub sentinels: Vec<Word>,
    /// Words that are not known; what they are of is `unknown`.
    pub unknown_words: Vec<Word>,
    /// Columns that are not used.
    pub unused_columns: Vec<String>,
    /// Links to people, by the step that made them.
    pub linked: BTreeMap<&'static str, u64>,
    /// Accounts that two people fit, by step: they were not linked.
    pub ambiguous: Vec<Refused>,
    /// Accounts that nobody was found for.
    pub unlinked: u64,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// Rows of which nothing was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Refused {
    /// Why.
    pub why: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub places: Vec<String>,
}

/// A word in a column.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Word {
    /// The column.
    pub column: String,
    /// The word.
    pub word: String,
    /// How often it is there.
    pub count: u64,
}

fn words(words: BTreeMap<(String, String), u64>) -> Vec<Word> {
    words
        .into_iter()
        .map(|((column, word), count)| Word {
            column: conceal(&column),
            word: conceal(&word),
            count,
        })
        .collect()
}

fn refused(all: impl IntoIterator<Item = (String, (u64, Vec<String>))>) -> Vec<Refused> {
    all.into_iter().map(|(why, (count, places))| Refused { why, count, places }).collect()
}

/// The sizes that pages have by default.
const PAGES: [u64; 7] = [20, 30, 50, 100, 200, 500, 1000];

impl Report {
    /// A report without exports.
    pub fn new(conflicts: Conflicts) -> Self {
        let conflicts = conflicts.into_iter();
        let conflicts =
            conflicts.map(|((kind, field), (count, ids))| Conflict { kind, field, count, ids });
        Self {
            version: "1",
            sources: Vec::new(),
            skipped: Vec::new(),
            records: BTreeMap::new(),
            people: 0,
            conflicts: conflicts.collect(),
            unused_links: Vec::new(),
        }
    }

    /// As of when the inventory is: the newest export. One that claims to be from the future
    /// doesn't count.
    pub fn generated_at(&self, run_at: Instant) -> Instant {
        const SKEW: i64 = 86_400_000;
        let times = self.sources.iter().map(|source| source.exported_at);
        times.filter(|at| at.since(run_at).0 <= SKEW).max().unwrap_or(run_at)
    }

    /// Writes it for the eye.
    ///
    /// # Errors
    /// What can't be written.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for source in &self.sources {
            source.text(out)?;
        }
        for path in &self.skipped {
            writeln!(out, "skipped: {} (no known export)", printable(path))?;
        }
        for conflict in &self.conflicts {
            let Conflict { kind, field, count, ids } = conflict;
            writeln!(
                out,
                "conflict: {count}x two rows differ in `{field}` of a {kind}: {}",
                printable(&ids.join(", "))
            )?;
        }
        for place in &self.unused_links {
            writeln!(out, "unused link: {}", printable(place))?;
        }
        let accounts = self.records.get("accounts").copied().unwrap_or(0);
        if self.people == 0 && accounts > 0 {
            writeln!(
                out,
                "note: no export has people, so no account is linked: add the HR export, or say `people = true` of a directory in [[import]]"
            )?;
        }
        let records: Vec<String> = self
            .records
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        writeln!(out, "written: {}", records.join(", "))
    }
}

impl SourceReport {
    /// What came of an export, but for its links.
    pub fn of(
        export: Export,
        origin: Origin,
        counts: Counts,
        columns: &Columns,
        pages: &Pages,
    ) -> Self {
        let mut notes = Vec::new();
        let missing =
            pages.values().map(|page| page.total.unwrap_or(0).saturating_sub(page.rows)).sum();
        let mut incomplete = Vec::new();
        if pages.values().any(|page| page.next) {
            incomplete.push(
                "CUT OFF: its last page names another one; put all pages into one file, one after the other".into(),
            );
        }
        if missing > 0 {
            incomplete.push(format!("CUT OFF: the vendor counts {missing} rows more"));
        }
        let begins = |page: &&Page| page.total.is_none() && !page.starts.is_empty();
        let starts = pages.values().filter(begins).filter_map(|page| page.starts.keys().next());
        if let Some(start) = starts.max().filter(|start| **start > 1) {
            incomplete.push(format!(
                "CUT OFF: its first page begins at row {start} of a list; put all pages into one file, one after the other"
            ));
        }
        for (why, (count, places)) in &counts.partial {
            let more = if *count > places.len() as u64 { ", ..." } else { "" };
            incomplete.push(format!("CUT OFF: {count}x {why} ({}{more})", places.join(", ")));
        }
        if PAGES.contains(&counts.read)
            && incomplete.is_empty()
            && pages.values().all(|page| page.total.is_none())
            && !matches!(export.kind, "hr-csv" | "links")
        {
            notes.push(format!(
                "it has exactly {} rows, as a page has: check that it is whole",
                counts.read
            ));
        }
        if counts.read == 0 {
            notes.push("it has no rows".into());
        }
        Self {
            path: export.id,
            kind: export.kind,
            exported_at: export.exported_at,
            exported_at_from: origin,
            read: counts.read,
            written: counts.written,
            merged: counts.merged,
            refused: refused(counts.refused),
            truncated: !incomplete.is_empty(),
            incomplete,
            missing,
            contradicting: 0,
            rows: counts.shapes,
            sentinels: words(columns.sentinels()),
            unknown_words: words(columns.unknown_words()),
            unused_columns: columns.unused().iter().map(|column| conceal(column)).collect(),
            linked: BTreeMap::new(),
            ambiguous: Vec::new(),
            unlinked: 0,
            notes,
        }
    }

    /// Adds why it is known to be a part only, and what of it contradicts other rows.
    pub fn is_part(&mut self, why: Vec<String>, contradicting: u64) {
        self.incomplete.splice(0..0, why);
        let refused = self.refusals();
        if refused > 0 {
            self.incomplete
                .push(format!("REFUSED: {refused} of {} rows made no record", self.read));
        }
        self.contradicting = contradicting;
        if contradicting > 0 {
            self.incomplete.push(format!(
                "CONTRADICTS: {contradicting} records are told otherwise by another row; two systems of one kind need a `system` each in [[import]]"
            ));
        }
        self.truncated = !self.incomplete.is_empty();
    }

    fn refusals(&self) -> u64 {
        self.refused.iter().map(|refused| refused.count).sum()
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let refused = self.refusals();
        writeln!(out, "{} ({})", printable(&self.path), self.kind)?;
        writeln!(
            out,
            "  rows: {} read = {} written + {} merged + {refused} refused",
            self.read, self.written, self.merged
        )?;
        let origin = match self.exported_at_from {
            Origin::Export => "it says so",
            Origin::FileTime => "the file's time: it doesn't say",
            Origin::Configuration => "the configuration",
        };
        writeln!(out, "  exported at: {} ({origin})", self.exported_at)?;
        for why in &self.incomplete {
            writeln!(out, "  {}", printable(why))?;
        }
        for Refused { why, count, places } in &self.refused {
            let more = if *count > places.len() as u64 { ", ..." } else { "" };
            writeln!(
                out,
                "  refused: {count}x {} ({}{more})",
                printable(why),
                printable(&places.join(", "))
            )?;
        }
        let linked: Vec<String> =
            self.linked.iter().map(|(step, count)| format!("{count} by {step}")).collect();
        if !linked.is_empty() || self.unlinked > 0 {
            let linked = if linked.is_empty() { "none".into() } else { linked.join(", ") };
            writeln!(out, "  accounts linked: {linked}; {} to nobody", self.unlinked)?;
        }
        for Refused { why, count, places } in &self.ambiguous {
            writeln!(
                out,
                "  not linked: {count}x two people fit by {why} ({})",
                printable(&places.join(", "))
            )?;
        }
        list(out, "no time", &self.sentinels)?;
        list(out, "unknown words", &self.unknown_words)?;
        if !self.unused_columns.is_empty() {
            writeln!(out, "  not used: {}", printable(&self.unused_columns.join(", ")))?;
        }
        for (what, count) in self.rows.iter().filter(|(what, _)| what.ends_with("(not written)")) {
            writeln!(out, "  merged: {count}x {what}")?;
        }
        for note in &self.notes {
            writeln!(out, "  note: {}", printable(note))?;
        }
        Ok(())
    }
}

fn list(out: &mut dyn Write, title: &str, words: &[Word]) -> io::Result<()> {
    const LISTED: usize = 12;
    if words.is_empty() {
        return Ok(());
    }
    let all = words
        .iter()
        .take(LISTED)
        .map(|Word { column, word, count }| format!("{column}={word} {count}x"));
    let more = words.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    writeln!(out, "  {title}: {}{more}", printable(&all.collect::<Vec<_>>().join(", ")))
}
