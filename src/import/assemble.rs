//! One file of all records: the largest kind stays where it is, the others are copied behind it.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::store::{Form, HEADING, Patch, Whole};
use crate::inventory::Kind;
use crate::temporary::TemporaryFile;
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
    ) -> io::Result<TemporaryFile> {
        let largest = Kind::ALL.iter().max_by_key(|kind| self.lengths.get(**kind as usize));
        let largest = largest.copied().unwrap_or(Kind::Account);
        let patches = std::mem::take(&mut self.patches);
        let of = |kind: Kind| patches.iter().filter(move |patch| patch.kind == kind);
        let mut base = self.records.swap_remove(largest as usize);
        // What was swapped to its place is the last kind's.
        let mut others: Vec<(Kind, TemporaryFile)> = Vec::new();
        let last = Kind::ALL.len() - 1;
        for (at, file) in self.records.into_iter().enumerate() {
            let kind = if at == largest as usize { last } else { at };
            others.extend(Kind::ALL.get(kind).map(|kind| (*kind, file)));
        }
        others.sort_by_key(|(kind, _)| *kind);
        if self.form == Form::Document {
            patch(&mut base, of(largest))?;
            close(&mut base)?;
        } else {
            squeeze(&mut base, of(largest))?;
        }
        let mut out = base;
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
            let length = self.lengths.get(kind as usize).copied().unwrap_or(HEADING);
            copy(&mut file, length, of(kind), &mut out, self.form)?;
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
        let mut file = out;
        file.seek(SeekFrom::Start(0))?;
        // Spaces are nothing in JSON, in front of a line too.
        let room = usize::try_from(HEADING).unwrap_or(0).saturating_sub(heading.len());
        let (first, rest) = heading.split_at(heading.len().min(1));
        write!(file, "{first}{}{rest}", " ".repeat(room))?;
        Ok(file)
    }
}

/// Puts in place what was merged, and spaces where a record is gone.
fn patch<'p>(file: &mut TemporaryFile, patches: impl Iterator<Item = &'p Patch>) -> io::Result<()> {
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

/// The same for lines, of which none may be blank: what follows moves up.
fn squeeze<'p>(
    file: &mut TemporaryFile,
    patches: impl Iterator<Item = &'p Patch>,
) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    // What comes from there, and goes to there; what is longer than the room for it goes to the end.
    let (mut from, mut to, mut longer) = (None, 0, Vec::new());
    for Patch { start, length, instead, .. } in patches {
        let at = from.unwrap_or(*start);
        if from.is_none() {
            to = *start;
        }
        move_up(file, at..*start, &mut to)?;
        let behind = *start + u64::from(*length);
        let instead = instead.as_deref().unwrap_or_default();
        if to + instead.len() as u64 <= behind {
            file.seek(SeekFrom::Start(to))?;
            file.write_all(instead)?;
            to += instead.len() as u64;
        } else {
            longer.extend_from_slice(instead);
        }
        from = Some(behind);
    }
    let Some(from) = from else { return Ok(()) };
    move_up(file, from..end, &mut to)?;
    file.seek(SeekFrom::Start(to))?;
    file.write_all(&longer)?;
    file.as_file().set_len(to + longer.len() as u64)
}

/// Moves a part of a file to an earlier place.
fn move_up(file: &mut TemporaryFile, part: Range<u64>, to: &mut u64) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut at = part.start;
    while at < part.end {
        bytes.clear();
        file.seek(SeekFrom::Start(at))?;
        Read::by_ref(file).take((part.end - at).min(STEP)).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Err(io::Error::other("records are missing in a temporary file"));
        }
        file.seek(SeekFrom::Start(*to))?;
        file.write_all(&bytes)?;
        at += bytes.len() as u64;
        *to += bytes.len() as u64;
    }
    Ok(())
}

/// Takes the comma after the last record away.
fn close(file: &mut TemporaryFile) -> io::Result<()> {
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

/// How much is copied before the room that it took is given back.
const STEP: u64 = 8 << 20;

/// Copies the records of a kind; the last of a document has no comma.
///
/// It begins with the last, and cuts off what is copied: the memory that the system kept it in is
/// filled again at once, where fresh memory can cost more than the copying.
fn copy<'p>(
    from: &mut TemporaryFile,
    length: u64,
    patches: impl DoubleEndedIterator<Item = &'p Patch> + Clone,
    out: &mut TemporaryFile,
    form: Form,
) -> io::Result<()> {
    let instead = |patch: &Patch| patch.instead.as_ref().map_or(0, |text| text.len() as u64);
    let (gone, new) = patches
        .clone()
        .fold((0, 0), |(gone, new), patch| (gone + u64::from(patch.length), new + instead(patch)));
    let end = out.seek(SeekFrom::End(0))? + (length - HEADING) - gone + new;
    let (mut to, mut cut) = (end, length);
    let mut range = |out: &mut TemporaryFile, to: &mut u64, start: u64, mut end: u64| {
        while end > start {
            let first = end.saturating_sub(STEP).max(start);
            *to -= end - first;
            from.seek(SeekFrom::Start(first))?;
            out.seek(SeekFrom::Start(*to))?;
            // From file to file the system copies by itself.
            let copied = io::copy(&mut from.as_file().take(end - first), out.as_file_mut())?;
            if copied != end - first {
                return Err(io::Error::other("records are missing in a temporary file"));
            }
            end = first;
            if cut - end >= STEP {
                from.as_file().set_len(end)?;
                cut = end;
            }
        }
        Ok(())
    };
    let mut at = length;
    for patch in patches.rev() {
        range(out, &mut to, patch.start + u64::from(patch.length), at)?;
        if let Some(text) = patch.instead.as_deref() {
            to -= text.len() as u64;
            out.seek(SeekFrom::Start(to))?;
            out.write_all(text)?;
        }
        at = patch.start;
    }
    range(out, &mut to, HEADING, at)?;
    // What follows a document's section is written over the end of its last line.
    out.seek(SeekFrom::Start(if form == Form::Document { end - 2 } else { end }))?;
    if form == Form::Document {
        out.write_all(b"\n")?;
    }
    Ok(())
}
