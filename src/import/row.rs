//! A row of an export: what importers ask, whatever the format.
#![expect(clippy::missing_errors_doc, reason = "a refusal says what is wrong with the row")]

pub use super::columns::{Columns, Header};
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
            Cells::Line(header, _) => header.place(key).is_some(),
            Cells::Object(value) => value.at(key).is_some(),
        })
    }

    /// Whether it has one of these keys.
    pub fn any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.all(&[key]))
    }

    /// Whether it has no keys but these.
    pub fn only(&self, keys: &[&str]) -> bool {
        self.names().iter().all(|name| keys.contains(name))
    }

    /// The text behind a key.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.0 {
            Cells::Line(header, record) => record.get(header.place(key)?),
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

/// A text without the space around it. Most cells have none, which their ends show.
fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
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
        text.map(trim).filter(|text| !text.is_empty())
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
        if let "true" | "false" = text {
            return Ok(Some(text == "true"));
        }
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
        self.columns.replaced(path, word);
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
        self.columns.unknown_word(path, word);
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
