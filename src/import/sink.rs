//! What an importer writes to: records, with their place, their links and their count.
#![expect(clippy::missing_errors_doc, reason = "a refusal says what is wrong with the row")]

use rustc_hash::FxHashSet;

use super::batch::{Batch, Entry, list, refuse};
pub use super::context::{Context, Export, digest};
use super::members::Unread;
use super::row::Refusal;
use crate::inventory::Kind;
use crate::inventory::draft::Draft;
use crate::inventory::field::split_prefix;
use crate::inventory::record::{
    Account, Credential, Entitlement, Group, Person, System, Team, Workload,
};
use crate::inventory::spec::Record;

/// A record that can be written.
pub trait Written: Record {
    /// Its kind.
    const KIND: Kind;
    /// Adds where it is from.
    fn from_source(draft: Draft<Self>, source: &str, place: &str) -> Draft<Self>;
    /// The first required field that it hasn't got.
    fn missing(draft: &Draft<Self>) -> Option<&'static str>;
}

macro_rules! written {
    ($($record:ident)*) => { $(
        impl Written for $record {
            const KIND: Kind = Kind::$record;
            fn from_source(draft: Draft<Self>, source: &str, place: &str) -> Draft<Self> {
                draft.source(source).source_ref(place)
            }
            fn missing(draft: &Draft<Self>) -> Option<&'static str> {
                draft.missing()
            }
        }
    )* };
}
written!(System Team Person Workload Group Account Credential Entitlement);

/// Where an importer puts what it makes of a row.
pub struct Sink<'c> {
    pub(super) context: &'c Context,
    /// The export that is read.
    pub export: &'c Export,
    source: u32,
    pub(super) last: bool,
    place: String,
    pub(super) batch: Batch,
    systems: FxHashSet<String>,
    joined: bool,
    row: Mark,
    /// What came of linking the account that is written next.
    pub(super) linking: u8,
    shape: &'static str,
}

const KINDS: usize = Kind::ALL.len();

/// Where a row's records begin, so that a row is written whole or not at all.
#[derive(Default)]
struct Mark {
    entries: usize,
    lengths: [usize; KINDS],
    learned: (usize, usize, usize),
    links: usize,
}

impl<'c> Sink<'c> {
    /// An empty one; `last` if no row comes that could say more.
    pub fn new(context: &'c Context, export: &'c Export, source: u32, last: bool) -> Self {
        Self {
            context,
            export,
            source,
            last,
            place: String::new(),
            batch: Batch::default(),
            systems: FxHashSet::default(),
            joined: false,
            row: Mark::default(),
            linking: 0,
            shape: "",
        }
    }

    /// How many rows have been read, those that wait included.
    pub fn rows(&self) -> u64 {
        self.batch.counts.read + self.batch.counts.later
    }

    /// Counts the row by its shape, once it is written.
    pub fn shape(&mut self, name: &'static str) {
        self.shape = name;
    }

    /// What was made of all rows.
    pub fn finish(mut self) -> Batch {
        let values = self.context.hinted || !self.batch.learned.clean;
        self.batch.look_for_secrets(self.context.form, values);
        let learned = &mut self.batch.learned;
        learned.clean = learned.clean || learned.is_clean();
        self.batch
    }

    /// Says that no value of any row can hold a secret.
    pub fn is_clean(&mut self) {
        self.batch.learned.clean = true;
    }

    /// The place of the row that was read last.
    pub fn last_place(&self) -> &str {
        &self.place
    }

    /// Reads one row by its importer; says whether it has to be read again at the end.
    pub fn read(
        &mut self,
        place: String,
        read: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> bool {
        self.place = place;
        self.joined = false;
        self.linking = 0;
        self.batch.counts.read += 1;
        let learned = &self.batch.learned;
        self.row = Mark {
            entries: self.batch.entries.len(),
            lengths: std::array::from_fn(|kind| self.batch.records.get(kind).map_or(0, Vec::len)),
            learned: (learned.people.len(), learned.names.len(), learned.holders.len()),
            links: self.batch.links.len(),
        };
        let outcome = read(self);
        let wrote = self
            .batch
            .entries
            .get(self.row.entries..)
            .is_some_and(|new| new.iter().any(|entry| entry.primary));
        match outcome {
            Ok(()) if wrote => {
                self.batch.counts.written += 1;
                self.count_shape();
            }
            Ok(()) if self.joined => {
                self.batch.counts.merged += 1;
                self.count_shape();
            }
            Ok(()) => self.roll_back("nothing in it can be written".into()),
            Err(Refusal::Because(why)) => self.roll_back(why),
            Err(Refusal::Later) if self.last => self.roll_back("it needs what no row says".into()),
            Err(Refusal::Later) => {
                self.undo();
                self.batch.counts.read -= 1;
                self.batch.counts.later += 1;
                return true;
            }
        }
        false
    }

    /// Counts what can't be read as rows that are refused.
    pub(super) fn refuse(&mut self, unread: Unread) {
        for (why, (count, places)) in unread {
            self.batch.counts.read += count;
            refuse(&mut self.batch.counts.refused, why, count, places);
        }
    }

    fn roll_back(&mut self, why: String) {
        self.undo();
        // What a row that waits calls things stays: another one may wait for that.
        self.batch.learned.names.truncate(self.row.learned.1);
        let place = std::mem::take(&mut self.place);
        self.batch.counts.refuse(why, place);
    }

    fn undo(&mut self) {
        self.batch.entries.truncate(self.row.entries);
        for (records, length) in self.batch.records.iter_mut().zip(&self.row.lengths) {
            records.truncate(*length);
        }
        self.batch.learned.people.truncate(self.row.learned.0);
        self.batch.learned.holders.truncate(self.row.learned.2);
        self.batch.links.truncate(self.row.links);
        // The systems of an undone row have to be written again.
        self.systems.clear();
    }

    fn count_shape(&mut self) {
        *self.batch.counts.shapes.entry(self.shape).or_default() += 1;
    }

    /// Says that the row shows that the export is a part only, and why. The last thing that a row's
    /// importer says of it, as a row that waits is read again.
    pub fn partial(&mut self, why: &'static str) {
        list(self.batch.counts.partial.entry(why).or_default(), 1, [self.place.clone()]);
    }

    /// Writes what the row is about, or a part of it. A record with the same id as another one is
    /// merged with it.
    pub fn put<R: Written>(&mut self, draft: Draft<R>) -> Result<(), Refusal> {
        self.write(draft, true, false)
    }

    /// Writes what the row only mentions: a group that a user is in, the system that an account is
    /// on. Where another row lists it, that one counts.
    pub fn mention<R: Written>(&mut self, draft: Draft<R>) -> Result<(), Refusal> {
        self.write(draft, false, true)
    }

    /// Says that the row's facts are in records of other rows.
    pub fn joined(&mut self) {
        self.joined = true;
    }

    pub(super) fn write<R: Written>(
        &mut self,
        draft: Draft<R>,
        primary: bool,
        mention: bool,
    ) -> Result<(), Refusal> {
        if let Some(field) = R::missing(&draft) {
            return super::row::refuse(format!(
                "its {} would have no `{field}`",
                R::KIND.singular()
            ));
        }
        if draft.own_id().is_empty() || split_prefix(draft.own_id()).is_some() {
            return super::row::refuse(format!(
                "its id can't be that of a record: {}",
                crate::fault::quote(draft.own_id())
            ));
        }
        // A row is about one thing; what else it lists is more of it.
        let earlier = self.batch.entries.get(self.row.entries..).unwrap_or_default();
        let primary = primary && !earlier.iter().any(|entry| entry.primary);
        let (id, content) = (digest(draft.own_id()), draft.digest());
        let json = R::from_source(draft, &self.export.id, &self.place).finish();
        let Some(records) = self.batch.records.get_mut(R::KIND as usize) else { return Ok(()) };
        let start = records.len() as u64;
        let (before, after) = self.context.form.around(R::KIND);
        records.extend_from_slice(before.as_bytes());
        records.extend_from_slice(&json);
        records.extend_from_slice(after.as_bytes());
        let length = u32::try_from(records.len() as u64 - start);
        let Ok(length) = length else { return super::row::refuse("it is larger than 4 GB") };
        self.batch.entries.push(Entry {
            kind: R::KIND,
            id,
            content,
            start,
            length,
            source: self.source,
            primary,
            mention,
            link: std::mem::take(&mut self.linking),
        });
        Ok(())
    }

    /// The id of the system that the export is of, as the user or its kind calls it; it is written
    /// along.
    pub fn system(&mut self) -> Result<String, Refusal> {
        let export = self.export;
        let id = export.setting.system.as_deref().unwrap_or(export.kind);
        self.system_called(id, || None)
    }

    /// The same for an export that says itself of which system it is, unless the user says
    /// otherwise.
    pub fn system_called(
        &mut self,
        id: &str,
        name: impl FnOnce() -> Option<String>,
    ) -> Result<String, Refusal> {
        let id = self.export.setting.system.as_deref().unwrap_or(id).to_owned();
        // Row after row is of the same.
        if !self.systems.contains(&id) {
            self.other_system(&id, name().as_deref())?;
        }
        Ok(id)
    }

    /// Writes a system that a row mentions besides its own, such as an application behind a
    /// directory.
    pub fn other_system(&mut self, id: &str, name: Option<&str>) -> Result<(), Refusal> {
        if !self.systems.contains(id) {
            self.systems.insert(id.to_owned());
            self.mention(Draft::<System>::new(id).name(name))?;
        }
        Ok(())
    }

    /// An id that no other system's can be: the system's before the vendor's own.
    pub fn id(&mut self, native: &str) -> Result<String, Refusal> {
        Ok(format!("{}:{native}", self.system()?))
    }

    /// Remembers what something is called, for rows that only have its id.
    pub fn learn(&mut self, what: &'static str, id: &str, name: &str) {
        let names = &mut self.batch.learned.names;
        // Row after row may say the same.
        if names.last().is_none_or(|((a, b), c)| (*a, b.as_str(), c.as_str()) != (what, id, name)) {
            names.push(((what, id.to_owned()), name.to_owned()));
        }
    }

    /// What something is called, if any row of the import says so.
    ///
    /// # Errors
    /// A later row may say it.
    pub fn called(&self, what: &'static str, id: &str) -> Result<Option<&'c str>, Refusal> {
        match self.context.names.get(&(what, id.to_owned())) {
            Some(name) => Ok(Some(name)),
            None if self.last => Ok(None),
            None => Err(Refusal::Later),
        }
    }

    /// What something is called, if all rows of the import say the same of it.
    ///
    /// # Errors
    /// A later row may say something else.
    pub fn only_called(&self, what: &'static str, id: &str) -> Result<Option<&'c str>, Refusal> {
        if !self.last {
            return Err(Refusal::Later);
        }
        let doubtful = self.context.doubtful.contains(&(what, id.to_owned()));
        Ok(if doubtful { None } else { self.called(what, id)? })
    }

    /// Takes a link of the user's: whose an account is, `None` for nobody's.
    pub fn given_link(&mut self, system: &str, account: &str, to: Option<&str>) {
        let place = self.place.clone();
        self.batch.links.push((
            system.to_owned(),
            account.to_owned(),
            to.map(str::to_owned),
            place,
        ));
        self.joined();
    }
}
