//! Reading TOML as strictly as an inventory: every fault with its place, unknown keys with the
//! nearest right one.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::fault::{self, Fault, Faults, Text};

type Entry<'a> = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>);

/// Parses a TOML text.
///
/// # Errors
/// Where it isn't TOML.
pub fn parse(source: Text<'_>) -> Result<Spanned<DeTable<'_>>, Fault> {
    DeTable::parse(source.text).map_err(|error| {
        let place = source.excerpt(error.span().unwrap_or(0..0), &[], String::new());
        Fault::new(format!("this is not TOML: {}", error.message()), "mend the text at the mark")
            .at(place)
    })
}

/// A table of a TOML text, and which of its keys have been asked for.
pub struct Section<'a> {
    source: Text<'a>,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// A table of that text.
    pub fn new(source: Text<'a>, table: &'a DeTable<'a>) -> Self {
        Self { source, table, known: Vec::new() }
    }

    /// All its entries, in the order of the text: for tables whose keys are the user's.
    pub fn entries(&self) -> Vec<Entry<'a>> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    /// A fault at a place of this text.
    pub fn fault(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Fault {
        Fault::new(message, help).at(self.source.excerpt(span, &[], String::new()))
    }

    /// The place and value of a key.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.table.get(key)
    }

    fn wrong_type(&self, name: &str, wanted: &str, value: &Spanned<DeValue<'_>>) -> Fault {
        let found = value.get_ref().type_str();
        self.fault(
            value.span(),
            format!("`{name}` is {wanted}, not a {found}"),
            format!("write {wanted}"),
        )
    }

    /// A string.
    pub fn string(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
    ) -> Option<(&'a str, Range<usize>)> {
        let value = self.get(key)?;
        self.as_string(key, value, faults)
    }

    /// The string of a value.
    pub fn as_string(
        &self,
        name: &str,
        value: &'a Spanned<DeValue<'a>>,
        faults: &mut Faults,
    ) -> Option<(&'a str, Range<usize>)> {
        if let DeValue::String(text) = value.get_ref() {
            Some((text.as_ref(), value.span()))
        } else {
            faults.push(self.wrong_type(name, "a string", value));
            None
        }
    }

    /// A string that can't be left out.
    pub fn required(
        &mut self,
        key: &'static str,
        within: Range<usize>,
        faults: &mut Faults,
    ) -> Option<&'a str> {
        if self.table.get(key).is_none() {
            faults.push(self.fault(
                within,
                format!("`{key}` is missing here"),
                format!("add `{key} = \"...\"`"),
            ));
        }
        self.string(key, faults).map(|(text, _)| text)
    }

    /// A list of strings.
    pub fn strings(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
    ) -> Vec<(&'a str, Range<usize>)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        if let DeValue::Array(list) = value.get_ref() {
            list.iter().filter_map(|value| self.as_string(key, value, faults)).collect()
        } else {
            faults.push(self.wrong_type(key, "a list of strings", value));
            Vec::new()
        }
    }

    /// True or false.
    pub fn bool(&mut self, key: &'static str, faults: &mut Faults) -> Option<bool> {
        let value = self.get(key)?;
        if let DeValue::Boolean(value) = value.get_ref() {
            Some(*value)
        } else {
            faults.push(self.wrong_type(key, "true or false", value));
            None
        }
    }

    /// A whole number that isn't negative.
    pub fn count(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        faults: &mut Faults,
    ) -> Option<usize> {
        let DeValue::Integer(number) = value.get_ref() else {
            faults.push(self.wrong_type(name, "a whole number", value));
            return None;
        };
        let count = usize::from_str_radix(number.as_str(), number.radix()).ok();
        if count.is_none() {
            faults.push(self.fault(
                value.span(),
                format!("`{name}` is not a number of records"),
                "write 0 or more",
            ));
        }
        count
    }

    /// A list of tables, with the place of each.
    pub fn tables(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
    ) -> Vec<(Section<'a>, Range<usize>)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        if let DeValue::Array(list) = value.get_ref() {
            let tables = list
                .iter()
                .filter_map(|value| Some((self.as_table(key, value, faults)?, value.span())));
            tables.collect()
        } else {
            faults.push(self.fault(
                value.span(),
                format!("`{key}` is a list of tables"),
                format!("write [[{key}]]"),
            ));
            Vec::new()
        }
    }

    /// A table.
    pub fn table(&mut self, key: &'static str, faults: &mut Faults) -> Option<Section<'a>> {
        let value = self.get(key)?;
        self.as_table(key, value, faults)
    }

    /// The table of a value.
    pub fn as_table(
        &self,
        name: &str,
        value: &'a Spanned<DeValue<'a>>,
        faults: &mut Faults,
    ) -> Option<Section<'a>> {
        if let DeValue::Table(table) = value.get_ref() {
            Some(Section::new(self.source, table))
        } else {
            faults.push(self.wrong_type(name, "a table", value));
            None
        }
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(self, faults: &mut Faults) {
        for (key, _) in self.entries() {
            let name = key.get_ref().as_ref();
            if !self.known.contains(&name) {
                let help = fault::suggest(name, self.known.iter().copied());
                faults.push(self.fault(
                    key.span(),
                    format!("unknown key {}", fault::quote(name)),
                    help,
                ));
            }
        }
    }
}
