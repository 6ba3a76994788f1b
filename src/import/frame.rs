//! Cutting JSON of any size into values that fit into memory.
//!
//! A whole object is handed out where it is small or stands in an array; what is larger is opened,
//! and its members are handed out. So a page with millions of rows is read row by row, and a small
//! file in one piece. Several values in one text follow each other (JSON Lines, or pages that were
//! written one after the other).

use std::io::{self, Read};
use std::ops::Range;

use crate::fault::{Fault, Text, quote};

/// An object outside of arrays is opened where it is longer than this.
const SMALL: usize = 4 << 20;
/// No element of an array, and no string, is longer than this.
const LARGE: usize = 256 << 20;
/// How deep wrappers nest.
const DEEP: usize = 64;
/// How much is read at a time.
const CHUNK: usize = 1 << 20;

/// A value that was cut out.
#[derive(Debug)]
pub struct Piece {
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
    /// Which of several values of the text it is in, by its line; of a single one, nothing.
    pub line: u64,
    /// Which of several values of the text it is in, and which of all pieces it is.
    pub number: (u64, u64),
    /// The column of its first character, for faults; counted in bytes.
    pub column: usize,
    /// Whether it stands in an array.
    pub element: bool,
    /// The key, where it is a member of an object that was opened.
    pub key: Option<String>,
    /// Where its text is.
    pub text: Range<usize>,
}

/// Reads a text piece by piece.
pub struct Frames<R> {
    from: R,
    buffer: Vec<u8>,
    /// What has not been handed out begins here.
    at: usize,
    ended: bool,
    line: u64,
    /// Bytes of the current line that were passed.
    passed: usize,
    open: Vec<Open>,
    started: bool,
    /// How many values of the text have begun, and how many pieces were handed out.
    numbers: (u64, u64),
}

/// An array or object that was opened.
struct Open {
    array: bool,
    next: u64,
    /// How long the pointer is up to it.
    pointer: usize,
    first: bool,
}

impl<R: Read> Frames<R> {
    /// Reads from the beginning of a text.
    pub fn new(from: R) -> Self {
        Self {
            from,
            buffer: Vec::new(),
            at: 0,
            ended: false,
            line: 1,
            passed: 0,
            open: Vec::new(),
            started: false,
            numbers: (0, 0),
        }
    }

    /// Fills a buffer with pieces, up to about a megabyte of them; nothing at the end of the text.
    ///
    /// # Errors
    /// A file that can't be read, or that is no JSON from some place on.
    pub fn pieces(
        &mut self,
        name: &str,
        pointer: &mut String,
        text: &mut Vec<u8>,
    ) -> Result<Vec<Piece>, Fault> {
        let mut pieces = Vec::new();
        text.clear();
        while text.len() < CHUNK {
            let Some(piece) = self.piece(name, pointer, text)? else { break };
            pieces.push(piece);
        }
        Ok(pieces)
    }

    fn piece(
        &mut self,
        name: &str,
        pointer: &mut String,
        text: &mut Vec<u8>,
    ) -> Result<Option<Piece>, Fault> {
        loop {
            let Some(byte) = self.space(name)? else {
                if self.open.is_empty() {
                    return Ok(None);
                }
                return Err(self.fault(
                    name,
                    "the text ends in the middle",
                    "it was cut off: export it again",
                ));
            };
            let Some(open) = self.open.last_mut() else {
                if self.started && byte == b',' {
                    return Err(self.fault(
                        name,
                        "a comma between values that stand alone",
                        "put them into [ ]",
                    ));
                }
                self.started = true;
                self.numbers.0 += 1;
                pointer.clear();
                if let Some(piece) = self.value(name, byte, pointer, None, text)? {
                    return Ok(Some(piece));
                }
                continue;
            };
            if byte == if open.array { b']' } else { b'}' } {
                pointer.truncate(open.pointer);
                self.open.pop();
                self.step(1);
                continue;
            }
            if !std::mem::take(&mut open.first) {
                if byte != b',' {
                    return Err(self.fault(
                        name,
                        "a comma is missing here",
                        "this is no JSON: export it again",
                    ));
                }
                self.step(1);
                if self.space(name)?.is_none() {
                    continue;
                }
            }
            let Some(open) = self.open.last_mut() else { continue };
            pointer.truncate(open.pointer);
            let key = if open.array {
                pointer.push_str(&format!("/{}", open.next));
                open.next += 1;
                None
            } else {
                let key = self.key(name)?;
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                Some(key)
            };
            let Some(byte) = self.space(name)? else { continue };
            if let Some(piece) = self.value(name, byte, pointer, key, text)? {
                return Ok(Some(piece));
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self, name: &str) -> Result<String, Fault> {
        let wrong = "this is no JSON: export it again";
        let length = if self.peek() == Some(b'"') { self.measure(name, LARGE)? } else { None };
        let Some(length) = length else {
            return Err(self.fault(name, "a key is expected here", wrong));
        };
        let raw = self.buffer.get(self.at..self.at + length).unwrap_or(&[]);
        let Ok(key) = serde_json::from_slice::<String>(raw) else {
            return Err(self.fault(name, "a key is expected here", wrong));
        };
        self.step(length);
        if self.space(name)? != Some(b':') {
            return Err(self.fault(name, "a colon is expected here", wrong));
        }
        self.step(1);
        Ok(key)
    }

    /// Hands a value out, or opens it.
    fn value(
        &mut self,
        name: &str,
        byte: u8,
        pointer: &str,
        key: Option<String>,
        text: &mut Vec<u8>,
    ) -> Result<Option<Piece>, Fault> {
        let element = self.open.last().is_some_and(|open| open.array);
        let limit = if byte == b'{' && !element { SMALL } else { LARGE };
        let length = if byte == b'[' { None } else { self.measure(name, limit)? };
        let Some(length) = length else {
            if !matches!(byte, b'[' | b'{') || element && byte == b'{' {
                return Err(self.fault(
                    name,
                    "a value of more than 256 MB",
                    "no row is that long: export it again in smaller parts",
                ));
            }
            if self.open.len() >= DEEP {
                return Err(self.fault(
                    name,
                    "the text nests more than 64 deep",
                    "no export does: export it again",
                ));
            }
            self.open.push(Open {
                array: byte == b'[',
                next: 0,
                pointer: pointer.len(),
                first: true,
            });
            self.step(1);
            return Ok(None);
        };
        let start = text.len();
        text.extend_from_slice(self.buffer.get(self.at..self.at + length).unwrap_or(&[]));
        self.numbers.1 += 1;
        let piece = Piece {
            pointer: pointer.to_owned(),
            line: self.line,
            number: self.numbers,
            column: self.column(),
            element,
            key,
            text: start..text.len(),
        };
        self.step(length);
        Ok(Some(piece))
    }

    /// The length of the value that begins here, if it isn't longer than a limit.
    fn measure(&mut self, name: &str, limit: usize) -> Result<Option<usize>, Fault> {
        let (mut depth, mut length, mut string) = (0usize, 0usize, false);
        loop {
            if string {
                let rest = self.buffer.get(self.at + length..).unwrap_or(&[]);
                match memchr::memchr2(b'"', b'\\', rest) {
                    Some(at) if rest.get(at) == Some(&b'"') => {
                        length += at + 1;
                        string = false;
                        if depth == 0 {
                            return Ok(Some(length));
                        }
                    }
                    // What follows a backslash is never the end.
                    Some(at) if at + 1 < rest.len() => length += at + 2,
                    _ => {
                        if self.more(name)? == 0 {
                            return Err(self.fault(
                                name,
                                "a string that doesn't end",
                                "the text was cut off: export it again",
                            ));
                        }
                    }
                }
            } else {
                let Some(byte) = self.buffer.get(self.at + length).copied() else {
                    if self.more(name)? == 0 {
                        if depth == 0 && length > 0 {
                            return Ok(Some(length));
                        }
                        return Err(self.fault(
                            name,
                            "the text ends in the middle",
                            "it was cut off: export it again",
                        ));
                    }
                    continue;
                };
                match byte {
                    b'"' => string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth == 0 => {
                        return Ok(Some(length)).map(|length| length.filter(|l| *l > 0));
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Ok(Some(length + 1));
                        }
                    }
                    b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => {
                        return Ok(Some(length).filter(|length| *length > 0));
                    }
                    _ => {}
                }
                length += 1;
            }
            if length > limit {
                return Ok(None);
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.buffer.get(self.at).copied()
    }

    /// Passes over white space; the byte behind it.
    fn space(&mut self, name: &str) -> Result<Option<u8>, Fault> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.step(1),
                Some(byte) => return Ok(Some(byte)),
                None if self.more(name)? == 0 => return Ok(None),
                None => {}
            }
        }
    }

    fn step(&mut self, length: usize) {
        let passed = self.buffer.get(self.at..self.at + length).unwrap_or(&[]);
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.passed = match memchr::memrchr(b'\n', passed) {
            Some(at) => length - at - 1,
            None => self.passed + length,
        };
        self.at += length;
    }

    fn column(&self) -> usize {
        self.passed + 1
    }

    /// Reads on; says how much.
    fn more(&mut self, name: &str) -> Result<usize, Fault> {
        if self.ended {
            return Ok(0);
        }
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let length = self.buffer.len();
        // A long value is read in ever larger steps, so that it isn't moved often.
        self.buffer.resize(length + CHUNK.max(length), 0);
        let read = loop {
            match self.from.read(self.buffer.get_mut(length..).unwrap_or(&mut [])) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let read = read.map_err(|error| unreadable(name, &error))?;
        self.buffer.truncate(length + read);
        self.ended = read == 0;
        Ok(read)
    }

    fn fault(&self, name: &str, message: &str, help: &str) -> Fault {
        let from = self.at - self.passed.min(self.at).min(200);
        let shown = String::from_utf8_lossy(
            self.buffer.get(from..self.buffer.len().min(self.at + 200)).unwrap_or(&[]),
        )
        .into_owned();
        let at = self.at - from;
        let place = Text { name, text: &shown }.excerpt(at..at + 1, &[], String::new());
        let place = place.moved(self.line, self.column());
        Fault::new(format!("{}: {message}", quote(name)), help).at(place)
    }
}

/// A file that can't be read.
pub fn unreadable(name: &str, error: &io::Error) -> Fault {
    Fault::new(
        format!("{} can't be read: {error}", quote(name)),
        "check the file and its permissions",
    )
}

#[cfg(test)]
mod tests;
