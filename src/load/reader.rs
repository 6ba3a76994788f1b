//! Reads one text into the inventory: its form, its header, its records.

use std::fmt;
use std::ops::Range;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::fault::{self, Excerpt, Fault, Faults, Text};
use crate::inventory::field::{self, Entries, Field, Intern, UNKNOWN_FIELD};
use crate::inventory::record::Record;
use crate::inventory::words::Words;
use crate::inventory::{Inventory, Kind, Place, Row, Table};
use crate::time::Instant;

/// How a text is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON document with an array for each kind.
    Document,
    /// One record a line.
    Lines,
}

/// The form of a text: by the file's name where that says it, else by its first key.
pub fn form_of(name: &str, text: &str) -> Form {
    let extension = std::path::Path::new(name).extension().and_then(|ext| ext.to_str());
    match extension {
        Some("json") => Form::Document,
        Some("jsonl" | "ndjson") => Form::Lines,
        _ => {
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
            let key = serde_json::from_str::<Entries<'_>>(first).ok();
            let key = key.and_then(|entries| entries.0.into_iter().next()).map(|(key, _)| key);
            let lines = key.is_some_and(|key| {
                key == "inventory" || Kind::ALL.iter().any(|kind| kind.singular() == key)
            });
            if lines { Form::Lines } else { Form::Document }
        }
    }
}

/// Counts lines and characters forward through a text.
struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), offset: 0, line: 1, column: 1 }
    }

    /// Line and column of an offset that isn't before the last one asked for.
    fn advance(&mut self, to: usize) -> (u32, u32) {
        let passed = self.bytes.get(self.offset..to).unwrap_or(&[]);
        let characters = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
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

/// Reads one text. What it finds goes into the inventory, what is wrong with it into the faults.
pub struct Reader<'a> {
    text: Text<'a>,
    file: u32,
    cursor: Cursor<'a>,
    inventory: &'a mut Inventory,
    faults: &'a mut Faults,
    version: bool,
    generated_at: Option<Instant>,
}

impl<'a> Reader<'a> {
    /// A reader of the file with that number.
    pub fn new(
        text: Text<'a>,
        file: u32,
        inventory: &'a mut Inventory,
        faults: &'a mut Faults,
    ) -> Self {
        let cursor = Cursor::new(text.text);
        Self { text, file, cursor, inventory, faults, version: false, generated_at: None }
    }

    /// Reads everything; the result is the text's own `generated_at`.
    pub fn read(mut self, form: Form) -> Option<Instant> {
        match form {
            Form::Document => self.document(),
            Form::Lines => self.lines(),
        }
        let missing = match (self.version, self.generated_at.is_some()) {
            (true, true) => return self.generated_at,
            (false, false) => "`version` and no `generated_at`",
            (false, true) => "`version`",
            (true, false) => "`generated_at`",
        };
        if self.faults.count == 0 {
            let says = match form {
                Form::Document => "add it at the top level",
                Form::Lines => "add the line {\"inventory\": {\"version\": \"1\", \"generated_at\": ...}}",
            };
            let fault = Fault::new(format!("the inventory has no {missing}"), says);
            self.faults.push(fault.at(self.text.excerpt(0..1, &[], String::new())));
        }
        self.generated_at
    }

    fn document(&mut self) {
        let text: &'a str = self.text.text;
        let mut json = serde_json::Deserializer::from_str(text);
        let outcome = json.deserialize_map(DocumentVisitor(self)).and_then(|()| json.end());
        if let Err(error) = outcome {
            self.malformed(&error, 0, text);
        }
    }

    fn lines(&mut self) {
        let text: &'a str = self.text.text;
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim();
            if !content.is_empty() {
                let start = offset + (line.len() - line.trim_start().len());
                match serde_json::from_str::<Entries<'a>>(content) {
                    Ok(entries) => self.line(&entries, start..start + content.len()),
                    Err(error) if error.is_data() => {
                        let found = field::json_type(content);
                        let said = format!("expected one record in an object, found {found}");
                        let fault = Fault::new(said, "write {\"KIND\": { ... }} on each line");
                        let place = start..start + content.len();
                        self.faults.push(fault.at(self.text.excerpt(place, &[], "".into())));
                    }
                    Err(error) => self.malformed(&error, start, content),
                }
            }
            offset += line.len();
        }
    }

    fn line(&mut self, entries: &Entries<'a>, place: Range<usize>) {
        let [(key, value)] = entries.0.as_slice() else {
            let said = format!("a line has one record, not {}", entries.0.len());
            let fault = Fault::new(said, "write each record on a line of its own");
            return self.faults.push(fault.at(self.text.excerpt(place, &[], "".into())));
        };
        if key == "inventory" {
            return self.header(value);
        }
        match Kind::ALL.iter().find(|kind| kind.singular() == key) {
            Some(kind) => self.record_of(*kind, value, None),
            None => {
                let names = Kind::ALL.iter().map(|kind| kind.singular());
                self.unknown("kind of record", key, value, names.chain(["inventory"]));
            }
        }
    }

    fn header(&mut self, value: &'a RawValue) {
        let Ok(entries) = serde_json::from_str::<Entries<'a>>(value.get()) else {
            return self.say(value, "expected an object\nwrite {\"version\": \"1\", \"generated_at\": ...}");
        };
        for (key, value) in entries.0 {
            match key.as_ref() {
                "version" => self.version(value),
                "generated_at" => self.generated_at(value),
                _ => self.unknown(UNKNOWN_FIELD, &key, value, ["version", "generated_at"]),
            }
        }
    }

    fn version(&mut self, value: &'a RawValue) {
        if self.version {
            return self.say(value, "`version` is given twice\nkeep one of the two");
        }
        self.version = true;
        if serde_json::from_str::<String>(value.get()).is_ok_and(|version| version == "1") {
            return;
        }
        let quoted = fault::quote(value.get());
        self.say(value, &format!("this is version {quoted} of the inventory format\nthis program reads version \"1\""));
    }

    fn generated_at(&mut self, value: &'a RawValue) {
        if self.generated_at.is_some() {
            return self.say(value, "`generated_at` is given twice\nkeep one of the two");
        }
        let before = self.faults.count;
        let mut said = Vec::new();
        Instant::check(value, &mut |_, message| said.push(message));
        said.iter().for_each(|message| self.say(value, &format!("`generated_at`: {message}")));
        if self.faults.count == before {
            self.generated_at = serde_json::from_str(value.get()).ok();
        }
    }

    fn record_of(&mut self, kind: Kind, value: &'a RawValue, index: Option<u32>) {
        macro_rules! by_kind {
            ($($name:ident $table:ident),*) => {
                match kind {
                    $(Kind::$name => self.record(kind, value, index, |inventory| {
                        (&mut inventory.words, &mut inventory.$table)
                    })),*
                }
            };
        }
        by_kind!(
            Source sources, System systems, Person people, Team teams, Workload workloads,
            Group groups, Account accounts, Credential credentials, Entitlement entitlements,
            Offboarding offboardings
        );
    }

    fn record<R: Record>(
        &mut self,
        kind: Kind,
        value: &'a RawValue,
        index: Option<u32>,
        table: impl Fn(&mut Inventory) -> (&mut Words, &mut Table<R>),
    ) {
        let offset = self.offset(value.get());
        let (line, column) = self.cursor.advance(offset);
        let place = Place { file: self.file, index, line, column };
        let (words, rows) = table(self.inventory);
        let read = serde_json::from_str::<R::Read<'a>>(value.get()).map(|read| read.intern(words));
        match read {
            Ok(record) => match record.whole() {
                Err(said) => self.say(value, &said),
                Ok(()) => {
                    let id = record.id();
                    // Files may overlap: a record that stands in two of them in the same words is
                    // one record. Within a file it is a mistake.
                    let equal = rows
                        .find(id)
                        .is_some_and(|row| rows.place(row).file != place.file && *rows.get(row) == record);
                    match rows.add_unless(equal, record, place) {
                        Err(first) => {
                            let first = rows.place(first);
                            self.duplicate(kind, value, id, first);
                        }
                        Ok(true) if kind == Kind::Offboarding => self.tasks(value),
                        Ok(_) => {}
                    }
                }
            },
            Err(error) => {
                let mut said = Vec::new();
                field::check_fields(kind.singular(), R::FIELDS, value, &mut |part, message| {
                    said.push((self.span(part), message));
                });
                if said.is_empty() {
                    said.push((self.span(value), field::without_place(&error)));
                }
                self.explain(said);
            }
        }
    }

    /// Notes where the tasks of an offboarding stand: each is asked about by itself.
    fn tasks(&mut self, value: &'a RawValue) {
        let entries: Entries<'_> = serde_json::from_str(value.get()).unwrap_or(Entries(Vec::new()));
        let tasks = entries.0.iter().find(|(key, _)| key == "tasks").map(|(_, tasks)| tasks.get());
        let tasks: Vec<&RawValue> = tasks.and_then(|tasks| serde_json::from_str(tasks).ok()).unwrap_or_default();
        let offsets = tasks.into_iter().map(|task| self.offset(task.get())).collect::<Vec<_>>();
        let places = offsets.into_iter().map(|offset| self.cursor.advance(offset)).collect();
        self.inventory.task_places.push(places);
    }

    /// Turns what is wrong with one record into faults that show none of its unknown values.
    fn explain(&mut self, said: Vec<(Range<usize>, String)>) {
        let unknown = |message: &str| message.starts_with(UNKNOWN_FIELD);
        let composite = |span: &Range<usize>| {
            let text = self.text.text.get(span.clone()).unwrap_or("");
            text.starts_with(['{', '['])
        };
        let masked: Vec<_> = said
            .iter()
            .filter(|(span, message)| {
                unknown(message) || composite(span) && message.contains(": expected")
            })
            .map(|(span, _)| span.clone())
            .collect();
        for (span, message) in said {
            let place = if unknown(&message) { self.key_of(&span) } else { span };
            // A whole record is pointed at by its beginning.
            let composite = self.text.text.get(place.clone()).is_some_and(|text| text.starts_with('{'));
            let place = if composite { place.start..place.start + 1 } else { place };
            if self.faults.has_room() {
                let excerpt = self.text.excerpt(place, &masked, String::new());
                self.faults.push(Fault::from_lines(&message).at(excerpt));
            } else {
                self.faults.push(Fault::default());
            }
        }
    }

    fn duplicate(&mut self, kind: Kind, value: &'a RawValue, id: crate::inventory::words::Word, first: Place) {
        let quoted = fault::quote(self.inventory.words.text(id));
        let what = kind.singular();
        let file = self.inventory.files.get(first.file as usize);
        let here = first.file == self.file;
        let place = self.span(value);
        let place = self.text.excerpt(place.start..place.start + 1, &[], "again here".into());
        let name = file.map_or(self.text.name, |file| &file.path).to_owned();
        let first_place = format!("{}:{}:{}", fault::printable(&name), first.line, first.column);
        let message = if here {
            format!("the id {quoted} of this {what} is taken: it is first used at {first_place}")
        } else {
            format!("{what} {quoted} is different from the one at {first_place}")
        };
        let help = if here { "keep one of the two" } else { "the same record may stand in several files, but then in the same words: keep one of the two" };
        let mut fault = Fault::new(message, help).at(place);
        if here {
            let start = self.line_start(first.line);
            let column = first.column.saturating_sub(1) as usize;
            let line = self.text.text.get(start..).unwrap_or("");
            let at = line.char_indices().nth(column).map_or(start, |(at, _)| start + at);
            let mut other = Fault::new("the first one", "");
            other.help = None;
            fault.other = Some(Box::new(other.at(self.text.excerpt(at..at + 1, &[], "first here".into()))));
        }
        self.faults.push(fault);
    }

    fn line_start(&self, line: u32) -> usize {
        let breaks = self.text.text.match_indices('\n').map(|(at, _)| at + 1);
        breaks.take(line.saturating_sub(1) as usize).last().unwrap_or(0)
    }

    /// The library's error at its place; at the end of the text, the text is cut off.
    fn malformed(&mut self, error: &serde_json::Error, base: usize, part: &str) {
        let mut line_starts = part.match_indices('\n').map(|(at, _)| at + 1);
        let line = match error.line() {
            0 | 1 => 0,
            line => line_starts.nth(line - 2).unwrap_or(0),
        };
        let at = base + (line + error.column().saturating_sub(1)).min(part.len());
        let said = field::without_place(error);
        // In the lines form, `part` is one line of many.
        let one_line = part.len() < self.text.text.trim().len();
        let fault = if error.is_eof() && one_line && base + part.len() < self.text.text.trim_end().len() {
            Fault::new("the record does not end on its line", "write each record on one line of its own")
        } else if error.is_eof() {
            Fault::new(
                format!("the text ends too early: {said}"),
                "the file is cut off: export or copy it again, a partial inventory is never judged",
            )
        } else if error.is_data() {
            let (found, wanted) = said.strip_prefix("invalid type: ").and_then(|said| said.split_once(", expected ")).unwrap_or((&said, ""));
            let found = match found {
                "map" => "an object",
                "sequence" => "an array",
                other => other,
            };
            let message = if wanted.is_empty() { said.clone() } else { format!("expected {wanted}, found {found}") };
            Fault::new(message, "`nhi-policy schema inventory` shows the format")
        } else {
            Fault::new(format!("this is not JSON: {said}"), "mend the text at the mark, or export it again")
        };
        let excerpt = self.text.excerpt(at..at + 1, &[], "".into());
        self.faults.push(fault.at(excerpt));
    }

    fn unknown<'n>(
        &mut self,
        what: &str,
        key: &str,
        value: &'a RawValue,
        names: impl IntoIterator<Item = &'n str> + Clone,
    ) {
        let span = self.span(value);
        let help = fault::suggest(key, names);
        let fault = Fault::new(format!("{what} {} is unknown", fault::quote(key)), help);
        let excerpt = self.text.excerpt(self.key_of(&span), &[span], "".into());
        self.faults.push(fault.at(excerpt));
    }

    fn say(&mut self, value: &'a RawValue, said: &str) {
        let span = self.span(value);
        let composite = value.get().starts_with('{');
        let place = if composite { span.start..span.start + 1 } else { span };
        self.faults.push(Fault::from_lines(said).at(self.text.excerpt(place, &[], "".into())));
    }

    /// Where a slice of the text stands in it.
    fn offset(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.text.as_ptr() as usize)
    }

    fn span(&self, value: &RawValue) -> Range<usize> {
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

/// The excerpt of a field's value in a record that has been read before.
pub(super) fn excerpt_of_field(source: Text<'_>, place: Place, field: &str) -> Option<Excerpt> {
    let text = source.text;
    let line = (place.line as usize).checked_sub(2);
    let start = line.and_then(|line| text.match_indices('\n').nth(line)).map_or(0, |(at, _)| at + 1);
    let column = place.column.checked_sub(1)? as usize;
    let (at, _) = text.get(start..)?.char_indices().nth(column)?;
    let rest = text.get(start + at..)?;
    let record = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>().next()?.ok()?;
    let entries: Entries<'_> = serde_json::from_str(record.get()).ok()?;
    let value = entries.0.iter().find(|(key, _)| key == field).map_or(record, |(_, value)| *value);
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    Some(source.excerpt(start..start + value.get().len(), &[], "which one?".into()))
}

struct DocumentVisitor<'r, 'a>(&'r mut Reader<'a>);

impl<'a> Visitor<'a> for DocumentVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an inventory in an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen: Vec<Kind> = Vec::new();
        while let Some(field::Text(key)) = map.next_key::<field::Text<std::borrow::Cow<'a, str>>>()? {
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
                    self.0.say(value, &format!("`{key}` is given twice\nput the records of both into one array"));
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
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
