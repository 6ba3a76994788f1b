//! A row of an export: what importers ask, whatever the format. Every column that is asked for is
//! noted, so that the report can name those that nobody reads.
#![expect(clippy::missing_errors_doc, reason = "a refusal says what is wrong with the row")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::{FxHashMap, FxHashSet};

use super::value::Value;
use super::when::{self, Moment, Sentinels};
use crate::fault::quote;
use crate::inventory::vocabulary::Vocabulary;
use crate::time::Instant;

/// Why a row makes no record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// What is wrong with it, in a few words.
    Because(String),
    /// It needs what a later row may say: it is read again after all others.
    Later,
}

/// Refuses a row.
pub fn refuse<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Because(why.into()))
}

/// The columns of a table.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The headings, trimmed.
    pub names: Vec<String>,
    places: FxHashMap<String, usize>,
    /// Tells this header from all others.
    serial: u64,
}

static HEADERS: AtomicU64 = AtomicU64::new(1);

impl Header {
    /// A header of these headings; of two that are alike, the first counts.
    pub fn new<'h>(headings: impl Iterator<Item = &'h str>) -> Self {
        let serial = HEADERS.fetch_add(1, Ordering::Relaxed);
        let mut header = Self { serial, ..Self::default() };
        for (at, name) in headings.enumerate() {
            header.names.push(name.trim().to_owned());
            header.places.entry(name.trim().to_owned()).or_insert(at);
        }
        header
    }
}

/// Where a row's values are.
#[derive(Clone, Copy)]
pub enum Cells<'a> {
    /// A line of a table.
    Line(&'a Header, &'a csv::StringRecord),
    /// A JSON object.
    Object(&'a Value<'a>),
}

/// A row's keys, for telling what it is; asking here is not reading.
#[derive(Clone, Copy)]
pub struct Keys<'a>(pub Cells<'a>);

impl<'a> Keys<'a> {
    /// Whether it has all these keys, whatever their values: `["id", "profile.login"]`.
    pub fn all(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| match self.0 {
            Cells::Line(header, _) => header.places.contains_key(*key),
            Cells::Object(value) => value.at(key).is_some(),
        })
    }

    /// Whether it has one of these keys.
    pub fn any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.all(&[key]))
    }

    /// The text behind a key.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.0 {
            Cells::Line(header, record) => record.get(*header.places.get(key)?),
            Cells::Object(value) => value.at(key)?.text(),
        }
    }

    /// Whether the value of a key is an object.
    pub fn is_object(&self, key: &str) -> bool {
        matches!(self.0, Cells::Object(value) if matches!(value.at(key), Some(Value::Object(_))))
    }

    /// Whether the value of a key is an array.
    pub fn is_list(&self, key: &str) -> bool {
        matches!(self.0, Cells::Object(value) if matches!(value.at(key), Some(Value::List(_))))
    }

    /// Whether it is a line of a table.
    pub fn is_line(&self) -> bool {
        matches!(self.0, Cells::Line(..))
    }

    /// The names of its columns, or its outer keys.
    pub fn names(&self) -> Vec<&'a str> {
        match self.0 {
            Cells::Line(header, _) => header.names.iter().map(String::as_str).collect(),
            Cells::Object(value) => value.members().iter().map(|(key, _)| key.as_ref()).collect(),
        }
    }
}

/// How often there is a word in a column.
#[derive(Clone, Debug, Default)]
struct Words {
    columns: FxHashMap<Box<str>, FxHashMap<Box<str>, u64>>,
    distinct: usize,
}

impl Words {
    fn add(&mut self, column: &str, word: &str, times: u64) {
        let known = self.columns.get_mut(column).and_then(|words| words.get_mut(word));
        if let Some(count) = known {
            *count += times;
        } else if self.distinct < DISTINCT {
            self.distinct += 1;
            self.columns.entry(column.into()).or_default().insert(word.into(), times);
        }
    }

    fn sorted(&self) -> BTreeMap<(String, String), u64> {
        let words = self.columns.iter().flat_map(|(column, words)| {
            words.iter().map(move |(word, count)| ((column.to_string(), word.to_string()), *count))
        });
        words.collect()
    }
}

/// A column of free text is not kept whole.
const DISTINCT: usize = 1000;

/// What is noted of the columns of an export while it is read.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    asked: RefCell<FxHashSet<Box<str>>>,
    seen: RefCell<FxHashSet<Box<str>>>,
    /// The words that meant that there is no time, by column.
    sentinels: RefCell<Words>,
    /// The words that no vocabulary has, by column.
    words: RefCell<Words>,
    shape: RefCell<u64>,
    /// The header of the table whose lines are read, and which of its columns were asked for.
    lines: RefCell<(u64, Vec<bool>)>,
}

impl Columns {
    fn ask(&self, column: &str) {
        if !self.asked.borrow().contains(column) {
            self.asked.borrow_mut().insert(column.into());
        }
    }

    /// The place of a column of a table, which is asked for in every line.
    fn ask_line(&self, header: &Header, column: &str) -> Option<usize> {
        let at = header.places.get(column).copied();
        let (serial, asked) = &mut *self.lines.borrow_mut();
        let asked = at.filter(|_| *serial == header.serial).and_then(|at| asked.get_mut(at));
        if !asked.is_some_and(|asked| std::mem::replace(asked, true)) {
            self.ask(column);
        }
        at
    }

    /// Notes the columns of a row: its keys, and those of the objects in it.
    pub fn see(&self, cells: Cells<'_>) {
        if let Cells::Line(header, _) = cells {
            let mut lines = self.lines.borrow_mut();
            if lines.0 == header.serial {
                return;
            }
            *lines = (header.serial, vec![false; header.names.len()]);
        }
        let keys = Keys(cells).names();
        // Rows that follow each other mostly have the same keys.
        let shape = keys.iter().fold(0u64, |shape, key| {
            shape.rotate_left(7)
                ^ key.len() as u64
                ^ u64::from(*key.as_bytes().first().unwrap_or(&0)) << 32
        });
        if self.shape.replace(shape) == shape {
            return;
        }
        let mut seen = self.seen.borrow_mut();
        for key in keys {
            seen.insert(key.into());
            if let Cells::Object(value) = cells {
                for (inner, _) in value.get(key).map(Value::members).unwrap_or_default() {
                    seen.insert(format!("{key}.{inner}").into());
                }
            }
        }
    }

    /// Adds what was noted elsewhere.
    pub fn merge(&self, other: &Self) {
        self.asked.borrow_mut().extend(other.asked.borrow().iter().cloned());
        self.seen.borrow_mut().extend(other.seen.borrow().iter().cloned());
        for (mine, others) in [(&self.sentinels, &other.sentinels), (&self.words, &other.words)] {
            let mut mine = mine.borrow_mut();
            others
                .borrow()
                .sorted()
                .iter()
                .for_each(|((column, word), count)| mine.add(column, word, *count));
        }
    }

    /// The columns that nobody asked for, sorted. Of an object of which only some keys were asked
    /// for, the others.
    pub fn unused(&self) -> Vec<String> {
        let (asked, seen) = (self.asked.borrow(), self.seen.borrow());
        let parts = |column: &str| {
            asked
                .iter()
                .any(|other| other.strip_prefix(column).is_some_and(|rest| rest.starts_with('.')))
        };
        let unused = seen.iter().filter(|column| {
            let own = asked.contains(*column) || parts(column);
            // Names can hold dots themselves, as URNs do.
            let mut outers = column.match_indices('.').map(|(at, _)| column.split_at(at).0);
            let outer = outers.find(|outer| seen.contains(*outer));
            // A key within an object is worth a word where some of the object is read.
            !own && outer.is_none_or(|outer| parts(outer) && !asked.contains(outer))
        });
        let mut unused: Vec<String> = unused.map(ToString::to_string).collect();
        unused.sort();
        unused
    }

    /// The words that meant that there is no time: column, word, how often.
    pub fn sentinels(&self) -> BTreeMap<(String, String), u64> {
        self.sentinels.borrow().sorted()
    }

    /// The words that no vocabulary has: column, word, how often.
    pub fn unknown_words(&self) -> BTreeMap<(String, String), u64> {
        self.words.borrow().sorted()
    }
}

/// A row, or an object in it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Its values.
    pub cells: Cells<'a>,
    columns: &'a Columns,
}

impl<'a> Row<'a> {
    /// A row whose columns are noted there.
    pub fn new(cells: Cells<'a>, columns: &'a Columns) -> Self {
        Self { cells, columns }
    }

    /// Its keys.
    pub fn keys(&self) -> Keys<'a> {
        Keys(self.cells)
    }

    fn value(&self, path: &str) -> Option<&'a Value<'a>> {
        self.columns.ask(path);
        match self.cells {
            Cells::Object(value) => value.at(path),
            Cells::Line(..) => None,
        }
    }

    /// The text or number of a column, trimmed; nothing where it is null, absent or empty.
    pub fn text(&self, path: &str) -> Option<&'a str> {
        let text = match self.cells {
            Cells::Line(header, record) => record.get(self.columns.ask_line(header, path)?),
            // Some give every value a label: `{"label": "Hired", "value": "2026-01-02"}`.
            Cells::Object(_) => match self.value(path)? {
                value @ Value::Object(_) if value.get("label").is_some() => {
                    value.get("value")?.text()
                }
                value => value.text(),
            },
        };
        text.map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text of the first of some columns that has one.
    pub fn first(&self, paths: &[&str]) -> Option<&'a str> {
        paths.iter().fold(None, |found, path| {
            let text = self.text(path);
            found.or(text)
        })
    }

    /// The text of a column that can't be empty.
    pub fn need(&self, path: &str) -> Result<&'a str, Refusal> {
        self.text(path).ok_or_else(|| Refusal::Because(format!("it has no `{path}`")))
    }

    /// True or false, as a word or as a value; nothing where it is absent or empty.
    pub fn flag(&self, path: &str) -> Result<Option<bool>, Refusal> {
        if let Cells::Object(_) = self.cells
            && let Some(Value::Flag(flag)) = self.value(path)
        {
            return Ok(Some(*flag));
        }
        let Some(text) = self.text(path) else { return Ok(None) };
        let is = |words: [&str; 4]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
        match (is(["true", "yes", "1", "y"]), is(["false", "no", "0", "n"])) {
            (true, _) => Ok(Some(true)),
            (_, true) => Ok(Some(false)),
            _ => refuse(format!("`{path}` is neither true nor false")),
        }
    }

    /// A time; nothing where it is absent or empty.
    pub fn time(&self, path: &str) -> Result<Option<Instant>, Refusal> {
        Ok(self.moment(path, &[])?.at())
    }

    /// A time, or one of the words that mean that there is none.
    pub fn moment(&self, path: &str, sentinels: Sentinels) -> Result<Moment, Refusal> {
        let Some(text) = self.text(path) else { return Ok(Moment::Absent) };
        if let Some((word, meant)) = sentinels.iter().find(|(word, _)| *word == text) {
            self.replaced(path, word);
            return Ok(*meant);
        }
        let Some(at) = when::read(text) else {
            return refuse(format!("`{path}` is not a time: {}", quote(text)));
        };
        // The same instant can be written in many ways.
        let dates =
            sentinels.iter().filter(|(word, _)| word.starts_with(|c: char| c.is_ascii_digit()));
        let meant = dates.into_iter().find(|(word, _)| when::read(word) == Some(at));
        if let Some((word, meant)) = meant {
            self.replaced(path, word);
            return Ok(*meant);
        }
        Ok(Moment::At(at))
    }

    /// Notes that a word was taken for what its vendor means by it.
    pub fn replaced(&self, path: &str, word: &str) {
        self.columns.sentinels.borrow_mut().add(path, word, 1);
    }

    /// A word of a vocabulary by the vendor's table, in any case. A word that the table lacks is
    /// reported, and is the vocabulary's `unknown`.
    pub fn word<V: Vocabulary>(&self, path: &str, table: &[(&str, V)]) -> Option<V> {
        let text = self.text(path)?;
        let found = table.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        if found.is_none() {
            self.unknown_word(path, text);
        }
        found.map(|(_, word)| *word).or_else(V::unknown)
    }

    /// Notes a word that no vocabulary has.
    pub fn unknown_word(&self, path: &str, word: &str) {
        let short: String = word.chars().take(60).collect();
        self.columns.words.borrow_mut().add(path, &short, 1);
    }

    /// The strings of a list; of a single string, that one; of objects, their `value`.
    pub fn texts(&self, path: &str) -> Vec<&'a str> {
        let Some(value) = self.value(path) else { return self.text(path).into_iter().collect() };
        let of = |value: &'a Value<'a>| value.text().or_else(|| value.get("value")?.text());
        let texts = match value {
            Value::List(list) => list.iter().filter_map(of).collect(),
            single => of(single).into_iter().collect::<Vec<_>>(),
        };
        texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect()
    }

    /// The objects of a list.
    pub fn rows(&self, path: &str) -> Vec<Row<'a>> {
        let list = self.value(path).map(Value::list).unwrap_or_default();
        let objects = list.iter().filter(|value| matches!(value, Value::Object(_)));
        objects.map(|value| Row { cells: Cells::Object(value), columns: self.columns }).collect()
    }

    /// The object of a key.
    pub fn row(&self, path: &str) -> Option<Row<'a>> {
        let value = self.value(path).filter(|value| matches!(value, Value::Object(_)))?;
        Some(Row { cells: Cells::Object(value), columns: self.columns })
    }

    /// The keys of an object with text, number or flag values: `tags`, `permissions`, `labels`.
    pub fn pairs(&self, path: &str) -> Vec<(&'a str, &'a str)> {
        let members = self.value(path).map(Value::members).unwrap_or_default().iter();
        let text = |value: &'a Value<'a>| match value {
            Value::Flag(flag) => Some(if *flag { "true" } else { "false" }),
            other => other.text(),
        };
        members.filter_map(|(key, value)| Some((key.as_ref(), text(value)?))).collect()
    }
}
