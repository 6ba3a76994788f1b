//! Tables: lines of cells with a heading, separated by commas, semicolons, tabs or strokes.

use std::io::{self, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::fault::{Fault, Text, quote};

use super::row::Header;

/// No heading is longer than this.
const HEADING: usize = 1 << 20;

/// Reads a table line by line.
pub struct Table<R> {
    lines: csv::Reader<BufReader<Counted<Whole<R>>>>,
    /// The headings.
    pub header: Header,
    name: String,
    /// How many quotes there were so far.
    quotes: Arc<AtomicU64>,
    last: u64,
}

/// The beginning of a text, which was looked at, and the rest.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// Counts the quotes that pass.
struct Counted<R> {
    from: R,
    quotes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        let count = memchr::memchr_iter(b'"', to.get(..read).unwrap_or(&[])).count();
        self.quotes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Read> Table<R> {
    /// Reads the heading of a table. What separates cells is what the heading has most of.
    ///
    /// # Errors
    /// A file that can't be read, or that has no heading.
    pub fn new(mut from: R, name: &str) -> Result<Self, Fault> {
        // A reader may hand out less than a line at first.
        let mut start = Vec::new();
        while start.len() < HEADING && !start.contains(&b'\n') {
            let mut some = [0; 1 << 12];
            match from.read(&mut some) {
                Ok(0) => break,
                Ok(read) => start.extend_from_slice(some.get(..read).unwrap_or(&[])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(super::frame::unreadable(name, &error)),
            }
        }
        let heading = start.split(|b| *b == b'\n').find(|line| !line.is_empty()).unwrap_or(&[]);
        let count = |separator: u8| memchr::memchr_iter(separator, heading).count();
        let separator =
            [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|separator| count(*separator));
        let separator = separator.filter(|separator| count(*separator) > 0).unwrap_or(b',');
        let quotes = Arc::new(AtomicU64::new(0));
        let from = BufReader::with_capacity(
            1 << 20,
            Counted { from: Cursor::new(start).chain(from), quotes: Arc::clone(&quotes) },
        );
        let mut lines =
            csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(from);
        let header = match lines.headers() {
            Ok(headings) => Header::new(headings.iter()),
            Err(error) => return Err(fault(name, &error)),
        };
        Ok(Self { lines, header, name: name.to_owned(), quotes, last: 1 })
    }

    /// Fills a list with lines, up to so many; says how many. The lines that are in it are filled
    /// again.
    ///
    /// # Errors
    /// A file that can't be read, or that isn't UTF-8.
    pub fn lines(
        &mut self,
        lines: &mut Vec<(u64, csv::StringRecord)>,
        most: usize,
    ) -> Result<usize, Fault> {
        let mut used = std::mem::take(lines).into_iter();
        lines.reserve(most);
        while lines.len() < most {
            let mut record = used.next().map(|(_, record)| record).unwrap_or_default();
            match self.lines.read_record(&mut record) {
                Ok(true) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    self.last = line;
                    // Some reports end each line with a separator, the heading too or not.
                    trim(&mut record, self.header.names.len());
                    lines.push((line, record));
                }
                // What a quote has swallowed that doesn't end would be missing in silence.
                Ok(false) if self.quotes.load(Ordering::Relaxed) % 2 == 1 => {
                    let message =
                        format!("{}: a quote doesn't end where it should", quote(&self.name));
                    let place =
                        Text { name: &self.name, text: " " }.excerpt(0..1, &[], String::new());
                    let help = "look at the quotes from this line on: a quote within a cell is written twice";
                    return Err(Fault::new(message, help).at(place.moved(self.last, 1)));
                }
                Ok(false) => break,
                Err(error) => return Err(fault(&self.name, &error)),
            }
        }
        Ok(lines.len())
    }
}

/// Cuts empty cells off that the heading has none for.
fn trim(record: &mut csv::StringRecord, wanted: usize) {
    if record.len() > wanted && record.iter().skip(wanted).all(|cell| cell.trim().is_empty()) {
        record.truncate(wanted);
    }
}

fn fault(name: &str, error: &csv::Error) -> Fault {
    let line = error.position().map_or(0, csv::Position::line);
    let message = match error.kind() {
        csv::ErrorKind::Io(error) => return super::frame::unreadable(name, error),
        csv::ErrorKind::Utf8 { err, .. } => {
            format!("{}: cell {} of line {line} is not UTF-8", quote(name), err.field() + 1)
        }
        _ => format!("{}: line {line} can't be read", quote(name)),
    };
    let place = Text { name, text: " " }.excerpt(0..1, &[], String::new());
    Fault::new(message, "save the table as UTF-8, or say its `encoding` in [[import]]")
        .at(place.moved(line, 1))
}
