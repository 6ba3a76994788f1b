//! JSON of ours: how it is written, and reading small files as strictly as an inventory: every fault with its place.

use serde::de::DeserializeOwned;

use crate::fault::{Excerpt, Fault, Text};
use crate::inventory::field::check::without_place;

pub mod write;

/// Reads what stands at a byte of a text, up to its end.
///
/// # Errors
/// Where it isn't what is wanted; `help` is what to do where nothing better is known.
pub fn read<T: DeserializeOwned>(
    source: Text<'_>,
    start: usize,
    part: &str,
    help: &str,
) -> Result<T, Fault> {
    serde_json::from_str(part).map_err(|error| {
        let fault = Fault::from_lines(&without_place(&error));
        let help = fault.help.clone().unwrap_or_else(|| help.to_owned());
        Fault::new(fault.message, help).at(place(source, start, part, &error))
    })
}

/// Where in a text the part is wrong that begins at that byte.
pub fn place(source: Text<'_>, start: usize, part: &str, error: &serde_json::Error) -> Excerpt {
    let mut starts = part.match_indices('\n').map(|(at, _)| at + 1);
    let line = error.line().checked_sub(2).and_then(|line| starts.nth(line)).unwrap_or(0);
    let at = start + line + error.column().saturating_sub(1);
    source.excerpt(at..at + 1, &[], String::new())
}
