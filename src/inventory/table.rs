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
        let row = row.ok().filter(|row| *row < Row::MAX);
        assert!(row.is_some(), "an inventory has fewer than four billion records of a kind");
        row.unwrap_or(Row::MAX)
    }

    pub(super) fn push(&mut self, record: R, place: Place) {
        self.places.push(place);
        self.rows.push(record);
    }

    /// Forgets all records, and keeps their room.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.places = Places::default();
    }

    /// Makes room, once, for so many records and what may follow them: growing step by step would
    /// need the old room and the new one at the same time. What isn't used isn't resident.
    pub(super) fn reserve(&mut self, records: usize, following: usize) {
        if self.rows.capacity() - self.rows.len() < records {
            let room = records.saturating_add(following);
            self.rows.reserve(room);
        }
    }
}

/// Where the rows of a table stand. Neighbours make runs: the file and the number in the array follow
/// from where a run begins, and so do line and column where each record has a line of its own.
#[derive(Default)]
struct Places {
    runs: Vec<Run>,
    count: Row,
    /// The lines and columns of the runs that don't go line by line.
    listed: Vec<(u32, u32)>,
}

/// Rows that stand in one file, one after the other in its array where it has one.
struct Run {
    first: Row,
    file: u32,
    index: Option<u32>,
    lines: Lines,
}

enum Lines {
    /// The first line; each next record is on the next line, in the same column.
    Each(u32, u32),
    /// Where in the list they begin.
    Listed(usize),
}

/// Runs that end before they have so many rows aren't worth it.
const SHORT: Row = 8;

impl Run {
    fn index(&self, row: Row) -> Option<u32> {
        self.index.map(|index| index.saturating_add(row - self.first))
    }
}

impl Places {
    fn push(&mut self, Place { file, index, line, column }: Place) {
        let row = self.count;
        self.count = row.saturating_add(1);
        let begins_file = match self.runs.as_slice() {
            [] | [_] => true,
            [.., before, last] => before.file != last.file,
        };
        if let Some(run) = self.runs.last_mut().filter(|run| run.file == file)
            && run.index(row) == index
        {
            match run.lines {
                Lines::Listed(_) => return self.listed.push((line, column)),
                Lines::Each(first, same) => {
                    if (line, column) == (first.saturating_add(row - run.first), same) {
                        return;
                    }
                    // The first record of an array often stands on its bracket's line.
                    if row - run.first < SHORT && !begins_file {
                        run.lines = Lines::Listed(self.listed.len());
                        let passed =
                            (0..row - run.first).map(|row| (first.saturating_add(row), same));
                        self.listed.extend(passed);
                        return self.listed.push((line, column));
                    }
                }
            }
        }
        self.runs.push(Run { first: row, file, index, lines: Lines::Each(line, column) });
    }

    #[expect(clippy::indexing_slicing, reason = "a row number comes from the table it is used on")]
    fn get(&self, row: Row) -> Place {
        let run = self.runs.partition_point(|run| run.first <= row) - 1;
        let run = &self.runs[run];
        let passed = row - run.first;
        let (line, column) = match run.lines {
            Lines::Each(line, column) => (line.saturating_add(passed), column),
            Lines::Listed(from) => self.listed[from + passed as usize],
        };
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
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::words::Words;

    proptest! {
        #[test]
        fn places_are_what_was_given(
            steps in prop::collection::vec((0u32..2, 0u32..20, 0u32..2, 0u32..20, 1usize..30), 1..40)
        ) {
            let (mut given, mut count) = (Vec::new(), 0);
            let mut place = Place { file: 0, index: Some(0), line: 1, column: 1 };
            // Now and then the next record isn't where the ones before it make it likely.
            for (file, skipped, lines, column, regular) in steps {
                place.file += u32::from(file == 1 && skipped == 0);
                place.index = (skipped < 18).then_some(skipped / 15 + count);
                count += 30;
                place.line += lines;
                place.column = if column < 10 { 1 } else { column };
                for _ in 0..regular {
                    given.push(place);
                    place.index = place.index.map(|index| index + 1);
                    place.line += 1;
                }
            }
            let mut places = Places::default();
            given.iter().for_each(|place| places.push(*place));
            for (row, place) in (0..).zip(&given) {
                prop_assert_eq!(places.get(row), *place);
            }
        }
    }

    #[test]
    fn regular_places_take_no_room() {
        let mut places = Places::default();
        places.push(Place { file: 0, index: Some(0), line: 4, column: 17 });
        for index in 1..1000 {
            places.push(Place { file: 0, index: Some(index), line: 4 + index, column: 1 });
        }
        assert_eq!((places.runs.len(), places.listed.len()), (2, 0));
        for row in 1000..2000 {
            places.push(Place { file: 0, index: Some(row), line: 2000, column: row });
        }
        assert_eq!((places.runs.len(), places.listed.len()), (3, 1000));
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
