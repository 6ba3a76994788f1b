//! Reads one text into the inventory: its form, its header, its records.

use std::ops::Range;

use serde::Deserializer;
use serde_json::value::RawValue;

use super::document::DocumentVisitor;
use super::form::Form;
use super::place::Cursor;
use super::record::{self, Wrong};
use crate::fault::{self, Fault, Faults, Text};
use crate::inventory::field::Field;
use crate::inventory::field::check::{self, Entries, UNKNOWN_FIELD};
use crate::inventory::{Inventory, Kind, Place, Tabled, Taken, WithRecord};
use crate::time::Instant;

/// Reads one text. What it finds goes into the inventory, what is wrong with it into the faults.
pub(super) struct Reader<'a> {
    pub(super) text: Text<'a>,
    pub(super) file: u32,
    cursor: Cursor<'a>,
    pub(super) inventory: &'a mut Inventory,
    pub(super) faults: &'a mut Faults,
    version: bool,
    generated_at: Option<Instant>,
}

impl<'a> Reader<'a> {
    /// A reader of the file with that number.
    pub(super) fn new(
        text: Text<'a>,
        file: u32,
        inventory: &'a mut Inventory,
        faults: &'a mut Faults,
    ) -> Self {
        let cursor = Cursor::new(text.text);
        Self { text, file, cursor, inventory, faults, version: false, generated_at: None }
    }

    /// Reads everything; the result is the text's own `generated_at`.
    pub(super) fn read(mut self, form: Form) -> Option<Instant> {
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
                Form::Lines => {
                    "add the line {\"inventory\": {\"version\": \"1\", \"generated_at\": ...}}"
                }
            };
            let fault = Fault::new(format!("the inventory has no {missing}"), says);
            self.complain(0..1, &[], |_| fault);
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
                        let found = check::json_type(content);
                        let said = format!("expected one record in an object, found {found}");
                        let fault = Fault::new(said, "write {\"KIND\": { ... }} on each line");
                        let place = start..start + content.len();
                        self.complain(place, &[], |_| fault);
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
            return self.complain(place, &[], |_| fault);
        };
        if key == "inventory" {
            return self.header(value);
        }
        if let Some(kind) = Kind::ALL.iter().find(|kind| kind.singular() == key) {
            self.record_of(*kind, value, None);
        } else {
            let names = Kind::ALL.iter().map(|kind| kind.singular());
            self.unknown("kind of record", key, value, names.chain(["inventory"]));
        }
    }

    fn header(&mut self, value: &'a RawValue) {
        let Ok(entries) = serde_json::from_str::<Entries<'a>>(value.get()) else {
            return self.say(
                value,
                "expected an object\nwrite {\"version\": \"1\", \"generated_at\": ...}",
            );
        };
        for (key, value) in entries.0 {
            match key.as_ref() {
                "version" => self.version(value),
                "generated_at" => self.generated_at(value),
                _ => self.unknown(UNKNOWN_FIELD, &key, value, ["version", "generated_at"]),
            }
        }
    }

    pub(super) fn version(&mut self, value: &'a RawValue) {
        if self.version {
            return self.say(value, "`version` is given twice\nkeep one of the two");
        }
        self.version = true;
        if serde_json::from_str::<String>(value.get()).is_ok_and(|version| version == "1") {
            return;
        }
        let quoted = fault::quote(value.get());
        self.say(
            value,
            &format!(
                "this is version {quoted} of the inventory format\nthis program reads version \"1\""
            ),
        );
    }

    pub(super) fn generated_at(&mut self, value: &'a RawValue) {
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

    pub(super) fn record_of(&mut self, kind: Kind, value: &'a RawValue, index: Option<u32>) {
        struct Read<'r, 'a>(&'r mut Reader<'a>, &'a RawValue, Option<u32>);
        impl WithRecord for Read<'_, '_> {
            type Output = ();
            fn run<R: Tabled>(self) {
                self.0.record::<R>(self.1, self.2);
            }
        }
        kind.with(Read(self, value, index));
    }

    fn record<R: Tabled>(&mut self, value: &'a RawValue, index: Option<u32>) {
        let offset = self.offset(value.get());
        let (line, column) = self.cursor.advance(offset);
        let place = Place { file: self.file, index, line, column };
        match record::read::<R>(value.get(), &mut self.inventory.words) {
            Ok(record) => {
                let id = record.id();
                match self.inventory.add(record, place) {
                    Ok(is_new) => {
                        if is_new && R::KIND == Kind::Offboarding {
                            self.tasks(value);
                        }
                    }
                    Err(Taken(first)) => {
                        let first = R::table(self.inventory).place(first);
                        self.duplicate(R::KIND, value, id, first);
                    }
                }
            }
            Err(Wrong::Whole(said)) => self.say(value, &said),
            Err(Wrong::Field(error)) => {
                let mut said = Vec::new();
                check::check_fields(R::KIND.singular(), R::FIELDS, value, &mut |part, message| {
                    said.push((self.span(part), message));
                });
                if said.is_empty() {
                    said.push((self.span(value), check::without_place(&error)));
                }
                self.explain(said);
            }
        }
    }

    /// Notes where the tasks of an offboarding stand: each is asked about by itself.
    fn tasks(&mut self, value: &'a RawValue) {
        let start = self.offset(value.get());
        let offsets = record::task_offsets(value.get());
        let places = offsets.map(|offset| self.cursor.advance(start + offset)).collect();
        self.inventory.task_places.push(places);
    }
}
