//! Lines that fit the width: wrapping, columns and colors.
//!
//! Widths count characters. What comes in is printable already; what goes out is at most as wide as
//! the page, but for words that are wider themselves.

use std::io::{self, Write};

/// How a piece of text looks where there are colors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Bold,
    Worst,
    Red,
    Yellow,
    Green,
    Cyan,
}

impl Paint {
    /// The parameters of the escape sequence.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Worst => "1;31",
            Self::Red => "31",
            Self::Yellow => "33",
            Self::Green => "32",
            Self::Cyan => "36",
        }
    }
}

/// A cell of a table.
pub(crate) type Cell = (String, Paint);

/// A row of a table, and what else there is to say of it.
pub(crate) struct Row<const N: usize> {
    pub cells: [Cell; N],
    pub note: Vec<String>,
}

/// Where text for people is written to.
pub(crate) struct Page<'a> {
    out: &'a mut dyn Write,
    width: usize,
    color: bool,
}

impl<'a> Page<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, width: usize, color: bool) -> Self {
        Self { out, width: width.clamp(60, 120), color }
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        match paint.code() {
            code if self.color && !code.is_empty() && !text.is_empty() => {
                format!("\u{1b}[{code}m{text}\u{1b}[0m")
            }
            _ => text.to_owned(),
        }
    }

    pub(crate) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// One line, however long.
    pub(crate) fn line(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        let text = self.paint(paint, text);
        writeln!(self.out, "{text}")
    }

    /// Text in one look, wrapped, its further lines indented.
    pub(crate) fn text(&mut self, paint: Paint, text: &str, indent: usize) -> io::Result<()> {
        for (at, line) in wrap([text], self.width.saturating_sub(indent)).iter().enumerate() {
            let line = self.paint(paint, line);
            let indent = if at == 0 { 0 } else { indent };
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// A bold heading that begins with a word in a look of its own, and ends with a whole piece.
    pub(crate) fn heading(
        &mut self,
        (paint, word): (Paint, &str),
        text: &str,
        end: &str,
    ) -> io::Result<()> {
        let text = format!("{word}{text}");
        for (at, line) in wrap(text.split(' ').chain([end]), self.width - 2).iter().enumerate() {
            let (word, rest) = match line.strip_prefix(word) {
                Some(rest) if at == 0 => (self.paint(paint, word), rest),
                _ => ("  ".into(), line.as_str()),
            };
            let rest = self.paint(Paint::Bold, rest);
            writeln!(self.out, "{word}{rest}")?;
        }
        Ok(())
    }

    /// Pieces after a label that is as wide as the indent of the lines below it. A piece is broken
    /// only if no line could hold it; `most` limits the lines.
    pub(crate) fn pieces<T: AsRef<str>>(
        &mut self,
        label: &str,
        pieces: impl IntoIterator<Item = T>,
        most: usize,
    ) -> io::Result<()> {
        let indent = label.chars().count();
        let mark = usize::from(most < usize::MAX);
        let mut lines = wrap(pieces, self.width.saturating_sub(indent + mark));
        let cut = lines.len() > most;
        lines.truncate(most);
        let last = lines.len().saturating_sub(1);
        for (at, line) in lines.iter().enumerate() {
            let more = if cut && at == last { "…" } else { "" };
            let label = if at == 0 { label } else { "" };
            writeln!(self.out, "{label:indent$}{line}{more}")?;
        }
        Ok(())
    }

    /// A table of `words` columns of words, then columns of numbers. Where it is wider than the
    /// page, the first cell of a row has a line of its own.
    pub(crate) fn table<const N: usize>(
        &mut self,
        head: [&str; N],
        words: usize,
        rows: &[Row<N>],
    ) -> io::Result<()> {
        let mut widths = head.map(|title| title.chars().count());
        for row in rows {
            for (width, (text, _)) in widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(text.chars().count());
            }
        }
        let total = widths.iter().sum::<usize>() + 2 * N.saturating_sub(1);
        let split = total > self.width;
        let head = head.map(|title| (title.to_owned(), Paint::Bold));
        for (cells, note) in std::iter::once((&head, None))
            .chain(rows.iter().map(|row| (&row.cells, Some(&row.note))))
        {
            let mut line = String::new();
            for (at, ((text, paint), width)) in cells.iter().zip(widths).enumerate() {
                let gap = " ".repeat(width - text.chars().count());
                let cell = self.paint(*paint, text);
                match at {
                    0 if split => line.extend([cell.as_str(), "\n"]),
                    0 => line.extend([cell.as_str(), &gap]),
                    at if at < words => line.extend(["  ", &cell, &gap]),
                    _ => line.extend(["  ", &gap, &cell]),
                }
            }
            writeln!(self.out, "{}", line.trim_end())?;
            if let Some(note) = note.filter(|note| !note.is_empty()) {
                self.pieces("    ", note, usize::MAX)?;
            }
        }
        Ok(())
    }
}

/// Breaks pieces into lines, at the spaces between them. One that is too wide begins a line, and is
/// broken at its own spaces.
fn wrap<T: AsRef<str>>(pieces: impl IntoIterator<Item = T>, width: usize) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for piece in pieces {
        let piece = piece.as_ref();
        let wide = piece.chars().count() > width;
        for (at, word) in piece.splitn(if wide { usize::MAX } else { 1 }, ' ').enumerate() {
            let length = word.chars().count();
            if used > 0 && (used + 1 + length > width || wide && at == 0) {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn wrapped_lines_hold_all_words_and_fit(text in "[a-zé]{1,20}( [a-zé]{1,20}){0,40}", width in 20usize..80) {
            let lines = wrap([&text], width);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width));
            prop_assert_eq!(lines.join(" "), text);
        }
    }

    #[test]
    fn a_piece_stays_whole_where_a_line_can_hold_it() {
        let lines = wrap(["name = value,", "other = thing,", "long = one two three four"], 20);
        assert_eq!(lines, ["name = value,", "other = thing,", "long = one two three", "four"]);
    }
}
