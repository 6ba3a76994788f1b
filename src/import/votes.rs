//! Whose an export is, by the rows in it.

use super::kinds::{self, Importer};
use super::row::{Cells, Header, Keys};
use super::table::Table;
use super::value::Value;

/// How many lines of a table are looked at.
pub(super) const LINES: usize = 300;

/// How much of an export each importer knows; the one that knows most reads it.
pub(super) struct Votes {
    /// Values within rows that an importer knows.
    pub(super) known: Vec<Known>,
    /// Whether the text holds what only its vendor writes.
    marked: Vec<bool>,
}

impl Votes {
    /// Of a text that begins so.
    pub(super) fn new(start: &[u8]) -> Self {
        let text = String::from_utf8_lossy(start);
        let marked =
            kinds::ALL.iter().map(|importer| importer.marks.iter().any(|mark| text.contains(mark)));
        Self { known: vec![Known::default(); kinds::ALL.len()], marked: marked.collect() }
    }

    /// Counts the rows of a value.
    pub(super) fn add(&mut self, value: &Value<'_>) {
        for (known, importer) in self.known.iter_mut().zip(kinds::ALL) {
            known.rows(value, importer);
        }
    }

    /// How much each importer surely knows: what others have, too, counts beside a sign of its own.
    fn sure(&self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
        self.known.iter().zip(&self.marked).map(|(known, marked)| {
            let weak = if *marked || known.surely > 0 { known.perhaps } else { 0 };
            known.surely + weak
        })
    }

    /// How much the one knows that knows most.
    pub(super) fn most(&self) -> usize {
        self.sure().max().unwrap_or(0)
    }

    /// Who reads the export.
    pub(super) fn winner(&self) -> Option<&'static Importer> {
        let votes = self.sure().zip(&self.marked).zip(kinds::ALL);
        // An importer that takes any table with usual headings comes last; else the first counts.
        let rank = |known: usize, marked: bool, importer: &Importer| {
            (known > 0 && marked, known, !importer.survey)
        };
        let best =
            votes.rev().max_by_key(|((known, marked), importer)| rank(*known, **marked, importer));
        let known = best.filter(|((known, _), _)| *known > 0).map(|(_, importer)| *importer);
        // Microsoft says in every answer what it is, also where no row can be read.
        let marked = || {
            kinds::ALL
                .iter()
                .zip(&self.marked)
                .find(|(importer, marked)| **marked && importer.kind == "entra")
        };
        known.or_else(|| marked().map(|(importer, _)| *importer))
    }
}

/// How many values are in rows of an importer.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    /// In rows that nobody else has.
    surely: usize,
    /// In rows that other vendors have, too.
    perhaps: usize,
}

impl Known {
    fn row(&mut self, keys: &Keys<'_>, importer: &Importer, size: impl FnOnce() -> usize) -> bool {
        let Some(shape) = importer.shape(keys) else { return false };
        let weak = importer.weak.contains(&shape.name);
        *(if weak { &mut self.perhaps } else { &mut self.surely }) += size();
        true
    }

    fn rows(&mut self, value: &Value<'_>, importer: &Importer) {
        match value {
            Value::Object(members) => {
                if self.row(&Keys(Cells::Object(value)), importer, || size(value)) {
                    return;
                }
                for (key, value) in members {
                    let text = value.text().filter(|_| key == "Content");
                    match text.and_then(super::wrapper::embedded) {
                        Some(text) => self.cells(&text, importer),
                        None => match super::wrapper::recorded(key, value) {
                            Some(value) => self.rows(&value, importer),
                            None => self.rows(value, importer),
                        },
                    }
                }
            }
            Value::List(list) => list.iter().for_each(|value| self.rows(value, importer)),
            _ => {}
        }
    }

    /// A table within another export counts by its heading.
    fn cells(&mut self, text: &str, importer: &Importer) {
        let Ok(mut table) = Table::new(text.as_bytes(), "") else { return };
        let mut lines = Vec::new();
        let _ = table.lines(&mut lines, LINES);
        self.lines(&table.header, &lines, importer);
    }

    /// Counts lines of a table.
    pub(super) fn lines(
        &mut self,
        header: &Header,
        lines: &[(u64, csv::StringRecord)],
        importer: &Importer,
    ) {
        for (_, record) in lines {
            self.row(&Keys(Cells::Line(header, record)), importer, || 1);
        }
    }
}

/// How many values there are in a value.
fn size(value: &Value<'_>) -> usize {
    let members = value.members().iter().map(|(_, value)| size(value)).sum::<usize>();
    1 + members + value.list().iter().map(size).sum::<usize>()
}
