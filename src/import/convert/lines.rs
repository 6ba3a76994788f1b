//! Rows that are lines of a table, by itself or within another export.

use super::{Converter, place, to_json};
use crate::fault::quote;
use crate::import::row::{Cells, Header, refuse};
use crate::import::table::Table;
use crate::import::value::Value;

impl Converter<'_> {
    /// Reads one line of a table. A row that has to wait is held as an object.
    pub fn line(&mut self, header: &Header, record: &csv::StringRecord, place: String) {
        let cells = Cells::Line(header, record);
        if record.len() != header.names.len() {
            let why =
                format!("it has {} cells, the heading has {}", record.len(), header.names.len());
            self.sink.read(place, |_| refuse(why));
            return;
        }
        let again = |(name, cell): (&String, &str)| cell.trim() == name;
        if header.names.iter().zip(record.iter()).all(again) {
            self.sink.read(place, |_| refuse("it repeats the headings"));
            return;
        }
        let breaks = memchr::memchr(b'\n', record.as_slice().as_bytes()).is_some();
        let swallowed = |cell: &str| {
            let marks = |line: &str| line.matches([',', ';', '\t', '|']).count();
            cell.lines().skip(1).any(|line| marks(line) + 1 >= header.names.len().max(2))
        };
        if breaks && record.iter().any(swallowed) {
            let why = "a quoted cell holds whole lines: a quote may not end where it should";
            self.sink.read(place, |_| refuse(why));
            return;
        }
        match self.shape(cells) {
            Some(shape) => {
                if self.cells(cells, shape, place) {
                    let members = header.names.iter().zip(record.iter());
                    let members = members
                        .map(|(name, cell)| (name.as_str().into(), Value::Text(cell.into())));
                    let row = to_json(&Value::Object(members.collect()));
                    self.held.push((self.sink.last_place().to_owned(), row));
                }
            }
            None => self.unknown(cells, &place, ""),
        }
    }

    /// Reads a table that stands within another export.
    pub(super) fn table(&mut self, text: &str, file: &str, pointer: &str) -> bool {
        let Ok(mut table) = Table::new(text.as_bytes(), file) else { return false };
        let (mut lines, mut rows) = (Vec::new(), false);
        // The text is UTF-8, so its lines can be read.
        while table.lines(&mut lines, 1000).is_ok_and(|count| count > 0) {
            rows = true;
            for (line, record) in &lines {
                if let Some((name, ..)) = table.header.twice.first() {
                    let why = format!("two columns are called {}", quote(name));
                    let place = place(file, &format!("{pointer}:{line}"));
                    self.sink.read(place, |_| refuse(why));
                    continue;
                }
                self.line(&table.header, record, place(file, &format!("{pointer}:{line}")));
            }
        }
        rows
    }
}
