//! The columns of an export. Every column that is asked for is noted, so that the report can name
//! those that nobody reads.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::{FxHashMap, FxHashSet};

use super::row::{Cells, Keys};
use super::value::Value;

/// The columns of a table.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The headings, trimmed.
    pub names: Vec<String>,
    places: FxHashMap<String, usize>,
    /// The headings that are given again, and where.
    pub twice: Vec<(String, usize)>,
    /// Tells this header from all others.
    serial: u64,
}

static HEADERS: AtomicU64 = AtomicU64::new(1);

impl Header {
    /// A header of these headings; of two that are alike, the first counts.
    pub fn new<'h>(headings: impl Iterator<Item = &'h str>) -> Self {
        let serial = HEADERS.fetch_add(1, Ordering::Relaxed);
        let mut header = Self { serial, ..Self::default() };
        for (at, name) in headings.enumerate() {
            header.names.push(name.trim().to_owned());
            let first = *header.places.entry(name.trim().to_owned()).or_insert(at);
            if first != at && !name.trim().is_empty() {
                header.twice.push((name.trim().to_owned(), at));
            }
        }
        header
    }

    /// Where the column of that heading is.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}

/// How often there is a word in a column.
#[derive(Clone, Debug, Default)]
struct Words {
    columns: FxHashMap<Box<str>, FxHashMap<Box<str>, u64>>,
    distinct: usize,
}

impl Words {
    fn add(&mut self, column: &str, word: &str, times: u64) {
        let known = self.columns.get_mut(column).and_then(|words| words.get_mut(word));
        if let Some(count) = known {
            *count += times;
        } else if self.distinct < DISTINCT {
            self.distinct += 1;
            self.columns.entry(column.into()).or_default().insert(word.into(), times);
        }
    }

    fn sorted(&self) -> BTreeMap<(String, String), u64> {
        let words = self.columns.iter().flat_map(|(column, words)| {
            words.iter().map(move |(word, count)| ((column.to_string(), word.to_string()), *count))
        });
        words.collect()
    }
}

/// A column of free text is not kept whole.
const DISTINCT: usize = 1000;

/// What is noted of the columns of an export while it is read.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    asked: RefCell<FxHashSet<Box<str>>>,
    seen: RefCell<FxHashSet<Box<str>>>,
    /// The words that meant that there is no time, by column.
    sentinels: RefCell<Words>,
    /// The words that no vocabulary has, by column.
    words: RefCell<Words>,
    shape: RefCell<u64>,
    lines: RefCell<Lines>,
}

/// What is asked of the lines of a table: of each the same, in the same order. So a column is
/// nearly always the one that was asked for at this point of the line before.
#[derive(Clone, Debug, Default)]
struct Lines {
    /// The table's header.
    serial: u64,
    asked: Vec<Asked>,
    /// Which of them comes next in this line.
    next: usize,
}

/// A column that is asked for.
#[derive(Clone, Debug)]
struct Asked {
    column: Box<str>,
    at: Option<usize>,
    /// The words in it that meant that there is no time, and how often.
    sentinels: Vec<(Box<str>, u64)>,
}

/// How much of an order is remembered.
const ORDER: usize = 256;
/// How many columns a line may pass over that others ask for.
const PASSED: usize = 8;
/// How many sentinels are counted where they are asked for.
const FEW: usize = 8;

impl Columns {
    pub(super) fn ask(&self, column: &str) {
        if !self.asked.borrow().contains(column) {
            self.asked.borrow_mut().insert(column.into());
        }
    }

    /// The place of a column of a table, which is asked for in every line.
    pub(super) fn ask_line(&self, header: &Header, column: &str) -> Option<usize> {
        let lines = &mut *self.lines.borrow_mut();
        if lines.serial == header.serial {
            let ahead = lines.asked.iter().enumerate().skip(lines.next).take(PASSED);
            let found = ahead.into_iter().find(|(_, asked)| *asked.column == *column);
            if let Some((at, asked)) = found {
                lines.next = at + 1;
                return asked.at;
            }
        }
        self.ask(column);
        let at = header.place(column);
        let more = lines.next == lines.asked.len() && lines.next < ORDER;
        if more && lines.serial == header.serial {
            lines.asked.push(Asked { column: column.into(), at, sentinels: Vec::new() });
            lines.next += 1;
        }
        at
    }

    /// Whether a column was asked for.
    pub fn is_asked(&self, column: &str) -> bool {
        self.asked.borrow().contains(column)
    }

    /// Notes that a word meant that there is no time.
    pub(super) fn replaced(&self, column: &str, word: &str) {
        let lines = &mut *self.lines.borrow_mut();
        let last = lines.next.checked_sub(1).and_then(|last| lines.asked.get_mut(last));
        let last = last.filter(|asked| *asked.column == *column);
        if let Some(Asked { sentinels, .. }) = last {
            if let Some((_, count)) = sentinels.iter_mut().find(|(known, _)| **known == *word) {
                *count += 1;
                return;
            }
            if sentinels.len() < FEW {
                sentinels.push((word.into(), 1));
                return;
            }
        }
        self.sentinels.borrow_mut().add(column, word, 1);
    }

    /// Takes what was counted of the lines of a table.
    fn settle(&self) {
        let mut sentinels = self.sentinels.borrow_mut();
        for Asked { column, sentinels: words, .. } in &mut self.lines.borrow_mut().asked {
            for (word, count) in words.drain(..) {
                sentinels.add(column, &word, count);
            }
        }
    }

    /// Notes a word that no vocabulary has.
    pub(super) fn unknown_word(&self, column: &str, word: &str) {
        let short: String = word.chars().take(60).collect();
        self.words.borrow_mut().add(column, &short, 1);
    }

    /// Notes the columns of a row: its keys, and those of the objects in it.
    pub fn see(&self, cells: Cells<'_>) {
        if let Cells::Line(header, _) = cells {
            let known = {
                let mut lines = self.lines.borrow_mut();
                lines.next = 0;
                lines.serial == header.serial
            };
            if known {
                return;
            }
            self.settle();
            *self.lines.borrow_mut() = Lines { serial: header.serial, ..Lines::default() };
        }
        let keys = Keys(cells).names();
        // Rows that follow each other mostly have the same keys.
        let shape = keys.iter().fold(0u64, |shape, key| {
            shape.rotate_left(7)
                ^ key.len() as u64
                ^ u64::from(*key.as_bytes().first().unwrap_or(&0)) << 32
        });
        if self.shape.replace(shape) == shape {
            return;
        }
        let mut seen = self.seen.borrow_mut();
        for key in keys {
            seen.insert(key.into());
            if let Cells::Object(value) = cells {
                for (inner, _) in value.get(key).map(Value::members).unwrap_or_default() {
                    seen.insert(format!("{key}.{inner}").into());
                }
            }
        }
    }

    /// Adds what was noted elsewhere.
    pub fn merge(&self, other: &Self) {
        other.settle();
        self.asked.borrow_mut().extend(other.asked.borrow().iter().cloned());
        self.seen.borrow_mut().extend(other.seen.borrow().iter().cloned());
        for (mine, others) in [(&self.sentinels, &other.sentinels), (&self.words, &other.words)] {
            let mut mine = mine.borrow_mut();
            others
                .borrow()
                .sorted()
                .iter()
                .for_each(|((column, word), count)| mine.add(column, word, *count));
        }
    }

    /// The columns that nobody asked for, sorted. Of an object of which only some keys were asked
    /// for, the others.
    pub fn unused(&self) -> Vec<String> {
        let (asked, seen) = (self.asked.borrow(), self.seen.borrow());
        let parts = |column: &str| {
            asked
                .iter()
                .any(|other| other.strip_prefix(column).is_some_and(|rest| rest.starts_with('.')))
        };
        let unused = seen.iter().filter(|column| {
            let own = asked.contains(*column) || parts(column);
            // Names can hold dots themselves, as URNs do.
            let mut outers = column.match_indices('.').map(|(at, _)| column.split_at(at).0);
            let outer = outers.find(|outer| seen.contains(*outer));
            // A key within an object is worth a word where some of the object is read.
            !own && outer.is_none_or(|outer| parts(outer) && !asked.contains(outer))
        });
        let mut unused: Vec<String> = unused.map(ToString::to_string).collect();
        unused.sort();
        unused
    }

    /// The words that meant that there is no time: column, word, how often.
    pub fn sentinels(&self) -> BTreeMap<(String, String), u64> {
        self.settle();
        self.sentinels.borrow().sorted()
    }

    /// The words that no vocabulary has: column, word, how often.
    pub fn unknown_words(&self) -> BTreeMap<(String, String), u64> {
        self.words.borrow().sorted()
    }
}
