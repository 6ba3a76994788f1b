//! Tables in CSV that a spreadsheet can open without harm.

use std::io::{self, Write};

use crate::fault::is_hostile;

/// A table that is being written.
pub struct Table<W: Write>(csv::Writer<W>);

impl<W: Write> Table<W> {
    /// A table with these columns.
    ///
    /// # Errors
    /// Those of the output.
    pub fn new(out: W, columns: &[&str]) -> io::Result<Self> {
        let mut table = Self(csv::Writer::from_writer(out));
        table.row(columns)?;
        Ok(table)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of the output.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) -> io::Result<()> {
        for text in cells {
            self.0.write_field(cell(text.as_ref())).map_err(io::Error::other)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(io::Error::other)
    }

    /// Ends it.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(|error| io::Error::from(error.error().kind()))
    }
}

/// A text as a cell: what can't be seen is escaped, and nothing is a formula.
pub fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.starts_with(['=', '+', '-', '@', '|', '%', '\t', '\r', '\n']) {
        out.push('\'');
    }
    for c in text.chars() {
        if is_hostile(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_steers_anything() {
        for text in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|x"] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("a\u{1b}[31m\u{202e}\0\n"), "a\\u{1b}[31m\\u{202e}\\u{0}\\u{a}");
        assert_eq!(cell("plain-é =1"), "plain-é =1");
        let mut table = Table::new(Vec::new(), &["a", "b"]).unwrap();
        table.row(&["x,\"y\"", ""]).unwrap();
        let written = String::from_utf8(table.finish().unwrap()).unwrap();
        assert_eq!(written, "a,b\n\"x,\"\"y\"\"\",\n");
    }
}
