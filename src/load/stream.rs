//! The quick way in: texts that are plainly right, in little memory and on all cores.
//!
//! ```text
//! blocks --split--> slices --read, intern (parallel)--> batches --in order--> tables
//!        --digest (beside it)
//! ```
//!
//! While one block is read into rows and hashed, the rows of the block before go into the tables
//! and the block after is fetched and cut. Whatever is odd ends it with [`Irregular`]: then the
//! [`Reader`](super::reader::Reader) reads everything again, exactly, and says what is wrong. The
//! two must accept the same texts and make the same of them, which tests hold.

use std::io::Read;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::blocks::{Block, Blocks, Part, fill};
use super::files::hex;
use super::form::form_of;
use super::place::Cursor;
use super::record;
use super::split::{Irregular, Slice, Splitter};
use crate::inventory::words::{SharedWords, Words, Writer};
use crate::inventory::{Batch, File, Inventory, Kind, Place, Tabled, WithRecord};
use crate::time::Instant;

/// How many bytes are read at once. Some such blocks are in memory at any time.
pub(super) const BLOCK: usize = 2 << 20;

/// Below so many records, waking other threads costs more than they help.
const ALONE: usize = 256;

/// A byte order mark.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// An inventory that is being read.
pub(super) struct Stream {
    inventory: Inventory,
    words: SharedWords,
    block: usize,
}

impl Stream {
    /// Nothing yet, to be read in blocks of that size.
    pub(super) fn new(block: usize) -> Self {
        let inventory = Inventory::empty(Instant::EPOCH);
        Self { inventory, words: Words::default().share(), block }
    }

    /// Adds the records of a text of about that length. Its digest is taken if it isn't given.
    pub(super) fn text(
        &mut self,
        name: &str,
        mut from: impl Read + Send,
        length: u64,
        sha256: Option<&str>,
    ) -> Result<(), Irregular> {
        let number = u32::try_from(self.inventory.files.len()).map_err(|_| Irregular)?;
        let mut digest = sha256.is_none().then(Sha256::new);
        let mut start = Vec::new();
        // One byte more than there should be tells whether a small file has been read whole.
        let first = usize::try_from(length).unwrap_or(self.block).saturating_add(1);
        let goes_on = fill(&mut from, &mut start, self.block.min(first))?;
        if start.starts_with(MARK) {
            start.drain(..MARK.len());
            digest.iter_mut().for_each(|digest| digest.update(MARK));
        }
        let form = form_of(name, &String::from_utf8_lossy(&start));
        let mut blocks = Blocks::new(from, start, goes_on, Splitter::new(form), self.block);

        let (mut next, mut before, mut done) = (blocks.next(Block::default())?, None, 0);
        while let Some(mut block) = next {
            let Block { text, slices, parts } = &mut block;
            let (length_of_block, alone) = (text.len(), slices.len() < ALONE);
            done += length_of_block as u64;
            let (inventory, words) = (&mut self.inventory, &self.words);
            let mut hash = || digest.iter_mut().for_each(|digest| digest.update(&*text));
            let mut fetch = || {
                let mut before = before.take().unwrap_or_default();
                append(inventory, &mut before, following(length, done, length_of_block))?;
                blocks.next(before)
            };
            let mut read = || read(text, slices, parts, number, words);
            let (read, fetched) = if alone {
                hash();
                (read(), fetch())
            } else {
                rayon::join(|| rayon::join(read, fetch), hash).0
            };
            read?;
            next = fetched?;
            before = Some(block);
        }
        append(&mut self.inventory, &mut before.unwrap_or_default(), 0)?;
        let generated_at = blocks.finish()?;
        let sha256 = digest.map_or_else(
            || sha256.unwrap_or_default().to_owned(),
            |digest| hex(&digest.finalize()),
        );
        self.inventory.files.push(File { path: name.to_owned(), sha256, generated_at });
        Ok(())
    }

    /// All that was read.
    pub(super) fn finish(self) -> Inventory {
        let Self { mut inventory, words, .. } = self;
        inventory.words = words.close();
        inventory.note_latest();
        inventory
    }
}

/// How many blocks of that length there may be after those that are done: rather more than fewer.
fn following(length: u64, done: u64, block: usize) -> usize {
    let left = length.saturating_sub(done) / (block as u64).max(1);
    usize::try_from(left).map_or(0, |left| left + 2)
}

/// Moves the records of a block into the tables.
fn append(inventory: &mut Inventory, block: &mut Block, following: usize) -> Result<(), Irregular> {
    let following = following * block.parts.len();
    let mut parts = block.parts.iter_mut();
    parts.try_for_each(|part| inventory.append(&mut part.batch, following)).map_err(|_| Irregular)
}

/// Reads the records of a block, the parts beside each other.
fn read(
    text: &str,
    slices: &[Slice],
    parts: &mut [Part],
    file: u32,
    words: &SharedWords,
) -> Result<(), Irregular> {
    if slices.len() < ALONE {
        let mut writer = words.writer();
        return parts.iter_mut().try_for_each(|part| part.read(text, slices, file, &mut writer));
    }
    let each = |writer: &mut Writer<'_>, part: &mut Part| part.read(text, slices, file, writer);
    parts.par_iter_mut().try_for_each_init(|| words.writer(), each)
}

impl Part {
    fn read(
        &mut self,
        text: &str,
        slices: &[Slice],
        file: u32,
        words: &mut Writer<'_>,
    ) -> Result<(), Irregular> {
        let Self { slices: own, offset, at, batch } = self;
        let mut cursor = Cursor::going_on(text.get(*offset..).unwrap_or_default(), *at);
        for Slice { kind, index, range } in slices.get(own.clone()).unwrap_or_default() {
            let (line, column) = cursor.advance(range.start - *offset);
            let place = Place { file, index: *index, line, column };
            let text = text.get(range.clone()).ok_or(Irregular)?;
            kind.with(ReadInto { batch, words, text, place })?;
            if *kind == Kind::Offboarding {
                let offsets = record::task_offsets(text);
                let places = offsets.map(|task| cursor.advance(range.start - *offset + task));
                batch.task_places.push(places.collect());
            }
        }
        let settled = words.settle();
        batch.each_word(&mut |word| *word = settled(*word));
        Ok(())
    }
}

struct ReadInto<'r, 'w, 't> {
    batch: &'r mut Batch,
    words: &'r mut Writer<'w>,
    text: &'t str,
    place: Place,
}

impl WithRecord for ReadInto<'_, '_, '_> {
    type Output = Result<(), Irregular>;
    fn run<R: Tabled>(self) -> Result<(), Irregular> {
        let record = record::read::<R>(self.text, self.words).map_err(|_| Irregular)?;
        R::batch(self.batch).push((record, self.place));
        Ok(())
    }
}
