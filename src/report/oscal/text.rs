//! Text in the types of OSCAL: tokens, one-line strings, markup, instants.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::printable;
use crate::time::Instant;

/// Ids as tokens (`NHI1:2025` has none): one for each, and never the same for two.
pub(super) struct Tokens<'a>(BTreeMap<&'a str, String>);

impl<'a> Tokens<'a> {
    pub(super) fn of(ids: impl Iterator<Item = &'a str>) -> Self {
        let (mut tokens, ids) = (BTreeMap::new(), ids.collect::<BTreeSet<_>>());
        // Those that are tokens already keep their name.
        let mut taken: BTreeSet<String> =
            ids.iter().filter(|id| token(id) == **id).map(ToString::to_string).collect();
        for id in ids {
            let mut name = token(id);
            if name != id {
                let first = name.clone();
                let mut number = 1;
                while !taken.insert(name.clone()) {
                    number += 1;
                    name = format!("{first}_{number}");
                }
            }
            tokens.insert(id, name);
        }
        Self(tokens)
    }

    pub(super) fn get(&self, id: &str) -> String {
        self.0.get(id).cloned().unwrap_or_else(|| token(id))
    }
}

/// A letter or `_`, then letters, digits, `.`, `-` and `_`: all else becomes `_`.
pub(super) fn token(text: &str) -> String {
    let word = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }
    };
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let start = if starts { "" } else { "_" };
    start.chars().chain(text.chars().map(word)).collect()
}

/// A string: not empty, on one line, without space at its ends.
pub(super) fn string(text: &str) -> String {
    let text = printable(text);
    match text.trim() {
        "" => "(empty)".into(),
        text => text.into(),
    }
}

/// Plain text as a line of markup: nothing in it is a link, an element, or a parameter's place.
pub(super) fn markup(text: &str) -> String {
    let mut out = String::new();
    for c in string(text).chars() {
        if matches!(c, '\\' | '[' | ']' | '<' | '>' | '*' | '_' | '`' | '&' | '#' | '{' | '|' | '~')
        {
            out.push('\\');
        }
        out.push(c);
    }
    // These begin a list or a heading where they begin a line.
    if out.starts_with(['-', '+', '=']) { format!("\\{out}") } else { out }
}

/// The first of some times that the format can say: its years are 1900 to 2999.
pub(super) fn instant<'a>(times: impl IntoIterator<Item = &'a str>) -> String {
    let said = |time: &str| {
        let time = Instant::parse(time).ok()?.to_string();
        let year: String = time.chars().take(4).collect();
        ("1900".."3000").contains(&year.as_str()).then_some(time)
    };
    times.into_iter().find_map(said).unwrap_or_else(|| Instant::EPOCH.to_string())
}
