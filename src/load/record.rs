//! Reads one record: the only way in which text becomes a row, whoever asks.

use serde_json::value::RawValue;

use crate::inventory::field::Intern;
use crate::inventory::field::check::Entries;
use crate::inventory::spec::Record;
use crate::inventory::words::Interner;

/// Why a record can't be read.
pub(super) enum Wrong {
    /// One of its fields is wrong, or it isn't JSON.
    Field(serde_json::Error),
    /// Its fields are right, the record is not.
    Whole(String),
}

/// Reads the record that a text is from its first to its last character.
pub(super) fn read<R: Record>(text: &str, words: &mut impl Interner) -> Result<R, Wrong> {
    let read = serde_json::from_str::<R::Read<'_>>(text).map_err(Wrong::Field)?;
    let record = read.intern(words);
    record.whole().map_err(Wrong::Whole)?;
    Ok(record)
}

/// Where in the text of an offboarding its tasks begin.
pub(super) fn task_offsets(offboarding: &str) -> impl Iterator<Item = usize> {
    let entries: Entries<'_> = serde_json::from_str(offboarding).unwrap_or(Entries(Vec::new()));
    let tasks = entries.0.into_iter().find(|(key, _)| key == "tasks").map(|(_, tasks)| tasks.get());
    let tasks: Vec<&RawValue> =
        tasks.and_then(|tasks| serde_json::from_str(tasks).ok()).unwrap_or_default();
    let start = offboarding.as_ptr() as usize;
    tasks.into_iter().map(move |task| (task.get().as_ptr() as usize).saturating_sub(start))
}
