//! A text as blocks of whole records: it is never in memory as a whole.

use std::io::Read;
use std::ops::Range;

use super::place::{Cursor, LineColumn};
use super::split::{Irregular, Slice, Splitter};
use crate::inventory::Batch;
use crate::time::Instant;

/// Some of a text, cut into records.
#[derive(Default)]
pub(super) struct Block {
    pub(super) text: String,
    pub(super) slices: Vec<Slice>,
    pub(super) parts: Vec<Part>,
}

/// Some of the records of a block: as much as one thread reads at once.
pub(super) struct Part {
    pub(super) slices: Range<usize>,
    /// Where in the block the first of them begins, and at which line and column of the text.
    pub(super) offset: usize,
    pub(super) at: LineColumn,
    /// How many records of each kind that may pass there are before them, in all texts.
    pub(super) passed: [usize; 2],
    /// The records, once they have been read.
    pub(super) batch: Batch,
}

/// How many records are in a part.
const PART: usize = 1024;

/// Reads a text block by block.
pub(super) struct Blocks<R> {
    from: R,
    size: usize,
    splitter: Splitter,
    /// The beginning of a record whose end isn't there yet.
    rest: Vec<u8>,
    ended: bool,
    at: LineColumn,
    /// Whether anybody wants to know where records stand.
    placed: bool,
    /// How many records of each kind that may pass there have been, in all texts.
    pub(super) passed: [usize; 2],
}

impl<R: Read> Blocks<R> {
    /// Reads on from where `start`, the first bytes of the text, ends, if the text `goes_on`.
    pub(super) fn new(
        from: R,
        start: Vec<u8>,
        goes_on: bool,
        splitter: Splitter,
        size: usize,
        passed: [usize; 2],
    ) -> Self {
        let (rest, ended) = (start, !goes_on);
        Self { from, size, splitter, rest, ended, at: (1, 1), placed: true, passed }
    }

    /// The same, but nobody will know at which line and column anything stands: to count them
    /// takes another look at the whole text.
    pub(super) fn unplaced(self) -> Self {
        Self { placed: false, ..self }
    }

    /// The next block, if there is one, in the memory of an old one that is done with.
    pub(super) fn next(&mut self, old: Block) -> Result<Option<Block>, Irregular> {
        let Block { text, mut slices, parts } = old;
        let mut buffer = text.into_bytes();
        buffer.clear();
        buffer.append(&mut self.rest);
        let mut size = self.size;
        let done = loop {
            slices.clear();
            if !self.ended {
                let more = size.saturating_sub(buffer.len());
                self.ended = !fill(&mut self.from, &mut buffer, more)?;
            }
            let done = self.splitter.split(&buffer, self.ended, &mut slices)?;
            if done > 0 || self.ended {
                break done;
            }
            // A record that is longer than a block makes the block longer.
            size *= 2;
        };
        self.rest.extend_from_slice(buffer.get(done..).unwrap_or_default());
        buffer.truncate(done);
        let text = String::from_utf8(buffer).map_err(|_| Irregular)?;
        let counted = if self.placed { text.as_str() } else { "" };
        let mut cursor = Cursor::going_on(counted, self.at);
        // Batches are empty by now, but have the room that their like will need.
        let mut batches = parts.into_iter().map(|part| part.batch);
        let mut first = 0;
        let parts = slices.chunks(PART).map(|some| {
            let slices = first..first + some.len();
            first = slices.end;
            let offset = some.first().map_or(0, |slice| slice.range.start);
            let at = cursor.advance(offset);
            let passed = self.passed;
            for of in some.iter().filter_map(|slice| slice.kind.passing()) {
                self.passed.get_mut(of).into_iter().for_each(|count| *count += 1);
            }
            Part { slices, offset, at, passed, batch: batches.next().unwrap_or_default() }
        });
        let parts = parts.collect();
        self.at = cursor.advance(text.len());
        Ok((!text.is_empty()).then_some(Block { text, slices, parts }))
    }

    /// What the text says of itself, once there is no block left.
    pub(super) fn finish(&self) -> Result<Instant, Irregular> {
        self.splitter.finish()
    }
}

/// Reads until there are so many bytes more; says whether there were.
pub(super) fn fill(
    from: &mut impl Read,
    buffer: &mut Vec<u8>,
    more: usize,
) -> Result<bool, Irregular> {
    buffer.reserve_exact(more);
    let read = from.by_ref().take(more as u64).read_to_end(buffer).map_err(|_| Irregular)?;
    Ok(read == more)
}
