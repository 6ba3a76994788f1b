//! The types of a record's fields: how each is read, kept and described.
//!
//! A record is read with borrowed strings (`S = Cow<str>`) and kept with interned ones
//! (`S = Word`); [`Intern`] goes from the one to the other.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use super::vocabulary::Vocabulary;
use super::words::{Interner, Word};
use crate::fault;
use crate::time::Instant;

pub mod check;
mod list;
mod reference;
mod text;

use check::{advice, check_scalar, json_type};
pub use list::{List, Tags};
pub use reference::{
    ACCOUNT, GROUP, HOLDER, MEMBER, OWNER, PERSON, PREFIXES, Ref, TEAM, UNPREFIXED, WORKLOAD,
    split_prefix,
};
use text::StringVisitor;
pub use text::{Id, Text};

/// A string that is read: borrowed from the input wherever it has no escapes.
pub trait Spelled<'de>: From<Cow<'de, str>> {}
impl<'de> Spelled<'de> for Cow<'de, str> {}

/// From what is read to what is kept.
pub trait Intern {
    /// The form that is kept.
    type Kept;
    /// Interns all strings in it.
    fn intern(self, words: &mut impl Interner) -> Self::Kept;
}

/// What is kept, seen as the words in it.
pub trait Spelt {
    /// Shows all words, to be replaced by others.
    fn each_word(&mut self, see: &mut impl FnMut(&mut Word));
}

/// What a field's type knows of itself, for faults that name their place.
pub trait Field: Sized {
    /// Whether a record without it is refused.
    const REQUIRED: bool = true;
    /// What it takes, in words: `true or false`.
    const EXPECTED: &'static str;
    /// Finds all that is wrong with a value and says it of the part that is wrong.
    fn check(value: &RawValue, say: &mut Say<'_>);
}

/// Takes the part of the input that is wrong, and the message (with what to do on a second line).
pub type Say<'a> = dyn FnMut(&RawValue, String) + 'a;

macro_rules! kept_as_it_is {
    ($($type:ty),*) => {
        $(impl Intern for $type {
            type Kept = Self;
            fn intern(self, _: &mut impl Interner) -> Self {
                self
            }
        }
        impl Spelt for $type {
            fn each_word(&mut self, _: &mut impl FnMut(&mut Word)) {}
        })*
    };
}
kept_as_it_is!(Instant, bool, Count);

impl Field for bool {
    const EXPECTED: &'static str = "true or false";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        check_scalar::<Self>(value, "true or false", say);
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&from.deserialize_str(StringVisitor)?).map_err(de::Error::custom)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Field for Instant {
    const EXPECTED: &'static str = "an RFC 3339 time in a string";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        check_scalar::<Self>(value, "a string", say);
    }
}

impl JsonSchema for Instant {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A number of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count(pub i64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(from)?;
        if count < 0 { Err(de::Error::custom("negative")) } else { Ok(Self(count)) }
    }
}

impl Field for Count {
    const EXPECTED: &'static str = "a whole number of rows";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        let found = json_type(value.get());
        if found != "a number" {
            let advice = advice(found, "a number");
            say(value, format!("expected {}, found {found}\n{advice}", Self::EXPECTED));
        } else if serde_json::from_str::<Self>(value.get()).is_err() {
            let quoted = fault::quote(value.get());
            say(
                value,
                format!(
                    "{quoted} is not a number of rows\nwrite a whole number from 0 to {}",
                    i64::MAX
                ),
            );
        }
    }
}

impl JsonSchema for Count {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": i64::MAX })
    }
}

impl<V: Vocabulary + for<'de> Deserialize<'de>> Field for V {
    const EXPECTED: &'static str = "a string";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        check_scalar::<V>(value, "a string", say);
    }
}

impl<V: Vocabulary> Intern for V {
    type Kept = Self;
    fn intern(self, _: &mut impl Interner) -> Self {
        self
    }
}

impl<V: Vocabulary> Spelt for V {
    fn each_word(&mut self, _: &mut impl FnMut(&mut Word)) {}
}

/// A word of a vocabulary that has `unknown`, which is what absence means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrUnknown<V>(pub V);

impl<'de, V: Vocabulary + Deserialize<'de>> Deserialize<'de> for OrUnknown<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = Option::<V>::deserialize(from)?.or_else(V::unknown);
        word.map(Self).ok_or_else(|| de::Error::custom("this can't be absent"))
    }
}

impl<V: Vocabulary + Field> Field for OrUnknown<V> {
    const REQUIRED: bool = false;
    const EXPECTED: &'static str = V::EXPECTED;
    fn check(value: &RawValue, say: &mut Say<'_>) {
        Option::<V>::check(value, say);
    }
}

impl<V: Vocabulary> Intern for OrUnknown<V> {
    type Kept = Self;
    fn intern(self, _: &mut impl Interner) -> Self {
        self
    }
}

impl<V> Spelt for OrUnknown<V> {
    fn each_word(&mut self, _: &mut impl FnMut(&mut Word)) {}
}

impl<V: JsonSchema> JsonSchema for OrUnknown<V> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        V::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<V>::json_schema(generator)
    }
    fn _schemars_private_is_option() -> bool {
        true
    }
}

impl<T: Field> Field for Option<T> {
    const REQUIRED: bool = false;
    const EXPECTED: &'static str = T::EXPECTED;
    fn check(value: &RawValue, say: &mut Say<'_>) {
        if value.get() != "null" {
            T::check(value, say);
        }
    }
}

impl<T: Intern> Intern for Option<T> {
    type Kept = Option<T::Kept>;
    fn intern(self, words: &mut impl Interner) -> Self::Kept {
        self.map(|value| value.intern(words))
    }
}

impl<T: Spelt> Spelt for Option<T> {
    fn each_word(&mut self, see: &mut impl FnMut(&mut Word)) {
        self.iter_mut().for_each(|value| value.each_word(see));
    }
}
