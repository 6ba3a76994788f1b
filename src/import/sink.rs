//! What an importer writes to: records, with their place, their links and their count.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use twox_hash::XxHash3_64;

use super::people::{Claim, Known, Linked, Links, People, Target};
use super::row::{Columns, Refusal};
use super::setting::Setting;
use super::store::Form;
use crate::inventory::Kind;
use crate::inventory::draft::{Draft, To};
use crate::inventory::field::split_prefix;
use crate::inventory::record::{
    Account, Credential, Entitlement, Group, Person, Record, System, Team, Workload,
};
use crate::time::Instant;

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

/// What rows have said that later rows of other files need; frozen while a file is read.
#[derive(Default, Debug)]
pub struct Context {
    /// Everyone whom HR knows.
    pub people: People,
    /// The user's links.
    pub links: Links,
    names: FxHashMap<(&'static str, String), String>,
    /// What is called in two ways.
    doubtful: FxHashSet<(&'static str, String)>,
    holders: FxHashMap<u64, Target>,
    /// How the inventory is formed.
    form: Form,
}

impl Context {
    /// An empty one, for an inventory of that form.
    pub fn new(form: Form) -> Self {
        Self { form, ..Self::default() }
    }

    /// Takes what a batch of rows has said.
    pub fn learn(&mut self, learned: Learned) {
        learned.people.iter().for_each(|known| self.people.add(known));
        for (key, name) in learned.names {
            if self.names.get(&key).is_some_and(|other| *other != name) {
                self.doubtful.insert(key.clone());
            }
            self.names.insert(key, name);
        }
        self.holders.extend(learned.holders);
    }
}

/// What a batch of rows has said.
#[derive(Default, Debug)]
pub struct Learned {
    people: Vec<Known>,
    names: Vec<((&'static str, String), String)>,
    holders: Vec<(u64, Target)>,
}

/// An export while it is read.
#[derive(Debug)]
pub struct Export {
    /// The id of its source: its path.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// When it was made.
    pub exported_at: Instant,
    /// What the user says of it.
    pub setting: Setting,
    /// What its importer made out before the first row, such as which column is which.
    pub plan: super::kinds::Plan,
}

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
    /// Links made, by step.
    pub linked: BTreeMap<&'static str, u64>,
    /// Accounts that nobody was found for.
    pub unlinked: u64,
    /// Accounts that two people fit: the step, and the first of them.
    pub ambiguous: BTreeMap<&'static str, (u64, Vec<String>)>,
    /// Rows by the shape that they have.
    pub shapes: BTreeMap<&'static str, u64>,
}

/// How many places are listed of each reason.
const LISTED: usize = 5;

fn list(places: &mut (u64, Vec<String>), count: u64, new: impl IntoIterator<Item = String>) {
    places.0 += count;
    let room = LISTED.saturating_sub(places.1.len());
    places.1.extend(new.into_iter().take(room));
}

impl Counts {
    /// How many rows were refused.
    pub fn refusals(&self) -> u64 {
        self.refused.values().map(|(count, _)| count).sum()
    }

    /// Counts a refused row.
    pub fn refuse(&mut self, why: String, place: String) {
        list(self.refused.entry(why).or_default(), 1, [place]);
    }

    /// Adds another batch's.
    pub fn merge(&mut self, other: Self) {
        self.read += other.read;
        self.written += other.written;
        self.merged += other.merged;
        self.later += other.later;
        self.unlinked += other.unlinked;
        for (why, (count, places)) in other.refused {
            list(self.refused.entry(why).or_default(), count, places);
        }
        for (step, (count, places)) in other.ambiguous {
            list(self.ambiguous.entry(step).or_default(), count, places);
        }
        other.linked.into_iter().for_each(|(step, n)| *self.linked.entry(step).or_default() += n);
        other.shapes.into_iter().for_each(|(name, n)| *self.shapes.entry(name).or_default() += n);
    }
}

/// The records of a batch of rows.
#[derive(Default, Debug)]
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

/// Where an importer puts what it makes of a row.
pub struct Sink<'c> {
    context: &'c Context,
    /// The export that is read.
    pub export: &'c Export,
    source: u32,
    last: bool,
    place: String,
    batch: Batch,
    systems: FxHashSet<String>,
    joined: bool,
    row: Mark,
    links: Vec<(Linked, String)>,
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
        let batch = Batch { records: vec![Vec::new(); Kind::ALL.len()], ..Batch::default() };
        Self {
            context,
            export,
            source,
            last,
            place: String::new(),
            batch,
            systems: FxHashSet::default(),
            joined: false,
            row: Mark::default(),
            links: Vec::new(),
            shape: "",
        }
    }

    /// How many rows have been read, those that wait included.
    pub fn rows(&self) -> u64 {
        self.batch.counts.read + self.batch.counts.later
    }

    /// The shape of the row that was read last.
    pub fn last_shape(&self) -> &'static str {
        self.shape
    }

    /// Counts the row by its shape, once it is written.
    pub fn shape(&mut self, name: &'static str) {
        self.shape = name;
    }

    /// What was made of all rows.
    pub fn finish(self) -> Batch {
        self.batch
    }

    /// Reads one row by its importer; says whether it has to be read again at the end.
    pub fn read(
        &mut self,
        place: String,
        read: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> bool {
        self.place = place;
        self.joined = false;
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
                self.count_links();
            }
            Ok(()) if self.joined => {
                self.batch.counts.merged += 1;
                self.count_links();
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
        self.links.clear();
    }

    fn count_links(&mut self) {
        let counts = &mut self.batch.counts;
        *counts.shapes.entry(self.shape).or_default() += 1;
        for (linked, account) in self.links.drain(..) {
            match linked {
                Linked::To(_, step) => *counts.linked.entry(step.name()).or_default() += 1,
                Linked::Nobodys => *counts.linked.entry("links: nobody's").or_default() += 1,
                Linked::Ambiguous(step) => {
                    list(counts.ambiguous.entry(step.name()).or_default(), 1, [account]);
                }
                Linked::Unlinked => counts.unlinked += 1,
            }
        }
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

    fn write<R: Written>(
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
        if let Some(secret) = super::secrets::find(&json) {
            let said = format!(
                "{}: {} of the {} at {}",
                secret.name,
                secret.field(&json),
                R::KIND.singular(),
                self.place
            );
            self.batch.secrets.push(said);
        }
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
        });
        Ok(())
    }

    /// The id of the system that the export is of, as the user or its kind calls it; it is written
    /// along.
    pub fn system(&mut self) -> Result<String, Refusal> {
        let export = self.export;
        let id = export.setting.system.as_deref().unwrap_or(export.kind);
        self.system_called(id, None)
    }

    /// The same for an export that says itself of which system it is, unless the user says
    /// otherwise.
    pub fn system_called(&mut self, id: &str, name: Option<&str>) -> Result<String, Refusal> {
        let id = self.export.setting.system.as_deref().unwrap_or(id).to_owned();
        self.other_system(&id, name)?;
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

    /// Writes a person of HR.
    pub fn person(&mut self, draft: Draft<Person>, known: Known) -> Result<(), Refusal> {
        self.put(draft)?;
        self.batch.learned.people.push(known);
        Ok(())
    }

    /// Writes an account, linked to the one person whom its claim fits, if there is one.
    pub fn account(
        &mut self,
        system: &str,
        draft: Draft<Account>,
        claim: &Claim<'_>,
    ) -> Result<(), Refusal> {
        let linked = self.link(system, draft.own_id(), claim);
        self.linked_account(draft, linked)
    }

    /// Writes an account of a directory whose rows are people too, where the user says so; the
    /// person is written along.
    pub fn account_of(
        &mut self,
        draft: Draft<Account>,
        person: Draft<Person>,
        known: Known,
    ) -> Result<(), Refusal> {
        let target = Linked::To(Target::Person(known.id.clone()), super::people::Step::SameRecord);
        self.linked_account(draft, target)?;
        self.write(person, false, false)?;
        self.batch.learned.people.push(known);
        Ok(())
    }

    /// Mentions an account that a row only names (whose token it is), linked like a listed one.
    /// Says whose it is; `None` where nobody fits.
    pub fn mention_account(
        &mut self,
        system: &str,
        draft: Draft<Account>,
        claim: &Claim<'_>,
    ) -> Result<Option<Target>, Refusal> {
        let id = draft.own_id().to_owned();
        let Linked::To(target, step) = self.link(system, &id, claim) else {
            self.mention(draft)?;
            return Ok(None);
        };
        self.mention(draft.identity(target.to()).tag("linked_by", step.name()))?;
        self.batch.learned.holders.push((digest(&id), target.clone()));
        Ok(Some(target))
    }

    fn link(&self, system: &str, id: &str, claim: &Claim<'_>) -> Linked {
        let names: Vec<&str> = [id]
            .into_iter()
            .chain(claim.user_names.iter().copied())
            .chain(claim.emails.iter().copied())
            .collect();
        let given = self.context.links.find(&self.context.people, system, &names);
        given.unwrap_or_else(|| self.context.people.find(claim))
    }

    fn linked_account(&mut self, draft: Draft<Account>, linked: Linked) -> Result<(), Refusal> {
        let id = draft.own_id().to_owned();
        let draft = match &linked {
            Linked::To(target, step) => draft.identity(target.to()).tag("linked_by", step.name()),
            _ => draft,
        };
        self.put(draft)?;
        if let Linked::To(target, _) = &linked {
            self.batch.learned.holders.push((digest(&id), target.clone()));
        }
        self.links.push((linked, id));
        Ok(())
    }

    /// Remembers what something is called, for rows that only have its id.
    pub fn learn(&mut self, what: &'static str, id: &str, name: &str) {
        self.batch.learned.names.push(((what, id.to_owned()), name.to_owned()));
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

    /// Whose an account is, for vendors that name owners by their accounts: a person's or a
    /// workload's id. Where the account is nobody's, the account's own id as that of a person whom
    /// nobody knows: a rule then says so.
    ///
    /// # Errors
    /// A later row may say it.
    pub fn holder_of(&self, account: &str) -> Result<Target, Refusal> {
        match self.context.holders.get(&digest(account)) {
            Some(target) => Ok(target.clone()),
            None if self.last => Ok(Target::Person(account.to_owned())),
            None => Err(Refusal::Later),
        }
    }

    /// The person whom a free word names (an address, a number, a login name): of people whom HR
    /// doesn't know, the word itself, so that a rule says so.
    pub fn person_named(&self, word: &str) -> String {
        self.context.people.named(word).unwrap_or_else(|| word.trim().to_owned())
    }

    /// The same where a later row may be the person's.
    ///
    /// # Errors
    /// A later row may say it.
    pub fn person_later(&self, word: &str) -> Result<String, Refusal> {
        match self.context.people.named(word) {
            Some(id) => Ok(id),
            None if self.last => Ok(word.trim().to_owned()),
            None => Err(Refusal::Later),
        }
    }

    /// The id of the person whom a word names, if HR knows them.
    pub fn known_person(&self, word: &str) -> Option<String> {
        self.context.people.named(word)
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

impl Target {
    /// As the owner of something.
    pub fn to(&self) -> To<'_> {
        match self {
            Self::Person(id) => To::person(id),
            Self::Workload(id) => To::workload(id),
        }
    }
}

/// A digest that is the same in every run.
pub fn digest(text: &str) -> u64 {
    XxHash3_64::oneshot(text.as_bytes())
}
