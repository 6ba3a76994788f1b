//! The document form: an object with an array for each kind.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::reader::Reader;
use crate::inventory::field;
use crate::inventory::{Kind, Row};

/// Reads the object.
pub(super) struct DocumentVisitor<'r, 'a>(pub(super) &'r mut Reader<'a>);

impl<'a> Visitor<'a> for DocumentVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an inventory in an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen: Vec<Kind> = Vec::new();
        while let Some(field::Text(key)) = map.next_key::<field::Text<Cow<'a, str>>>()? {
            match (key.as_ref(), Kind::ALL.iter().find(|kind| kind.plural() == key)) {
                ("version", _) => {
                    let value = map.next_value()?;
                    self.0.version(value);
                }
                ("generated_at", _) => {
                    let value = map.next_value()?;
                    self.0.generated_at(value);
                }
                (_, Some(kind)) if seen.contains(kind) => {
                    let value = map.next_value()?;
                    self.0.say(
                        value,
                        &format!("`{key}` is given twice\nput the records of both into one array"),
                    );
                }
                (_, Some(kind)) => {
                    seen.push(*kind);
                    map.next_value_seed(Records(self.0, *kind))?;
                }
                (_, None) => {
                    let value = map.next_value()?;
                    let names = Kind::ALL.iter().map(|kind| kind.plural());
                    self.0.unknown("field", &key, value, names.chain(["version", "generated_at"]));
                }
            }
        }
        Ok(())
    }
}

struct Records<'r, 'a>(&'r mut Reader<'a>, Kind);

impl<'a> DeserializeSeed<'a> for Records<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Records<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} in an array", self.1.plural())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut index: Row = 0;
        while let Some(value) = seq.next_element::<&'a RawValue>()? {
            self.0.record_of(self.1, value, Some(index));
            index = index.saturating_add(1);
        }
        Ok(())
    }
}
