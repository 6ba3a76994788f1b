//! What every record has in common.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::{Intern, Say, Spelt};
use super::words::Word;

/// A field of a record, as faults speak of it.
pub struct FieldSpec {
    /// Its name in JSON.
    pub name: &'static str,
    /// Whether a record without it is refused.
    pub required: bool,
    /// Finds all that is wrong with a value of it.
    pub check: fn(&RawValue, &mut Say<'_>),
}

/// A kind of record, with its strings interned.
pub trait Record: Spelt + PartialEq + std::fmt::Debug + Send + Sized {
    /// The same with borrowed strings.
    type Read<'a>: Deserialize<'a> + Intern<Kept = Self>;
    /// All its fields.
    const FIELDS: &'static [FieldSpec];
    /// Its id.
    fn id(&self) -> Word;
    /// The id of the source that it is from.
    fn source(&self) -> Option<Word>;
    /// Its place in that source.
    fn source_ref(&self) -> Option<Word>;
    /// What is wrong with the record although each of its fields is right.
    ///
    /// # Errors
    /// A sentence, and what to do on a second line.
    fn whole(&self) -> Result<(), String>;
}
