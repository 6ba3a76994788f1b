//! The two forms of an inventory text.

use crate::inventory::Kind;
use crate::inventory::field::check::Entries;

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
