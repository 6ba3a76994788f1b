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

/// Adds a text as a string, with a prefix that has nothing to escape.
pub fn string(prefix: &str, text: &str, to: &mut Vec<u8>) {
    let start = to.len() + 1;
    // Nearly all texts are plain.
    if is_plain(text.as_bytes()) {
        to.reserve(prefix.len() + text.len() + 2);
        to.push(b'"');
        to.extend_from_slice(prefix.as_bytes());
        to.extend_from_slice(text.as_bytes());
        to.push(b'"');
    } else {
        // Writing to memory can't fail.
        let _ = compact(&mut *to, text);
        to.splice(start..start, prefix.bytes());
    }
}

/// Whether a text has nothing to escape.
fn is_plain(text: &[u8]) -> bool {
    let small = || text.iter().fold(0, |odd, byte| odd | is_odd(*byte)) == 0;
    are_plain::<16>(text).or_else(|| are_plain::<4>(text)).unwrap_or_else(small)
}

/// The same, block by block: all bytes of one are looked at together. The last one can overlap the
/// one before; a text that is shorter has none.
fn are_plain<const BLOCK: usize>(text: &[u8]) -> Option<bool> {
    let (blocks, last) = (text.as_chunks::<BLOCK>().0, text.last_chunk::<BLOCK>()?);
    let is_plain = |block: &[u8; BLOCK]| block.iter().fold(0, |odd, byte| odd | is_odd(*byte)) == 0;
    Some(is_plain(last) && blocks.iter().all(is_plain))
}

/// Whether a byte has to be escaped, or is looked at more closely.
fn is_odd(byte: u8) -> u8 {
    let (low, high) = (u8::from(byte < b' '), u8::from(byte > b'~'));
    low | high | u8::from(byte == b'"') | u8::from(byte == b'\\')
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
        // Most are plain.
        if is_plain(text.as_bytes()) {
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
        let (mut same, mut prefixed) = (Vec::new(), Vec::new());
        let long = "a\"234567 plain, and not plain";
        for text in [
            "",
            "plain ~",
            long,
            "0123456789abcde\n",
            "0123456789abcdef",
            "a\"b",
            "a\\b",
            "a\u{7f}",
            "é",
            "a\nb",
            text,
        ] {
            same.clear();
            prefixed.clear();
            string("", text, &mut same);
            assert_eq!(serde_json::from_slice::<String>(&same).unwrap(), text);
            let mut other = Vec::new();
            compact(&mut other, text).unwrap();
            assert_eq!(same, other);
            string("account:", text, &mut prefixed);
            let read: String = serde_json::from_slice(&prefixed).unwrap();
            assert_eq!(read, format!("account:{text}"));
        }
        let mut plain = Vec::new();
        pretty(&mut plain, &serde_json::json!({"a": ["b", {"c": "d"}]})).unwrap();
        let as_before = serde_json::json!({"a": ["b", {"c": "d"}]});
        assert_eq!(plain, serde_json::to_vec_pretty(&as_before).unwrap());
    }
}
