//! JSON as it is written for readers: what could steer a terminal or hide text is escaped, and read
//! back the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::fault::is_hostile;

/// Writes a value on one line.
///
/// # Errors
/// Those of the output.
pub fn compact<T: Serialize + ?Sized>(out: impl Write, value: &T) -> io::Result<()> {
    let mut to = Serializer::with_formatter(out, Harmless(CompactFormatter));
    Ok(value.serialize(&mut to)?)
}

/// Writes a value on indented lines.
///
/// # Errors
/// Those of the output.
pub fn pretty<T: Serialize + ?Sized>(out: impl Write, value: &T) -> io::Result<()> {
    let mut to = Serializer::with_formatter(out, Harmless(PrettyFormatter::new()));
    Ok(value.serialize(&mut to)?)
}

/// The layout of another, with harmless strings.
struct Harmless<F>(F);

/// What is left to the other.
macro_rules! as_it_does {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W, $($argument: $type),*) -> io::Result<()> {
            self.0.$name(out, $($argument),*)
        }
    )*};
}

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        // Most are plain. Lower control characters are no part of a fragment.
        if text.bytes().all(|byte| byte < 0x7f) {
            return out.write_all(text.as_bytes());
        }
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hostile(*c)) {
            let (plain, from) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = from.strip_prefix(c).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }

    as_it_does! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_escaped_and_read_back() {
        let text = "a\u{9b}\u{7f}\u{202e}é\u{e0001}\"\n\u{1b}\u{2028}b";
        let value = serde_json::json!({ text: [text, 1, {}, []] });
        let (mut one, mut other) = (Vec::new(), Vec::new());
        compact(&mut one, &value).unwrap();
        pretty(&mut other, &value).unwrap();
        for out in [one, other] {
            let out = String::from_utf8(out).unwrap();
            assert!(!out.contains(|c| is_hostile(c) && c != '\n'), "{out:?}");
            assert!(out.contains("\\u009b\\u007f\\u202eé\\udb40\\udc01"), "{out}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), value);
        }
        let mut plain = Vec::new();
        pretty(&mut plain, &serde_json::json!({"a": ["b", {"c": "d"}]})).unwrap();
        let as_before = serde_json::json!({"a": ["b", {"c": "d"}]});
        assert_eq!(plain, serde_json::to_vec_pretty(&as_before).unwrap());
    }
}
