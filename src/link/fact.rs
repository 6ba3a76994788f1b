//! The values of attributes: small, and copied for nothing.

use super::Graph;
use super::node::{Dangling, Node};
use crate::inventory::field;
use crate::inventory::vocabulary::{TaskStatus, VOCABULARIES, Vocabulary};
use crate::time::Instant;

/// The value of an attribute.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fact<'g> {
    /// A `Bool`.
    Bool(bool),
    /// A `Long`.
    Long(i64),
    /// A `String`.
    Text(&'g str),
    /// A `datetime`.
    Time(Instant),
    /// A word of a closed vocabulary: an entity of an enumerated type.
    Word(Entry),
    /// Another thing.
    Node(Node),
    /// A set of strings.
    Texts(Texts<'g>),
    /// A set of things.
    Nodes(&'g [Node]),
}

/// A word of a closed vocabulary by its numbers, so that words are compared as integers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The vocabulary: its place in [`VOCABULARIES`], or one past them for [`REVOCATION_STATUS`].
    pub vocabulary: u8,
    /// The word's place in the vocabulary.
    pub word: u8,
}

impl Entry {
    /// The status of a revocation: that of its task, or `missing` without one.
    pub(super) fn of_revocation(task: Option<TaskStatus>) -> Self {
        let missing = u8::try_from(TaskStatus::ALL.len()).unwrap_or(u8::MAX);
        Self {
            vocabulary: u8::try_from(VOCABULARIES.len()).unwrap_or(u8::MAX),
            word: task.map_or(missing, Vocabulary::number),
        }
    }

    /// The word of that name, of the enumerated type of that name.
    pub fn find(of: &str, name: &str) -> Option<Self> {
        if of == REVOCATION_STATUS {
            let status = TaskStatus::from_name(name);
            return (status.is_some() || name == "missing").then(|| Self::of_revocation(status));
        }
        let vocabulary = Self::vocabulary(of)?;
        let (_, words) = VOCABULARIES.get(usize::from(vocabulary))?;
        let (word, _) = (0..).zip(*words).find(|(_, word)| **word == name)?;
        Some(Self { vocabulary, word })
    }

    /// The number of an enumerated type, by its name.
    pub fn vocabulary(of: &str) -> Option<u8> {
        if of == REVOCATION_STATUS {
            return Some(Self::of_revocation(None).vocabulary);
        }
        (0..).zip(VOCABULARIES).find(|(_, (own, _))| *own == of).map(|(number, _)| number)
    }

    /// The enumerated type in the schema.
    pub fn type_name(self) -> &'static str {
        VOCABULARIES.get(usize::from(self.vocabulary)).map_or(REVOCATION_STATUS, |(name, _)| name)
    }

    /// The word itself.
    pub fn name(self) -> &'static str {
        let word = usize::from(self.word);
        match VOCABULARIES.get(usize::from(self.vocabulary)) {
            Some((_, words)) => words.get(word).copied().unwrap_or_default(),
            None => TaskStatus::ALL.get(word).map_or("missing", |status| status.name()),
        }
    }
}

/// A set of strings, as the row has it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Texts<'g> {
    /// The names of fields.
    Fields(Dangling),
    /// A list, in which a string may be twice.
    List(&'g field::List<field::Text>),
}

impl<'g> Texts<'g> {
    /// Whether a string of the set is so.
    #[inline]
    pub fn any(self, graph: &'g Graph, mut is: impl FnMut(&'g str) -> bool) -> bool {
        match self {
            Self::Fields(fields) => fields.names().map(|name| -> &'g str { name }).any(is),
            Self::List(list) => list.0.iter().any(|text| is(graph.inventory.words.text(text.0))),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Fields(fields) => fields == Dangling::default(),
            Self::List(list) => list.0.is_empty(),
        }
    }

    /// Each string once: fields in the order of the contract, others sorted.
    pub fn distinct(self, graph: &'g Graph) -> Vec<&'g str> {
        match self {
            Self::Fields(fields) => fields.names().collect(),
            Self::List(list) => {
                let text = |text: &field::Text| graph.inventory.words.text(text.0);
                let mut texts: Vec<&str> = list.0.iter().map(text).collect();
                texts.sort_unstable();
                texts.dedup();
                texts
            }
        }
    }
}

/// The status of a task, and `missing` where there is none.
pub const REVOCATION_STATUS: &str = "RevocationStatus";
