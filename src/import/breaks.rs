//! Where the lines of a text end, so that a row of a table is known by the line that an editor shows.

use std::collections::VecDeque;

/// The ends of the lines of a text, of which a part is known at a time.
pub(super) struct Breaks {
    /// Those behind the place that was asked for last: where each begins, and how long it is.
    ends: VecDeque<(u64, u64)>,
    /// The line of that place.
    line: u64,
    /// How much of the text has been seen.
    seen: u64,
    /// How many quotes there were so far.
    quotes: u64,
    /// Whether a carriage return alone ends a line within quotes, too, as all lines end so.
    returns: bool,
    /// Whether what was seen ends with a carriage return.
    pending: bool,
}

impl Breaks {
    /// Of a text whose first line is that one, and whose lines end so.
    pub(super) fn new(line: u64, end: u8) -> Self {
        let returns = end == b'\r';
        Self { ends: VecDeque::new(), line, seen: 0, quotes: 0, returns, pending: false }
    }

    /// Looks at what follows.
    pub(super) fn see(&mut self, text: &[u8]) {
        let split = std::mem::take(&mut self.pending);
        if split && text.first() != Some(&b'\n') {
            self.alone(self.seen - 1);
        }
        let mut counted = 0;
        for at in memchr::memchr2_iter(b'\r', b'\n', text) {
            let place = self.seen + at as u64;
            if text.get(at) == Some(&b'\n') {
                let two = match at.checked_sub(1) {
                    Some(before) => text.get(before) == Some(&b'\r'),
                    None => split,
                };
                self.ends.push_back(if two { (place - 1, 2) } else { (place, 1) });
            } else if at + 1 == text.len() {
                self.pending = true;
            } else if text.get(at + 1) != Some(&b'\n') {
                self.count(text.get(counted..at));
                counted = at;
                self.alone(place);
            }
        }
        self.count(text.get(counted..));
        self.seen += text.len() as u64;
    }

    fn count(&mut self, text: Option<&[u8]>) {
        self.quotes += memchr::memchr_iter(b'"', text.unwrap_or_default()).count() as u64;
    }

    /// A carriage return by itself ends a line, unless it is a part of a cell.
    fn alone(&mut self, place: u64) {
        if self.returns || !self.is_open() {
            self.ends.push_back((place, 1));
        }
    }

    /// Whether a quote has begun that hasn't ended.
    pub(super) fn is_open(&self) -> bool {
        self.quotes % 2 == 1
    }

    /// The line of the first row at or behind a place; the places come in their order.
    pub(super) fn line_at(&mut self, mut place: u64) -> u64 {
        // A reader takes the end of a line of two bytes for two ends, and passes over blank lines.
        while let Some((start, length)) = self.ends.front().copied().filter(|end| end.0 <= place) {
            place = place.max(start + length);
            self.line += 1;
            self.ends.pop_front();
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of those places, of a text that is seen in parts of a length.
    fn lines(text: &str, places: &[u64], part: usize) -> Vec<u64> {
        let end = if text.contains('\n') { b'\n' } else { b'\r' };
        let mut breaks = Breaks::new(1, end);
        text.as_bytes().chunks(part).for_each(|part| breaks.see(part));
        breaks.see(&[]);
        places.iter().map(|place| breaks.line_at(*place)).collect()
    }

    #[test]
    fn lines_are_those_of_an_editor_however_they_end() {
        for (text, places, wanted) in [
            ("ab\ncd\nef", [0, 3, 6], [1, 2, 3]),
            ("ab\rcd\ref", [0, 3, 6], [1, 2, 3]),
            // The reader is at the second byte of an end, or at a blank line.
            ("ab\r\ncd\nef\r\n", [0, 3, 7], [1, 2, 3]),
            ("ab\n\n\ncd\r\n\r\nef", [0, 3, 8], [1, 4, 6]),
            // Within quotes, a return alone is a part of a cell.
            ("ab\n\"c\rd\"\nef", [0, 3, 9], [1, 2, 3]),
            ("ab\n\"c\nd\"\nef", [0, 3, 9], [1, 2, 4]),
            ("ab\r\"c\rd\"\ref", [0, 3, 9], [1, 2, 4]),
            ("ab\ncd\ref\n", [0, 3, 6], [1, 2, 3]),
        ] {
            for part in 1..=text.len() {
                assert_eq!(lines(text, &places, part), wanted, "{text:?} {part}");
            }
        }
    }
}
