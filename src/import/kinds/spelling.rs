//! Rows whose names are spelt in more than one way: SCIM's in any case, protobuf's in camel or
//! snake case, Snowflake's in capitals where they come from a view.

use crate::import::row::{Cells, Keys, Refusal, Row};
use crate::import::when::{Moment, Sentinels};
use crate::inventory::vocabulary::Vocabulary;
use crate::time::Instant;

/// Whether two names differ in case and underscores only.
fn same(one: &str, other: &str) -> bool {
    one == other || plain(one).eq(plain(other))
}

fn plain(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase())
}

/// A name as a row spells it, if it has it.
fn spelt<'a>(cells: Cells<'a>, name: &str) -> Option<&'a str> {
    match cells {
        Cells::Object(value) => {
            let mut names = value.members().iter().map(|(key, _)| key.as_ref());
            names.find(|key| same(key, name))
        }
        Cells::Line(header, _) => {
            header.names.iter().map(String::as_str).find(|key| same(key, name))
        }
    }
}

/// Whether a row has all these keys, in any case.
pub fn all(keys: &Keys<'_>, names: &[&str]) -> bool {
    let has = |name: &str| match keys.0 {
        Cells::Object(value) => {
            value.members().iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
        }
        Cells::Line(header, _) => header.names.iter().any(|key| key.eq_ignore_ascii_case(name)),
    };
    names.iter().all(|name| has(name))
}

/// Whether a row has one of these keys, in any case.
pub fn any(keys: &Keys<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| all(keys, &[name]))
}

/// A row whose names are spelt in any way.
#[derive(Clone, Copy)]
pub struct Spelt<'a>(pub Row<'a>);

impl<'a> Spelt<'a> {
    /// A name as the row spells it.
    pub fn name(&self, name: &'static str) -> &'a str {
        spelt(self.0.cells, name).unwrap_or(name)
    }
    /// Whether it has the key, whatever its value.
    pub fn has(&self, name: &str) -> bool {
        spelt(self.0.cells, name).is_some()
    }
    /// See [`Row::text`].
    pub fn text(&self, name: &'static str) -> Option<&'a str> {
        self.0.text(self.name(name))
    }
    /// See [`Row::need`].
    pub fn need(&self, name: &'static str) -> Result<&'a str, Refusal> {
        self.0.need(self.name(name))
    }
    /// See [`Row::flag`].
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        self.0.flag(self.name(name))
    }
    /// See [`Row::time`].
    pub fn time(&self, name: &'static str) -> Result<Option<Instant>, Refusal> {
        self.0.time(self.name(name))
    }
    /// See [`Row::moment`].
    pub fn moment(&self, name: &'static str, sentinels: Sentinels) -> Result<Moment, Refusal> {
        self.0.moment(self.name(name), sentinels)
    }
    /// See [`Row::word`].
    pub fn word<V: Vocabulary>(&self, name: &'static str, table: &[(&str, V)]) -> Option<V> {
        self.0.word(self.name(name), table)
    }
    /// See [`Row::texts`].
    pub fn texts(&self, name: &'static str) -> Vec<&'a str> {
        self.0.texts(self.name(name))
    }
    /// See [`Row::row`].
    pub fn row(&self, name: &'static str) -> Option<Self> {
        self.0.row(self.name(name)).map(Self)
    }
    /// See [`Row::rows`].
    pub fn rows(&self, name: &'static str) -> Vec<Self> {
        self.0.rows(self.name(name)).into_iter().map(Self).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn case_and_underscores_make_no_difference() {
        for (one, other) in
            [("userName", "USER_NAME"), ("id", "ID"), ("resourceType", "resource_type")]
        {
            assert!(same(one, other), "{one} {other}");
        }
        assert!(!same("id", "ids"));
        assert!(!same("", "id"));
    }
}
