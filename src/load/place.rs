//! Places in a text: lines and columns going forward, keys before values, fields of records.

use serde_json::value::RawValue;

use crate::fault::{Excerpt, Text};
use crate::inventory::Place;
use crate::inventory::field::check::Entries;

/// Counts lines and characters forward through a text.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), offset: 0, line: 1, column: 1 }
    }

    /// Line and column of an offset that isn't before the last one asked for.
    pub(super) fn advance(&mut self, to: usize) -> (u32, u32) {
        let passed = self.bytes.get(self.offset..to).unwrap_or(&[]);
        let characters = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let lines = passed.split(|byte| *byte == b'\n').count() - 1;
        if lines > 0 {
            let start = passed.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            self.line = self.line.saturating_add(number(lines));
            self.column = number(characters(passed.get(start..).unwrap_or(&[]))).saturating_add(1);
        } else {
            self.column = self.column.saturating_add(number(characters(passed)));
        }
        self.offset = to.max(self.offset);
        (self.line, self.column)
    }
}

/// The excerpt of a field's value in a record that has been read before.
pub(super) fn excerpt_of_field(source: Text<'_>, place: Place, field: &str) -> Option<Excerpt> {
    let text = source.text;
    let line = (place.line as usize).checked_sub(2);
    let start =
        line.and_then(|line| text.match_indices('\n').nth(line)).map_or(0, |(at, _)| at + 1);
    let column = place.column.checked_sub(1)? as usize;
    let (at, _) = text.get(start..)?.char_indices().nth(column)?;
    let rest = text.get(start + at..)?;
    let record = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>().next()?.ok()?;
    let entries: Entries<'_> = serde_json::from_str(record.get()).ok()?;
    let value = entries.0.iter().find(|(key, _)| key == field).map_or(record, |(_, value)| *value);
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    Some(source.excerpt(start..start + value.get().len(), &[], "which one?".into()))
}
