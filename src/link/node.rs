//! The things of the graph: what questions are about, and how they are called.

use std::fmt;

use crate::inventory::{Kind, Row};

macro_rules! node_kinds {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        /// A type of entity in the Cedar schema.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[allow(missing_docs, reason = "they are the entity types of the schema")]
        pub enum NodeKind { $($(#[$meta])* $name),* }

        impl NodeKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the Cedar schema.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

node_kinds! {
    Person, Workload, Team, Account, Credential, Entitlement, System, Group, Offboarding,
    /// A task of an offboarding, or the lack of one; not a record.
    Revocation,
    Source,
    /// Not a record of the inventory.
    Exception,
    /// Row 0 is `missing`, row 1 is `unknown`.
    Nobody,
    /// Row 0 is the only one.
    Inventory,
}

impl NodeKind {
    /// The entity type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The kind of record that such a thing is, if it is one.
    pub fn record(self) -> Option<Kind> {
        Some(match self {
            Self::Person => Kind::Person,
            Self::Workload => Kind::Workload,
            Self::Team => Kind::Team,
            Self::Account => Kind::Account,
            Self::Credential => Kind::Credential,
            Self::Entitlement => Kind::Entitlement,
            Self::System => Kind::System,
            Self::Group => Kind::Group,
            Self::Offboarding => Kind::Offboarding,
            Self::Source => Kind::Source,
            Self::Revocation | Self::Exception | Self::Nobody | Self::Inventory => return None,
        })
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A thing of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Node {
    /// Its type.
    pub kind: NodeKind,
    /// Its row in the table of that type.
    pub row: Row,
}

impl Node {
    /// The principal where a holder or an owner isn't on record.
    pub const MISSING: Self = Self::new(NodeKind::Nobody, 0);
    /// The principal where the record names somebody that the inventory doesn't know.
    pub const UNKNOWN: Self = Self::new(NodeKind::Nobody, 1);
    /// The inventory itself.
    pub const INVENTORY: Self = Self::new(NodeKind::Inventory, 0);

    /// The thing of that type in that row.
    pub const fn new(kind: NodeKind, row: Row) -> Self {
        Self { kind, row }
    }

    /// A person.
    pub const fn person(row: Row) -> Self {
        Self::new(NodeKind::Person, row)
    }

    /// A workload.
    pub const fn workload(row: Row) -> Self {
        Self::new(NodeKind::Workload, row)
    }
}

/// A row or none, in four bytes: the facts of a large inventory are many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OptionalRow(Row);

impl OptionalRow {
    /// The row, if there is one.
    pub fn get(self) -> Option<Row> {
        // INVARIANT: no table has so many rows that this is one.
        (self.0 != Row::MAX).then_some(self.0)
    }
}

impl Default for OptionalRow {
    fn default() -> Self {
        None.into()
    }
}

impl From<Option<Row>> for OptionalRow {
    fn from(row: Option<Row>) -> Self {
        Self(row.unwrap_or(Row::MAX))
    }
}

/// What a reference leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Link<T> {
    /// The record has none.
    #[default]
    Absent,
    /// It names something that the inventory doesn't know.
    Unknown,
    /// It leads there.
    To(T),
}

impl<T: Copy> Link<T> {
    /// Where it leads.
    pub fn known(self) -> Option<T> {
        if let Self::To(target) = self { Some(target) } else { None }
    }

    /// Whether it names something that the inventory doesn't know.
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Link<Node> {
    /// The principal that this stands for.
    pub fn or_nobody(self) -> Node {
        match self {
            Self::Absent => Node::MISSING,
            Self::Unknown => Node::UNKNOWN,
            Self::To(node) => node,
        }
    }
}

macro_rules! dangling {
    ($($constant:ident $name:literal),* $(,)?) => {
        /// The fields of a record that name something unknown.
        #[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
        pub struct Dangling(u16);

        #[repr(u16)]
        #[expect(clippy::upper_case_acronyms, non_camel_case_types, reason = "numbers of bits")]
        enum Bit { $($constant),* }

        impl Dangling {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: Self = Self(1 << Bit::$constant as u16);
            )*

            const NAMES: &'static [(&'static str, Self)] = &[$(($name, Self::$constant)),*];
        }
    };
}

dangling! {
    SOURCE "source", SYSTEM "system", ACCOUNT "account", GROUP "group", IDENTITY "identity",
    CREATED_BY "created_by", GRANTED_BY "granted_by", REVIEWED_BY "reviewed_by",
    MANAGER "manager", ACTS_FOR "acts_for", KNOWN_TO "known_to", USED_BY "used_by",
    MEMBERS "members", SUBJECT "subject", TASKS "tasks",
}

impl Dangling {
    /// Adds a field if it names something unknown.
    pub fn note<T: Copy>(&mut self, field: Self, link: Link<T>) -> Link<T> {
        self.note_if(field, link.is_unknown());
        link
    }

    /// Adds a field.
    pub fn note_if(&mut self, field: Self, unknown: bool) {
        self.0 |= if unknown { field.0 } else { 0 };
    }

    /// The names of the fields.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(_, bit)| self.0 & bit.0 != 0).map(|(name, _)| *name)
    }
}
