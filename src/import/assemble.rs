//! One file of all records: the largest kind stays where it is, the others are copied behind it.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use tempfile::NamedTempFile;

use super::store::{Form, HEADING, Patch, Whole};
use crate::inventory::Kind;
use crate::time::Instant;

impl Whole {
    /// Makes one file of all, with these sources; nobody has to write the largest kind again.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn assemble(
        mut self,
        generated_at: Instant,
        sources: &[Vec<u8>],
    ) -> io::Result<NamedTempFile> {
        let largest = Kind::ALL.iter().max_by_key(|kind| self.lengths.get(**kind as usize));
        let largest = largest.copied().unwrap_or(Kind::Account);
        let patches = std::mem::take(&mut self.patches);
        let of = |kind: Kind| patches.iter().filter(move |patch| patch.kind == kind);
        let mut base = self.records.swap_remove(largest as usize);
        // What was swapped to its place is the last kind's.
        let mut others: Vec<(Kind, NamedTempFile)> = Vec::new();
        let last = Kind::ALL.len() - 1;
        for (at, file) in self.records.into_iter().enumerate() {
            let kind = if at == largest as usize { last } else { at };
            others.extend(Kind::ALL.get(kind).map(|kind| (*kind, file)));
        }
        others.sort_by_key(|(kind, _)| *kind);
        patch(&mut base, of(largest))?;
        if self.form == Form::Document {
            close(&mut base)?;
        }
        let mut out = BufWriter::with_capacity(1 << 20, base);
        out.seek(SeekFrom::End(0))?;
        let title = |kind: Kind| {
            if self.form == Form::Document {
                format!("\"{}\":[\n", kind.plural())
            } else {
                String::new()
            }
        };
        for (kind, mut file) in others {
            let count = self.counts.get(kind as usize).copied().unwrap_or(0);
            if count == 0 {
                continue;
            }
            if self.form == Form::Document {
                write!(out, "],\n{}", title(kind))?;
            }
            copy(&mut file, of(kind), &mut out, count, self.form)?;
        }
        if self.form == Form::Document {
            write!(out, "],\n{}", title(Kind::Source))?;
        }
        for (at, source) in sources.iter().enumerate() {
            let (before, after) = self.form.around(Kind::Source);
            out.write_all(before.as_bytes())?;
            out.write_all(source)?;
            let last = at + 1 == sources.len() && self.form == Form::Document;
            out.write_all(if last { b"\n" } else { after.as_bytes() })?;
        }
        let heading = match self.form {
            Form::Document => {
                out.write_all(b"]}\n")?;
                format!(
                    "{{\"version\":\"1\",\"generated_at\":\"{generated_at}\",\n{}",
                    title(largest)
                )
            }
            Form::Lines => format!(
                "{{\"inventory\":{{\"version\":\"1\",\"generated_at\":\"{generated_at}\"}}}}\n"
            ),
        };
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        // Spaces are nothing in JSON, in front of a line too.
        let room = usize::try_from(HEADING).unwrap_or(0).saturating_sub(heading.len());
        let (first, rest) = heading.split_at(heading.len().min(1));
        write!(file, "{first}{}{rest}", " ".repeat(room))?;
        Ok(file)
    }
}

/// Puts in place what was merged, and spaces where a record is gone.
fn patch<'p>(file: &mut NamedTempFile, patches: impl Iterator<Item = &'p Patch>) -> io::Result<()> {
    let mut end = file.seek(SeekFrom::End(0))?;
    for Patch { start, length, instead, .. } in patches {
        let length = *length as usize;
        let instead = instead.as_deref().unwrap_or_default();
        file.seek(SeekFrom::Start(*start))?;
        if instead.len() <= length {
            // The end of the line stays the last byte.
            let (text, tail) = instead.split_at(instead.len().saturating_sub(1));
            file.write_all(text)?;
            file.write_all(" ".repeat(length - text.len() - 1).as_bytes())?;
            file.write_all(if tail.is_empty() { b"\n" } else { tail })?;
        } else {
            file.write_all(" ".repeat(length - 1).as_bytes())?;
            file.seek(SeekFrom::Start(end))?;
            file.write_all(instead)?;
            end += instead.len() as u64;
        }
    }
    Ok(())
}

/// Takes the comma after the last record away.
fn close(file: &mut NamedTempFile) -> io::Result<()> {
    const STEP: u64 = 1 << 16;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > HEADING {
        let start = end.saturating_sub(STEP).max(HEADING);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        Read::by_ref(file).take(end - start).read_to_end(&mut bytes)?;
        if let Some(at) = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace()) {
            file.seek(SeekFrom::Start(start + at as u64))?;
            return file.write_all(b" ");
        }
        end = start;
    }
    Ok(())
}

/// Copies the records of a kind; the last of a document has no comma.
fn copy<'p>(
    file: &mut NamedTempFile,
    patches: impl Iterator<Item = &'p Patch>,
    out: &mut impl Write,
    count: u64,
    form: Form,
) -> io::Result<()> {
    file.seek(SeekFrom::Start(HEADING))?;
    let mut from = BufReader::with_capacity(1 << 20, file);
    let mut patches = patches.peekable();
    let (mut at, mut line, mut written) = (HEADING, Vec::new(), 0);
    loop {
        line.clear();
        let length = io::BufRead::read_until(&mut from, b'\n', &mut line)?;
        if length == 0 {
            break;
        }
        let record = match patches.next_if(|patch| patch.start == at) {
            Some(Patch { instead: None, .. }) => &[],
            Some(Patch { instead: Some(other), .. }) => other.as_ref(),
            None => line.as_slice(),
        };
        at += length as u64;
        if record.is_empty() {
            continue;
        }
        written += 1;
        let last = written == count && form == Form::Document;
        let record = if last { record.strip_suffix(b",\n").unwrap_or(record) } else { record };
        out.write_all(record)?;
        if last {
            out.write_all(b"\n")?;
        }
    }
    if written == count {
        Ok(())
    } else {
        Err(io::Error::other("records are missing in a temporary file"))
    }
}
