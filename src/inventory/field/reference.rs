//! References: the ids of other records.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::check::check_scalar;
use super::text::StringVisitor;
use super::{Field, Intern, Say, Spelled, Spelt};
use crate::fault;
use crate::inventory::words::{Interner, Word};

/// Prefixes by which a reference names the kind of its target; no id may begin with one.
pub const PREFIXES: [&str; 5] = ["person:", "workload:", "team:", "account:", "group:"];

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
    fn intern(self, words: &mut impl Interner) -> Self::Kept {
        Ref(words.refer(&self.0))
    }
}

impl<const KINDS: u8> Spelt for Ref<KINDS> {
    fn each_word(&mut self, see: &mut impl FnMut(&mut Word)) {
        see(&mut self.0);
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
    let help = if possible.is_empty() {
        "`ID`".into()
    } else {
        format!("`ID` or {}", possible.join(", "))
    };
    Err(format!("{quoted} names a kind that this field can't name\nwrite {help}"))
}
