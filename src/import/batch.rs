//! The records of a batch of rows, and what came of each row.

use std::collections::BTreeMap;

use super::context::Learned;
use super::row::Columns;
use super::secrets;
use super::store::Form;
use crate::inventory::Kind;

/// A record, where it stands in its batch.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its kind.
    pub kind: Kind,
    /// The digest of its id.
    pub id: u64,
    /// The digest of all but its place.
    pub content: u64,
    /// Where it begins among the records of its kind.
    pub start: u64,
    /// How long it is.
    pub length: u32,
    /// The number of its source.
    pub source: u32,
    /// Whether it is what its row is about.
    pub primary: bool,
    /// Whether it is only mentioned by its row, not listed.
    pub mention: bool,
    /// Of an account, what came of linking it: the [`code`](super::people::Linked::code).
    pub link: u8,
}

/// What came of the rows of a batch.
#[derive(Default, Debug)]
pub struct Counts {
    /// Rows read.
    pub read: u64,
    /// Rows that made a record.
    pub written: u64,
    /// Rows whose facts went into records of other rows.
    pub merged: u64,
    /// Rows that are read again at the end.
    pub later: u64,
    /// Rows that made none, by reason, with the first places.
    pub refused: BTreeMap<String, (u64, Vec<String>)>,
    /// Why the export is a part only, as its rows show, with the first places.
    pub partial: BTreeMap<&'static str, (u64, Vec<String>)>,
    /// Rows by the shape that they have.
    pub shapes: BTreeMap<&'static str, u64>,
}

/// How many places are listed of each reason.
const LISTED: usize = 5;

pub(super) fn list(
    places: &mut (u64, Vec<String>),
    count: u64,
    new: impl IntoIterator<Item = String>,
) {
    places.0 += count;
    let room = LISTED.saturating_sub(places.1.len());
    places.1.extend(new.into_iter().take(room));
}

/// How many reasons are told apart of one export: some quote what the row says.
const REASONS: usize = 100;

/// Counts refused rows by their reason.
pub fn refuse(
    refused: &mut BTreeMap<String, (u64, Vec<String>)>,
    mut why: String,
    count: u64,
    places: impl IntoIterator<Item = String>,
) {
    if refused.len() >= REASONS && !refused.contains_key(&why) {
        "for other reasons, of which there are too many to tell".clone_into(&mut why);
    }
    list(refused.entry(why).or_default(), count, places);
}

impl Counts {
    /// How many rows were refused.
    pub fn refusals(&self) -> u64 {
        self.refused.values().map(|(count, _)| count).sum()
    }

    /// Counts a refused row.
    pub fn refuse(&mut self, why: String, place: String) {
        refuse(&mut self.refused, why, 1, [place]);
    }

    /// Adds another batch's.
    pub fn merge(&mut self, other: Self) {
        self.read += other.read;
        self.written += other.written;
        self.merged += other.merged;
        self.later += other.later;
        for (why, (count, places)) in other.refused {
            refuse(&mut self.refused, why, count, places);
        }
        for (why, (count, places)) in other.partial {
            list(self.partial.entry(why).or_default(), count, places);
        }
        other.shapes.into_iter().for_each(|(name, n)| *self.shapes.entry(name).or_default() += n);
    }
}

/// The records of a batch of rows.
#[derive(Debug)]
pub struct Batch {
    /// The records, a line each, by kind.
    pub records: Vec<Vec<u8>>,
    /// Where each stands.
    pub entries: Vec<Entry>,
    /// What came of the rows.
    pub counts: Counts,
    /// What was noted of the columns.
    pub columns: Columns,
    /// What later rows need.
    pub learned: Learned,
    /// The user's links that are in it: system, account, who, place.
    pub links: Vec<(String, String, Option<String>, String)>,
    /// Secrets that were about to be written: what they look like, and where they stand.
    pub secrets: Vec<String>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            records: vec![Vec::new(); Kind::ALL.len()],
            entries: Vec::new(),
            counts: Counts::default(),
            columns: Columns::default(),
            learned: Learned::default(),
            links: Vec::new(),
            secrets: Vec::new(),
        }
    }
}

impl Batch {
    /// Notes the secrets in its records, with their place.
    ///
    /// Records are several times as long as what they are made of. Unless one of the `values` may
    /// hold a secret, all that is left to look at is what an export puts into each of its records:
    /// that is in the first of them, however long it is.
    pub fn look_for_secrets(&mut self, form: Form, values: bool) {
        const FIRST: usize = 1 << 12;
        for (kind, records) in Kind::ALL.iter().zip(&self.records) {
            let first = self.entries.iter().find(|entry| entry.kind == *kind);
            let first = first.map_or(FIRST, |entry| FIRST.max(entry.length as usize));
            let looked = if values { records } else { records.get(..first).unwrap_or(records) };
            // Nearly always one look is enough for all of them.
            if !secrets::hinted(looked) {
                continue;
            }
            let (before, after) = form.around(*kind);
            for entry in self.entries.iter().filter(|entry| entry.kind == *kind) {
                let start = usize::try_from(entry.start).unwrap_or(usize::MAX);
                let record = records.get(start..).unwrap_or(&[]);
                let end = (entry.length as usize).saturating_sub(after.len());
                let record = record.get(before.len()..end).unwrap_or(record);
                self.secrets.extend(secrets::find(record, *kind));
            }
        }
    }

    /// An empty one that keeps the memory of the records.
    #[must_use]
    pub fn emptied(self) -> Self {
        let Self { mut records, mut entries, .. } = self;
        records.iter_mut().for_each(Vec::clear);
        entries.clear();
        Self { records, entries, ..Self::default() }
    }
}
