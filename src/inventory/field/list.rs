//! Fields of many values: lists, and free facts.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use rustc_hash::FxHashSet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use thin_vec::ThinVec;

use super::check::{Entries, json_type};
use super::{Field, Intern, Say, Spelled, Spelt, Text};
use crate::fault;
use crate::inventory::words::{Interner, Word};

/// A list; absent and null are the empty one. Most are empty, and take eight bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List<T>(pub ThinVec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(ThinVec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<Vec<T>>::deserialize(from)?.unwrap_or_default().into()))
    }
}

impl<T: Field> Field for List<T> {
    const REQUIRED: bool = false;
    const EXPECTED: &'static str = "an array";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        if value.get() == "null" {
            return;
        }
        if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
            elements.into_iter().for_each(|element| T::check(element, say));
        } else {
            let found = json_type(value.get());
            say(value, format!("expected an array, found {found}\nput it into [ ]"));
        }
    }
}

impl<T: Intern> Intern for List<T> {
    type Kept = List<T::Kept>;
    fn intern(self, words: &mut impl Interner) -> Self::Kept {
        List(self.0.into_iter().map(|value| value.intern(words)).collect())
    }
}

impl<T: Spelt> Spelt for List<T> {
    fn each_word(&mut self, see: &mut impl FnMut(&mut Word)) {
        self.0.iter_mut().for_each(|value| value.each_word(see));
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("List_of_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<Vec<T>>::json_schema(generator)
    }
    fn _schemars_private_is_option() -> bool {
        true
    }
}

/// Free facts of a record, sorted by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tags<S = Word>(pub ThinVec<(S, S)>);

impl<'de, S: Spelled<'de>> Deserialize<'de> for Tags<S> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_option(TagVisitor(PhantomData))
    }
}

struct TagVisitor<S>(PhantomData<S>);

impl<'de, S: Spelled<'de>> Visitor<'de> for TagVisitor<S> {
    type Value = Tags<S>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }
    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Tags(ThinVec::new()))
    }
    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Tags(ThinVec::new()))
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tags = Vec::new();
        while let Some((key, value)) = map.next_entry::<Text<Cow<'de, str>>, _>()? {
            let value: Option<Text<Cow<'de, str>>> = value;
            tags.push((key.0, value));
        }
        tags.sort_by(|a, b| a.0.cmp(&b.0));
        if tags.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
            return Err(de::Error::custom("a tag is given twice\nkeep one of the two"));
        }
        let present = tags.into_iter().filter_map(|(key, value)| Some((key, value?.0)));
        Ok(Tags(present.map(|(key, value)| (S::from(key), S::from(value))).collect()))
    }
}

impl<S> Field for Tags<S> {
    const REQUIRED: bool = false;
    const EXPECTED: &'static str = "an object of strings";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        if value.get() == "null" {
            return;
        }
        let Ok(entries) = serde_json::from_str::<Entries<'_>>(value.get()) else {
            let found = json_type(value.get());
            return say(
                value,
                format!(
                    "expected {}, found {found}\nwrite {{\"name\": \"value\"}}",
                    Self::EXPECTED
                ),
            );
        };
        let mut seen = FxHashSet::default();
        for (key, value) in &entries.0 {
            let name = fault::quote(key);
            if !seen.insert(key.as_ref()) {
                say(value, format!("the tag {name} is given twice\nkeep one of the two"));
            }
            Option::<Text<S>>::check(value, &mut |part, message| {
                say(part, format!("the tag {name}: {message}"));
            });
        }
    }
}

impl Intern for Tags<Cow<'_, str>> {
    type Kept = Tags<Word>;
    fn intern(self, words: &mut impl Interner) -> Self::Kept {
        let tags = self.0.into_iter();
        Tags(tags.map(|(key, value)| (words.intern(&key), words.intern(&value))).collect())
    }
}

impl Spelt for Tags {
    fn each_word(&mut self, see: &mut impl FnMut(&mut Word)) {
        for (name, value) in &mut self.0 {
            see(name);
            see(value);
        }
    }
}

impl<S> JsonSchema for Tags<S> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Tags".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["object", "null"], "additionalProperties": { "type": ["string", "null"] }
        })
    }
    fn _schemars_private_is_option() -> bool {
        true
    }
}
