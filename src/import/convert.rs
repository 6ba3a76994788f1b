//! From the values of an export to rows, and by its importer to records.
//!
//! Vendors wrap their rows: in pages, in envelopes with headers and a body, by name. Whatever has
//! the shape of a row is one, wherever it stands; what holds rows is a wrapper, and what it says of
//! further pages is noted.

use std::borrow::Cow;

use super::batch::Batch;
use super::kinds::{Importer, Shape};
use super::members::{self, Members};
use super::pages::{Heard, Mark, Page};
use super::row::{Cells, Columns, Keys, Row};
use super::sink::{Context, Export, Sink};
use super::value::Value;
use super::wrapper::{
    context_of, embedded, is_empty_page, is_error, is_problem, names_next, recorded, says_of_pages,
    start_of, total, wildcard,
};
use crate::fault::quote;
use crate::time::Instant;

/// Rows that are read again at the end: their place, and the row in JSON.
pub type Held = Vec<(String, String)>;

/// Reads the rows of a part of an export.
pub struct Converter<'c> {
    importer: &'static Importer,
    sink: Sink<'c>,
    columns: Columns,
    /// What wrappers say.
    pub pages: Heard,
    /// When the export was made, if it says so.
    pub exported_at: Option<Instant>,
    /// Rows that wait for others.
    pub held: Held,
    /// The members of an opened object.
    members: Members,
    /// The number of the value of the text, of the piece of it, and of what it says of pages.
    at: (u64, u64, u64),
    /// The shape of the row that was read last, if there was one.
    shape: Option<&'static str>,
    /// What wrappers without rows say, of which it isn't known yet whose they are.
    marks: Vec<Mark>,
}

/// What a converter has made.
pub struct Converted {
    /// Records and counts.
    pub batch: Batch,
    /// What wrappers say.
    pub pages: Heard,
    /// When the export was made, if it says so.
    pub exported_at: Option<Instant>,
    /// Rows that wait for others.
    pub held: Held,
    /// The members of an object that is read piece by piece.
    pub members: Members,
}

impl<'c> Converter<'c> {
    /// Reads rows of that importer; `last` if no later rows can say more.
    pub fn new(
        importer: &'static Importer,
        context: &'c Context,
        export: &'c Export,
        source: u32,
        last: bool,
    ) -> Self {
        Self {
            importer,
            sink: Sink::new(context, export, source, last),
            columns: Columns::default(),
            pages: Heard::default(),
            exported_at: None,
            held: Held::new(),
            members: Members::default(),
            at: (0, 0, 0),
            shape: None,
            marks: Vec::new(),
        }
    }

    /// The same, with the memory of a batch that was emptied.
    #[must_use]
    pub fn filling(mut self, room: Batch) -> Self {
        self.sink.batch = room;
        self
    }

    /// What was made of all that was read.
    pub fn finish(self) -> Converted {
        let Self { sink, columns, mut pages, exported_at, held, members, marks, .. } = self;
        marks.into_iter().for_each(|mark| pages.page(mark.place, None, &mark.page));
        let batch = Batch { columns, ..sink.finish() };
        Converted { batch, pages, exported_at, held, members }
    }

    /// Reads a value that stands at a JSON pointer, with its place in words up to there. `element`
    /// if it stands in an array: it is then a row, or it holds rows, or it is refused.
    pub fn value(&mut self, value: &Value<'_>, file: &str, pointer: &str, element: bool) {
        self.walk(value, file, &mut pointer.to_owned(), element);
    }

    /// Reads the value of a key of a wrapper that is read piece by piece.
    pub fn member(&mut self, key: &str, value: &Value<'_>, file: &str, pointer: &str) {
        if let Some(table) = value.text().filter(|_| key == "Content").and_then(embedded) {
            self.table(&table, file, pointer);
            return;
        }
        let rows = self.inner(key, value, file, &mut pointer.to_owned());
        if !rows && is_problem(key, value) {
            self.problem(key, file, pointer);
            return;
        }
        let mut members = std::mem::take(&mut self.members);
        self.see(&mut members, (key, value), rows, file, pointer);
        self.members = members;
    }

    /// Notes what came of a member.
    fn see(
        &self,
        members: &mut Members,
        (key, value): (&str, &Value<'_>),
        rows: bool,
        file: &str,
        pointer: &str,
    ) {
        let read = match value {
            _ if !rows => members::Read::Nothing,
            Value::Object(_) if self.shape(Cells::Object(value)).is_some() => members::Read::Row,
            _ => members::Read::Rows,
        };
        let why = || self.why(Cells::Object(value));
        members.see(key, value, read, || place(file, pointer), why);
    }

    /// Counts what an answer says beside its rows: that something went wrong, so that others are
    /// missing.
    fn problem(&mut self, key: &str, file: &str, pointer: &str) {
        let why = format!("a problem is told beside the rows: {}", quote(key));
        self.sink.read(place(file, pointer), |_| super::row::refuse(why));
    }

    /// Reads a member of a wrapper, where it was recorded as a text, too.
    fn inner(&mut self, key: &str, value: &Value<'_>, file: &str, pointer: &mut String) -> bool {
        match recorded(key, value) {
            Some(value) => self.walk(&value, file, pointer, false),
            None => self.walk(value, file, pointer, false),
        }
    }

    /// Reads a row that has waited for others.
    pub fn held(&mut self, value: &Value<'_>, place: String) {
        match self.shape(Cells::Object(value)) {
            Some(shape) => {
                self.cells(Cells::Object(value), shape, place);
            }
            None => self.unknown(Cells::Object(value), &place, ""),
        }
    }

    /// Whether all values of the records are single cells of a table, as they are there: no names
    /// joined of two, no addresses in lower case. Then the cells alone tell whether there is a secret.
    pub fn is_of_cells(&self) -> bool {
        self.importer.kind == super::kinds::aws_credential_report::IMPORTER.kind
    }

    /// Says that no value of any row can hold a secret.
    pub fn is_clean(&mut self) {
        self.sink.is_clean();
    }

    /// How many rows have been read, those that wait included.
    pub fn rows(&self) -> u64 {
        self.sink.rows()
    }

    /// Says whether there were rows in it.
    fn walk(&mut self, value: &Value<'_>, file: &str, pointer: &mut String, element: bool) -> bool {
        match value {
            Value::Object(members) => {
                if let Some(shape) = self.shape(Cells::Object(value)) {
                    self.object(value, shape, file, pointer);
                    return true;
                }
                let rows = self.wrapper(members, file, pointer);
                if !rows && (element && !is_empty_page(members) || is_error(members)) {
                    self.unknown(Cells::Object(value), file, pointer);
                    return true;
                }
                rows
            }
            Value::List(list) => {
                let mut rows = false;
                for (at, value) in list.iter().enumerate() {
                    let length = pointer.len();
                    pointer.push_str(&format!("/{at}"));
                    rows |= self.walk(value, file, pointer, true);
                    pointer.truncate(length);
                }
                rows
            }
            // The list of schemas that a page names.
            Value::Text(text) if text.starts_with("urn:ietf:params:scim:") => false,
            // Headers of a recorded answer have several values, too.
            _ if pointer.split('/').any(|part| part.eq_ignore_ascii_case("headers")) => false,
            _ if element => {
                self.sink.read(place(file, pointer), |_| {
                    super::row::refuse("it is no object: ids alone don't say what they are of")
                });
                true
            }
            _ => false,
        }
    }

    /// Reads what a wrapper holds, and what it says of itself.
    fn wrapper(
        &mut self,
        members: &[(Cow<'_, str>, Value<'_>)],
        file: &str,
        pointer: &mut String,
    ) -> bool {
        let mut rows = false;
        let before = self.sink.rows();
        let (marked, outer) = (self.marks.len(), self.shape.take());
        // Of two lists in one answer, it counts one.
        let mut longest = 0;
        let mut seen = Members::default();
        let mut problem = None;
        for (key, value) in members {
            self.dated(key, value);
            let length = pointer.len();
            pointer.push('/');
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            let embedded = value.text().filter(|_| key == "Content").and_then(embedded);
            let sofar = self.sink.rows();
            let some = match embedded {
                Some(table) => self.table(&table, file, pointer),
                None => self.inner(key, value, file, pointer),
            };
            longest = longest.max(self.sink.rows() - sofar);
            rows |= some;
            if !some && is_problem(key, value) {
                problem = problem.or_else(|| Some((key, pointer.clone())));
            } else {
                self.see(&mut seen, (key, value), some, file, pointer);
            }
            pointer.truncate(length);
        }
        self.sink.refuse(seen.refused());
        // Without rows, the whole of it is refused.
        if let Some((key, pointer)) = problem.filter(|_| rows) {
            self.problem(key, file, &pointer);
        }
        let read = self.sink.rows() - before;
        let next = members.iter().any(|(key, value)| names_next(key, value));
        let total = total(members);
        let said = Some(self.now());
        let mut page = Page { next, said, total, ..Page::default() };
        let context = context_of(members);
        if read == 0 {
            // A page without rows, or what a list says of itself apart.
            let empty = is_empty_page(members);
            page.total = total.filter(|total| empty && *total > 0);
            let place = wildcard(pointer);
            match context {
                Some(list) if empty || next => self.pages.page(place, Some(list), &page),
                _ if empty || next || says_of_pages(pointer, members) => {
                    self.marks.push(Mark { place, page });
                }
                _ => {}
            }
        } else {
            let list = context.or_else(|| self.shape.map(str::to_owned));
            for Mark { place, page } in self.marks.split_off(marked) {
                self.pages.page(place, list.clone(), &page);
            }
            let lists = members.iter().any(|(_, value)| matches!(value, Value::List(_)));
            let place = wildcard(pointer);
            if lists || next || total.is_some() || matches!(place.as_str(), "" | "/*") {
                page.rows = longest;
                for start in members.iter().filter_map(|(key, value)| start_of(key, value)) {
                    *page.starts.entry(start).or_default() += 1;
                }
                // Two lists in one answer are not pages of one.
                self.pages.page(place, list, &page);
            }
        }
        self.shape = self.shape.or(outer);
        rows
    }

    /// Whether the user says what the export is.
    pub fn is_given(&self) -> bool {
        self.sink.export.setting.kind == Some(self.importer.kind)
    }

    fn shape(&self, cells: Cells<'_>) -> Option<&'static Shape> {
        // The user knows a table whose headings nobody else does.
        let given = self.is_given();
        let only = || match (cells, self.importer.shapes) {
            (Cells::Line(..), [shape]) if given => Some(shape),
            _ => None,
        };
        self.importer.shape(&Keys(cells)).or_else(only)
    }

    fn object(&mut self, value: &Value<'_>, shape: &'static Shape, file: &str, pointer: &str) {
        if self.cells(Cells::Object(value), shape, place(file, pointer)) {
            self.held.push((self.sink.last_place().to_owned(), to_json(value)));
        }
    }

    /// Reads one row; says whether it has to wait.
    fn cells(&mut self, cells: Cells<'_>, shape: &'static Shape, place: String) -> bool {
        self.columns.see(cells);
        self.shape = Some(shape.name);
        let row = Row::new(cells, &self.columns);
        self.sink.read(place, |sink| {
            sink.shape(shape.name);
            (shape.read)(&row, sink)
        })
    }

    fn unknown(&mut self, cells: Cells<'_>, file: &str, pointer: &str) {
        let why = self.why(cells);
        self.sink.read(place(file, pointer), |_| super::row::refuse(why));
    }

    fn why(&self, cells: Cells<'_>) -> String {
        let names = Keys(cells).names();
        let more = if names.len() > 4 { ", ..." } else { "" };
        let some: Vec<String> = names.iter().take(4).map(|name| quote(name)).collect();
        format!("no {} row has these keys: {}{more}", self.importer.kind, some.join(", "))
    }
}

/// Hands out each row of a value.
pub fn each_row(value: &Value<'_>, importer: &Importer, take: &mut impl FnMut(&Value<'_>)) {
    match value {
        Value::Object(_) if importer.shape(&Keys(Cells::Object(value))).is_some() => take(value),
        Value::Object(members) => {
            members.iter().for_each(|(_, value)| each_row(value, importer, take));
        }
        Value::List(list) => list.iter().for_each(|value| each_row(value, importer, take)),
        _ => {}
    }
}

/// Where a row stands: the file, and behind `#` a JSON pointer.
fn place(file: &str, pointer: &str) -> String {
    if pointer.is_empty() {
        return file.to_owned();
    }
    // A pointer has its own way to write a `/` within a key: what looks for secrets doesn't know it.
    if pointer.contains('~')
        && super::secrets::is_one(&pointer.replace("~1", "/").replace("~0", "~"))
    {
        return format!("{file}#…");
    }
    format!("{file}#{pointer}")
}

fn to_json(value: &Value<'_>) -> String {
    fn plain(value: &Value<'_>) -> serde_json::Value {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Flag(flag) => (*flag).into(),
            // Kept as text: a long id would lose digits as a number.
            Value::Number(text) => text.as_str().into(),
            Value::Text(text) => text.as_ref().into(),
            Value::List(list) => list.iter().map(plain).collect(),
            Value::Object(members) => serde_json::Value::Object(
                members.iter().map(|(key, value)| (key.to_string(), plain(value))).collect(),
            ),
        }
    }
    plain(value).to_string()
}

mod lines;
mod says;
#[cfg(test)]
pub mod trial;
