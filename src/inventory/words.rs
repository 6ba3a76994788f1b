//! Interned words: each distinct string of an inventory is kept once and named by four bytes.

use string_interner::backend::StringBackend;
use string_interner::symbol::SymbolU32;
use string_interner::{StringInterner, Symbol};

/// A string of the inventory; equal words are equal strings.
pub type Word = SymbolU32;

/// All strings of an inventory.
#[derive(Default)]
pub struct Words(StringInterner<StringBackend<SymbolU32>>);

impl Words {
    /// The word for a string, new or known.
    pub fn intern(&mut self, text: &str) -> Word {
        self.0.get_or_intern(text)
    }

    /// The word for a string, if the inventory has that string anywhere.
    pub fn find(&self, text: &str) -> Option<Word> {
        self.0.get(text)
    }

    /// The string of a word.
    pub fn text(&self, word: Word) -> &str {
        // INVARIANT: a word is only ever made by the `Words` that is asked for its text.
        self.0.resolve(word).unwrap_or_default()
    }

    /// How many words there are; their numbers are below it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The number of a word, below [`Words::len`].
pub fn number(word: Word) -> usize {
    word.to_usize()
}
