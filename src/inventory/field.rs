//! The types of a record's fields: how each is read, kept and described.
//!
//! A record is read with borrowed strings (`S = Cow<str>`) and kept with interned ones
//! (`S = Word`); [`Intern`] goes from the one to the other.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use rustc_hash::FxHashSet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::record::FieldSpec;
use super::vocabulary::Vocabulary;
use super::words::{Word, Words};
use crate::fault;
use crate::time::Instant;

/// Prefixes by which a reference names the kind of its target; no id may begin with one.
pub const PREFIXES: [&str; 5] = ["person:", "workload:", "team:", "account:", "group:"];

/// A string that is read: borrowed from the input wherever it has no escapes.
pub trait Spelled<'de>: From<Cow<'de, str>> {}
impl<'de> Spelled<'de> for Cow<'de, str> {}

/// From what is read to what is kept.
pub trait Intern {
    /// The form that is kept.
    type Kept;
    /// Interns all strings in it.
    fn intern(self, words: &mut Words) -> Self::Kept;
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

/// What a JSON text is, by its first character.
pub fn json_type(text: &str) -> &'static str {
    match text.bytes().next() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The text of an error without the place that the library appends: the place is known better.
pub fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// Checks a value that is one JSON scalar by reading it.
fn check_scalar<'de, T: Field + Deserialize<'de>>(
    value: &'de RawValue,
    json: &str,
    say: &mut Say<'_>,
) {
    let found = json_type(value.get());
    if found != json {
        say(value, format!("expected {}, found {found}\n{}", T::EXPECTED, advice(found, json)));
    } else if let Err(error) = serde_json::from_str::<T>(value.get()) {
        say(value, without_place(&error));
    }
}

fn advice(found: &str, wanted: &str) -> String {
    match (found, wanted) {
        ("a string", "true or false" | "a number") => "write it without quotation marks".into(),
        ("null", _) => "null means absent, and this can't be absent".into(),
        (_, wanted) => format!("write {wanted}"),
    }
}

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident, $check:path, $schema:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name<S = Word>(pub S);

        impl<'de, S: Spelled<'de>> Deserialize<'de> for $name<S> {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = from.deserialize_str(StringVisitor)?;
                $check(&text).map_err(de::Error::custom)?;
                Ok(Self(S::from(text)))
            }
        }

        impl Intern for $name<Cow<'_, str>> {
            type Kept = $name<Word>;
            fn intern(self, words: &mut Words) -> Self::Kept {
                $name(words.intern(&self.0))
            }
        }

        impl<S> Field for $name<S> {
            const EXPECTED: &'static str = "a string";
            fn check(value: &RawValue, say: &mut Say<'_>) {
                check_scalar::<$name<Cow<'_, str>>>(value, "a string", say);
            }
        }

        impl<S> JsonSchema for $name<S> {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

text_type!(
    /// Free text.
    Text, any_text, json_schema!({ "type": "string" })
);
text_type!(
    /// What a record is called: not empty, unique within its kind, without a kind's prefix.
    Id, own_id, json_schema!({
        "type": "string", "minLength": 1, "pattern": "^(?!person:|workload:|team:|account:|group:)"
    })
);
/// The id of another record, where needed with the prefix of its kind (`person:ID`). `KINDS` says
/// which kinds it may name: a sum of [`PERSON`], [`TEAM`], ... .
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ref<const KINDS: u8, S = Word>(pub S);

/// A person, for [`Ref`].
pub const PERSON: u8 = 1;
/// A workload.
pub const WORKLOAD: u8 = 2;
/// A team.
pub const TEAM: u8 = 4;
/// An account.
pub const ACCOUNT: u8 = 8;
/// A group.
pub const GROUP: u8 = 16;
/// A kind that has no prefix: a system or a source.
pub const UNPREFIXED: u8 = 0;
/// Who can hold something.
pub const HOLDER: u8 = PERSON | WORKLOAD;
/// Who can own something.
pub const OWNER: u8 = PERSON | WORKLOAD | TEAM;
/// Who can be in a group.
pub const MEMBER: u8 = ACCOUNT | GROUP;

impl<'de, const KINDS: u8, S: Spelled<'de>> Deserialize<'de> for Ref<KINDS, S> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = from.deserialize_str(StringVisitor)?;
        other_id(KINDS, &text).map_err(de::Error::custom)?;
        Ok(Self(S::from(text)))
    }
}

impl<const KINDS: u8> Intern for Ref<KINDS, Cow<'_, str>> {
    type Kept = Ref<KINDS, Word>;
    fn intern(self, words: &mut Words) -> Self::Kept {
        Ref(words.intern(&self.0))
    }
}

impl<const KINDS: u8, S> Field for Ref<KINDS, S> {
    const EXPECTED: &'static str = "a string";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        check_scalar::<Ref<KINDS, Cow<'_, str>>>(value, "a string", say);
    }
}

impl<const KINDS: u8, S> JsonSchema for Ref<KINDS, S> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Ref{KINDS}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the three checks have one shape")]
fn any_text(_: &str) -> Result<(), String> {
    Ok(())
}

fn own_id(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("the id is empty\ngive the record the id that its system knows it by".into());
    }
    match PREFIXES.iter().find(|prefix| text.starts_with(**prefix)) {
        None => Ok(()),
        Some(prefix) => Err(format!(
            "the id {} begins with `{prefix}`, which is how references name a kind\nwrite the id without it here, and `{prefix}ID` where it is referred to",
            fault::quote(text)
        )),
    }
}

/// The prefix of a reference, as a kind of [`Ref`], and the id behind it.
pub fn split_prefix(text: &str) -> Option<(u8, &str)> {
    // Most references have none, and this is asked of each.
    text.contains(':').then_some(())?;
    (0u8..).zip(PREFIXES).find_map(|(bit, prefix)| Some((1 << bit, text.strip_prefix(prefix)?)))
}

fn other_id(kinds: u8, text: &str) -> Result<(), String> {
    let (kind, id) = split_prefix(text).unwrap_or((kinds, text));
    if id.is_empty() {
        return Err("the reference is empty\nname a record, or leave the field out: an empty name is not nobody".into());
    }
    if kind == kinds || kind & kinds != 0 {
        return Ok(());
    }
    let quoted = fault::quote(text);
    let possible = (0u8..).zip(PREFIXES).filter(|(bit, _)| kinds & (1 << bit) != 0);
    let possible: Vec<String> = possible.map(|(_, prefix)| format!("`{prefix}ID`")).collect();
    let help = if possible.is_empty() { "`ID`".into() } else { format!("`ID` or {}", possible.join(", ")) };
    Err(format!("{quoted} names a kind that this field can't name\nwrite {help}"))
}

struct StringVisitor;

impl<'de> Visitor<'de> for StringVisitor {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

macro_rules! kept_as_it_is {
    ($($type:ty),*) => {
        $(impl Intern for $type {
            type Kept = Self;
            fn intern(self, _: &mut Words) -> Self {
                self
            }
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
            say(value, format!("{quoted} is not a number of rows\nwrite a whole number from 0 to {}", i64::MAX));
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
    fn intern(self, _: &mut Words) -> Self {
        self
    }
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
    fn intern(self, _: &mut Words) -> Self {
        self
    }
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
    fn intern(self, words: &mut Words) -> Self::Kept {
        self.map(|value| value.intern(words))
    }
}

/// A list; absent and null are the empty one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List<T>(pub Box<[T]>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Box::default())
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
        match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
            Ok(elements) => elements.into_iter().for_each(|element| T::check(element, say)),
            Err(_) => {
                let found = json_type(value.get());
                say(value, format!("expected an array, found {found}\nput it into [ ]"));
            }
        }
    }
}

impl<T: Intern> Intern for List<T> {
    type Kept = List<T::Kept>;
    fn intern(self, words: &mut Words) -> Self::Kept {
        List(self.0.into_iter().map(|value| value.intern(words)).collect())
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
pub struct Tags<S = Word>(pub Box<[(S, S)]>);

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
        Ok(Tags(Box::default()))
    }
    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Tags(Box::default()))
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tags: Vec<(Cow<'de, str>, Option<Text<Cow<'de, str>>>)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<Text<Cow<'de, str>>, _>()? {
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
            return say(value, format!("expected {}, found {found}\nwrite {{\"name\": \"value\"}}", Self::EXPECTED));
        };
        let mut seen = FxHashSet::default();
        for (key, value) in &entries.0 {
            let name = fault::quote(key);
            if !seen.insert(key.as_ref()) {
                say(value, format!("the tag {name} is given twice\nkeep one of the two"));
            }
            Option::<Text<S>>::check(value, &mut |part, message| say(part, format!("the tag {name}: {message}")));
        }
    }
}

impl Intern for Tags<Cow<'_, str>> {
    type Kept = Tags<Word>;
    fn intern(self, words: &mut Words) -> Self::Kept {
        let tags = self.0.into_iter();
        Tags(tags.map(|(key, value)| (words.intern(&key), words.intern(&value))).collect())
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

/// Finds all that is wrong with the fields of a record.
pub fn check_fields(what: &str, fields: &[FieldSpec], record: &RawValue, say: &mut Say<'_>) {
    let Ok(entries) = serde_json::from_str::<Entries<'_>>(record.get()) else {
        let found = json_type(record.get());
        return say(record, format!("expected a {what} in an object, found {found}\nwrite {{ }}"));
    };
    let id = entries.0.iter().find(|(key, _)| key == "id").map(|(_, value)| value.get());
    let called = id.and_then(|id| serde_json::from_str::<String>(id).ok());
    let called = called.map_or(String::new(), |id| format!(" {}", fault::quote(&id)));
    let mut seen = FxHashSet::default();
    for (key, value) in &entries.0 {
        let twice = !seen.insert(key.as_ref());
        match fields.iter().find(|field| field.name == key) {
            _ if twice => say(value, format!("`{key}` is given twice\nkeep one of the two")),
            Some(field) => (field.check)(value, &mut |part, message| {
                say(part, format!("`{}` of {what}{called}: {message}", field.name));
            }),
            None => {
                let names = fields.iter().map(|field| field.name);
                let key = fault::quote(key);
                let help = fault::suggest(key.trim_matches('`'), names);
                say(value, format!("{UNKNOWN_FIELD} {key} of {what}{called}\n{help}"));
            }
        }
    }
    for field in fields.iter().filter(|field| field.required) {
        if !seen.contains(field.name) {
            let name = field.name;
            say(record, format!("{what}{called} has no `{name}`\nadd it: every {what} needs one"));
        }
    }
}

/// How a fault about an unknown field begins. Its value is never shown: it may be a secret.
pub const UNKNOWN_FIELD: &str = "unknown field";

/// An object's entries, each where it stands.
pub struct Entries<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct EntryVisitor;
        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<Text<Cow<'de, str>>, _>()? {
                    entries.push((key.0, value));
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(EntryVisitor)
    }
}
