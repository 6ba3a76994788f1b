//! Strings by number, each kept once.

use std::ops::Range;

/// Strings, one after the other. They lie in chunks of so many each: a full one takes no more room
/// than it needs, and never moves.
#[derive(Default)]
pub(super) struct Strings {
    chunks: Vec<Chunk>,
}

const CHUNK: usize = 1024;

#[derive(Default)]
struct Chunk {
    text: String,
    ends: Vec<u32>,
}

impl Chunk {
    fn range(&self, place: usize) -> Range<usize> {
        let end = |place: usize| self.ends.get(place).map_or(0, |end| *end as usize);
        place.checked_sub(1).map_or(0, end)..end(place)
    }
}

impl Strings {
    pub(super) fn count(&self) -> usize {
        let last = self.chunks.last().map_or(0, |chunk| chunk.ends.len());
        self.chunks.len().saturating_sub(1) * CHUNK + last
    }

    fn chunk(&self, place: usize) -> Option<(&Chunk, usize)> {
        let chunk = self.chunks.get(place / CHUNK)?;
        Some((chunk, place % CHUNK))
    }

    pub(super) fn bytes(&self, place: usize) -> &[u8] {
        let chunk = self.chunk(place);
        let bytes = chunk.and_then(|(chunk, place)| chunk.text.as_bytes().get(chunk.range(place)));
        bytes.unwrap_or_default()
    }

    pub(super) fn text(&self, place: usize) -> &str {
        let chunk = self.chunk(place);
        chunk.and_then(|(chunk, place)| chunk.text.get(chunk.range(place))).unwrap_or_default()
    }

    pub(super) fn add(&mut self, text: &str) -> u32 {
        let place = u32::try_from(self.count());
        if self.chunks.last().is_none_or(|chunk| chunk.ends.len() == CHUNK) {
            self.chunks.last_mut().into_iter().for_each(|full| full.text.shrink_to_fit());
            self.chunks.push(Chunk::default());
        }
        let mut end = Ok(0);
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.text.push_str(text);
            end = u32::try_from(chunk.text.len());
            chunk.ends.push(end.unwrap_or_default());
        }
        assert!(place.is_ok() && end.is_ok(), "a string of an inventory is shorter than 4 GB");
        place.unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.chunks.truncate(1);
        self.chunks.iter_mut().for_each(|chunk| {
            chunk.text.clear();
            chunk.ends.clear();
        });
    }
}
