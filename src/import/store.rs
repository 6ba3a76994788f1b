//! The records of an import, on disk: they are written as they come, and put together at the end.
//!
//! Several rows can say something of the same record, in files that are far apart. So each record
//! goes to a temporary file of its kind, and a digest of its id to an index; when all rows are
//! read, the index tells the ids that occur twice, a part at a time, and only those records are
//! read again and merged. Memory doesn't grow with the number of records.
//!
//! The file of the kind that has most becomes the inventory itself: its records stay where they
//! are, between a heading for which there is room and the other kinds.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::batch::{Batch, Entry};
use super::index;
use super::links::Links;
use super::merge::{self, Conflicts};
use super::survey::Repeated;
use crate::inventory::Kind;
use crate::temporary::TemporaryFile;

/// How the inventory is formed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Form {
    /// One JSON document.
    #[default]
    Document,
    /// A record a line.
    Lines,
}

impl Form {
    /// What stands before and after a record.
    pub fn around(self, kind: Kind) -> (Cow<'static, str>, &'static str) {
        match self {
            Self::Document => (Cow::Borrowed(""), ",\n"),
            Self::Lines => (Cow::Owned(format!("{{\"{}\":", kind.singular())), "}\n"),
        }
    }
}

/// Room for what stands before the first record.
pub(super) const HEADING: u64 = 160;
/// What is less than this waits for more before it is written.
const FEW: usize = 1 << 16;
/// Into how many files the index is split by id: one for each thread is in memory at a time.
const PARTS: u64 = 32;

/// Records that are being collected.
pub struct Store {
    form: Form,
    records: Vec<BufWriter<TemporaryFile>>,
    lengths: Vec<u64>,
    counts: Vec<u64>,
    index: Vec<BufWriter<File>>,
}

/// A record that isn't written as it is.
pub(super) struct Patch {
    pub(super) kind: Kind,
    pub(super) start: u64,
    pub(super) length: u32,
    pub(super) instead: Option<Box<[u8]>>,
}

/// What became of rows whose record another one has taken in.
#[derive(Default, Debug)]
pub struct Merged {
    /// By source: rows whose record went into another row's.
    pub rows: Vec<u64>,
    /// By source: records that contradict what was kept of another row.
    pub contradicting: Vec<u64>,
    /// By source: rows that say word for word what another one says.
    pub repeated: Vec<Repeated>,
    /// What came of linking accounts, each counted once.
    pub links: Links,
    /// What two exports said differently.
    pub conflicts: Conflicts,
}

/// Records that are put together.
pub struct Whole {
    pub(super) form: Form,
    pub(super) records: Vec<TemporaryFile>,
    pub(super) lengths: Vec<u64>,
    pub(super) counts: Vec<u64>,
    pub(super) patches: Vec<Patch>,
    /// What was merged.
    pub merged: Merged,
}

impl Store {
    /// An empty one, with temporary files in a folder: that of the inventory, so that one of them
    /// can take its name.
    ///
    /// # Errors
    /// Files that can't be made.
    pub fn new(form: Form, folder: &Path) -> io::Result<Self> {
        let file = || {
            let mut file = TemporaryFile::new_in(folder)?;
            io::copy(&mut io::repeat(b' ').take(HEADING), &mut file)?;
            Ok(BufWriter::with_capacity(FEW, file))
        };
        let records: io::Result<Vec<_>> = Kind::ALL.iter().map(|_| file()).collect();
        let index = (0..PARTS).map(|_| {
            tempfile::tempfile_in(folder).map(|file| BufWriter::with_capacity(1 << 16, file))
        });
        let index = index.collect::<io::Result<_>>()?;
        let (lengths, counts) = (vec![HEADING; Kind::ALL.len()], vec![0; Kind::ALL.len()]);
        Ok(Self { form, records: records?, lengths, counts, index })
    }

    /// How the inventory is formed.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Adds the records of a batch.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn add(&mut self, batch: &Batch) -> io::Result<()> {
        for mut entry in batch.entries.iter().copied() {
            entry.start += self.lengths.get(entry.kind as usize).copied().unwrap_or(0);
            let part = usize::try_from(entry.id % PARTS).unwrap_or(0);
            if let Some(file) = self.index.get_mut(part) {
                index::write(&entry, file)?;
            }
            self.counts.iter_mut().skip(entry.kind as usize).take(1).for_each(|count| *count += 1);
        }
        let files = self.records.iter_mut().zip(&mut self.lengths);
        for ((file, length), records) in files.zip(&batch.records) {
            file.write_all(records)?;
            *length += records.len() as u64;
        }
        Ok(())
    }

    /// Merges the records that have the same id. `newer` says of each source when it was exported.
    ///
    /// # Errors
    /// Files that can't be read.
    pub fn finish(self, sources: usize, newer: &dyn Fn(u32) -> Option<i64>) -> io::Result<Whole> {
        let mut records = Vec::new();
        for file in self.records {
            records.push(file.into_inner().map_err(io::IntoInnerError::into_error)?);
        }
        let mut whole = Whole {
            form: self.form,
            records,
            lengths: self.lengths,
            counts: self.counts,
            patches: Vec::new(),
            merged: Merged {
                rows: vec![0; sources],
                contradicting: vec![0; sources],
                repeated: vec![Repeated::default(); sources],
                links: Links::default(),
                conflicts: Conflicts::default(),
            },
        };
        let mut parts = self.index.into_iter();
        loop {
            let some: Vec<_> = parts.by_ref().take(rayon::current_num_threads()).collect();
            if some.is_empty() {
                break;
            }
            let twice: io::Result<Vec<(Vec<Vec<Entry>>, Links)>> =
                some.into_par_iter().map(twice).collect();
            for (twice, links) in twice? {
                twice.iter().try_for_each(|same| whole.unite(same, newer))?;
                whole.merged.links.add(links);
            }
        }
        whole.patches.sort_by_key(|patch| (patch.kind, patch.start));
        Ok(whole)
    }
}

/// The entries of a part of the index whose ids occur more than once, and the links of all.
fn twice(part: BufWriter<File>) -> io::Result<(Vec<Vec<Entry>>, Links)> {
    let mut part = part.into_inner().map_err(io::IntoInnerError::into_error)?;
    part.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    part.read_to_end(&mut bytes)?;
    let entries: Vec<Entry> = index::read(&bytes).collect();
    // Nearly all ids are there once: not the entries are sorted, but where they are.
    let mut places: Vec<(u64, u32)> = entries.iter().map(|entry| entry.id).zip(0..).collect();
    places.sort_unstable();
    let (mut links, mut twice) = (Links::default(), Vec::new());
    for same in places.chunk_by(|(a, _), (b, _)| a == b) {
        let mut same = same.iter().filter_map(|(_, at)| entries.get(*at as usize)).peekable();
        let first = same.next();
        if same.peek().is_none() {
            links.see(first.map(std::slice::from_ref).unwrap_or_default());
            continue;
        }
        let mut same: Vec<Entry> = first.into_iter().chain(same).copied().collect();
        // Of the same id, the order in which they came.
        same.sort_unstable_by_key(|entry| (entry.kind, entry.start));
        for same in same.chunk_by(|a, b| a.kind == b.kind) {
            links.see(same);
            if same.len() > 1 {
                twice.push(same.to_vec());
            }
        }
    }
    Ok((twice, links))
}

impl Whole {
    /// Makes one record of those that have the same digest of their id.
    fn unite(&mut self, same: &[Entry], newer: &dyn Fn(u32) -> Option<i64>) -> io::Result<()> {
        // Only what differs is read again; of a thousand equal mentions, one.
        let mut distinct: Vec<Entry> = Vec::new();
        let mut places: FxHashMap<u64, usize> = FxHashMap::default();
        let mut rows: FxHashSet<(u64, u32)> = FxHashSet::default();
        for entry in same {
            let place = *places.entry(entry.content).or_insert(distinct.len());
            let within = entry.primary && !rows.insert((entry.content, entry.source));
            let Some(other) = distinct.get_mut(place) else {
                distinct.push(*entry);
                continue;
            };
            // A row may list what another one mentioned in the same words.
            let row = entry.primary && other.primary;
            other.primary |= entry.primary;
            other.mention &= entry.mention;
            self.drop(*entry, row);
            if let Some(repeated) =
                self.merged.repeated.get_mut(entry.source as usize).filter(|_| row)
            {
                *(if within { &mut repeated.within } else { &mut repeated.across }) += 1;
            }
        }
        if distinct.len() < 2 {
            return Ok(());
        }
        // Two ids can have one digest.
        let mut ids: Vec<(String, Vec<Entry>, Vec<merge::Part>)> = Vec::new();
        for entry in distinct {
            let value = self.read(entry)?;
            let rank = merge::Rank { listed: !entry.mention, newer: newer(entry.source) };
            let part = merge::Part::new(rank, &value);
            let id = value.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
            if let Some((_, entries, parts)) = ids.iter_mut().find(|(known, ..)| known == id) {
                entries.push(entry);
                parts.push(part);
            } else {
                ids.push((id.to_owned(), vec![entry], vec![part]));
            }
        }
        for (_, same, parts) in ids.iter().filter(|(_, same, _)| same.len() > 1) {
            let Some((first, rest)) = same.split_first() else { continue };
            let mut conflicts = std::mem::take(&mut self.merged.conflicts);
            let read = |at: usize| {
                same.get(at).map_or(Ok(serde_json::Value::Null), |entry| self.read(*entry))
            };
            let merged = merge::merge(first.kind, parts, read, &mut conflicts);
            self.merged.conflicts = conflicts;
            let merge::Merged { record: merged, contradicting } = merged?;
            for entry in contradicting.iter().filter_map(|at| same.get(*at)) {
                let sources = self.merged.contradicting.iter_mut();
                sources.skip(entry.source as usize).take(1).for_each(|count| *count += 1);
            }
            let (before, after) = self.form.around(first.kind);
            let line = format!("{before}{merged}{after}").into_bytes();
            let mut listed = first.primary;
            self.patches.push(Patch {
                kind: first.kind,
                start: first.start,
                length: first.length,
                instead: Some(line.into()),
            });
            for entry in rest {
                // The first row that lists the record is the one that is written.
                self.drop(*entry, entry.primary && listed);
                listed |= entry.primary;
            }
        }
        Ok(())
    }

    fn drop(&mut self, entry: Entry, row: bool) {
        self.counts.iter_mut().skip(entry.kind as usize).take(1).for_each(|count| *count -= 1);
        self.patches.push(Patch {
            kind: entry.kind,
            start: entry.start,
            length: entry.length,
            instead: None,
        });
        if let Some(rows) = self.merged.rows.get_mut(entry.source as usize).filter(|_| row) {
            *rows += 1;
        }
    }

    /// The id of a record.
    pub(super) fn id_of(&mut self, entry: Entry) -> io::Result<String> {
        let record = self.read(entry)?;
        Ok(record.get("id").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned())
    }

    fn read(&mut self, entry: Entry) -> io::Result<serde_json::Value> {
        let Some(file) = self.records.get_mut(entry.kind as usize) else {
            return Ok(serde_json::Value::Null);
        };
        file.seek(SeekFrom::Start(entry.start))?;
        let mut bytes = vec![0; entry.length as usize];
        file.read_exact(&mut bytes)?;
        let (before, after) = self.form.around(entry.kind);
        let json = bytes.get(before.len()..bytes.len() - after.len()).unwrap_or(&[]);
        serde_json::from_slice(json).map_err(io::Error::from)
    }

    /// How many records there are of a kind.
    pub fn count(&self, kind: Kind) -> u64 {
        self.counts.get(kind as usize).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
