//! Records that are being written: the contract's fields as methods, so that no importer can
//! misspell one, straight into JSON.

use std::marker::PhantomData;

use twox_hash::XxHash3_64;

use super::field::{
    ACCOUNT, Count, GROUP, HOLDER, Id, List, MEMBER, OWNER, OrUnknown, PERSON, Ref, TEAM, Tags,
    Text, UNPREFIXED, WORKLOAD,
};
use super::spec::FieldSpec;
use super::vocabulary::Vocabulary;
use crate::time::Instant;

/// A record in JSON that is not closed yet.
#[derive(Clone, Debug)]
pub struct Draft<R> {
    id: Box<str>,
    parts: Parts,
    fields: u64,
    record: PhantomData<R>,
}

/// What there is of it.
#[derive(Clone, Debug)]
pub struct Parts {
    json: Vec<u8>,
    tags: Vec<(String, String)>,
}

impl<R> Draft<R> {
    /// A record that has nothing but its id.
    pub fn new(id: &str) -> Self {
        let mut json = Vec::with_capacity(512);
        json.extend_from_slice(b"{\"id\":");
        string(id, &mut json);
        Self {
            id: id.into(),
            parts: Parts { json, tags: Vec::new() },
            fields: 1,
            record: PhantomData,
        }
    }

    /// Its id.
    pub fn own_id(&self) -> &str {
        &self.id
    }

    /// A digest of what it has so far, the same in every run.
    pub fn digest(&self) -> u64 {
        let mut digest = XxHash3_64::oneshot(&self.parts.json);
        for (name, value) in &self.parts.tags {
            for part in [name, value] {
                digest = XxHash3_64::oneshot_with_seed(digest, part.as_bytes());
            }
        }
        digest
    }

    /// Gives a field its value, once.
    pub(super) fn give<T: Given>(&mut self, at: usize, name: &str, value: T::Given<'_>) {
        let bit = 1u64 << at;
        debug_assert!(self.fields & bit == 0, "`{name}` is given twice");
        if self.fields & bit == 0 && T::is_something(&value) {
            self.fields |= bit;
            T::put(name, value, &mut self.parts);
        }
    }

    /// Adds a free fact, where there is one. The first of two with the same name stays.
    #[must_use]
    pub fn tag<'v>(mut self, name: &str, value: impl Into<Option<&'v str>>) -> Self {
        if let Some(value) = value.into() {
            self.parts.tag(name, value);
        }
        self
    }

    /// Closes the record.
    pub fn finish(self) -> Vec<u8> {
        let Parts { mut json, mut tags } = self.parts;
        if !tags.is_empty() {
            tags.sort();
            json.extend_from_slice(b",\"tags\":{");
            for (at, (name, value)) in tags.iter().enumerate() {
                if at > 0 {
                    json.push(b',');
                }
                string(name, &mut json);
                json.push(b':');
                string(value, &mut json);
            }
            json.push(b'}');
        }
        json.push(b'}');
        json
    }

    /// Whether the field at that place of the contract's list has a value.
    pub(super) fn has(&self, at: usize) -> bool {
        self.fields & (1 << at) != 0
    }
}

impl Parts {
    fn tag(&mut self, name: &str, value: &str) {
        if self.tags.iter().all(|(other, _)| other != name) {
            self.tags.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// What a field is given, and how that is written.
pub trait Given {
    /// The value: `&str` for text, [`To`] for a reference.
    type Given<'v>;
    /// Whether there is anything to write.
    fn is_something(_: &Self::Given<'_>) -> bool {
        true
    }
    /// Writes it as JSON.
    fn write(value: Self::Given<'_>, json: &mut Vec<u8>);
    /// Adds it to a record.
    fn put(name: &str, value: Self::Given<'_>, parts: &mut Parts) {
        parts.json.extend_from_slice(b",\"");
        parts.json.extend_from_slice(name.as_bytes());
        parts.json.extend_from_slice(b"\":");
        Self::write(value, &mut parts.json);
    }
}

/// A reference with the prefix of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct To<'v> {
    prefix: &'static str,
    id: &'v str,
}

impl<'v> To<'v> {
    /// A person.
    pub fn person(id: &'v str) -> Self {
        Self { prefix: "person:", id }
    }
    /// A workload.
    pub fn workload(id: &'v str) -> Self {
        Self { prefix: "workload:", id }
    }
    /// A team.
    pub fn team(id: &'v str) -> Self {
        Self { prefix: "team:", id }
    }
    /// An account.
    pub fn account(id: &'v str) -> Self {
        Self { prefix: "account:", id }
    }
    /// A group.
    pub fn group(id: &'v str) -> Self {
        Self { prefix: "group:", id }
    }
}

fn string(text: &str, json: &mut Vec<u8>) {
    crate::json::write::string("", text, json);
}

impl<S> Given for Text<S> {
    type Given<'v> = &'v str;
    fn write(value: &str, json: &mut Vec<u8>) {
        string(value, json);
    }
}

impl<S> Given for Id<S> {
    type Given<'v> = &'v str;
    fn write(value: &str, json: &mut Vec<u8>) {
        string(value, json);
    }
}

impl<S> Given for Ref<UNPREFIXED, S> {
    type Given<'v> = &'v str;
    fn write(value: &str, json: &mut Vec<u8>) {
        string(value, json);
    }
}

macro_rules! prefixed {
    ($($kinds:ident)*) => { $(
        impl<S> Given for Ref<$kinds, S> {
            type Given<'v> = To<'v>;
            fn write(value: To<'_>, json: &mut Vec<u8>) {
                let kinds = [("person:", PERSON), ("workload:", WORKLOAD), ("team:", TEAM),
                    ("account:", ACCOUNT), ("group:", GROUP)];
                debug_assert!(kinds.iter().any(|(prefix, kind)| *prefix == value.prefix && $kinds & kind != 0));
                crate::json::write::string(value.prefix, value.id, json);
            }
        }
    )* };
}
prefixed!(PERSON WORKLOAD ACCOUNT GROUP HOLDER OWNER MEMBER);

impl Given for Instant {
    type Given<'v> = Instant;
    fn write(value: Instant, json: &mut Vec<u8>) {
        json.push(b'"');
        value.write(json);
        json.push(b'"');
    }
}

impl Given for bool {
    type Given<'v> = bool;
    fn write(value: bool, json: &mut Vec<u8>) {
        json.extend_from_slice(if value { b"true" } else { b"false" });
    }
}

impl Given for Count {
    type Given<'v> = u64;
    fn write(value: u64, json: &mut Vec<u8>) {
        json.extend_from_slice(value.to_string().as_bytes());
    }
}

impl<V: Vocabulary> Given for V {
    type Given<'v> = V;
    fn write(value: V, json: &mut Vec<u8>) {
        // A vocabulary's words have nothing to escape.
        json.push(b'"');
        json.extend_from_slice(value.name().as_bytes());
        json.push(b'"');
    }
}

impl<V: Vocabulary> Given for OrUnknown<V> {
    type Given<'v> = V;
    fn write(value: V, json: &mut Vec<u8>) {
        V::write(value, json);
    }
}

impl<T: Given> Given for Option<T> {
    type Given<'v> = T::Given<'v>;
    fn write(value: T::Given<'_>, json: &mut Vec<u8>) {
        T::write(value, json);
    }
}

impl<T: Given> Given for List<T> {
    type Given<'v> = Vec<T::Given<'v>>;
    fn is_something(value: &Vec<T::Given<'_>>) -> bool {
        !value.is_empty()
    }
    fn write(value: Vec<T::Given<'_>>, json: &mut Vec<u8>) {
        json.push(b'[');
        for (at, item) in value.into_iter().enumerate() {
            if at > 0 {
                json.push(b',');
            }
            T::write(item, json);
        }
        json.push(b']');
    }
}

impl<S> Given for Tags<S> {
    type Given<'v> = Vec<(&'v str, &'v str)>;
    fn write(_: Vec<(&str, &str)>, _: &mut Vec<u8>) {}
    /// They are written last, sorted, so that more can be added.
    fn put(_: &str, value: Vec<(&str, &str)>, parts: &mut Parts) {
        value.into_iter().for_each(|(name, value)| parts.tag(name, value));
    }
}

/// The place of a field in the list of its record's fields.
#[expect(clippy::indexing_slicing, reason = "evaluated when it is compiled")]
pub(super) const fn position(fields: &[FieldSpec], name: &str) -> usize {
    let mut at = 0;
    while at < fields.len() {
        if same(fields[at].name, name) {
            return at;
        }
        at += 1;
    }
    fields.len()
}

/// `==` of strings isn't constant.
#[expect(clippy::indexing_slicing, reason = "evaluated when it is compiled")]
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
