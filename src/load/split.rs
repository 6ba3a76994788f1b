//! Cuts a text that is as it should be into the slices of its records, block by block.
//!
//! What stands between the records is read here, strictly. What is odd in any way, be it right or
//! wrong, is left to the [`Reader`](super::reader::Reader), which knows it all and says it.

use std::ops::Range;

use memchr::memchr;

use super::form::Form;
use super::scan::end_of_object;
use crate::inventory::Kind;
use crate::inventory::field::check::Entries;
use crate::time::Instant;

/// The text isn't plainly right: the exact reader has to look at it.
#[derive(Debug)]
pub(super) struct Irregular;

/// A record, before anybody has read it.
pub(super) struct Slice {
    pub(super) kind: Kind,
    /// Its number in the array of its kind.
    pub(super) index: Option<u32>,
    /// Where it is in the block.
    pub(super) range: Range<usize>,
}

/// Cuts one text.
pub(super) struct Splitter {
    state: State,
    header: Header,
    seen: Vec<Kind>,
}

/// What comes next.
#[derive(Clone, Copy)]
enum State {
    /// A line.
    Line,
    /// The document.
    Document,
    /// A field of the document, or its end.
    Field { first: bool },
    /// A record of an array, or the array's end.
    Element(Kind, u32),
    /// Nothing.
    End,
}

/// Why a step isn't done.
enum Stop {
    /// The rest of it is in the next block.
    More,
    Irregular,
}

impl Splitter {
    pub(super) fn new(form: Form) -> Self {
        let state = match form {
            Form::Document => State::Document,
            Form::Lines => State::Line,
        };
        Self { state, header: Header::default(), seen: Vec::new() }
    }

    /// Finds the records that lie whole in these bytes, and says how many bytes are done with. The
    /// others must begin the next block; of the `last` one, none may be left.
    pub(super) fn split(
        &mut self,
        bytes: &[u8],
        last: bool,
        slices: &mut Vec<Slice>,
    ) -> Result<usize, Irregular> {
        let mut done = 0;
        while done < bytes.len() {
            let mut glue = Glue { bytes, at: done };
            let step = match self.state {
                State::Line => self.line(&mut glue, last, slices),
                State::Document => glue.token(b'{').map(|()| State::Field { first: true }),
                State::Field { first } => self.field(&mut glue, first),
                State::Element(kind, index) => element(&mut glue, kind, index, slices),
                State::End => glue.end().map(|()| State::End),
            };
            match step {
                Ok(state) => self.state = state,
                Err(Stop::More) if !last => break,
                Err(_) => return Err(Irregular),
            }
            done = glue.at;
        }
        Ok(done)
    }

    /// What the text says of itself, once all of it has been cut.
    pub(super) fn finish(&self) -> Result<Instant, Irregular> {
        let complete = matches!(self.state, State::Line | State::End) && self.header.version;
        self.header.generated_at.filter(|_| complete).ok_or(Irregular)
    }

    fn field(&mut self, glue: &mut Glue<'_>, first: bool) -> Result<State, Stop> {
        match glue.peek()? {
            b'}' => return glue.token(b'}').map(|()| State::End),
            b',' if !first => glue.token(b',')?,
            b'"' if first => {}
            _ => return Err(Stop::Irregular),
        }
        let key = glue.key()?;
        let Some(kind) = Kind::ALL.iter().find(|kind| kind.plural().as_bytes() == key) else {
            let value = glue.string()?;
            self.header.give(key, value)?;
            return Ok(State::Field { first: false });
        };
        let state = if glue.peek()? == b'[' {
            glue.token(b'[').map(|()| State::Element(*kind, 0))?
        } else {
            glue.literal(b"null")?;
            State::Field { first: false }
        };
        if self.seen.contains(kind) {
            return Err(Stop::Irregular);
        }
        self.seen.push(*kind);
        Ok(state)
    }

    /// `{"KIND": { ... }}` on one line; a line may also be blank.
    fn line(
        &mut self,
        glue: &mut Glue<'_>,
        last: bool,
        slices: &mut Vec<Slice>,
    ) -> Result<State, Stop> {
        let start = glue.at;
        let rest = glue.bytes.get(start..).unwrap_or_default();
        let end = match memchr(b'\n', rest) {
            Some(length) => start + length,
            None if last => glue.bytes.len(),
            None => return Err(Stop::More),
        };
        let mut line = Glue { bytes: glue.bytes.get(..end).unwrap_or_default(), at: start };
        line.space();
        if line.at < end {
            self.record(&mut line, slices).map_err(|_| Stop::Irregular)?;
        }
        glue.at = (end + 1).min(glue.bytes.len());
        Ok(State::Line)
    }

    fn record(&mut self, line: &mut Glue<'_>, slices: &mut Vec<Slice>) -> Result<(), Stop> {
        line.token(b'{')?;
        let key = line.key()?;
        line.space();
        let range = line.at..line.end_of_value().ok_or(Stop::Irregular)?;
        let value = line.bytes.get(range.clone()).ok_or(Stop::Irregular)?;
        if key == b"inventory" {
            let entries: Entries<'_> =
                serde_json::from_slice(value).map_err(|_| Stop::Irregular)?;
            let mut entries = entries.0.iter();
            entries.try_for_each(|(key, value)| {
                self.header.give(key.as_bytes(), value.get().as_bytes())
            })
        } else {
            let kind = Kind::ALL.iter().find(|kind| kind.singular().as_bytes() == key);
            slices.push(Slice { kind: *kind.ok_or(Stop::Irregular)?, index: None, range });
            Ok(())
        }
    }
}

/// A record of an array with what stands before it, or the array's end.
fn element(
    glue: &mut Glue<'_>,
    kind: Kind,
    index: u32,
    slices: &mut Vec<Slice>,
) -> Result<State, Stop> {
    match glue.peek()? {
        b']' => return glue.token(b']').map(|()| State::Field { first: false }),
        b',' if index > 0 => glue.token(b',')?,
        b'{' if index == 0 => {}
        _ => return Err(Stop::Irregular),
    }
    if glue.peek()? != b'{' {
        return Err(Stop::Irregular);
    }
    let range = glue.at..end_of_object(glue.bytes, glue.at).ok_or(Stop::More)?;
    glue.at = range.end;
    slices.push(Slice { kind, index: Some(index), range });
    Ok(State::Element(kind, index.saturating_add(1)))
}

/// What an inventory says of itself.
#[derive(Default)]
struct Header {
    version: bool,
    generated_at: Option<Instant>,
}

impl Header {
    /// Takes a field with the JSON of its value.
    fn give(&mut self, key: &[u8], value: &[u8]) -> Result<(), Stop> {
        match key {
            b"version" if !self.version && value == b"\"1\"" => self.version = true,
            b"generated_at" if self.generated_at.is_none() => {
                let at = serde_json::from_slice(value).map_err(|_| Stop::Irregular)?;
                self.generated_at = Some(at);
            }
            _ => return Err(Stop::Irregular),
        }
        Ok(())
    }
}

/// Goes through what stands between the records.
struct Glue<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Glue<'b> {
    fn space(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| is_space(**byte)).count();
    }

    /// Space up to the end of the bytes.
    fn end(&mut self) -> Result<(), Stop> {
        self.space();
        if self.at < self.bytes.len() { Err(Stop::Irregular) } else { Ok(()) }
    }

    /// The next byte that isn't space, which stays the next.
    fn peek(&mut self) -> Result<u8, Stop> {
        self.space();
        self.bytes.get(self.at).copied().ok_or(Stop::More)
    }

    fn token(&mut self, byte: u8) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(Stop::Irregular);
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), Stop> {
        literal.iter().try_for_each(|byte| match self.bytes.get(self.at) {
            None => Err(Stop::More),
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(Stop::Irregular),
        })
    }

    /// A string without escapes, in its quotation marks.
    fn string(&mut self) -> Result<&'b [u8], Stop> {
        self.peek()?;
        let start = self.at;
        self.token(b'"')?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr(b'"', rest).ok_or(Stop::More)? + 1;
        let string = self.bytes.get(start..self.at).unwrap_or_default();
        if string.contains(&b'\\') { Err(Stop::Irregular) } else { Ok(string) }
    }

    /// A key and its colon; the key without quotation marks.
    fn key(&mut self) -> Result<&'b [u8], Stop> {
        let key = self.string()?;
        self.token(b':')?;
        Ok(key.get(1..key.len() - 1).unwrap_or_default())
    }

    /// Where the only value of an object that ends with these bytes ends.
    fn end_of_value(&self) -> Option<usize> {
        let trim = |end: usize| {
            let bytes = self.bytes.get(self.at..end)?;
            Some(self.at + bytes.iter().rposition(|byte| !is_space(*byte))?)
        };
        let brace = trim(self.bytes.len()).filter(|at| self.bytes.get(*at) == Some(&b'}'))?;
        Some(trim(brace)? + 1)
    }
}

/// What is space in JSON.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}
