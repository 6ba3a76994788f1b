//! Places in a text: lines and columns going forward, keys before values, fields of records.

use memchr::{memchr_iter, memrchr};
use serde_json::value::RawValue;

use crate::fault::{Excerpt, Text};
use crate::inventory::Place;
use crate::inventory::field::check::Entries;

/// Counts lines and characters forward through a text.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    at: LineColumn,
}

/// A line and a column, both from one; columns count characters.
pub(super) type LineColumn = (u32, u32);

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self::going_on(text, (1, 1))
    }

    /// A cursor through a text that is a part of another, of which more has been passed already.
    pub(super) fn going_on(text: &'a str, at: LineColumn) -> Self {
        Self { text, offset: 0, at }
    }

    /// Line and column of an offset that isn't before the last one asked for.
    pub(super) fn advance(&mut self, to: usize) -> LineColumn {
        let passed = self.text.get(self.offset..to).unwrap_or("");
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (line, column) = self.at;
        self.at = match memrchr(b'\n', passed.as_bytes()) {
            None => (line, column.saturating_add(number(passed.chars().count()))),
            Some(last) => {
                let lines = memchr_iter(b'\n', passed.as_bytes()).count();
                let behind = passed.get(last + 1..).unwrap_or("").chars().count();
                (line.saturating_add(number(lines)), number(behind).saturating_add(1))
            }
        };
        self.offset = to.max(self.offset);
        self.at
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
