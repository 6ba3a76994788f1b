//! Where an object ends, without reading what is in it.
//!
//! Only quotation marks, backslashes and braces matter for that. They are looked for in 64 bytes at
//! a time, as bits of a number: a bit is inside a string where the count of quotation marks up to
//! it is odd. Whether the object is JSON is for those to say who read it.

use wide::u8x16;

/// The place behind the object that begins at `start`, unless it ends beyond these bytes.
pub(super) fn end_of_object(bytes: &[u8], start: usize) -> Option<usize> {
    let (chunks, rest) = bytes.get(start..)?.as_chunks();
    let mut scan = Scan::default();
    for (number, chunk) in chunks.iter().enumerate() {
        if let Some(end) = scan.end_in(chunk) {
            return Some(start + number * WIDTH + end);
        }
    }
    let mut last = [b' '; WIDTH];
    last.get_mut(..rest.len())?.copy_from_slice(rest);
    scan.end_in(&last).map(|end| bytes.len() - rest.len() + end)
}

const WIDTH: usize = 64;

/// What is known where a chunk begins.
#[derive(Default)]
struct Scan {
    depth: usize,
    /// All bits or none.
    in_string: u64,
    escaped: bool,
}

impl Scan {
    fn end_in(&mut self, chunk: &[u8; WIDTH]) -> Option<usize> {
        let mut quotes = bits(chunk, b'"');
        let backslashes = bits(chunk, b'\\');
        if self.escaped || backslashes != 0 {
            quotes &= !self.escapes(backslashes);
        }
        let inside = parity(quotes) ^ self.in_string;
        self.in_string = 0u64.wrapping_sub(inside >> 63);
        let opening = bits(chunk, b'{') & !inside;
        let mut braces = opening | bits(chunk, b'}') & !inside;
        while braces != 0 {
            let at = braces.trailing_zeros();
            if opening >> at & 1 == 1 {
                self.depth += 1;
            } else {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Some(at as usize + 1);
                }
            }
            braces &= braces - 1;
        }
        None
    }

    /// The characters that stand behind a backslash which isn't itself behind one.
    fn escapes(&mut self, backslashes: u64) -> u64 {
        let mut escapes = 0;
        for bit in (0..64).map(|at| 1 << at) {
            if self.escaped {
                escapes |= bit;
            }
            self.escaped = !self.escaped && backslashes & bit != 0;
        }
        escapes
    }
}

/// Of each bit, whether the number of ones up to it is odd.
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// A bit for each byte that is this one.
fn bits(chunk: &[u8; WIDTH], byte: u8) -> u64 {
    let wanted = u8x16::splat(byte);
    let (lanes, _) = chunk.as_chunks();
    lanes.iter().rev().fold(0, |bits, lane| {
        bits << 16 | u64::from(u8x16::new(*lane).simd_eq(wanted).to_bitmask())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn values() -> impl Strategy<Value = Value> {
        let text = "[a-z{}\\[\\]\"\\\\\n é]{0,90}";
        let leaf = prop_oneof![text.prop_map(Value::String), any::<i32>().prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::vec((text, inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_object_ends_where_its_text_does(value in values(), before in 0usize..70, after in "[ \"{},a]{0,70}") {
            let object = format!("{{\"a\":{value}}}");
            let text = format!("{}{object}{after}", " ".repeat(before));
            let end = before + object.len();
            prop_assert_eq!(end_of_object(text.as_bytes(), before), Some(end));
            prop_assert_eq!(end_of_object(&text.as_bytes()[..end - 1], before), None);
        }
    }
}
