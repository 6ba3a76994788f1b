//! Tables of records: the rows, where each stands, and which row has which id.

use rustc_hash::FxHashMap;

use super::spec::Record;
use super::words::Word;
use super::{Kind, Place, Row};

/// All records of one kind.
pub struct Table<R> {
    /// The records.
    pub rows: Vec<R>,
    places: Places,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: Places::default() }
    }
}

impl<R: Record> Table<R> {
    /// The record of a row.
    #[expect(clippy::indexing_slicing, reason = "a row number comes from the table it is used on")]
    pub fn get(&self, row: Row) -> &R {
        &self.rows[row as usize]
    }

    /// The place of a row.
    pub fn place(&self, row: Row) -> Place {
        self.places.get(row)
    }

    /// All row numbers.
    pub fn all(&self) -> std::ops::Range<Row> {
        0..self.next()
    }

    /// The row of the record that is added next.
    pub(super) fn next(&self) -> Row {
        let row = Row::try_from(self.rows.len());
        // Two records with one number would be a wrong answer; no answer is better.
        assert!(row.is_ok(), "an inventory has fewer than four billion records of a kind");
        row.unwrap_or(Row::MAX)
    }

    pub(super) fn push(&mut self, record: R, place: Place) {
        self.places.push(place);
        self.rows.push(record);
    }

    /// Makes room, once, for so many records and what may follow them: growing step by step would
    /// need the old room and the new one at the same time. What isn't used isn't resident.
    pub(super) fn reserve(&mut self, records: usize, following: usize) {
        if self.rows.capacity() - self.rows.len() < records {
            let room = records.saturating_add(following);
            self.rows.reserve(room);
            self.places.lines.reserve(room);
        }
    }
}

/// Where the rows of a table stand. The file and the number in the array follow from where runs of
/// neighbours begin, so that a row costs no more than its line and column.
#[derive(Default)]
struct Places {
    lines: Vec<(u32, u32)>,
    runs: Vec<Run>,
}

/// Rows that stand in one file, one after the other in its array where it has one.
struct Run {
    first: Row,
    file: u32,
    index: Option<u32>,
}

impl Run {
    fn index(&self, row: Row) -> Option<u32> {
        self.index.map(|index| index.saturating_add(row - self.first))
    }
}

impl Places {
    fn push(&mut self, Place { file, index, line, column }: Place) {
        let row = Row::try_from(self.lines.len()).unwrap_or(Row::MAX);
        let goes_on = |run: &Run| run.file == file && run.index(row) == index;
        if !self.runs.last().is_some_and(goes_on) {
            self.runs.push(Run { first: row, file, index });
        }
        self.lines.push((line, column));
    }

    #[expect(clippy::indexing_slicing, reason = "a row number comes from the table it is used on")]
    fn get(&self, row: Row) -> Place {
        let (line, column) = self.lines[row as usize];
        let run = self.runs.partition_point(|run| run.first <= row) - 1;
        let run = &self.runs[run];
        Place { file: run.file, index: run.index(row), line, column }
    }
}

/// Which row has which id: a number for each word. An id that several kinds have (an account may be
/// called as its person is) is theirs by a table beside it.
#[derive(Default)]
pub(super) struct Ids {
    first: Vec<Owner>,
    others: FxHashMap<(Kind, Word), Row>,
}

/// A kind and a row in four bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner(u32);

impl Owner {
    const NOBODY: Self = Self(u32::MAX);
    const KIND_SHIFT: u32 = 28;

    fn new(kind: Kind, row: Row) -> Option<Self> {
        let fits = row < 1 << Self::KIND_SHIFT;
        fits.then_some(Self((kind as u32) << Self::KIND_SHIFT | row))
    }

    fn row(self, kind: Kind) -> Option<Row> {
        let row = self.0 & ((1 << Self::KIND_SHIFT) - 1);
        (self.0 >> Self::KIND_SHIFT == kind as u32).then_some(row)
    }
}

// The highest number must stay free for nobody.
const _: () = assert!(Kind::ALL.len() < 15);

impl Ids {
    pub(super) fn find(&self, kind: Kind, id: Word) -> Option<Row> {
        self.first.get(id.number())?.row(kind).or_else(|| self.others.get(&(kind, id)).copied())
    }

    /// Gives an id to a row. The id must be free in that kind.
    pub(super) fn give(&mut self, kind: Kind, id: Word, row: Row) {
        let number = id.number();
        if self.first.len() <= number {
            self.first.resize(number + 1, Owner::NOBODY);
        }
        match (self.first.get_mut(number), Owner::new(kind, row)) {
            (Some(first @ &mut Owner::NOBODY), Some(owner)) => *first = owner,
            _ => {
                self.others.insert((kind, id), row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::words::Words;

    #[test]
    fn places_are_what_was_given() {
        let place = |file, index, line, column| Place { file, index, line, column };
        let given = [
            place(0, Some(0), 3, 1),
            place(0, Some(1), 3, 40),
            place(0, Some(3), 4, 1),
            place(1, None, 1, 1),
            place(1, None, 2, 1),
            place(2, Some(0), 1, 1),
        ];
        let mut places = Places::default();
        given.iter().for_each(|place| places.push(*place));
        assert_eq!((0..6).map(|row| places.get(row)).collect::<Vec<_>>(), given);
        assert_eq!(places.runs.len(), 4);
    }

    #[test]
    fn an_id_may_be_one_of_each_kind() {
        let (mut words, mut ids) = (Words::default(), Ids::default());
        let (a, b) = (words.intern("a"), words.intern("b"));
        let far = 1 << Owner::KIND_SHIFT;
        for (row, kind) in (0..).zip(Kind::ALL) {
            ids.give(*kind, a, row);
        }
        ids.give(Kind::Person, b, far);
        for (row, kind) in (0..).zip(Kind::ALL) {
            assert_eq!(ids.find(*kind, a), Some(row));
        }
        assert_eq!(ids.find(Kind::Account, b), None);
        assert_eq!(ids.find(Kind::Person, b), Some(far));
    }
}
