//! Saying what is wrong with a text, at its exact place.

use std::ops::Range;

use serde_json::value::RawValue;

use super::reader::Reader;
use crate::fault::{self, Fault};
use crate::inventory::field::check::{self, UNKNOWN_FIELD};
use crate::inventory::words::Word;
use crate::inventory::{Kind, Place};

impl<'a> Reader<'a> {
    /// Adds a fault at a place. Past those that are shown, faults are only counted: an excerpt
    /// costs a walk through the text.
    pub(super) fn complain(
        &mut self,
        place: Range<usize>,
        masked: &[Range<usize>],
        fault: impl FnOnce(&Self) -> Fault,
    ) {
        let fault = if self.faults.has_room() {
            // A whole record is pointed at by its beginning.
            let composite =
                self.text.text.get(place.clone()).is_some_and(|text| text.starts_with('{'));
            let place = if composite { place.start..place.start + 1 } else { place };
            fault(self).at(self.text.excerpt(place, masked, String::new()))
        } else {
            Fault::default()
        };
        self.faults.push(fault);
    }

    /// Turns what is wrong with one record into faults that show none of its unknown values.
    pub(super) fn explain(&mut self, said: Vec<(Range<usize>, String)>) {
        let unknown = |message: &str| message.starts_with(UNKNOWN_FIELD);
        let twice = |message: &str| message.contains("is given twice");
        let composite = |span: &Range<usize>| {
            let text = self.text.text.get(span.clone()).unwrap_or("");
            text.starts_with(['{', '['])
        };
        let masked: Vec<_> = said
            .iter()
            .filter(|(span, message)| {
                unknown(message)
                    || twice(message)
                    || composite(span) && message.contains(": expected")
            })
            .map(|(span, _)| span.clone())
            .collect();
        for (span, message) in said {
            let place = if unknown(&message) { self.key_of(&span) } else { span };
            self.complain(place, &masked, |_| Fault::from_lines(&message));
        }
    }

    /// A record whose id is taken.
    pub(super) fn duplicate(&mut self, kind: Kind, value: &'a RawValue, id: Word, first: Place) {
        let place = self.span(value);
        self.complain(place, &[], |reader| reader.taken(kind, id, first));
    }

    fn taken(&self, kind: Kind, id: Word, first: Place) -> Fault {
        let quoted = fault::quote(self.inventory.words.text(id));
        let what = kind.singular();
        let file = self.inventory.files.get(first.file as usize);
        let name = fault::printable(file.map_or(self.text.name, |file| &file.path));
        let at = format!("{name}:{}:{}", first.line, first.column);
        if first.file != self.file {
            return Fault::new(
                format!("{what} {quoted} is different from the one at {at}"),
                "the same record may stand in several files, but then in the same words: keep one of the two",
            );
        }
        let start = self.line_start(first.line);
        let column = first.column.saturating_sub(1) as usize;
        let line = self.text.text.get(start..).unwrap_or("");
        let offset = line.char_indices().nth(column).map_or(start, |(at, _)| start + at);
        let place = self.text.excerpt(offset..offset + 1, &[], "first here".into());
        let other = Fault { message: "the first one".into(), ..Fault::default() }.at(place);
        let said = format!("the id {quoted} of this {what} is taken: it is first used at {at}");
        Fault { other: Some(Box::new(other)), ..Fault::new(said, "keep one of the two") }
    }

    fn line_start(&self, line: u32) -> usize {
        let breaks = self.text.text.match_indices('\n').map(|(at, _)| at + 1);
        breaks.take(line.saturating_sub(1) as usize).last().unwrap_or(0)
    }

    /// The library's error at its place; at the end of the text, the text is cut off.
    pub(super) fn malformed(&mut self, error: &serde_json::Error, base: usize, part: &str) {
        let mut line_starts = part.match_indices('\n').map(|(at, _)| at + 1);
        let line = match error.line() {
            0 | 1 => 0,
            line => line_starts.nth(line - 2).unwrap_or(0),
        };
        let at = base + (line + error.column().saturating_sub(1)).min(part.len());
        let said = check::without_place(error);
        // In the lines form, `part` is one line of many.
        let one_line = part.len() < self.text.text.trim().len();
        let fault = if error.is_eof()
            && one_line
            && base + part.len() < self.text.text.trim_end().len()
        {
            Fault::new(
                "the record does not end on its line",
                "write each record on one line of its own",
            )
        } else if error.is_eof() {
            Fault::new(
                format!("the text ends too early: {said}"),
                "the file is cut off: export or copy it again, a partial inventory is never judged",
            )
        } else if error.is_data() {
            let (found, wanted) = said
                .strip_prefix("invalid type: ")
                .and_then(|said| said.split_once(", expected "))
                .unwrap_or((&said, ""));
            let found = match found {
                "map" => "an object",
                "sequence" => "an array",
                other => other,
            };
            let message = if wanted.is_empty() {
                said.clone()
            } else {
                format!("expected {wanted}, found {found}")
            };
            Fault::new(message, "`nhi-policy schema inventory` shows the format")
        } else {
            Fault::new(
                format!("this is not JSON: {said}"),
                "mend the text at the mark, or export it again",
            )
        };
        self.complain(at..at + 1, &[], |_| fault);
    }

    pub(super) fn unknown<'n>(
        &mut self,
        what: &str,
        key: &str,
        value: &'a RawValue,
        names: impl IntoIterator<Item = &'n str> + Clone,
    ) {
        let span = self.span(value);
        let help = fault::suggest(key, names);
        let said = format!("{what} {} is unknown", fault::quote(key));
        let masked = std::slice::from_ref(&span);
        self.complain(self.key_of(&span), masked, |_| Fault::new(said, help));
    }

    pub(super) fn say(&mut self, value: &'a RawValue, said: &str) {
        self.complain(self.span(value), &[], |_| Fault::from_lines(said));
    }

    /// Where a slice of the text stands in it.
    pub(super) fn offset(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.text.as_ptr() as usize)
    }

    pub(super) fn span(&self, value: &RawValue) -> Range<usize> {
        let start = self.offset(value.get());
        start..start + value.get().len()
    }

    /// The key before a value: back over the colon, then to the quotation mark that opens it.
    fn key_of(&self, value: &Range<usize>) -> Range<usize> {
        let before = self.text.text.get(..value.start).unwrap_or("").trim_end();
        let before = before.strip_suffix(':').unwrap_or(before).trim_end();
        let inner = before.strip_suffix('"').unwrap_or(before);
        let opens = |at: &usize| {
            let escapes = inner.get(..*at).unwrap_or("").bytes().rev();
            escapes.take_while(|byte| *byte == b'\\').count() % 2 == 0
        };
        let start = inner.rmatch_indices('"').map(|(at, _)| at).find(opens).unwrap_or(value.start);
        start..before.len().max(start)
    }
}
