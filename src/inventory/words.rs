//! Interned words: each distinct string of an inventory is kept once and named by four bytes.

use string_interner::StringInterner;
use string_interner::backend::StringBackend;
use string_interner::symbol::SymbolU32;

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
}
