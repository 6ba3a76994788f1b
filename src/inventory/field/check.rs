//! The slow path: what exactly is wrong with a record that could not be read, and where.

use std::borrow::Cow;
use std::fmt;

use rustc_hash::FxHashSet;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Field, Say, Text};
use crate::fault;
use crate::inventory::spec::FieldSpec;

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
pub(super) fn check_scalar<'de, T: Field + Deserialize<'de>>(
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

pub(super) fn advice(found: &str, wanted: &str) -> String {
    match (found, wanted) {
        ("a string", "true or false" | "a number") => "write it without quotation marks".into(),
        ("null", _) => "null means absent, and this can't be absent".into(),
        (_, wanted) => format!("write {wanted}"),
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
