//! The inventory: who and what holds which access, as typed rows with interned words.

use schemars::JsonSchema;

use crate::time::Instant;

pub mod draft;
pub mod field;
pub mod record;
pub mod spec;
mod strings;
mod table;
pub mod vocabulary;
pub mod words;

use field::{ACCOUNT, List, Ref, Spelt};
use record::{
    Account, Credential, Entitlement, Group, Offboarding, Person, Source, System, Team, Workload,
};
use spec::Record;
use table::Ids;
pub use table::Table;
use words::{Word, Words};

/// A row of a table.
pub type Row = u32;

/// Where a record stands. Lines and columns count from one, columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its file, in [`Inventory::files`].
    pub file: u32,
    /// Its number in the array of its kind; of JSON Lines, there is no array.
    pub index: Option<u32>,
    /// Its line.
    pub line: u32,
    /// Its column.
    pub column: u32,
}

/// A file that the inventory was read from.
#[derive(Clone, Debug)]
pub struct File {
    /// The path as the user gave it; `-` is standard input.
    pub path: String,
    /// The digest of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its own `generated_at`.
    pub generated_at: Instant,
}

macro_rules! kinds {
    ($( $(#[$meta:meta])* $field:ident $singular:literal $record:ident ),* $(,)?) => {
        /// A kind of record.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[allow(missing_docs, reason = "they are the records of the contract")]
        pub enum Kind { $($record),* }

        impl Kind {
            /// All kinds, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$record),*];

            /// The name of the array in the document form.
            pub fn plural(self) -> &'static str {
                match self { $(Self::$record => stringify!($field)),* }
            }

            /// The name of the record in the lines form.
            pub fn singular(self) -> &'static str {
                match self { $(Self::$record => $singular),* }
            }
        }

        /// Several files' records in one, checked each by itself, not yet linked.
        pub struct Inventory {
            /// The strings of all records.
            pub words: Words,
            /// The files, in the order in which they were read.
            pub files: Vec<File>,
            /// The latest `generated_at` of the files.
            pub generated_at: Instant,
            /// Whether the files are only passing: the records are known by where they are from.
            pub imported: bool,
            /// The lines and columns of each offboarding's tasks.
            pub task_places: Vec<TaskPlaces>,
            /// The accounts that live privileged entitlements are of, where those aren't kept.
            pub privileged: Vec<Ref<ACCOUNT>>,
            /// How many there were of each kind that may pass, where not all are kept.
            pub passed: Option<[usize; 2]>,
            /// Whether it names no sources and stands for one itself.
            pub is_own_source: bool,
            ids: Ids,
            $( $(#[$meta])* pub $field: Table<$record> ),*
        }

        /// Records that were read together, each with its place, on their way into an inventory.
        #[derive(Default)]
        pub struct Batch {
            /// The lines and columns of each offboarding's tasks.
            pub task_places: Vec<TaskPlaces>,
            /// The accounts that live privileged entitlements are of, where those aren't kept.
            pub privileged: Vec<Ref<ACCOUNT>>,
            $( $field: Vec<($record, Place)> ),*
        }

        impl Batch {
            /// Shows all words of the records.
            pub fn each_word(&mut self, see: &mut impl FnMut(&mut Word)) {
                self.privileged.iter_mut().for_each(|account| see(&mut account.0));
                $( self.$field.iter_mut().for_each(|(record, _)| record.each_word(see)); )*
            }
        }

        $(
            impl Tabled for $record {
                const KIND: Kind = Kind::$record;
                fn table(inventory: &mut Inventory) -> &mut Table<Self> {
                    &mut inventory.$field
                }
                fn batch(batch: &mut Batch) -> &mut Vec<(Self, Place)> {
                    &mut batch.$field
                }
            }
        )*

        impl Inventory {
            /// An inventory without records.
            pub fn empty(generated_at: Instant) -> Self {
                Self {
                    words: Words::default(),
                    files: Vec::new(),
                    generated_at,
                    imported: false,
                    task_places: Vec::new(),
                    privileged: Vec::new(),
                    passed: None,
                    is_own_source: false,
                    ids: Ids::default(),
                    $( $field: Table::default() ),*
                }
            }

            /// How many records of a kind are kept: the rows of its table.
            pub fn count(&self, kind: Kind) -> usize {
                match kind { $(Kind::$record => self.$field.rows.len()),* }
            }

            /// Where a record stands.
            pub fn place(&self, kind: Kind, row: Row) -> Place {
                match kind { $(Kind::$record => self.$field.place(row)),* }
            }

            /// The id of a record.
            pub fn id(&self, kind: Kind, row: Row) -> &str {
                self.words.text(match kind { $(Kind::$record => self.$field.get(row).id()),* })
            }

            /// Where a record is from: `FILE:LINE` or `FILE#POINTER`.
            pub fn source_ref(&self, kind: Kind, row: Row) -> Option<&str> {
                let word = match kind { $(Kind::$record => self.$field.get(row).source_ref()),* };
                word.map(|word| self.words.text(word))
            }

            /// Adds the records of a batch, for as long as their ids are free, and empties it;
            /// `following` is how many times as many may come.
            ///
            /// # Errors
            /// An id is taken.
            pub fn append(&mut self, batch: &mut Batch, following: usize) -> Result<(), Taken> {
                let mut task_places = batch.task_places.drain(..);
                self.privileged.append(&mut batch.privileged);
                $(
                    let count = batch.$field.len();
                    // Records of a kind mostly stand together: its room is no longer needed.
                    if count == 0 {
                        batch.$field = Vec::new();
                    }
                    self.$field.reserve(count, count.saturating_mul(following));
                    for (record, place) in batch.$field.drain(..) {
                        let is_new = self.add(record, place)?;
                        if Kind::$record == Kind::Offboarding {
                            let places = task_places.next().filter(|_| is_new);
                            self.task_places.extend(places);
                        }
                    }
                )*
                Ok(())
            }
        }

        impl Kind {
            /// Does something with the type of the kind's records.
            pub fn with<W: WithRecord>(self, work: W) -> W::Output {
                match self { $(Self::$record => work.run::<$record>()),* }
            }
        }

        /// An entitlement inventory: who and what holds which access, as of one instant.
        #[derive(JsonSchema)]
        #[schemars(deny_unknown_fields, rename = "Inventory")]
        #[expect(dead_code, reason = "only its schema is used: records are read one by one")]
        pub(crate) struct Document {
            /// The version of this format.
            version: Version,
            /// When the inventory was put together: facts are judged as of then.
            generated_at: Instant,
            $( $(#[$meta])* $field: List<$record> ),*
        }

        /// One line of the lines form: exactly one record.
        #[derive(JsonSchema)]
        #[schemars(rename_all = "snake_case", rename = "Line")]
        #[expect(dead_code, reason = "only its schema is used: records are read one by one")]
        pub(crate) enum Line {
            /// The line that stands for the document.
            Inventory(Header),
            $( $(#[$meta])* $record($record) ),*
        }
    };
}

kinds! {
    /// Where the records are from.
    sources "source" Source,
    /// What gives access.
    systems "system" System,
    /// Human beings.
    people "person" Person,
    /// Groups of people that can own things.
    teams "team" Team,
    /// Non-human identities.
    workloads "workload" Workload,
    /// Groups of accounts that give access.
    groups "group" Group,
    /// Accounts on systems.
    accounts "account" Account,
    /// What proves an identity.
    credentials "credential" Credential,
    /// Rights of accounts and groups.
    entitlements "entitlement" Entitlement,
    /// What was done when somebody or something left.
    offboardings "offboarding" Offboarding,
}

impl Kind {
    /// The kinds that nothing refers to, and that there are most of: they may be looked at as they
    /// pass instead of being kept.
    pub const PASSING: [Self; 2] = [Self::Credential, Self::Entitlement];

    /// Its number among the kinds that may pass.
    pub fn passing(self) -> Option<usize> {
        Self::PASSING.iter().position(|kind| *kind == self)
    }
}

impl Inventory {
    /// How many records of a kind there were, kept or not.
    pub fn total(&self, kind: Kind) -> usize {
        let passed = self.passed.and_then(|passed| passed.get(kind.passing()?).copied());
        passed.unwrap_or_else(|| self.count(kind))
    }

    /// Takes in the credentials and entitlements of a batch for as long as they are looked at:
    /// nothing finds them by their ids.
    pub fn pass(&mut self, batch: &mut Batch) {
        batch
            .credentials
            .drain(..)
            .for_each(|(record, place)| self.credentials.push(record, place));
        let entitlements = batch.entitlements.drain(..);
        entitlements.for_each(|(record, place)| self.entitlements.push(record, place));
    }

    /// Forgets what was only passing.
    pub fn clear_passing(&mut self) {
        self.credentials.clear();
        self.entitlements.clear();
    }

    /// Takes over when the newest of its files was made.
    pub fn note_latest(&mut self) {
        let latest = self.files.iter().map(|file| file.generated_at).max();
        self.generated_at = latest.unwrap_or(Instant::EPOCH);
    }

    /// The row of a record by its kind and id.
    pub fn find(&self, kind: Kind, id: Word) -> Option<Row> {
        self.ids.find(kind, id)
    }

    /// Adds a record. Files may overlap: a record that stands in two of them in the same words is
    /// one record, and nothing is added (`false`). Within a file it is a mistake.
    ///
    /// # Errors
    /// Another record has its id.
    pub fn add<R: Tabled>(&mut self, record: R, place: Place) -> Result<bool, Taken> {
        let id = record.id();
        if let Some(first) = self.ids.find(R::KIND, id) {
            let table = R::table(self);
            let equal = table.place(first).file != place.file && *table.get(first) == record;
            return if equal { Ok(false) } else { Err(Taken(first)) };
        }
        let table = R::table(self);
        let row = table.next();
        table.push(record, place);
        self.ids.give(R::KIND, id, row);
        Ok(true)
    }
}

/// The lines and columns of an offboarding's tasks.
pub type TaskPlaces = Box<[(u32, u32)]>;

/// The row of the record that has an id already.
#[derive(Debug)]
pub struct Taken(pub Row);

/// A record that has a table.
pub trait Tabled: Record {
    /// Its kind.
    const KIND: Kind;
    /// Its table.
    fn table(inventory: &mut Inventory) -> &mut Table<Self>;
    /// Those of its kind in a batch.
    fn batch(batch: &mut Batch) -> &mut Vec<(Self, Place)>;
}

/// Work that is the same for the records of all kinds.
pub trait WithRecord {
    /// What comes of it.
    type Output;
    /// The work, for one kind.
    fn run<R: Tabled>(self) -> Self::Output;
}

/// What the lines form says of the inventory as a whole.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct Header {
    /// The version of this format.
    version: Version,
    /// When the inventory was put together.
    generated_at: Instant,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum Version {
    #[schemars(rename = "1")]
    One,
}
