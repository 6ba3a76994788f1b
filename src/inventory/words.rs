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
        let number = u32::try_from(place * SHARDS + shard + 1);
        let number = number.ok().and_then(NonZeroU32::new);
        // Two strings with one number would be a wrong answer; no answer is better.
        assert!(number.is_some(), "an inventory has fewer than four billion different strings");
        Self(number.unwrap_or(NonZeroU32::MAX))
    }

    /// The shard that it is in, and its place there.
    fn split(self) -> (usize, usize) {
        (self.number() % SHARDS, self.number() / SHARDS)
    }
}

/// Who turns strings into words.
pub trait Interner {
    /// The word for a string, new or known.
    fn intern(&mut self, text: &str) -> Word;
}

/// All strings of an inventory.
pub struct Words {
    shards: Vec<Shard>,
    hasher: DefaultHashBuilder,
}

/// More than threads that read, so that two seldom want the same one.
const SHARDS: usize = 32;

impl Default for Words {
    fn default() -> Self {
        let shards = std::iter::repeat_with(Shard::default).take(SHARDS).collect();
        Self { shards, hasher: DefaultHashBuilder::default() }
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
        let (number, place) = word.split();
        self.shards.get(number).map(|shard| shard.strings.text(place)).unwrap_or_default()
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
        Words { shards: shards.collect(), hasher: self.hasher }
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
