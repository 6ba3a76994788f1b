//! Strings: free text, and what a record is called.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::check::check_scalar;
use super::{Field, Intern, PREFIXES, Say, Spelled, Spelt};
use crate::fault;
use crate::inventory::words::{Interner, Word};

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
            fn intern(self, words: &mut impl Interner) -> Self::Kept {
                $name(words.intern(&self.0))
            }
        }

        impl Spelt for $name {
            fn each_word(&mut self, see: &mut impl FnMut(&mut Word)) {
                see(&mut self.0);
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

pub(super) struct StringVisitor;

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
