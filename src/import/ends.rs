//! Lines that end alike, whoever wrote them: with `\n`.

use std::io::{self, Read};

/// Has `\n` where a text has `\r\n` or `\r`, and at its end.
pub struct Ends<R> {
    from: R,
    /// Whether the last byte was `\r`: a `\n` after it ends the same line.
    returned: bool,
    /// Whether the last line has no end yet.
    open: bool,
}

impl<R> Ends<R> {
    /// The lines of a text.
    pub fn new(from: R) -> Self {
        Self { from, returned: false, open: false }
    }

    /// Has the bytes end their lines alike; they may get fewer. Says how many there are.
    #[expect(clippy::indexing_slicing, reason = "what is kept is never more than what was read")]
    fn alike(&mut self, bytes: &mut [u8]) -> usize {
        let mut from = usize::from(self.returned && bytes.first() == Some(&b'\n'));
        self.returned = bytes.last() == Some(&b'\r');
        let mut kept = 0;
        loop {
            let found = memchr::memchr(b'\r', &bytes[from..]).map(|at| from + at);
            let end = found.unwrap_or(bytes.len());
            if from > kept {
                bytes.copy_within(from..end, kept);
            }
            kept += end - from;
            let Some(at) = found else { return kept };
            bytes[kept] = b'\n';
            kept += 1;
            from = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'\n'));
        }
    }
}

impl<R: Read> Read for Ends<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.from.read(to)?;
            if read == 0 {
                let end = to.first_mut().filter(|_| std::mem::take(&mut self.open));
                return Ok(end.map_or(0, |end| {
                    *end = b'\n';
                    1
                }));
            }
            let bytes = to.get_mut(..read).unwrap_or_default();
            let kept = self.alike(bytes);
            // Of a lone `\n` after `\r` nothing is left; no bytes would mean the end.
            if let Some(last) = kept.checked_sub(1).and_then(|last| bytes.get(last)) {
                self.open = *last != b'\n';
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out so many bytes at a time.
    struct Slow<'t>(&'t [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let some = to.len().min(self.1);
            self.0.read(&mut to[..some])
        }
    }

    #[test]
    fn lines_end_alike_wherever_the_text_is_cut() {
        for (text, alike) in [
            ("", ""),
            ("\n", "\n"),
            ("\r", "\n"),
            ("a", "a\n"),
            ("a\r\nb\nc\rd", "a\nb\nc\nd\n"),
            ("\r\n\r\n\n\r\r\n", "\n\n\n\n\n"),
            ("a\r\n", "a\n"),
            ("a,\"b\r\nc\"\r\rd\r", "a,\"b\nc\"\n\nd\n"),
        ] {
            for step in 1..=text.len() + 1 {
                let mut read = String::new();
                Ends::new(Slow(text.as_bytes(), step)).read_to_string(&mut read).unwrap();
                assert_eq!(read, alike, "{text:?} by {step}");
            }
        }
    }
}
