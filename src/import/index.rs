//! The index of the records: an entry of forty bytes each, on disk.

use super::batch::Entry;
use crate::inventory::Kind;

/// The length of an entry.
pub const ENTRY: usize = 40;

/// Writes an entry.
pub fn to_bytes(entry: &Entry) -> [u8; ENTRY] {
    let flags = u32::from(entry.primary)
        | u32::from(entry.mention) << 1
        | (entry.kind as u32) << 8
        | u32::from(entry.link) << 16;
    let numbers = [
        entry.id,
        entry.content,
        entry.start,
        u64::from(entry.length) | u64::from(entry.source) << 32,
        u64::from(flags),
    ];
    let mut bytes = [0; ENTRY];
    for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    bytes
}

/// Reads an entry.
pub fn from_bytes(bytes: &[u8; ENTRY]) -> Entry {
    let long = |at: usize| {
        let mut number = [0; 8];
        number.iter_mut().zip(bytes.iter().skip(at)).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(number)
    };
    // Two numbers of four bytes each are one of eight.
    let (lengths, flags) = (long(24), long(32));
    let low = |number: u64| u32::try_from(number & 0xffff_ffff).unwrap_or(0);
    let kind = Kind::ALL.get(usize::try_from(flags >> 8 & 0xff).unwrap_or(0)).copied();
    Entry {
        kind: kind.unwrap_or(Kind::Source),
        id: long(0),
        content: long(8),
        start: long(16),
        length: low(lengths),
        source: low(lengths >> 32),
        primary: flags & 1 != 0,
        mention: flags & 2 != 0,
        link: u8::try_from(flags >> 16 & 0xff).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_is_read_as_it_was_written(id: u64, content: u64, start: u64, length: u32, source: u32, primary: bool, mention: bool, link: u8, kind in 0usize..10) {
            let entry = Entry { kind: Kind::ALL[kind], id, content, start, length, source, primary, mention, link };
            prop_assert_eq!(format!("{:?}", from_bytes(&to_bytes(&entry))), format!("{entry:?}"));
        }
    }
}
