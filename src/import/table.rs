//! Tables: lines of cells with a heading, separated by commas, semicolons, tabs or strokes.

use std::io::{self, Chain, Cursor, Read};

use crate::fault::{Fault, Text, quote};

use super::breaks::Breaks;
use super::row::Header;

/// No heading is longer than this.
const HEADING: usize = 1 << 20;
/// How much is read at a time: what a processor keeps close.
const BUFFER: usize = 1 << 18;
/// How many lines are looked at to find the heading below a report's title.
const TITLES: usize = 16;

/// Reads a table line by line.
pub struct Table<R> {
    lines: csv::Reader<Counted<Whole<R>>>,
    /// The headings.
    pub header: Header,
    separator: u8,
    name: String,
    last: u64,
    /// The line of the heading, and its text.
    heading: (u64, String),
}

/// The beginning of a text, which was looked at, and the rest.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// Counts what passes.
struct Counted<R> {
    from: R,
    breaks: Breaks,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.breaks.see(to.get(..read).unwrap_or(&[]));
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
        while start.len() < HEADING && memchr::memchr_iter(b'\n', &start).count() < TITLES {
            let mut some = [0; 1 << 12];
            match from.read(&mut some) {
                Ok(0) => break,
                Ok(read) => start.extend_from_slice(some.get(..read).unwrap_or(&[])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(super::frame::unreadable(name, &error)),
            }
        }
        let (skipped, separator) = self::heading(&start);
        let (titles, table) = start.split_at_checked(skipped).unwrap_or((&[], &start));
        let end = line_end(&start);
        let heading = memchr::memchr_iter(end, titles).count() as u64 + 1;
        let text = table.split(|b| *b == end).next().unwrap_or_default();
        let text = String::from_utf8_lossy(text).into_owned();
        let breaks = Breaks::new(heading, end);
        let start = start.split_off(skipped);
        let from = Counted { from: Cursor::new(start).chain(from), breaks };
        let mut lines = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(from);
        let header = match lines.headers() {
            Ok(headings) => Header::new(headings.iter()),
            Err(error) => return Err(fault(name, &error, heading)),
        };
        let (name, last) = (name.to_owned(), heading);
        Ok(Self { lines, header, separator, name, last, heading: (heading, text) })
    }

    /// The fault of a heading that is given again at that place of the heading.
    pub fn given_twice(&self, (heading, at): &(String, usize)) -> Fault {
        let message = format!("{}: two columns are called {}", quote(&self.name), quote(heading));
        let (line, text) = &self.heading;
        let from = start_of_cell(text, *at, self.separator);
        let place = Text { name: &self.name, text };
        let place = place.excerpt(from..from + heading.len(), &[], String::new());
        let help = format!(
            "take one of them out of the export, or give it another heading: the second is column {}",
            at + 1
        );
        let column = text.get(..from).unwrap_or_default().chars().count() + 1;
        Fault::new(message, &help).at(place.moved(*line, column))
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
                    let at = record.position().map_or(0, csv::Position::byte);
                    let line = self.lines.get_mut().breaks.line_at(at);
                    self.last = line;
                    // Some reports end each line with a separator, the heading too or not.
                    trim(&mut record, self.header.names.len());
                    lines.push((line, record));
                }
                // What a quote has swallowed that doesn't end would be missing in silence.
                Ok(false) if self.lines.get_ref().breaks.is_open() => {
                    let message =
                        format!("{}: a quote doesn't end where it should", quote(&self.name));
                    let place =
                        Text { name: &self.name, text: " " }.excerpt(0..1, &[], String::new());
                    let help = "look at the quotes from this line on: a quote within a cell is written twice";
                    return Err(Fault::new(message, help).at(place.moved(self.last, 1)));
                }
                Ok(false) => break,
                Err(error) => {
                    let at = error.position().map_or(0, csv::Position::byte);
                    let line = self.lines.get_mut().breaks.line_at(at);
                    return Err(fault(&self.name, &error, line));
                }
            }
        }
        Ok(lines.len())
    }
}

/// Where the heading begins, and what separates its cells: what it has most of, or what the line
/// says that Excel puts before a table (`sep=;`). The titles of a report have a cell or two, and the
/// table below them has many.
fn heading(start: &[u8]) -> (usize, u8) {
    const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
    let count = |line: &[u8], separator: u8| memchr::memchr_iter(separator, line).count();
    let best = |line: &[u8]| {
        let best = SEPARATORS.into_iter().rev().max_by_key(|separator| count(line, *separator));
        best.filter(|separator| count(line, *separator) > 0).unwrap_or(b',')
    };
    let filled = |line: &[u8]| {
        let (separator, mut quoted) = (best(line), false);
        let cells = line.split(|b| {
            quoted ^= *b == b'"';
            *b == separator && !quoted
        });
        cells.filter(|cell| cell.iter().any(|b| !b.is_ascii_whitespace() && *b != b'"')).count()
    };
    let mut at = 0;
    let mut said = None;
    let mut lines: Vec<(usize, &[u8])> = Vec::new();
    let end = line_end(start);
    for line in start.split_inclusive(|b| *b == end).take(TITLES) {
        lines.push((at, line.trim_ascii()));
        at += line.len();
    }
    if let Some((_, [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator])) = lines.first() {
        said = Some(*separator);
        lines.remove(0);
    }
    let most = lines.iter().map(|(_, line)| filled(line)).max().unwrap_or(0);
    // A heading can begin with a quoted cell of several lines.
    let is_title = |line: &[u8]| {
        line.is_empty() || most >= 4 && filled(line) <= 2 && count(line, b'"') % 2 == 0
    };
    let found = lines.iter().find(|(_, line)| !is_title(line)).or(lines.first());
    let (at, line) = found.copied().unwrap_or((0, &[]));
    (at, said.unwrap_or_else(|| best(line)))
}

/// What ends the lines of a text: old spreadsheets end them with a carriage return alone.
fn line_end(start: &[u8]) -> u8 {
    if memchr::memchr(b'\n', start).is_none() { b'\r' } else { b'\n' }
}

/// At which byte of a heading a cell begins, behind its quote if it has one.
fn start_of_cell(heading: &str, cell: usize, separator: u8) -> usize {
    let mut quoted = false;
    let mut ends = heading.bytes().enumerate().filter(|(_, b)| {
        quoted ^= *b == b'"';
        *b == separator && !quoted
    });
    let before = cell.checked_sub(1).and_then(|before| ends.nth(before));
    let start = before.map_or(0, |(at, _)| at + 1);
    let rest = heading.get(start..).unwrap_or_default();
    start + rest.len() - rest.trim_start_matches([' ', '"']).len()
}

/// Cuts empty cells off that the heading has none for.
fn trim(record: &mut csv::StringRecord, wanted: usize) {
    if record.len() > wanted && record.iter().skip(wanted).all(|cell| cell.trim().is_empty()) {
        record.truncate(wanted);
    }
}

fn fault(name: &str, error: &csv::Error, line: u64) -> Fault {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<(u64, usize)>) {
        let mut table = Table::new(text.as_bytes(), "x").unwrap();
        let mut lines = Vec::new();
        table.lines(&mut lines, 10).unwrap();
        let lines = lines.iter().map(|(line, record)| (*line, record.len())).collect();
        (table.header.names.clone(), lines)
    }

    #[test]
    fn rows_know_their_lines_however_these_end() {
        let lines =
            ["ID,Mail,Hired,Left", "1,a,b,c", "", "", "2,\"x", "y\",b,c", "3,a,b,c", "4,a,b,c"];
        let numbers = [(2, 4), (5, 4), (7, 4), (8, 4)];
        for end in ["\n", "\r\n", "\r"] {
            for last in ["", end] {
                assert_eq!(read(&(lines.join(end) + last)).1, numbers, "{end:?} {last:?}");
                let titled = ["All Workers", "As of today", ""].join(end) + &lines.join(end) + last;
                let moved = numbers.map(|(line, cells)| (line + 2, cells));
                assert_eq!(read(&titled).1, moved, "{end:?} {last:?}");
            }
        }
        let ends = ["\r\n", "\n", "\r\n", "\r", "\r\n", "\r\n", "\n", "\r"];
        let mixed: String = lines.iter().zip(ends).flat_map(|(line, end)| [*line, end]).collect();
        assert_eq!(read(&mixed).1, numbers);
    }

    #[test]
    fn the_heading_is_found_below_titles_and_what_excel_puts_before_it() {
        let wanted = ["ID", "Mail", "Hired", "Left"];
        for (text, line) in [
            ("ID,Mail,Hired,Left\n1,a,b,c\n", 2),
            ("sep=;\nID;Mail;Hired;Left\n1;a;b;c\n", 3),
            ("All Workers,,,\nAs of,2026-06-30,,\n\nID,Mail,Hired,Left\n1,a,b,c\n", 5),
            ("All Workers\r\n\r\nID,Mail,Hired,Left\r\n1,,,\r\n", 4),
        ] {
            let (header, lines) = read(text);
            assert_eq!(
                (header, lines),
                (wanted.map(str::to_owned).to_vec(), vec![(line, 4)]),
                "{text}"
            );
        }
        // A table of two columns has no title.
        assert_eq!(read("account,person\na,b\n").0, ["account", "person"]);
        assert_eq!(read("account,person\na,\"b, c, d, e\"\n").0, ["account", "person"]);
    }
}
