//! The index of the records on disk: some 25 bytes for each.

use std::io::{self, Write};

use super::batch::Entry;
use crate::inventory::Kind;

/// The length of an entry's head: its flags, and how many bytes each of its small numbers takes.
const HEAD: usize = 4;
/// The length of a digest.
const DIGEST: usize = 8;

/// Adds an entry.
///
/// # Errors
/// A disk that is full.
pub fn write(entry: &Entry, to: &mut impl Write) -> io::Result<()> {
    let numbers = [entry.start, entry.length.into(), entry.source.into()];
    let used = |number: u64| 8 - number.leading_zeros() / 8;
    let [start, length, source] = numbers.map(used);
    let flags = u32::from(entry.primary) | u32::from(entry.mention) << 1;
    let head = flags | start << 4 | length << 8 | source << 12;
    let head = head | (entry.kind as u32) << 16 | u32::from(entry.link) << 24;
    to.write_all(&head.to_le_bytes())?;
    to.write_all(&(u128::from(entry.id) | u128::from(entry.content) << 64).to_le_bytes())?;
    // Together they have at most sixteen bytes.
    let [first, second, third] = numbers.map(u128::from);
    let together = first | second << (start * 8) | third << ((start + length) * 8);
    let used = (start + length + source) as usize;
    to.write_all(together.to_le_bytes().get(..used).unwrap_or(&[]))
}

/// Reads entries.
pub fn read(mut bytes: &[u8]) -> impl Iterator<Item = Entry> {
    std::iter::from_fn(move || {
        let mut next = |length: usize| {
            let (number, rest) = bytes.split_at_checked(length)?;
            bytes = rest;
            let mut whole = [0; 8];
            whole.iter_mut().zip(number).for_each(|(to, from)| *to = *from);
            Some(u64::from_le_bytes(whole))
        };
        let head = next(HEAD)?;
        let part = |at: u32, mask: u64| usize::try_from(head >> at & mask).unwrap_or(0);
        let (id, content) = (next(DIGEST)?, next(DIGEST)?);
        let (start, length) = (next(part(4, 15))?, next(part(8, 15))?);
        let source = next(part(12, 15))?;
        Some(Entry {
            kind: Kind::ALL.get(part(16, 255)).copied().unwrap_or(Kind::Source),
            id,
            content,
            start,
            length: u32::try_from(length).unwrap_or(u32::MAX),
            source: u32::try_from(source).unwrap_or(u32::MAX),
            primary: head & 1 != 0,
            mention: head & 2 != 0,
            link: u8::try_from(part(24, 255)).unwrap_or(0),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_is_read_as_it_was_written(id: u64, content: u64, start: u64, near: u8, length: u32, source: u32, primary: bool, mention: bool, link: u8, kind in 0usize..10) {
            let entry = Entry { kind: Kind::ALL[kind], id, content, start, length, source, primary, mention, link };
            let entries = [entry, Entry { start: near.into(), length: near.into(), source: 0, ..entry }];
            let mut bytes = Vec::new();
            entries.iter().for_each(|entry| write(entry, &mut bytes).unwrap());
            let read: Vec<Entry> = read(&bytes).collect();
            prop_assert_eq!(format!("{read:?}"), format!("{entries:?}"));
        }
    }
}
