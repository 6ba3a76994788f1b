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

use std::borrow::Cow;
use std::io::Read;
use std::sync::LazyLock;

use fixedbitset::FixedBitSet;
use memchr::memmem::Finder;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::blocks::{Block, Blocks, Part, fill};
use super::files::hex;
use super::form::form_of;
use super::place::Cursor;
use super::record;
use super::split::{Irregular, Slice, Splitter};
use crate::inventory::field::{ACCOUNT, Ref};
use crate::inventory::record::Entitlement;
use crate::inventory::words::{Interner, SharedWords, Writer};
use crate::inventory::{Batch, File, Inventory, Kind, Place, Tabled, WithRecord};
use crate::time::Instant;

/// How many bytes are read at once. Some such blocks are in memory at any time.
pub(super) const BLOCK: usize = 2 << 20;

/// Below so many records, waking other threads costs more than they help.
const ALONE: usize = 256;

/// A byte order mark.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// What is read of a text.
#[derive(Clone, Copy)]
pub(super) enum Take<'t> {
    /// Everything.
    All,
    /// All but what may pass; of that, the accounts that it makes privileged.
    Base,
    /// What may pass.
    Passing,
    /// Of what may pass, what has these numbers, for each kind.
    These(&'t [FixedBitSet; 2]),
}

/// An inventory that is being read.
pub(super) struct Stream<'t> {
    inventory: Inventory,
    words: SharedWords,
    block: usize,
    take: Take<'t>,
    /// How many records of each kind that may pass there have been.
    pub(super) passed: [usize; 2],
}

impl<'t> Stream<'t> {
    /// Nothing yet, to be read in blocks of that size.
    pub(super) fn new(block: usize) -> Self {
        Self::into(Inventory::empty(Instant::EPOCH), block, Take::All)
    }

    /// What an inventory already has, and what is taken of the texts.
    pub(super) fn into(mut inventory: Inventory, block: usize, take: Take<'t>) -> Self {
        let words = std::mem::take(&mut inventory.words).share();
        Self { inventory, words, block, take, passed: [0; 2] }
    }

    /// Adds the file of a text, and of its records those that are taken. Its digest is taken if it
    /// isn't given.
    pub(super) fn text(
        &mut self,
        name: &str,
        from: impl Read + Send,
        length: u64,
        sha256: Option<&str>,
    ) -> Result<(), Irregular> {
        let number = u32::try_from(self.inventory.files.len()).map_err(|_| Irregular)?;
        let (sha256, generated_at) = self.records(number, name, from, length, sha256)?;
        self.inventory.files.push(File { path: name.to_owned(), sha256, generated_at });
        Ok(())
    }

    /// Adds those records of a text that are taken; gives its digest and when it was made.
    pub(super) fn records(
        &mut self,
        number: u32,
        name: &str,
        from: impl Read + Send,
        length: u64,
        sha256: Option<&str>,
    ) -> Result<(String, Instant), Irregular> {
        let mut digest = sha256.is_none().then(Sha256::new);
        let (mut blocks, mark) = open(name, from, length, self.block, self.passed)?;
        digest.iter_mut().for_each(|digest| digest.update(mark));
        let (mut next, mut before, mut done) = (blocks.next(Block::default())?, None, 0);
        while let Some(mut block) = next {
            let Block { text, slices, parts } = &mut block;
            let (length_of_block, alone) = (text.len(), slices.len() < ALONE);
            done += length_of_block as u64;
            let (inventory, words, take) = (&mut self.inventory, &self.words, self.take);
            let mut hash = || digest.iter_mut().for_each(|digest| digest.update(&*text));
            let mut fetch = || {
                let mut before = before.take().unwrap_or_default();
                append(inventory, &mut before, following(length, done, length_of_block))?;
                blocks.next(before)
            };
            let mut read = || read(text, slices, parts, number, words, take);
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
        self.passed = blocks.passed;
        let sha256 = digest.map_or_else(
            || sha256.unwrap_or_default().to_owned(),
            |digest| hex(&digest.finalize()),
        );
        Ok((sha256, blocks.finish()?))
    }

    /// All that was read.
    pub(super) fn finish(self) -> Inventory {
        let Self { mut inventory, words, .. } = self;
        inventory.words = words.close();
        inventory.note_latest();
        inventory
    }
}

/// Begins to read a text of about that length, and gives the mark that it begins with.
pub(super) fn open<R: Read>(
    name: &str,
    mut from: R,
    length: u64,
    block: usize,
    passed: [usize; 2],
) -> Result<(Blocks<R>, &'static [u8]), Irregular> {
    let mut start = Vec::new();
    // One byte more than there should be tells whether a small file has been read whole.
    let first = usize::try_from(length).unwrap_or(block).saturating_add(1);
    let goes_on = fill(&mut from, &mut start, block.min(first))?;
    let mark = if start.starts_with(MARK) { MARK } else { &[] };
    start.drain(..mark.len());
    let form = form_of(name, &String::from_utf8_lossy(&start));
    Ok((Blocks::new(from, start, goes_on, Splitter::new(form), block, passed), mark))
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
    take: Take<'_>,
) -> Result<(), Irregular> {
    let each = |writer: &mut Writer<'_>, part: &mut Part| {
        part.read(text, slices, file, writer, take)?;
        let settled = writer.settle();
        part.batch.each_word(&mut |word| *word = settled(*word));
        Ok(())
    };
    if slices.len() < ALONE {
        let mut writer = words.writer();
        return parts.iter_mut().try_for_each(|part| each(&mut writer, part));
    }
    parts.par_iter_mut().try_for_each_init(|| words.writer(), each)
}

impl Part {
    /// Reads its records, or those of them that are taken.
    pub(super) fn read(
        &mut self,
        text: &str,
        slices: &[Slice],
        file: u32,
        words: &mut impl Interner,
        take: Take<'_>,
    ) -> Result<(), Irregular> {
        let Self { slices: own, offset, at, passed, batch } = self;
        // What passes is read again if anybody asks where it stands.
        let counted = if matches!(take, Take::Passing) { None } else { text.get(*offset..) };
        let mut cursor = Cursor::going_on(counted.unwrap_or_default(), *at);
        let mut numbers = passed.map(|first| first..);
        for Slice { kind, index, range } in slices.get(own.clone()).unwrap_or_default() {
            let of = kind.passing();
            let number = of.and_then(|of| numbers.get_mut(of)?.next());
            let text = text.get(range.clone()).ok_or(Irregular)?;
            match (take, number) {
                (Take::Base, Some(_)) => {
                    note_privileged(*kind, text, words, &mut batch.privileged)?;
                    continue;
                }
                (Take::Passing | Take::These(_), None) => continue,
                (Take::These(these), Some(number))
                    if !of.and_then(|of| these.get(of)).is_some_and(|of| of.contains(number)) =>
                {
                    continue;
                }
                _ => {}
            }
            let (line, column) = cursor.advance(range.start - *offset);
            let place = Place { file, index: *index, line, column };
            kind.with(ReadInto { batch, words, text, place })?;
            if *kind == Kind::Offboarding {
                let offsets = record::task_offsets(text);
                let places = offsets.map(|task| cursor.advance(range.start - *offset + task));
                batch.task_places.push(places.collect());
            }
        }
        Ok(())
    }
}

/// Notes the account of an entitlement that makes it privileged. Most can't: they don't say the
/// word.
fn note_privileged(
    kind: Kind,
    text: &str,
    words: &mut impl Interner,
    privileged: &mut Vec<Ref<ACCOUNT>>,
) -> Result<(), Irregular> {
    let bytes = text.as_bytes();
    let says = || PRIVILEGED.find(bytes).is_some() || memchr::memchr(b'\\', bytes).is_some();
    if kind == Kind::Entitlement && says() {
        let read = serde_json::from_str::<Entitlement<Cow<'_, str>>>(text);
        let entitlement = read.map_err(|_| Irregular)?;
        if entitlement.privileged == Some(true) && entitlement.status.is_live() {
            privileged.extend(entitlement.account.map(|account| Ref(words.intern(&account.0))));
        }
    }
    Ok(())
}

/// How a key must be written that has no escapes.
static PRIVILEGED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"privileged\""));

struct ReadInto<'r, 't, W> {
    batch: &'r mut Batch,
    words: &'r mut W,
    text: &'t str,
    place: Place,
}

impl<W: Interner> WithRecord for ReadInto<'_, '_, W> {
    type Output = Result<(), Irregular>;
    fn run<R: Tabled>(self) -> Result<(), Irregular> {
        let record = record::read::<R>(self.text, self.words).map_err(|_| Irregular)?;
        R::batch(self.batch).push((record, self.place));
        Ok(())
    }
}
