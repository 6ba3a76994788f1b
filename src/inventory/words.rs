//! Interned words: each distinct string of an inventory is kept once and named by four bytes.
//!
//! The strings are spread over shards by their hash, so that several threads can add to them at
//! once. A thread first gathers the strings of many records by itself (most come more than once),
//! then adds them shard by shard: memory that two threads write to in turns is slow.
//!
//! Which number a string gets depends on who came first: words may be compared and looked up, but
//! nothing that is seen may depend on their numbers.

use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::prelude::*;

use super::strings::Strings;

/// A string of the inventory; equal words are equal strings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Word(NonZeroU32);

impl Word {
    /// A small number that no other word has.
    pub fn number(self) -> usize {
        self.0.get() as usize - 1
    }

    fn new(shard: usize, place: usize) -> Self {
        let number = u32::try_from(place * SHARDS + shard + 1).ok();
        let number = number.filter(|number| *number < PASSING).and_then(NonZeroU32::new);
        // Two strings with one number would be a wrong answer; no answer is better.
        assert!(number.is_some(), "an inventory has fewer than two billion different strings");
        Self(number.unwrap_or(NonZeroU32::MAX))
    }

    /// That of a string which only passes.
    fn passing(part: usize, place: u32) -> Option<Self> {
        let part = u32::try_from(part).ok().filter(|_| part < PARTS && place < PLACES)?;
        NonZeroU32::new(PASSING | part << PLACE_BITS | place).map(Self)
    }

    /// The part that it came in and its place there, if it only passes.
    fn passes(self) -> Option<(usize, usize)> {
        let number = self.0.get();
        let place = number & (PLACES - 1);
        let part = (number & !PASSING) >> PLACE_BITS;
        (number >= PASSING).then_some((part as usize, place as usize))
    }

    /// The shard that it is in, and its place there.
    fn split(self) -> (usize, usize) {
        (self.number() % SHARDS, self.number() / SHARDS)
    }
}

/// The words from here on are of strings that only pass.
const PASSING: u32 = 1 << 31;

/// How many parts strings may pass in at once, and how many there may be in one.
const PARTS: usize = 1 << (31 - PLACE_BITS);
const PLACE_BITS: u32 = 22;
const PLACES: u32 = 1 << PLACE_BITS;

/// Who turns strings into words.
pub trait Interner {
    /// The word for a string, new or known.
    fn intern(&mut self, text: &str) -> Word;

    /// The word for a string that names a record, new or known.
    fn refer(&mut self, text: &str) -> Word {
        self.intern(text)
    }
}

/// All strings of an inventory.
pub struct Words {
    shards: Vec<Shard>,
    hasher: DefaultHashBuilder,
    /// Strings of records that only pass, by the part that they came in.
    passing: Vec<Strings>,
}

/// More than threads that read, so that two seldom want the same one.
const SHARDS: usize = 32;

impl Default for Words {
    fn default() -> Self {
        let shards = std::iter::repeat_with(Shard::default).take(SHARDS).collect();
        Self { shards, hasher: DefaultHashBuilder::default(), passing: Vec::new() }
    }
}

impl Words {
    /// The word for a string, new or known.
    #[expect(clippy::indexing_slicing, reason = "`shard_of` gives the number of a shard")]
    pub fn intern(&mut self, text: &str) -> Word {
        let (hash, number) = shard_of(&self.hasher, text);
        Word::new(number, self.shards[number].intern(&self.hasher, hash, text).0 as usize)
    }

    /// The word for a string, if the inventory has that string anywhere.
    pub fn find(&self, text: &str) -> Option<Word> {
        let (hash, number) = shard_of(&self.hasher, text);
        let place = self.shards.get(number)?.find(hash, text)?;
        Some(Word::new(number, place as usize))
    }

    /// The string of a word.
    pub fn text(&self, word: Word) -> &str {
        // INVARIANT: a word is only ever made by the `Words` that is asked for its text.
        if let Some((part, place)) = word.passes() {
            return self.passing.get(part).map(|part| part.text(place)).unwrap_or_default();
        }
        let (number, place) = word.split();
        self.shards.get(number).map(|shard| shard.strings.text(place)).unwrap_or_default()
    }

    /// Has parts add strings that only pass, each its own, and says whether they weren't too many.
    /// What passed before is gone.
    pub fn passing<T: Send>(
        &mut self,
        parts: &mut [T],
        work: impl Fn(&mut T, &mut Passing<'_>) + Sync,
    ) -> bool {
        let mut passing = std::mem::take(&mut self.passing);
        passing.resize_with(parts.len(), Strings::default);
        let mut few = parts.len() <= PARTS;
        if few {
            let words = &*self;
            let parts = parts.par_iter_mut().zip(&mut passing).enumerate();
            let each = parts.map(|(part, (item, own))| {
                own.clear();
                let mut passing = Passing { words, part, own, few: true };
                work(item, &mut passing);
                passing.few
            });
            few = each.reduce(|| true, |a, b| a && b);
        }
        self.passing = passing;
        few
    }

    /// The word of that number, as it is written for debugging.
    #[cfg(test)]
    pub fn numbered(&self, number: NonZeroU32) -> Word {
        Word(number)
    }

    /// Opens them to several threads.
    pub fn share(self) -> SharedWords {
        let shards = self.shards.into_iter().map(Mutex::new).collect();
        SharedWords { shards, hasher: self.hasher }
    }
}

impl Interner for Words {
    fn intern(&mut self, text: &str) -> Word {
        self.intern(text)
    }
}

fn shard_of(hasher: &DefaultHashBuilder, text: &str) -> (u64, usize) {
    let hash = hasher.hash_one(text);
    // The table uses the bits at both ends.
    (hash, (hash >> 32) as usize % SHARDS)
}

/// The strings while several threads add to them.
pub struct SharedWords {
    shards: Vec<Mutex<Shard>>,
    hasher: DefaultHashBuilder,
}

impl SharedWords {
    /// What one thread adds by.
    pub fn writer(&self) -> Writer<'_> {
        let by_shard = vec![Vec::new(); SHARDS];
        Writer { shared: self, own: Shard::default(), by_shard, settled: Vec::new() }
    }

    /// Closes them: from now on they are read.
    pub fn close(self) -> Words {
        let shards = self.shards.into_iter();
        let shards = shards.map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        Words { shards: shards.collect(), hasher: self.hasher, passing: Vec::new() }
    }
}

/// Adds strings for one thread.
pub struct Writer<'w> {
    shared: &'w SharedWords,
    /// The strings since the last time that they were settled.
    own: Shard,
    /// Their places and hashes, by the shard where they belong.
    by_shard: Vec<Vec<(u32, u64)>>,
    settled: Vec<Word>,
}

/// The words that it gives are provisional: [`Writer::settle`] has to see each of them.
impl Interner for Writer<'_> {
    #[expect(clippy::indexing_slicing, reason = "`shard_of` gives the number of a shard")]
    fn intern(&mut self, text: &str) -> Word {
        let (hash, number) = shard_of(&self.shared.hasher, text);
        let (place, is_new) = self.own.intern(&self.shared.hasher, hash, text);
        if is_new {
            self.by_shard[number].push((place, hash));
        }
        Word::new(0, place as usize)
    }
}

impl Writer<'_> {
    /// Adds what it has gathered. Of each provisional word it then tells which it is.
    pub fn settle(&mut self) -> impl Fn(Word) -> Word {
        self.settled.clear();
        self.settled.resize(self.own.strings.count(), Word::new(0, 0));
        let shards = self.shared.shards.iter().enumerate();
        for ((number, shard), own) in shards.zip(&mut self.by_shard) {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for (place, hash) in own.drain(..) {
                let text = self.own.strings.text(place as usize);
                let (there, _) = shard.intern(&self.shared.hasher, hash, text);
                if let Some(word) = self.settled.get_mut(place as usize) {
                    *word = Word::new(number, there as usize);
                }
            }
        }
        self.own.clear();
        // INVARIANT: a provisional word is of shard 0, and was given since the last time.
        |word| self.settled.get(word.split().1).copied().unwrap_or(word)
    }
}

/// Adds strings that only pass: nobody looks for them, so they aren't put where they are found. Those
/// that name a record which is known get its word.
pub struct Passing<'w> {
    words: &'w Words,
    part: usize,
    own: &'w mut Strings,
    /// Whether there was a word for each string.
    few: bool,
}

impl Interner for Passing<'_> {
    fn intern(&mut self, text: &str) -> Word {
        let word = Word::passing(self.part, self.own.add(text));
        self.few &= word.is_some();
        // Whoever hears that they were too many uses none of them.
        word.unwrap_or(Word(NonZeroU32::MAX))
    }

    fn refer(&mut self, text: &str) -> Word {
        self.words.find(text).unwrap_or_else(|| self.intern(text))
    }
}

/// Some of the strings, one after the other.
#[derive(Default)]
struct Shard {
    strings: Strings,
    places: HashTable<u32>,
}

impl Shard {
    fn find(&self, hash: u64, text: &str) -> Option<u32> {
        let same = |place: &u32| self.strings.bytes(*place as usize) == text.as_bytes();
        self.places.find(hash, same).copied()
    }

    /// The place of a string, and whether it is new.
    fn intern(&mut self, hasher: &DefaultHashBuilder, hash: u64, text: &str) -> (u32, bool) {
        let strings = &self.strings;
        let same = |place: &u32| strings.bytes(*place as usize) == text.as_bytes();
        let again = |place: &u32| hasher.hash_one(strings.text(*place as usize));
        match self.places.entry(hash, same, again) {
            Entry::Occupied(known) => (*known.get(), false),
            Entry::Vacant(free) => (*free.insert(self.strings.add(text)).get(), true),
        }
    }

    fn clear(&mut self) {
        self.places.clear();
        self.strings.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_pass_are_gone_with_the_next_and_known_ones_keep_their_words() {
        let mut words = Words::default();
        let known = words.intern("known");
        for round in 0..3 {
            let mut parts: Vec<(usize, Vec<Word>)> = (0..40).map(|part| (part, vec![])).collect();
            let text = |part: usize, at: usize| format!("{round}-{part}-{at}");
            let few = words.passing(&mut parts, |(part, words), passing| {
                words.push(passing.refer("known"));
                words.extend((0..2500).map(|at| passing.intern(&text(*part, at))));
                words.push(passing.refer("unknown"));
            });
            assert!(few);
            for (part, own) in &parts {
                assert_eq!((own[0], words.text(own[2501])), (known, "unknown"));
                assert!((0..2500).all(|at| words.text(own[at + 1]) == text(*part, at)));
            }
            assert_eq!((words.find("0-0-0"), words.find("unknown")), (None, None));
            assert_eq!((words.intern("known"), words.text(known)), (known, "known"));
        }
        assert!(!words.passing(&mut [(); PARTS + 1], |(), _| ()));
        let add = |count: u32| {
            move |(): &mut (), passing: &mut Passing<'_>| {
                (0..count).for_each(|_| _ = passing.intern(""));
            }
        };
        assert!(words.passing(&mut [(); 2], add(PLACES)));
        assert!(!words.passing(&mut [(); 2], add(PLACES + 1)));
    }

    #[test]
    fn equal_words_are_equal_strings_whichever_thread_came_first() {
        let shared = Words::default().share();
        let texts = || {
            (0..5000)
                .map(|number| format!("{}", number % 1700))
                .chain(["x".repeat(99), String::new()])
        };
        let words = std::thread::scope(|scope| {
            let intern = || {
                let mut writer = shared.writer();
                let mut words = Vec::new();
                for some in texts().collect::<Vec<_>>().chunks(700) {
                    let mut own: Vec<Word> = some.iter().map(|text| writer.intern(text)).collect();
                    let settled = writer.settle();
                    own.iter_mut().for_each(|word| *word = settled(*word));
                    words.extend(own);
                }
                words
            };
            [scope.spawn(intern), scope.spawn(intern)].map(|thread| thread.join().unwrap())
        });
        let mut closed = shared.close();
        assert_eq!(words[0], words[1]);
        for (word, text) in words[0].iter().zip(texts()) {
            assert_eq!(closed.text(*word), text);
            assert_eq!(closed.find(&text), Some(*word));
            assert_eq!(closed.intern(&text), *word);
        }
        assert_eq!(closed.find("never"), None);
        assert_eq!(size_of::<Option<Word>>(), 4);
    }
}
