//! The inventory: who and what holds which access, as typed rows with interned words.

use rustc_hash::FxHashMap;
use schemars::JsonSchema;

use crate::time::Instant;

pub mod draft;
pub mod field;
pub mod record;
pub mod spec;
pub mod vocabulary;
pub mod words;

use field::List;
use record::{
    Account, Credential, Entitlement, Group, Offboarding, Person, Source, System, Team, Workload,
};
use spec::Record;
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

/// All records of one kind.
pub struct Table<R> {
    /// The records.
    pub rows: Vec<R>,
    /// Where each of them stands.
    pub places: Vec<Place>,
    by_id: FxHashMap<Word, Row>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: Vec::new(), by_id: FxHashMap::default() }
    }
}

impl<R: Record> Table<R> {
    /// The row of the record with that id.
    pub fn find(&self, id: Word) -> Option<Row> {
        self.by_id.get(&id).copied()
    }

    /// Adds a record; of two with the same id, says where the other is.
    ///
    /// # Errors
    /// The row of the record that has this id.
    pub fn add(&mut self, record: R, place: Place) -> Result<(), Row> {
        let row = Row::try_from(self.rows.len()).unwrap_or(Row::MAX);
        if let Some(first) = self.by_id.get(&record.id()) {
            return Err(*first);
        }
        self.by_id.insert(record.id(), row);
        self.rows.push(record);
        self.places.push(place);
        Ok(())
    }

    /// Adds a record, unless it is known to be there already; says whether it did.
    ///
    /// # Errors
    /// The row of the record that has this id.
    pub fn add_unless(&mut self, known: bool, record: R, place: Place) -> Result<bool, Row> {
        if known { Ok(false) } else { self.add(record, place).map(|()| true) }
    }

    /// The record of a row.
    #[expect(clippy::indexing_slicing, reason = "a row number comes from the table it is used on")]
    pub fn get(&self, row: Row) -> &R {
        &self.rows[row as usize]
    }

    /// The place of a row.
    #[expect(clippy::indexing_slicing, reason = "a row number comes from the table it is used on")]
    pub fn place(&self, row: Row) -> Place {
        self.places[row as usize]
    }

    /// All row numbers.
    pub fn all(&self) -> std::ops::Range<Row> {
        0..Row::try_from(self.rows.len()).unwrap_or(Row::MAX)
    }
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
            pub task_places: Vec<Box<[(u32, u32)]>>,
            $( $(#[$meta])* pub $field: Table<$record> ),*
        }

        impl Inventory {
            /// An inventory without records.
            pub fn empty(generated_at: Instant) -> Self {
                Self {
                    words: Words::default(),
                    files: Vec::new(),
                    generated_at,
                    imported: false,
                    task_places: Vec::new(),
                    $( $field: Table::default() ),*
                }
            }

            /// How many records there are of a kind.
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

            /// The row of a record by its kind and id.
            pub fn find(&self, kind: Kind, id: Word) -> Option<Row> {
                match kind { $(Kind::$record => self.$field.find(id)),* }
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
